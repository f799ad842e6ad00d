"""The life of a service process: settings, logs, traces, health, signals, drain, end. Every `__main__` calls `main`."""

import asyncio
import errno
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeVar

import uvloop

from parley_core import identity, telemetry
from parley_core.errors import BadInput, ParleyError
from parley_core.health import Health, serve_health
from parley_core.http.deadlines import keep_deadlines
from parley_core.ids import check_token, new_id
from parley_core.settings import ServiceSettings, load
from parley_core.tasks import Tasks

log = logging.getLogger(__name__)

EXIT_SETTINGS = 2  # a setting is wrong: starting again cannot help
STARTED = "started"  # the part of its health that a process gets from here
LOOP_CHECK_S = 0.25  # between two measurements of the event loop; a shorter block may fall between them
EXIT_UNAVAILABLE = 3  # something it needs is not there


class Runtime:
    """What an app is given: its name on the bus, an owner for its tasks, its health, and a say in the drain."""

    def __init__(self, service: str, worker: str, identity: identity.Identity | None = None) -> None:
        """`identity`: with it, gRPC servers of this process ask callers who they are."""
        self.identity = identity
        self.service = service
        self.worker = worker
        self.health = Health()
        self.tasks = Tasks(service, on_error=self._task_failed)
        self._drains: list[Callable[[], Awaitable[None]]] = []
        self._stop = asyncio.Event()
        self.failed = False

    def on_drain(self, drain: Callable[[], Awaitable[None]]) -> None:
        """Run `drain` at SIGTERM, before the app's context is left; drains run in the order of their naming."""
        self._drains.append(drain)

    def stop(self) -> None:
        """Ask the process to drain and end, as SIGTERM does."""
        self._stop.set()

    async def wait(self) -> None:
        await self._stop.wait()

    async def drain(self, timeout_s: float) -> None:
        self.health.drain()
        for drain in self._drains:
            try:
                await asyncio.wait_for(drain(), timeout_s)
            except TimeoutError:
                log.warning("drain timeout")

    def _task_failed(self, name: str, error: BaseException) -> None:
        # A task of the process itself (not of one call) has died: the process is not what it should be; start anew.
        self.failed = True
        self._stop.set()


S = TypeVar("S", bound=ServiceSettings)
App = Callable[[S, Runtime], AbstractAsyncContextManager[None]]


def main(service: str, settings: type[S], app: App[S]) -> None:
    """Run the service until SIGTERM or SIGINT; exits with a status that says why it ended."""
    try:
        read = load(settings)
        worker = check_token(read.worker, "PARLEY_WORKER") if read.worker else new_id(f"{service}-")
        identity.adopt(_identity(service, read.identity))
    except BadInput as error:
        sys.stderr.write(f"parley-{service}: {error}\n")
        sys.exit(EXIT_SETTINGS)
    telemetry.setup_logs(service, worker, level=read.log_level, format_=read.log_format)
    telemetry.setup_traces(service, worker, folder=read.traces_dir, otlp_endpoint=read.otlp_endpoint)
    telemetry.setup_metrics(service, worker, otlp_endpoint=read.otlp_endpoint)
    try:
        status = uvloop.run(_run(service, worker, read, app))
    finally:
        telemetry.shutdown_traces()
    sys.exit(status)


async def _run(service: str, worker: str, settings: S, app: App[S]) -> int:
    runtime = Runtime(service, worker, identity.current())
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, runtime.stop)
    try:
        runner, port = await serve_health(runtime.health, settings.bind_host, settings.health_port)
    except OSError as error:
        log.error("health port unavailable", extra={"port": settings.health_port, "error": errno_name(error)})
        return EXIT_UNAVAILABLE
    runtime.health.set(STARTED, False, "starting")
    try:
        async with runtime.tasks, app(settings, runtime):
            runtime.health.set(STARTED, True)
            runtime.tasks.spawn(watch_loop(), "event loop")
            log.info("service started", extra={"health_port": port})
            if runner.server is not None:
                runtime.tasks.spawn(keep_deadlines(runner.server), "health deadlines")
            await runtime.wait()
            await runtime.drain(settings.drain_timeout_s)
        log.info("service stopped")
    except ParleyError as error:
        log.error("service cannot start", extra={"error": str(error)})
        return EXIT_UNAVAILABLE
    except OSError as error:
        log.error("service cannot start", extra={"error": f"{errno_name(error)}: {error}"})
        return EXIT_UNAVAILABLE
    finally:
        await runner.cleanup()
    return 1 if runtime.failed else 0


def _identity(service: str, path: str) -> identity.Identity | None:
    """Raises BadInput where the file cannot be read, or is another service's."""
    if not path:
        return None
    own = identity.load(Path(path))
    if own.service != service:
        raise BadInput("PARLEY_IDENTITY", f"{path} is the key of {own.service}, and this is {service}")
    return own


async def watch_loop() -> None:
    """Measure how late the event loop runs a timer: for how long something kept it, or the process got no CPU."""
    blocked = telemetry.histogram("parley_event_loop_blocked", "How late a timer of the event loop ran")
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LOOP_CHECK_S
        await asyncio.sleep(LOOP_CHECK_S)
        blocked.record(max(0.0, loop.time() - due))


def errno_name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "OSError")
