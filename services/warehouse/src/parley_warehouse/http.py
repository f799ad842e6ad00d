"""ClickHouse's HTTP interface: one handler for queries, the health checks, and how answers and errors look.

`app` mounts it. A short answer goes out whole, with its true status, length and summary; a long one streams, and an
error in its middle is reported as ClickHouse does: an exception block under the tag that the headers announced.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Final

from aiohttp import web
from parley_core.http.browsers import refuse_foreign_pages

from parley_warehouse.bodies import packer
from parley_warehouse.engine import Engine, Query, Running, Totals
from parley_warehouse.errors import Code, QueryFailed
from parley_warehouse.requests import Requests
from parley_warehouse.settings import WarehouseSettings

log = logging.getLogger(__name__)

_WHOLE: Final = 1024 * 1024  # an answer up to this size is sent whole
_WHOLE_ON_REQUEST: Final = 64 * 1024 * 1024  # and up to this one where the client asks for it
_TYPES: Final = {
    "json": "application/json; charset=UTF-8",
    "jsoncompact": "application/json; charset=UTF-8",
    "jsonstrings": "application/json; charset=UTF-8",
    "jsoneachrow": "application/x-ndjson; charset=UTF-8",
    "csv": "text/csv; charset=UTF-8; header=absent",
    "csvwithnames": "text/csv; charset=UTF-8; header=present",
    "tabseparated": "text/tab-separated-values; charset=UTF-8",
    "tabseparatedwithnames": "text/tab-separated-values; charset=UTF-8",
    "native": "application/octet-stream",
    "rowbinary": "application/octet-stream",
    "parquet": "application/octet-stream",
    "arrow": "application/octet-stream",
    "xml": "application/xml; charset=UTF-8",
}


class Http:
    def __init__(self, engine: Engine, requests: Requests, settings: WarehouseSettings) -> None:
        self._engine = engine
        self._requests = requests
        self._settings = settings

    def application(self) -> web.Application:
        application = web.Application(
            client_max_size=settings_bytes(self._settings), middlewares=[refuse_foreign_pages]
        )
        application.router.add_route("GET", "/ping", self.ping)
        application.router.add_route("GET", "/replicas_status", self.ping)
        application.router.add_route("*", "/", self.query)
        application.router.add_route("*", "/{path:.*}", self.elsewhere)
        return application

    async def ping(self, request: web.Request) -> web.Response:
        if not self._engine.ready:
            return web.Response(status=503, text="The server is stopping.\n")
        return web.Response(text="Ok.\n", headers=self._common())

    async def elsewhere(self, request: web.Request) -> web.Response:
        text = f"There is no handle {request.path[:200]}\n\nUse / or /ping for health checks.\n"
        return web.Response(status=404, text=text)

    async def query(self, request: web.Request) -> web.StreamResponse:
        if request.method == "GET" and "query" not in request.query:
            return await self.ping(request)
        if request.method not in ("GET", "POST", "HEAD"):
            return web.Response(status=405, text="Use GET or POST.\n", headers={"Allow": "GET, POST"})
        try:
            async with self._requests.read(request) as query:
                return await self._answer(request, query)
        except QueryFailed as failure:
            return self._failed(failure, request)

    async def _answer(self, request: web.Request, query: Query) -> web.StreamResponse:
        async with self._engine.run(query) as running:
            chunks = self._engine.chunks(query, running)
            waits = "1" in (request.query.get("wait_end_of_query"), request.query.get("http_wait_end_of_query"))
            limit = _WHOLE_ON_REQUEST if waits else _WHOLE
            start = bytearray()
            try:
                async for chunk in chunks:
                    start += chunk
                    if len(start) > limit:
                        return await self._stream(request, query, running, bytes(start), chunks)
            except QueryFailed as failure:
                return self._failed(failure, request, query)
        headers = self._headers(query)
        headers["X-ClickHouse-Summary"] = _summary(running.totals)
        body = bytes(start)
        packing = _packing(request)
        if packing is not None and body:
            headers["Content-Encoding"] = packing[0]
            body = packing[1](body) + packing[2]()
        return web.Response(body=body, headers=headers)

    async def _stream(
        self, request: web.Request, query: Query, running: Running, start: bytes, chunks: AsyncIterator[bytes]
    ) -> web.StreamResponse:
        tag = secrets.token_hex(8)
        headers = self._headers(query)
        headers["X-ClickHouse-Summary"] = _summary(running.totals)
        headers["X-ClickHouse-Exception-Tag"] = tag
        packing = _packing(request)
        pack: Callable[[bytes], bytes] = packing[1] if packing else bytes
        if packing is not None:
            headers["Content-Encoding"] = packing[0]
        response = web.StreamResponse(headers=headers)
        try:
            await response.prepare(request)
            await self._send(response, pack(start))
            try:
                async for chunk in chunks:
                    await self._send(response, pack(chunk))
            except QueryFailed as failure:
                message = failure.body(self._engine.version).encode()
                block = b"\r\n__exception__\r\n%s\r\n%s%d %s\r\n__exception__\r\n"
                await self._send(response, pack(block % (tag.encode(), message, len(message), tag.encode())))
            if packing is not None:
                await self._send(response, packing[2]())
            await response.write_eof()
        except (ConnectionError, TimeoutError):
            log.info("client disconnected during its response", extra={"query_id": query.query_id})
            if request.transport is not None:
                request.transport.abort()
        return response

    async def _send(self, response: web.StreamResponse, data: bytes) -> None:
        if data:
            await asyncio.wait_for(response.write(data), self._settings.stall_limit_s)

    def _common(self) -> dict[str, str]:
        return {
            "X-ClickHouse-Server-Display-Name": self._settings.display_name,
            "X-ClickHouse-Timezone": self._engine.timezone,
        }

    def _headers(self, query: Query) -> dict[str, str]:
        headers = self._common()
        headers["X-ClickHouse-Query-Id"] = query.query_id
        headers["X-ClickHouse-Timezone"] = query.settings.get("session_timezone") or self._engine.timezone
        headers["Content-Type"] = "text/plain; charset=UTF-8"
        if query.statement.gives_result:
            name = query.statement.format or query.format
            headers["X-ClickHouse-Format"] = name
            headers["Content-Type"] = _TYPES.get(name.lower(), "text/plain; charset=UTF-8")
        return headers

    def _failed(self, failure: QueryFailed, request: web.Request, query: Query | None = None) -> web.Response:
        headers = self._common()
        headers["X-ClickHouse-Exception-Code"] = str(failure.code)
        if query is not None:
            headers["X-ClickHouse-Query-Id"] = query.query_id
        if failure.code == Code.AUTHENTICATION_FAILED and "Authorization" not in request.headers:
            headers["WWW-Authenticate"] = 'Basic realm="ClickHouse server HTTP API"'
        # The rest of a body that nobody reads is not waited for.
        response = web.Response(status=failure.status, text=failure.body(self._engine.version), headers=headers)
        if request.body_exists and not request.content.at_eof():
            response.force_close()
        return response


def settings_bytes(settings: WarehouseSettings) -> int:
    return settings.body_limit_mb * 1024 * 1024


def _packing(request: web.Request) -> tuple[str, Callable[[bytes], bytes], Callable[[], bytes]] | None:
    if request.query.get("enable_http_compression", "1") == "0":
        return None
    return packer(request.headers.get("Accept-Encoding", ""))


def _summary(totals: Totals) -> str:
    names = ("read_rows", "read_bytes", "written_rows", "written_bytes", "result_rows", "result_bytes", "elapsed_ns")
    values = {name: str(getattr(totals, name)) for name in names}
    return json.dumps(values | {"total_rows_to_read": values["read_rows"]}, separators=(",", ":"))
