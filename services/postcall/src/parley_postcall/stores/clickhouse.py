"""The warehouse on ClickHouse, over HTTP through clickhouse-connect. The only importer of that client.

Tables come from the numbered files in `ddl`, each applied once and recorded in `parley.schema_versions`.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from importlib import resources
from typing import Final

from aiohttp import ClientError
from clickhouse_connect.driver import create_async_client
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError, DataError
from parley_core.clock import Clock, SystemClock
from parley_core.errors import BadInput, Conflict, Unavailable

from parley_postcall.rows import Table

DATABASE: Final = "parley"
_CODE = re.compile(r"Code: (\d+)")
_VERSIONS_DDL: Final = f"""
CREATE TABLE IF NOT EXISTS {DATABASE}.schema_versions
(
    version    UInt32,
    name       String,
    digest     String,
    applied_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY version
"""


class ClickHouse:
    """See `ports.Warehouse`. Connects when first used and prepares the tables before the first write."""

    def __init__(self, url: str, *, timeout_s: float, clock: Clock | None = None) -> None:
        """`url`: http(s)://user:password@host:port. `timeout_s`: of one request."""
        self._url = url
        self._timeout_s = timeout_s
        self._clock = clock or SystemClock()
        self._client: AsyncClient | None = None
        self._prepared = False
        self._lock = asyncio.Lock()

    async def prepare(self) -> None:
        client = await self._connected()
        async with self._lock:
            if self._prepared:
                return
            with _translating():
                await client.command(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
                await client.command(_VERSIONS_DDL)
                found = await client.query(f"SELECT version, digest FROM {DATABASE}.schema_versions FINAL")  # noqa: S608
                applied = {int(version): str(digest) for version, digest in found.result_rows}
                for version, name, text in _versions():
                    await self._apply(client, applied.get(version), version, name, text)
            self._prepared = True

    async def write(self, tables: Sequence[Table]) -> None:
        await self.prepare()
        client = await self._connected()
        for table in tables:
            if not table.rows:
                continue
            columns = list(table.rows[0])
            data = [[row[column] for column in columns] for row in table.rows]
            with _translating():
                await client.insert(
                    table.name,
                    data,
                    column_names=columns,
                    database=DATABASE,
                    # A repeat of the same rows is dropped by the server; without that, by their key when merged.
                    settings={"insert_deduplication_token": _token(table)},
                )

    async def events_of(self, tenant: str, call: str) -> int:
        await self.prepare()
        client = await self._connected()
        query = (
            f"SELECT uniqExact(id) FROM {DATABASE}.events "  # noqa: S608 - a name of ours
            "WHERE tenant = {tenant:String} AND call = {call:String}"
        )
        with _translating():
            found = await client.query(query, parameters={"tenant": tenant, "call": call})
        return int(found.result_rows[0][0])

    async def check(self) -> None:
        client = await self._connected()
        with _translating():
            await client.command("SELECT 1")

    async def close(self) -> None:
        if self._client is not None:
            closing, self._client = self._client, None
            await closing.close()

    async def _connected(self) -> AsyncClient:
        async with self._lock:
            if self._client is None:
                with _translating():
                    self._client = await create_async_client(
                        dsn=self._url,
                        connect_timeout=min(self._timeout_s, 10),
                        send_receive_timeout=self._timeout_s,
                        autogenerate_session_id=False,  # a session takes one query at a time; writes run side by side
                        query_retries=0,
                    )
            return self._client

    async def _apply(self, client: AsyncClient, applied: str | None, version: int, name: str, text: str) -> None:
        digest = hashlib.sha256(text.encode()).hexdigest()
        if applied == digest:
            return
        if applied is not None:
            raise Conflict(f"warehouse version {version}", "was applied with another text: add a version, change none")
        for statement in _statements(text):
            await client.command(statement)
        now = datetime.fromtimestamp(self._clock.time_us() / 1e6, UTC)
        await client.insert(
            "schema_versions",
            [[version, name, digest, now]],
            column_names=["version", "name", "digest", "applied_at"],
            database=DATABASE,
        )


@asynccontextmanager
async def clickhouse(url: str, *, timeout_s: float) -> AsyncIterator[ClickHouse]:
    """A warehouse that is closed when the context is left."""
    warehouse = ClickHouse(url, timeout_s=timeout_s)
    try:
        yield warehouse
    finally:
        await warehouse.close()


@contextmanager
def _translating() -> Iterator[None]:
    """ClickHouse's errors as Parley's, by their code: the server's text may quote rows."""
    try:
        yield
    except DataError as error:
        raise BadInput("warehouse row", type(error).__name__) from error
    except ClickHouseError as error:
        code = _CODE.search(str(error))
        why = f"{type(error).__name__} {code[1]}" if code else type(error).__name__
        raise Unavailable("ClickHouse", why) from error
    except (ClientError, OSError, TimeoutError) as error:
        raise Unavailable("ClickHouse", type(error).__name__) from error


def _versions() -> list[tuple[int, str, str]]:
    """Number, name and text of every version, oldest first."""
    folder = resources.files("parley_postcall.stores") / "ddl"
    found = []
    for file in folder.iterdir():
        number, _, name = file.name.removesuffix(".sql").partition("_")
        if file.name.endswith(".sql"):
            found.append((int(number), name, file.read_text(encoding="utf-8")))
    return sorted(found)


def _statements(text: str) -> list[str]:
    """The statements of a version: comment lines aside, each ends with a semicolon at a line's end."""
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return [statement.strip() for statement in re.split(r";\s*$", bare, flags=re.MULTILINE) if statement.strip()]


def _token(table: Table) -> str:
    """The same rows have the same token, whenever they are written."""
    rows = [{name: value for name, value in row.items() if name != "written_at"} for row in table.rows]
    content = json.dumps([table.name, rows], sort_keys=True, default=str).encode()
    return f"{table.name}/{hashlib.sha256(content).hexdigest()}"
