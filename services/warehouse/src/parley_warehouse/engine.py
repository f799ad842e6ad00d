"""Owns the ClickHouse engine (chDB): one per process, its folder locked, its calls on threads of their own.

`http` hands in a `Query` and gets a `Running` whose chunks it sends on. Each query has a separate connection
(0.4 ms), hence its own settings and database; a `session_id` keeps one between requests. Queries beyond the threads
wait in a bounded line; each has a time limit, and a client that goes away has its query killed.
"""

import asyncio
import logging
import re
import shutil
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from parley_warehouse import grants
from parley_warehouse.chdb_api import Answer, Connection, EngineError, connect
from parley_warehouse.errors import Code, QueryFailed, StartRefused, from_engine, refused
from parley_warehouse.ownership import locked
from parley_warehouse.sessions import Sessions
from parley_warehouse.settings import WarehouseSettings
from parley_warehouse.statement import Statement

log = logging.getLogger(__name__)

# Formats whose blocks may simply follow each other; others have a head or an end and are made in one piece.
_STREAMED_WORDS: Final = """
    native tabseparated tsv tabseparatedraw tsvraw csv rowbinary jsoneachrow jsonlines ndjson
    jsoncompacteachrow jsonstringseachrow jsoncompactstringseachrow tskv values customseparated lineasstring
    rawblob
"""
_STREAMED: Final = frozenset(_STREAMED_WORDS.split())
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
# What the reading user may set: how much it reads and how answers look. The engine bounds the memory.
_FOR_ANALYSTS: Final = re.compile(
    r"(?:output|input)_format_\w+|date_time_(?:in|out)put_format|format_\w+|max_(?:threads|block_size|execution_time"
    r"|memory_usage|rows_to_read|bytes_to_read|result_rows|result_bytes|bytes_before_external_(?:group_by|sort))"
    r"|(?:read|result|timeout)_overflow_mode|join_use_nulls|final|limit|offset|extremes|session_timezone"
    r"|use_client_time_zone|async_insert|wait_for_async_insert|enable_http_compression|http_\w+"
    r"|send_progress_in_http_headers|cancel_http_readonly_queries_on_client_close|buffer_size|network_compression_method"
)
_CHUNKS_AHEAD: Final = 8
_GRACE_S: Final = 5.0  # how much longer than its own limit a query may take before it is killed


@dataclass(frozen=True, slots=True)
class ExternalTable:
    """A table that a request brings along (multipart form)."""

    name: str
    structure: str
    format: str
    path: Path


@dataclass(frozen=True, slots=True)
class Query:
    statement: Statement
    query_id: str
    user: str
    format: str = "TabSeparated"
    database: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    data: Path | None = None
    external: tuple[ExternalTable, ...] = ()
    readonly: bool = False  # this request may not change data: it is a GET
    analyst: bool = False  # this user may never change data
    tenant: str = ""  # the query sees this tenant's rows alone
    session_id: str = ""
    session_check: bool = False
    session_timeout_s: float = 60.0


@dataclass(slots=True)
class Totals:
    """What X-ClickHouse-Summary says; complete when the last chunk is out."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0
    elapsed_ns: int = 0

    def add(self, answer: Answer) -> None:
        self.read_rows += answer.storage_rows_read()
        self.read_bytes += answer.storage_bytes_read()
        self.written_rows += answer.rows_written()
        self.written_bytes += answer.bytes_written()
        self.result_rows += answer.rows_read()
        self.result_bytes += answer.size()


class Running:
    """One admitted query. `chunks` may be read once; leaving it early kills the query."""

    def __init__(self, stall_limit_s: float) -> None:
        self.totals = Totals()
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[bytes | QueryFailed | None] = asyncio.Queue(_CHUNKS_AHEAD)
        self._stall_limit_s = stall_limit_s
        self._gone = threading.Event()

    def put(self, item: bytes | QueryFailed | None) -> None:
        """From the engine's thread: wait until there is room. Raises when the reader is gone or takes nothing."""
        if self._gone.is_set():
            raise refused(Code.QUERY_WAS_CANCELLED, "The client has gone away.")
        waiting = asyncio.run_coroutine_threadsafe(self._queue.put(item), self._loop)
        try:
            waiting.result(self._stall_limit_s)
        except TimeoutError:
            waiting.cancel()
            raise refused(Code.SOCKET_TIMEOUT, "The client takes no data.") from None
        except FutureCancelled:
            raise refused(Code.ABORTED, "The server is stopping.") from None

    def abort(self) -> None:
        """The server stops: the query's thread goes no further and its reader gets an error."""
        self.leave()
        self._queue.put_nowait(refused(Code.ABORTED, "The server is stopping."))

    def leave(self) -> None:
        """The reader wants no more: wake a thread that waits for room."""
        self._gone.set()
        while not self._queue.empty():
            self._queue.get_nowait()

    async def next(self, timeout_s: float) -> bytes | None:
        """The next chunk, or None at the end. Raises QueryFailed, TimeoutError."""
        item = await asyncio.wait_for(self._queue.get(), timeout_s)
        if isinstance(item, QueryFailed):
            raise item
        return item


class Engine:
    """Open it in the process's one place; closing it leaves all data on disk."""

    def __init__(self, settings: WarehouseSettings) -> None:
        self._settings = settings
        self._folder = settings.data_dir.absolute()
        self.incoming = self._folder / "incoming"
        self._threads = ThreadPoolExecutor(settings.query_threads, thread_name_prefix="query")
        self._control = ThreadPoolExecutor(1, thread_name_prefix="control")
        self._slots = asyncio.Semaphore(settings.query_threads)
        self._admitted = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
        self._running: set[Running] = set()
        self.version = ""
        self.timezone = ""

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: WarehouseSettings) -> AsyncIterator[Self]:
        """Raises StartRefused when the folder cannot be used or another process owns it."""
        engine = cls(settings)
        with locked(engine._folder):
            await asyncio.get_running_loop().run_in_executor(engine._control, engine._start)
            try:
                yield engine
            finally:
                await engine._close()

    @property
    def ready(self) -> bool:
        return bool(self.version) and not self._closing

    def _start(self) -> None:
        shutil.rmtree(self.incoming, ignore_errors=True)
        try:
            self.incoming.mkdir(mode=0o700)
            rights = self._folder / "rights"
            self._covered = grants.covered(self._folder / "engine" / "metadata")
            self._config = grants.write(
                rights,
                external_sources=self._settings.external_sources,
                max_memory_mb=self._settings.max_memory_mb,
                tables=self._covered,
            )
            self._keeper = self._open()
            self._keep_files_out()
            row = self._keeper.query("SELECT version(), timezone()", "TabSeparated").bytes().decode()
        except (OSError, EngineError) as error:
            raise StartRefused(f"the engine cannot open {self._folder}: {error}") from None
        self.version, self.timezone = row.strip().split("\t")
        self._sessions = Sessions(self._open, limit=self._settings.session_limit)

    def _open(self) -> Connection:
        return connect(str(self._folder / "engine"), self._config)

    def _keep_files_out(self) -> None:
        """Make `default` a plain database: chDB lays the machine's files over it, as tables named by their paths."""
        engine = self._keeper.query("SELECT engine FROM system.databases WHERE name = 'default'", "TabSeparated")
        if engine.bytes().strip() == b"Atomic":
            return
        self._keeper.query("DETACH DATABASE default", "Null")
        metadata = self._folder / "engine" / "metadata"
        # The engine knows the database's id from its tables alone: without any it cannot be attached, only made again.
        known = any((metadata / "default").glob("*.sql"))
        if not known:
            (metadata / "default.sql").unlink(missing_ok=True)
        self._keeper.query("ATTACH DATABASE default" if known else "CREATE DATABASE default ENGINE = Atomic", "Null")

    async def drain(self) -> None:
        """Take no more queries, let those that run end, kill those that do not. Safe to call twice."""
        self._closing = True
        try:
            await asyncio.wait_for(self._idle.wait(), self._settings.drain_timeout_s)
        except TimeoutError:
            log.warning("killing queries that still run", extra={"queries": self._admitted})
            await self._on_control("KILL QUERY WHERE Settings['log_comment'] != '' ASYNC")
            for running in list(self._running):
                running.abort()

    async def _close(self) -> None:
        await self.drain()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        await asyncio.get_running_loop().run_in_executor(self._control, self._stop)
        self._control.shutdown()

    def _stop(self) -> None:
        self._sessions.close()
        self._keeper.close()
        shutil.rmtree(self.incoming, ignore_errors=True)

    @asynccontextmanager
    async def run(self, query: Query) -> AsyncIterator[Running]:
        """Admit and start a query. Raises QueryFailed when the line is full or does not move."""
        limit = self._settings.query_threads + self._settings.queue_limit
        if self._closing:
            raise refused(Code.ABORTED, "The server is stopping.")
        if self._admitted >= limit:
            raise refused(Code.TOO_MANY_SIMULTANEOUS_QUERIES, f"Too many queries wait. Maximum: {limit}.")
        self._admitted += 1
        self._idle.clear()
        work = None
        try:
            try:
                await asyncio.wait_for(self._slots.acquire(), self._settings.query_limit_s)
            except TimeoutError:
                raise refused(Code.TOO_MANY_SIMULTANEOUS_QUERIES, "No query ended in time for this one.") from None
            running = Running(self._settings.stall_limit_s)
            work = asyncio.get_running_loop().run_in_executor(self._threads, self._work, query, running)
            self._running.add(running)
            work.add_done_callback(lambda _: self._release(running))
            yield running
        finally:
            if work is None:
                self._leave()
            else:
                running.leave()
                if not work.done():
                    await asyncio.shield(self._kill(query.query_id))
                    running.leave()

    def _release(self, running: Running) -> None:
        self._running.discard(running)
        self._slots.release()
        self._leave()

    def _leave(self) -> None:
        self._admitted -= 1
        if not self._admitted:
            self._idle.set()

    async def chunks(self, query: Query, running: Running) -> AsyncIterator[bytes]:
        """What the query gives. Raises QueryFailed; a query far beyond its time limit is killed."""
        until = time.monotonic() + self._settings.query_limit_s + _GRACE_S
        while True:
            try:
                chunk = await running.next(max(0.0, until - time.monotonic()))
            except TimeoutError:
                await self._kill(query.query_id)
                limit = self._settings.query_limit_s
                raise refused(Code.TIMEOUT_EXCEEDED, f"Timeout exceeded: maximum: {limit:g} s.") from None
            if chunk is None:
                return
            yield chunk

    async def _kill(self, query_id: str) -> None:
        await self._on_control(f"KILL QUERY WHERE Settings['log_comment'] = {_quoted(query_id)} ASYNC")

    async def _on_control(self, sql: str) -> None:
        def run() -> None:
            try:
                self._keeper.query(sql, "Null")
            except EngineError as error:
                log.warning("control statement refused by the engine", extra={"error": str(error)})

        await asyncio.get_running_loop().run_in_executor(self._control, run)

    def _work(self, query: Query, running: Running) -> None:
        """On a query thread: everything ends in the queue, so that nothing a query does can end the thread."""
        started = time.perf_counter_ns()
        last: QueryFailed | None = None
        try:
            with self._sessions.connection(query) as connection, self._prepared(connection, query):
                for answer in self._answers(connection, query):
                    running.totals.add(answer)
                    running.totals.elapsed_ns = time.perf_counter_ns() - started
                    if answer.size():
                        running.put(answer.bytes())
        except QueryFailed as failure:
            last = failure
        except EngineError as error:
            last = from_engine(_without_path(str(error), query))
        except Exception:
            log.exception("query failed inside the server")
            last = refused(Code.LOGICAL_ERROR, "The server failed on this query; its log says why.")
        try:
            running.put(last)
        except QueryFailed as failure:
            log.info("query ended without a reader", extra={"code": failure.code})

    def _answers(self, connection: Connection, query: Query) -> Iterator[Answer]:
        statement = query.statement
        text = statement.insert_from(str(query.data)) if query.data is not None else statement.text
        try:
            sql = text.decode()
        except UnicodeDecodeError as error:
            raise refused(Code.SYNTAX_ERROR, f"Syntax error: the query is not UTF-8 at byte {error.start}.") from None
        wanted = statement.format if statement.format and statement.gives_result else query.format
        parameters = query.parameters or None
        if not (statement.streams and wanted.lower() in _STREAMED):
            yield connection.query(sql, wanted, params=parameters)
            return
        stream = connection.send_query(sql, wanted, params=parameters)
        try:
            yield from stream
        finally:
            stream.close()

    @contextmanager
    def _prepared(self, connection: Connection, query: Query) -> Iterator[None]:
        """Give the connection the request's settings and database; take them off again where it is a session's."""
        settings = dict(query.settings)
        readonly = settings.pop("readonly", "")
        if query.analyst:
            _only_allowed(settings)
        if query.tenant:
            settings["workload"] = grants.workload(query.tenant)
            self._check_covered(connection)
        settings["max_execution_time"] = _shorter(settings.get("max_execution_time", ""), self._settings.query_limit_s)
        before: dict[str, str] = {}
        database = ""
        if query.session_id:
            before = {name: _current(connection, name) for name in settings}
            database = connection.query("SELECT currentDatabase()", "RawBLOB").bytes().decode()
        settings["log_comment"] = query.query_id
        connection.query(_set(settings), "Null")
        if query.database and query.database != database:
            connection.query(f"USE {_identifier(query.database)}", "Null")
        for table in query.external:
            name = _identifier(table.name)
            connection.query(f"CREATE TEMPORARY TABLE {name} ({table.structure}) ENGINE = Memory", "Null")
            source = f"FROM INFILE {_quoted(str(table.path))} FORMAT {table.format}"
            connection.query(f"INSERT INTO {name} {source}", "Null")
        self._restrict(connection, query, readonly)
        try:
            yield
        finally:
            if query.session_id and query.statement.kind not in ("set", "use"):
                self._restore(connection, before, database if query.database else "")

    def _check_covered(self, connection: Connection) -> None:
        """Raises QueryFailed where a table has no row policy: it was made since the start."""
        sql = (
            "SELECT database, name FROM system.tables WHERE NOT is_temporary AND engine NOT IN ('View') AND database"
            " NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA', '_temporary_and_external_tables')"
        )
        lines = connection.query(sql, "TabSeparated").bytes().decode().splitlines()
        made = [line for line in lines if tuple(line.split("\t")) not in self._covered]
        if made:
            names = ", ".join(line.replace("\t", ".") for line in made[:5])
            raise refused(Code.ACCESS_DENIED, f"New tables ({names}) are open to this user after the next start.")

    @staticmethod
    def _restrict(connection: Connection, query: Query, asked: str) -> None:
        """`readonly` cannot be taken back, so a GET in a writer's session is judged by its statement instead."""
        kind = query.statement.kind
        if query.analyst and kind in ("kill", "system"):
            raise refused(Code.ACCESS_DENIED, f"Not enough privileges: {kind.upper()} is not for the reading user.")
        if query.readonly and query.session_id and not query.analyst:
            if kind == "kill" or not (query.statement.gives_result or kind in ("set", "use")):
                raise refused(Code.READONLY, "Cannot execute query in readonly mode: method GET implies readonly.")
            return
        # 1: the engine takes no settings from the query itself, so neither a limit nor `workload` can be changed.
        wanted = "1" if query.analyst else asked if asked not in ("", "0") else "2" if query.readonly else "0"
        if wanted != _current(connection, "readonly"):
            connection.query(f"SET readonly = {_quoted(wanted)}", "Null")

    @staticmethod
    def _restore(connection: Connection, before: dict[str, str], database: str) -> None:
        try:
            connection.query(_set(before | {"log_comment": ""}), "Null")
            if database:
                connection.query(f"USE {_identifier(database)}", "Null")
        except EngineError as error:
            log.info("session kept the settings of a request", extra={"error": str(error)[:200]})


def _only_allowed(settings: dict[str, str]) -> None:
    for name in settings:
        if not _FOR_ANALYSTS.fullmatch(name):
            raise refused(Code.ACCESS_DENIED, f"The setting {name[:64]} is not for the reading user.")


def _set(values: dict[str, str]) -> str:
    for name in values:
        if not _NAME.fullmatch(name):
            raise refused(Code.BAD_ARGUMENTS, "The name of a setting has letters, digits and underscores only.")
    return "SET " + ", ".join(f"{name} = {_quoted(value)}" for name, value in values.items())


def _current(connection: Connection, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise refused(Code.BAD_ARGUMENTS, "The name of a setting has letters, digits and underscores only.")
    return connection.query(f"SELECT toString(getSetting('{name}'))", "RawBLOB").bytes().decode()


def _shorter(asked: str, limit_s: float) -> str:
    try:
        wanted = float(asked or 0)
    except ValueError:
        return asked  # the engine words the error
    return f"{min(wanted, limit_s) if wanted > 0 else limit_s:g}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _identifier(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _without_path(message: str, query: Query) -> str:
    for path in (query.data, *(table.path for table in query.external)):
        if path is not None:
            message = message.replace(str(path), "the request's body")
    return message
