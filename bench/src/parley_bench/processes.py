"""The platform's processes for a bench: started on free loopback ports, watched for CPU and memory, always ended."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from parley_testing.servers import find_program, free_port, wait_for_port

START_TIMEOUT_S = 60.0
END_TIMEOUT_S = 10.0


class StartFailed(Exception):
    """A process ended or was not ready in time; says which one and where its log is."""


@dataclass(frozen=True, slots=True)
class Use:
    """CPU seconds since the process began and resident bytes now, its children included."""

    cpu_s: float
    rss_bytes: int


@dataclass(slots=True)
class _Started:
    name: str
    process: subprocess.Popen[bytes]
    health_port: int
    log: Path
    ended_children_cpu_s: float = 0.0
    children: dict[int, float] = field(default_factory=dict)


@contextmanager
def temporary_stack() -> "Iterator[Stack]":
    """A stack in a folder of its own. Where it fails the folder stays: errors name the logs in it."""
    folder = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    with Stack(folder) as stack:
        yield stack
    shutil.rmtree(folder, ignore_errors=True)


class Stack:
    """Use as a context manager: leaving it ends every process that was started, killing those that do not end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nats_port = free_port()
        self._started: list[_Started] = []

    @property
    def nats_url(self) -> str:
        return f"nats://127.0.0.1:{self.nats_port}"

    def start_nats(self) -> None:
        command = [find_program("nats-server"), "-a", "127.0.0.1", "-p", str(self.nats_port), "-js"]
        started = self._spawn("nats", [*command, "-sd", str(self.folder / "nats")], {}, 0)
        wait_for_port(self.nats_port, started.process)

    def start_service(self, name: str, environment: Mapping[str, str]) -> None:
        port = free_port()
        prefix = f"PARLEY_{name.upper()}_"
        own = {f"{prefix}HEALTH_PORT": str(port), f"{prefix}GRPC_PORT": "0", **environment}
        self._spawn(name, [sys.executable, "-m", f"parley_{name}"], own, port)

    def wait_ready(self, awaiting: Callable[[str], None]) -> None:
        """Return when every service is ready; `awaiting` is called with the one it waits for."""
        deadline = time.monotonic() + START_TIMEOUT_S
        for one in self._started:
            if not one.health_port:
                continue
            awaiting(one.name)
            while not _ready(one.health_port):
                if one.process.poll() is not None:
                    raise StartFailed(f"{one.name} ended with status {one.process.returncode}; see {one.log}")
                if time.monotonic() > deadline:
                    raise StartFailed(f"{one.name} was not ready within {START_TIMEOUT_S:g} s; see {one.log}")
                time.sleep(0.05)

    def usage(self) -> dict[str, Use]:
        return {one.name: self._use(one) for one in self._started}

    def pids(self) -> dict[str, int]:
        return {one.name: one.process.pid for one in self._started}

    def alive(self) -> None:
        """Raises StartFailed when a process has ended."""
        for one in self._started:
            if one.process.poll() is not None:
                raise StartFailed(f"{one.name} ended with status {one.process.returncode}; see {one.log}")

    def end(self) -> None:
        deadline = time.monotonic() + END_TIMEOUT_S
        # The bus last: whoever drains still needs it.
        for group in ([one for one in self._started if one.health_port], [one for one in self._started]):
            for one in group:
                if one.process.poll() is None:
                    _signal_group(one.process, signal.SIGTERM)
            for one in group:
                try:
                    one.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    _signal_group(one.process, signal.SIGKILL)
                    one.process.wait()
        self._started.clear()

    def __enter__(self) -> "Stack":
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def _spawn(self, name: str, command: list[str], own: Mapping[str, str], health_port: int) -> _Started:
        # Nothing of the user's own configuration may change what is measured.
        clean = {key: value for key, value in os.environ.items() if not key.startswith("PARLEY_")}
        environment = clean | {
            "PARLEY_NATS_URL": self.nats_url,
            "PARLEY_OBJECTS_URL": str(self.folder / "objects"),
            "PARLEY_LOG_LEVEL": "warning",
            **own,
        }
        path = self.folder / f"{name}.log"
        with path.open("wb") as log:
            process = subprocess.Popen(
                command, env=environment, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        started = _Started(name, process, health_port, path)
        self._started.append(started)
        return started

    def _use(self, one: _Started) -> Use:
        """CPU of children that have ended since the last look counts with what it was then."""
        try:
            root = psutil.Process(one.process.pid)
            family = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return Use(one.ended_children_cpu_s, 0)
        cpu_s, rss, alive = 0.0, 0, {}
        for process in family:
            try:
                times, memory = process.cpu_times(), process.memory_info()
            except psutil.NoSuchProcess:
                continue
            used = times.user + times.system
            cpu_s += used
            rss += memory.rss
            if process.pid != one.process.pid:
                alive[process.pid] = used
        one.ended_children_cpu_s += sum(used for pid, used in one.children.items() if pid not in alive)
        one.children = alive
        return Use(cpu_s + one.ended_children_cpu_s, rss)


def _ready(port: int) -> bool:
    # Loopback only; no proxy of the environment may stand between.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _signal_group(process: subprocess.Popen[bytes], sign: signal.Signals) -> None:
    """The process leads a process group: its children end with it."""
    try:
        os.killpg(process.pid, sign)
    except ProcessLookupError:
        process.poll()
