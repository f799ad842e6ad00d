"""Database engines: SQLite in a file, or PostgreSQL, behind SQLAlchemy's asyncio face.

Services with tables call `engine` once in their composition root and hand it to their stores, which run every write in
`transaction` and every read in `reading`.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg  # type: ignore[import-untyped]
from parley_core.errors import BadInput, Unavailable
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

CONNECT_ERRORS: Final = (DBAPIError, PoolTimeout, asyncpg.PostgresError, OSError, sqlite3.Error)
_LOST: Final = frozenset({"40001", "40P01"})  # PostgreSQL's serialization failure and deadlock
_READ_ONLY: Final = "parley_read_only"
_WRITERS: Final = "parley_writers"


def service_url(url: str, service: str) -> str:
    """Return `url`, or the service's own SQLite file where `url` is empty (the setting's default)."""
    return url or f"sqlite+aiosqlite:///var/db/{service}.db"


def engine(
    url: str, *, pool_size: int = 5, max_overflow: int = 5, pool_timeout_s: float = 10.0, busy_timeout_s: float = 10.0
) -> AsyncEngine:
    """Make an engine; nothing connects yet. Raises BadInput for a URL that is neither SQLite's nor PostgreSQL's.

    At most `pool_size + max_overflow` connections are open; one more asker waits `pool_timeout_s`. An SQLite writer
    waits `busy_timeout_s` for the writer before it.
    """
    parsed = parse_url(url)
    # hide_parameters: names and phone numbers are statement parameters, and errors are logged.
    if parsed.get_backend_name() == "sqlite":
        Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
        made = create_async_engine(
            parsed,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=max_overflow,
            pool_timeout=pool_timeout_s,
            connect_args={"timeout": busy_timeout_s},
            execution_options={_WRITERS: _Writers(busy_timeout_s)},
        )
        event.listen(made.sync_engine, "connect", _prepare_sqlite)
        event.listen(made.sync_engine, "begin", _begin_sqlite)
        return made
    return create_async_engine(
        parsed,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=pool_timeout_s,
        pool_pre_ping=True,
        connect_args={"timeout": pool_timeout_s, "command_timeout": 30},
    )


def session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions for services that map classes. Each session's transaction is a writer's."""
    return async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One writing transaction: committed at the end, rolled back by an error.

    On SQLite it takes the write lock at its beginning, so what it read is still true when it writes and two writers
    wait for each other instead of deadlocking. Raises Unavailable when the database cannot be reached, goes away or
    stays locked; nothing is written then, unless it went away during the commit itself.
    """
    async with AsyncExitStack() as stack:
        writers = engine.get_execution_options().get(_WRITERS)
        if isinstance(writers, _Writers):
            await stack.enter_async_context(writers.turn(engine.url))
        yield await stack.enter_async_context(_begun(engine))


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One snapshot for reads; on SQLite it never waits for a writer. Raises Unavailable as `transaction` does."""
    async with _begun(engine.execution_options(**{_READ_ONLY: True})) as connection:
        yield connection


def parse_url(url: str) -> URL:
    """Check a database URL and put the asyncio driver into it."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadInput("database_url", "is not an SQLAlchemy URL") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise BadInput("database_url", "needs a file: connections to SQLite in memory do not share it")
        return parsed.set(drivername="sqlite+aiosqlite")
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+asyncpg")
    raise BadInput("database_url", f"{backend!r} is not supported; use sqlite+aiosqlite or postgresql+asyncpg")


def unavailable(url: URL, error: BaseException, why: str = "") -> Unavailable:
    """The error to raise for a database that cannot be reached; carries no user and no password."""
    shown = URL.create(url.get_backend_name(), host=url.host, port=url.port, database=url.database)
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return Unavailable(f"database {shown.render_as_string()}", why or str(cause) or type(cause).__name__)


class _Writers:
    """The writers of one process take turns: SQLite lets one write, and those that wait in SQLite poll for the lock."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, url: URL) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._lock.acquire()
        except TimeoutError as error:
            raise unavailable(url, error, "other writers hold it") from error
        try:
            yield
        finally:
            self._lock.release()


@asynccontextmanager
async def _begun(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    try:
        connection = await engine.connect()
    except CONNECT_ERRORS as error:
        raise unavailable(engine.url, error) from error
    try:
        try:
            begun = await connection.begin()
        except CONNECT_ERRORS as error:
            raise unavailable(engine.url, error) from error
        try:
            yield connection
            await begun.commit()
        except DBAPIError as error:
            if _may_pass(error):
                raise unavailable(engine.url, error) from error
            raise
    finally:
        # Closing rolls back what is not committed; a cancelled owner must not leave the connection half closed.
        await asyncio.shield(connection.close())


def _may_pass(error: DBAPIError) -> bool:
    """The connection broke, or the transaction lost against another one: the same again may succeed."""
    if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _LOST:
        return True
    return error.orig is not None and "database is locked" in str(error.orig)


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions of its own: `_begin_sqlite` says which kind is wanted.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode")
    row = cursor.fetchone()
    if row is None or row[0] != "wal":
        cursor.execute("PRAGMA journal_mode = WAL")
    # FULL: a committed booking survives a power cut; the WAL's default of NORMAL may lose the last commits.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
