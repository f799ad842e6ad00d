"""`parley doctor`: what this machine and the running stack look like, and what to do where something is wrong."""

import importlib.util
import shutil
import stat
import sys
import wave
from pathlib import Path

import aiohttp
from parley_core.text import load_json
from parley_local.keys import SECRETS, secret_file
from parley_local.plan import make_plan
from parley_local.stack import FREE_BYTES, Stack, examples_folder, is_healthy, port_owner
from rich.console import Console

from parley_cli.models import missing, weights_folder
from parley_cli.refusals import REMEDIES, counted

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
    for told in missing(weights_folder(var)):
        console.print(f"[yellow]note[/] {told}", soft_wrap=True)
    for name in SECRETS:
        check(*secret_state(var, name))
    waiting = len(list((var / "unsent").glob("*.jsonl")))
    if waiting:
        console.print(
            f"[yellow]note[/] {waiting} files of unsent events in {var / 'unsent'}: the next start sends them"
        )
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
            why = "" if well else await _unready(http, program.health_url)
            check(well, f"{program.name} ({state.lower()})", f"{why}see {log}")
        metrics = stack.plan.program("gateway").health_url.replace("/readyz", "/metrics")
        for reason, count in counted(await _text(http, metrics)).items():
            console.print(f"[yellow]note[/] {count} refused with {reason}: {REMEDIES[reason]}", soft_wrap=True)
    return min(failed, 1)


def secret_state(var: Path, name: str) -> tuple[bool, str, str]:
    """Whether a secret of the installation is its owner's alone: well, what, remedy."""
    path = secret_file(var, name)
    if not path.exists():
        return True, f"no {SECRETS[name]} yet (the first start makes it)", ""
    mode = stat.S_IMODE(path.stat().st_mode)
    return mode == 0o600, f"{SECRETS[name]} in {path}", f"others may read it: chmod 600 {path}"


async def _unready(http: aiohttp.ClientSession, url: str) -> str:
    """The parts that are not well, as the process itself says: "bus: the log refuses events …; "."""
    try:
        report = load_json(await _text(http, url))
    except ValueError:
        return ""
    parts = report.get("parts") if isinstance(report, dict) else None
    if not isinstance(parts, dict):
        return ""
    bad = [(name, one) for name, one in parts.items() if isinstance(one, dict) and not one.get("well")]
    return "".join(f"{name}: {one.get('detail') or 'not well'}; " for name, one in bad)


async def _text(http: aiohttp.ClientSession, url: str) -> str:
    try:
        async with http.get(url) as answer:
            return await answer.text()
    except (aiohttp.ClientError, TimeoutError):
        return ""


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
