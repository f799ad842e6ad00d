"""The stack's life on one machine: check, start, wait until healthy, stop. Used by the cli, the tests, the bench."""

import asyncio
import random
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import psutil
from parley_core import identity
from parley_core.errors import LimitReached, TimedOut, Unavailable

from parley_local.keys import adopt_operator, make_identities
from parley_local.plan import Plan, Ports, Program, make_plan
from parley_local.supervisor import Supervisor

FREE_BYTES = 500 * 1024 * 1024
HEALTHY_WITHIN_S = 120.0

Progress = Callable[[list[str], list[str]], None]  # names that are healthy, names that are awaited


class Stack:
    """One running stack. `start` raises one clear error for anything that stands in the way."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.supervisor = Supervisor(plan)
        self.owns = False  # whether this object started what runs
        self._before: identity.Identity | None = None  # whom this process acted as before the start

    def check(self) -> None:
        """Raises Unavailable for a taken port, LimitReached for a full disk."""
        self.plan.var.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.plan.var).free
        if free < FREE_BYTES:
            raise LimitReached(
                f"the disk of {self.plan.var} ({free // 2**20} MB free; the stack needs {FREE_BYTES // 2**20} MB)", 0
            )
        for program in self.plan.programs:
            for port in program.listens:
                if (owner := port_owner(port)) is not None:
                    raise Unavailable(
                        f"port {port} for {program.name}",
                        f"{owner} listens there; end it, or move every port with PARLEY_PORT_OFFSET=2000",
                    )

    async def start(self, progress: Progress | None = None, *, timeout_s: float = HEALTHY_WITHIN_S) -> None:
        if self.supervisor.running_pid() is None:
            self.check()
            make_identities(self.plan.var)
        self._before = identity.current()
        adopt_operator(self.plan.var)
        self.supervisor.start()
        self.owns = True
        try:
            await self.wait_healthy(progress, timeout_s=timeout_s)
        except BaseException:
            self.supervisor.stop()
            raise

    def stop(self) -> None:
        self.supervisor.stop()
        if self.owns:
            identity.adopt(self._before)
        self.owns = False

    async def wait_healthy(self, progress: Progress | None = None, *, timeout_s: float = HEALTHY_WITHIN_S) -> None:
        """Return when every program reports healthy. Raises TimedOut naming those that do not."""
        deadline = time.monotonic() + timeout_s
        waiting = {program.name: program for program in self.plan.programs}
        healthy: list[str] = []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
            while waiting:
                answers = await asyncio.gather(*(is_healthy(http, program) for program in waiting.values()))
                for name, well in zip(list(waiting), answers, strict=True):
                    if well:
                        healthy.append(name)
                        del waiting[name]
                if progress is not None:
                    progress(healthy, list(waiting))
                if waiting and time.monotonic() > deadline:
                    first = next(iter(waiting))
                    raise TimedOut(f"{', '.join(waiting)} (see {self.supervisor.logs / (first + '.log')})", timeout_s)
                await asyncio.sleep(0.1 if waiting else 0)


async def is_healthy(http: aiohttp.ClientSession, program: Program) -> bool:
    try:
        async with http.get(program.health_url) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def port_owner(port: int) -> str | None:
    """Who listens on the loopback port: a process's name and id, "another process", or None."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            pass
        else:
            return None
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr[1] == port
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another process"


def examples_folder() -> Path:
    """The examples of the checkout that this package was installed from."""
    return Path(__file__).resolve().parents[4] / "examples"


def free_offset() -> int:
    """An offset at which every port of the stack is free at this moment."""
    while True:
        offset = random.randrange(2000, 12000)  # noqa: S311 - no secret
        plan = make_plan(Path(), examples=Path(), ports=Ports().moved(offset), overrides={})
        with suppress(OSError):
            for program in plan.programs:
                for port in program.listens:
                    with socket.socket() as probe:
                        probe.bind(("127.0.0.1", port))
            return offset
