"""`pytest --pure`: only tests that need no server, no socket and no second process. Loaded by the plugin.

A test is left out by its marks (`MARKS`), or by a fixture that starts a server, directly or through another fixture.
A guard stops every other test that binds or connects a socket, starts a program or makes a gRPC channel: it is
skipped, and named with the mark that it lacks. So the run stays pure whatever is added.
"""

import sys
from collections.abc import Generator, Iterator
from typing import NoReturn

import grpc
import pytest

# Fixtures, of the plugin or of a folder's conftest, that start a server or have espeak-ng speak in a process.
OUTSIDE = frozenset(
    {
        *("nats_url", "open_browser", "running", "stack"),
        *("temporal_address", "start_temporal", "warehouse", "warehouse_url"),
        *("speaker", "speech"),
    }
)
MARKS = ("outside", "slow", "e2e", "chaos", "peers")
_EVENTS = frozenset({"socket.bind", "socket.connect", "subprocess.Popen", "os.fork", "os.posix_spawn"})


class Impure(AssertionError):
    """A test of the pure run reached for the outside world."""


class Guard:
    """While a test runs, raises in the code that opens a socket, and remembers it in case that code goes on."""

    def __init__(self) -> None:
        self.on = False
        self.reached = ""

    def install(self) -> None:
        """Watch the interpreter and gRPC's core, which opens its sockets outside the interpreter's sight."""
        sys.addaudithook(self._saw)
        for module in (grpc, grpc.aio):
            for name in ("server", "insecure_channel", "secure_channel"):
                setattr(module, name, self._watched(f"{module.__name__}.{name}", getattr(module, name)))

    def _watched(self, name: str, real: object) -> object:
        def make(*arguments: object, **options: object) -> object:
            if self.on:
                self._refuse(name)
            assert callable(real)
            return real(*arguments, **options)

        return make

    def _saw(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.on and event in _EVENTS:
            self._refuse(event)

    def _refuse(self, what: str) -> NoReturn:
        self.reached = self.reached or what
        raise Impure(f"{what} in a pure run")


def is_pure(item: pytest.Item) -> bool:
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return OUTSIDE.isdisjoint(fixtures) and not any(item.get_closest_marker(mark) for mark in MARKS)


class PureRun:
    """The part of the plugin that is registered with `--pure` alone."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        impure = [item for item in items if not is_pure(item)]
        config.hook.pytest_deselected(items=impure)
        items[:] = [item for item in items if is_pure(item)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        self._guard.on, self._guard.reached = True, ""
        try:
            return (yield)
        finally:
            self._guard.on = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if self._guard.reached or (call.excinfo is not None and _came_of_impurity(call.excinfo.value)):
            path, line, _ = item.location
            reason = f"Skipped: {self._guard.reached or 'its fixture'} reaches outside; mark the test `outside`"
            report.outcome, report.longrepr = "skipped", (path, line or 0, reason)
        return report


def _came_of_impurity(error: BaseException | None) -> bool:
    """Whether it is, or was raised while handling, what the guard raised: the error of a shared fixture is kept."""
    while error is not None:
        if isinstance(error, Impure):
            return True
        error = error.__cause__ or error.__context__
    return False


def add_option(parser: pytest.Parser) -> None:
    parser.addoption("--pure", action="store_true", help="run only tests that need no server, socket or process")


def configure(config: pytest.Config) -> None:
    if config.getoption("--pure"):
        guard = Guard()
        guard.install()
        config.pluginmanager.register(PureRun(guard), "parley-pure")
