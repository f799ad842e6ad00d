"""One warehouse in this process for the whole test session (an engine cannot be opened twice), and clients for it."""

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from parley_warehouse.app import serving
from parley_warehouse.settings import WarehouseSettings
from pydantic import SecretStr


@dataclass(frozen=True)
class Served:
    host: str
    port: int
    data_dir: Path

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


def settings(folder: Path, **changes: object) -> WarehouseSettings:
    values: dict[str, object] = {
        "data_dir": folder,
        "port": 0,
        "query_threads": 2,
        "queue_limit": 2,
        "query_limit_s": 10.0,
        "body_limit_mb": 8,
        "session_limit": 3,
        "stall_limit_s": 2.0,
        "analyst_user": "analyst",
        "analyst_password": SecretStr("read"),
    }
    return WarehouseSettings.model_validate(values | changes)


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server on a loop of its own thread, so that synchronous clients can be used in tests."""
    folder = tmp_path_factory.mktemp("clickhouse")
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    started: Future[int] = Future()

    async def serve() -> None:
        async with serving(settings(folder)) as port:
            started.set_result(port)
            await stop.wait()

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve())
        except BaseException as error:
            with suppress(Exception):
                started.set_exception(error)
            raise
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="warehouse")
    thread.start()
    try:
        yield Served("127.0.0.1", started.result(30), folder)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)


@pytest.fixture
def where(warehouse: Served) -> dict[str, Any]:
    return {"host": warehouse.host, "port": warehouse.port}


@pytest.fixture
def data_dir(warehouse: Served) -> Path:
    return warehouse.data_dir


@pytest.fixture
def client(where: dict[str, Any]) -> Iterator[Client]:
    with clickhouse_connect.get_client(**where) as client:
        yield client


@pytest.fixture
def table(client: Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh name; the table of it is dropped afterwards."""
    name = f"t_{hashlib.sha1(request.node.nodeid.encode()).hexdigest()[:16]}"
    client.command(f"DROP TABLE IF EXISTS {name}")
    yield name
    client.command(f"DROP TABLE IF EXISTS {name}")
