"""Runs the fuzz targets, each in a process of its own, two at once: `python tests/fuzz/run.py [--inputs N] [TARGET …]`.

Coverage-guided by atheris (libFuzzer's engine). An exception that a target does not name, a hang of 5 s or 1 GB of
memory is a finding: its input is left in var/fuzz and the exit code is 1. `--input FILE TARGET` runs one input again.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOUND = HERE.parent.parent / "var" / "fuzz"
_PER_TARGET_S = 1200


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--inputs", type=int, default=100_000, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--input", type=Path, help="run this one input")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path.insert(0, str(HERE))
    if options.child:
        return _child(options.targets[0], options.inputs, options.seed)
    from targets import TARGETS

    names = options.targets or list(TARGETS)
    if unknown := sorted(set(names) - set(TARGETS)):
        parser.error(f"no target named {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    if options.input is not None:
        data = options.input.read_bytes()
        return max(_once(name, data) for name in names)
    FOUND.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        results = list(pool.map(lambda name: _run(name, options.inputs, options.seed), names))
    failed = [name for name, good in zip(names, results, strict=True) if not good]
    print(f"{len(names)} targets, {options.inputs:,} inputs each, {len(failed)} with findings")
    return 1 if failed else 0


def _run(name: str, inputs: int, seed: int) -> bool:
    began = time.monotonic()
    command = [sys.executable, str(Path(__file__)), "--child", "--inputs", str(inputs), "--seed", str(seed), name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PER_TARGET_S, check=False)
    except subprocess.TimeoutExpired:
        print(f"{name:<16} not done after {_PER_TARGET_S} s", flush=True)
        return False
    ran = re.search(r"Done (\d+) runs", done.stderr)
    good = done.returncode == 0 and ran is not None and int(ran[1]) >= inputs
    took = f"{time.monotonic() - began:.0f} s"
    print(f"{name:<16} {'ok' if good else 'FAILED':<7} {int(ran[1]) if ran else 0:>9,} inputs  {took}", flush=True)
    if not good:
        print("\n".join((done.stdout + done.stderr).splitlines()[-40:]), flush=True)
    return good


def _child(name: str, inputs: int, seed: int) -> int:
    import atheris

    with atheris.instrument_imports(include=["parley_gateway", "parley_core", "parley_audio", "aiosipua", "aiortp"]):
        from targets import TARGETS

        target = TARGETS[name]()

    def one(data: bytes) -> None:
        with suppress(*target.refusals):
            target.read(data)

    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(target.seeds):
            one(data)
            (Path(corpus) / str(number)).write_bytes(data)
        arguments = [f"-runs={inputs}", f"-seed={seed}", "-timeout=5", "-rss_limit_mb=1024", "-max_len=4096"]
        atheris.Setup([name, corpus, *arguments, f"-artifact_prefix={FOUND}/{name}-"], one)
        atheris.Fuzz()
    return 0


def _once(name: str, data: bytes) -> int:
    from targets import TARGETS

    target = TARGETS[name]()
    try:
        print(name, repr(target.read(data))[:200])
    except target.refusals as error:
        print(name, "refused:", error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
