"""Pytest fixtures for every member: a real NATS server per test module, a bus per test, a tenant per test."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from hypothesis import settings
from parley_core import clock
from parley_core.bus.connection import NatsBus, connect
from parley_core.ids import new_id

from parley_testing import pure
from parley_testing.browser import open_browser
from parley_testing.servers import nats_server

__all__ = ["bus", "nats_url", "open_browser", "own_clock", "pytest_addoption", "pytest_configure", "tenant"]

# No assertion on wall-clock time: hypothesis has one for each example, which a busy machine breaks.
settings.register_profile("parley", deadline=None)
settings.load_profile("parley")

pytest_addoption = pure.add_option
pytest_configure = pure.configure


@pytest.fixture(autouse=True)
def own_clock() -> Iterator[None]:
    """A test that sets the process's clock sets it for itself alone: the next one's deadlines would never come."""
    before = clock.CURRENT.get()
    yield
    clock.CURRENT.set(before)


@pytest.fixture(scope="module")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with nats_server(tmp_path_factory.mktemp("nats")) as url:
        yield url


@pytest_asyncio.fixture
async def bus(nats_url: str) -> AsyncIterator[NatsBus]:
    async with connect(nats_url, "test") as connected:
        yield connected


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test uses."""
    return new_id("t-")
