"""`parley doctor`: what this machine and the running stack look like, and what to do where something is wrong."""

import importlib.util
import shutil
import sys
import wave
from pathlib import Path

import aiohttp
from parley_local.plan import make_plan
from parley_local.stack import FREE_BYTES, Stack, examples_folder, is_healthy, port_owner
from rich.console import Console

_PARTS = {
    "nats-server": "the bus",
    "temporal": "the workflow engine",
}
_MODULES = {
    "chdb": "the warehouse's engine",
    "qdrant_edge": "the vector store's engine",
    "pocketsphinx": "speech recognition",
    "espeakng_loader": "speech synthesis",
    "onnxruntime": "voice activity detection",
}


async def examine(var: Path, console: Console) -> int:
    """Print one line per check; returns how many failed, at most 1."""
    failed = 0

    def check(well: bool, what: str, remedy: str) -> None:
        nonlocal failed
        failed += not well
        console.print(f"{'[green]ok[/]  ' if well else '[red]bad[/] '} {what}" + ("" if well else f" — {remedy}"))

    version = ".".join(str(part) for part in sys.version_info[:3])
    check(sys.version_info >= (3, 11), f"Python {version}", "3.11 or newer is needed")
    for name, part in _PARTS.items():
        found = Path(sys.executable).with_name(name).exists()
        check(found, f"{part} ({name})", "run 'make setup'")
    for module, part in _MODULES.items():
        check(importlib.util.find_spec(module) is not None, f"{part} ({module})", "run 'make setup'")
    free = free_bytes(var)
    check(free >= FREE_BYTES, f"{free // 2**20} MB free on the disk of {var}", f"{FREE_BYTES // 2**20} MB are needed")
    stack = Stack(make_plan(var, examples=examples_folder()))
    running = stack.supervisor.running_pid()
    if running is None:
        for program in stack.plan.programs:
            for port in program.listens:
                if (owner := port_owner(port)) is not None:
                    check(False, f"port {port} for {program.name}", f"{owner} has it; PARLEY_PORT_OFFSET moves all")
        console.print("no stack runs here ('make run' starts one)")
        return min(failed, 1)
    states = {status.name: status for status in stack.supervisor.statuses()}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
        for program in stack.plan.programs:
            well = await is_healthy(http, program)
            state = states[program.name].state if program.name in states else "unknown"
            log = stack.supervisor.logs / f"{program.name}.log"
            check(well, f"{program.name} ({state.lower()})", f"see {log}")
    return min(failed, 1)


def free_bytes(folder: Path) -> int:
    """Free space on the disk where `folder` is or would be made."""
    folder = folder.resolve()
    return shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free


def write_wav(path: Path, pcm: bytes) -> None:
    """PCM16 mono 16 kHz as a WAV file."""
    with wave.open(str(path), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(16000)
        target.writeframes(pcm)
