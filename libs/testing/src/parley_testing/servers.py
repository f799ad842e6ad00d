"""Real servers for tests, each on a random loopback port with its files in a temporary folder."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FIRST_PORT, _PORTS = 10_000, 9_000
_lately: deque[int] = deque(maxlen=1000)  # given out in this process


def free_port() -> int:
    """Return a loopback port, TCP and UDP, that is free at this moment.

    It lies below the range from which the kernel takes the near ends of connections, which would be had by one of them
    before a server could listen. Test processes side by side, and tests that come soon after each other, get different
    ones: between this look and the server's bind nobody else may have it.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    own = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for _ in range(200):
        port = _FIRST_PORT + secrets.randbelow(_PORTS // workers) * workers + own % workers
        if port in _lately:
            continue
        _lately.append(port)
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")


def find_program(name: str) -> str:
    """Return the path of a program that a wheel put beside this interpreter, or one on PATH."""
    beside = Path(sys.executable).with_name(name)
    if beside.exists():
        return str(beside)
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed in this environment")
    return found


def wait_for_port(port: int, process: subprocess.Popen[bytes], timeout_s: float = 20) -> None:
    """Return when the port is open; raise when the process has ended or time is up."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"server ended with status {process.returncode} before it listened on {port}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return
        time.sleep(0.02)
    raise RuntimeError(f"nobody listens on {port} after {timeout_s:g} s")


@dataclass(frozen=True, slots=True)
class NatsServer:
    url: str
    process: subprocess.Popen[bytes]

    def freeze(self) -> None:
        """Stop it in its tracks: its sockets stay open, and nothing answers. Returns when it stands still."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def freezable_nats_server(
    folder: Path, port: int | None = None, configuration: Path | None = None
) -> Iterator[NatsServer]:
    """Run a NATS server with JetStream that the test may freeze."""
    port = port or free_port()
    command = [find_program("nats-server"), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    if configuration is not None:
        command += ["-c", str(configuration)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield NatsServer(f"nats://127.0.0.1:{port}", process)
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def nats_server(folder: Path, port: int | None = None, configuration: Path | None = None) -> Iterator[str]:
    """Run a NATS server with JetStream; yields its URL."""
    with freezable_nats_server(folder, port, configuration) as server:
        yield server.url
