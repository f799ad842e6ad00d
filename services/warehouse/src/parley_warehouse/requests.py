"""From an HTTP request to a `Query`: who asks, the statement, its parameters, settings and data.

`http` calls `read` for every request but the health checks. Names of parameters are ClickHouse's own
(its HTTPHandler); what is neither reserved nor `param_…` is a setting, which the engine judges.
"""

import re
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Final

from aiohttp import BodyPartReader, web

from parley_warehouse.access import Access
from parley_warehouse.bodies import HEAD_LIMIT, pieces
from parley_warehouse.engine import ExternalTable, Query
from parley_warehouse.errors import Code, refused
from parley_warehouse.settings import WarehouseSettings
from parley_warehouse.statement import Statement, parse

# Spoken to the front, not to the engine.
_RESERVED_WORDS: Final = """
    query database default_format user password quota_key query_id session_id session_timeout session_check
    stacktrace role buffer_size wait_end_of_query http_wait_end_of_query http_response_buffer_size
    client_protocol_version compress decompress enable_http_compression http_zlib_compression_level
    send_progress_in_http_headers http_headers_progress_interval_ms add_http_cors_header log_comment
    max_memory_usage close_session
"""
_RESERVED: Final = frozenset(_RESERVED_WORDS.split())
_EXTERNAL: Final = re.compile(r"(?P<table>.+)_(?P<part>structure|types|format)")
_LONGEST_SESSION_S: Final = 3600.0
_MOST_TABLES: Final = 16
_QUERY_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")


class Requests:
    def __init__(self, settings: WarehouseSettings, incoming: Path) -> None:
        self._settings = settings
        self._incoming = incoming
        self._access = Access(settings)

    @asynccontextmanager
    async def read(self, request: web.Request) -> AsyncIterator[Query]:
        """The request as a query; its files live until the context is left. Raises QueryFailed."""
        given = dict(request.query)
        user = self._access.check(request.headers, given)
        if given.get("decompress", "0") != "0" or given.get("compress", "0") != "0":
            why = "ClickHouse's own block compression is not served; use Content-Encoding and Accept-Encoding."
            raise refused(Code.NOT_IMPLEMENTED, why)
        with tempfile.TemporaryDirectory(dir=self._incoming) as folder:
            external: tuple[ExternalTable, ...] = ()
            data: Path | None = None
            if request.content_type == "multipart/form-data":
                external = await self._form(request, given, Path(folder))
                statement = self._parse(given.get("query", "").encode())
            else:
                statement, data = await self._body(request, given.get("query", ""), Path(folder))
            yield Query(
                statement,
                query_id=_query_id(given, request),
                user=user.name,
                format=_format(given, request),
                database=given.get("database", request.headers.get("X-ClickHouse-Database", "")),
                parameters={name[6:]: value for name, value in given.items() if name.startswith("param_")},
                settings=_engine_settings(given, external),
                data=data,
                external=external,
                readonly=request.method in ("GET", "HEAD"),
                analyst=user.analyst,
                tenant=user.tenant,
                session_id=given.get("session_id", ""),
                session_check=given.get("session_check", "0") == "1",
                session_timeout_s=_session_timeout(given),
            )

    def _parse(self, text: bytes) -> Statement:
        statement = parse(text, external_sources=self._settings.external_sources)
        if not statement.kind:
            raise refused(Code.SYNTAX_ERROR, "Syntax error: Empty query.")
        return statement

    async def _body(self, request: web.Request, query: str, folder: Path) -> tuple[Statement, Path | None]:
        """The statement is the `query` parameter and the body, a newline between them."""
        head = bytearray(query.encode())
        if head:
            head += b"\n"
        encoding = request.headers.get("Content-Encoding", "")
        limit = self._settings.body_limit_mb * 1024 * 1024
        body = pieces(request.content, encoding, limit=limit, stall_limit_s=self._settings.stall_limit_s)
        whole = True
        async for piece in body:
            head += piece
            if len(head) > HEAD_LIMIT:
                whole = False
                break
        statement = self._parse(bytes(head))
        if statement.data_at < 0:
            if not whole:
                raise refused(Code.QUERY_IS_TOO_LARGE, f"The query is larger than {HEAD_LIMIT} bytes.")
            return statement, None
        path = folder / "body"
        with path.open("wb") as file:
            file.write(memoryview(head)[statement.data_at :])
            async for piece in body:
                file.write(piece)
        return statement, path

    async def _form(self, request: web.Request, given: dict[str, str], folder: Path) -> tuple[ExternalTable, ...]:
        """Fields join the parameters; files are tables that the query may read."""
        limit = self._settings.body_limit_mb * 1024 * 1024
        tables: list[tuple[str, Path]] = []
        try:
            reader = await request.multipart()
            async for part in reader:
                if not isinstance(part, BodyPartReader) or not part.name:
                    raise refused(Code.BAD_ARGUMENTS, "A part of the form has no name.")
                if part.filename is None:
                    value = bytearray()
                    await self._part(part, value, HEAD_LIMIT)
                    given.setdefault(part.name, value.decode())
                    continue
                if len(tables) == _MOST_TABLES:
                    raise refused(Code.BAD_ARGUMENTS, f"A request brings {_MOST_TABLES} tables at most.")
                path = folder / f"table{len(tables)}"
                with path.open("wb") as file:
                    limit -= await self._part(part, file, limit)
                tables.append((part.name, path))
        except (ValueError, AssertionError) as error:
            raise refused(Code.BAD_ARGUMENTS, f"The form cannot be read: {error}.") from None
        return tuple(_external(name, path, given) for name, path in tables)

    async def _part(self, part: BodyPartReader, into: IO[bytes] | bytearray, limit: int) -> int:
        size = 0
        while chunk := await part.read_chunk(65536):
            size += len(chunk)
            if size > limit:
                raise refused(Code.QUERY_IS_TOO_LARGE, "A part of the form is too large.")
            if isinstance(into, bytearray):
                into += chunk
            else:
                into.write(chunk)
        return size


def _external(name: str, path: Path, given: dict[str, str]) -> ExternalTable:
    structure = given.get(f"{name}_structure", "")
    if not structure:
        types = given.get(f"{name}_types", "")
        structure = ", ".join(f"_{at} {kind}" for at, kind in enumerate(types.split(","), 1)) if types else ""
    if not structure:
        raise refused(Code.BAD_ARGUMENTS, f"The table {name[:64]} comes without {name[:64]}_structure.")
    wanted = given.get(f"{name}_format", "TabSeparated")
    if not re.fullmatch(r"[A-Za-z0-9]+", wanted) or ";" in structure:
        raise refused(Code.BAD_ARGUMENTS, f"The structure or format of table {name[:64]} is not one.")
    return ExternalTable(name, structure, wanted, path)


def _engine_settings(given: dict[str, str], external: tuple[ExternalTable, ...]) -> dict[str, str]:
    names = {table.name for table in external}
    settings = {}
    for name, value in given.items():
        part = _EXTERNAL.fullmatch(name)
        if name in _RESERVED or name.startswith("param_") or (part and part["table"] in names):
            continue
        settings[name] = value
    return settings


def _query_id(given: dict[str, str], request: web.Request) -> str:
    wanted = given.get("query_id", "") or request.headers.get("X-ClickHouse-Query-Id", "")
    if wanted and not _QUERY_ID.fullmatch(wanted):
        raise refused(Code.BAD_ARGUMENTS, "query_id has up to 128 printable characters.")
    return wanted or str(uuid.uuid4())


def _format(given: dict[str, str], request: web.Request) -> str:
    return given.get("default_format", "") or request.headers.get("X-ClickHouse-Format", "") or "TabSeparated"


def _session_timeout(given: dict[str, str]) -> float:
    asked = 60.0
    with suppress(ValueError):
        asked = float(given.get("session_timeout", "60"))
    return min(max(asked, 0.0), _LONGEST_SESSION_S)
