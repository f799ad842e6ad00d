"""Tools of MCP servers, through the `mcp` SDK: programs spoken to over stdin and stdout, and streamable HTTP.

One connection for each server, kept by a task of its own and made anew when it breaks. What a server says of its tools
are hints: the tenant's rules choose the tools and may say otherwise.
"""

import asyncio
import ipaddress
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult
from mcp.types import Tool as ServerTool
from parley.v1 import tools_pb2
from parley_core.egress import EgressPolicy
from parley_core.errors import BadReply, NotAllowed, NotFound, ParleyError, Unavailable, Unreachable
from parley_core.tasks import Tasks
from parley_core.text import load_json

from parley_tools.sources.answers import hidden, kept
from parley_tools.sources.settings import McpSource, McpTool
from parley_tools.tool import CallContext, JsonObject, Outcome, ToolSpec

log = logging.getLogger(__name__)

_CONNECT_S = 15.0
_INVALID_PARAMS, _METHOD_NOT_FOUND = -32602, -32601
_MOST_CHARS = 20_000
_MOST_REASON = 300

Connect = Callable[[], AbstractAsyncContextManager[tuple[Client, Sequence[str]]]]  # the client, and its secrets


class McpServer:
    """A connection that is there when it is needed."""

    def __init__(self, name: str, connect: Connect, tasks: Tasks) -> None:
        self.name = name
        self._connect = connect
        self._tasks = tasks
        self._opening: asyncio.Future[tuple[Client, Sequence[str]]] | None = None
        self._broken = asyncio.Event()

    async def tools(self) -> dict[str, ServerTool]:
        """By name. Raises Unreachable."""
        client, _ = await self._client()
        try:
            async with asyncio.timeout(_CONNECT_S):
                return {one.name: one for one in (await client.list_tools()).tools}
        except ParleyError:
            raise
        except Exception as error:  # noqa: BLE001 - the SDK's transports raise their libraries' errors
            self._broken.set()
            raise Unreachable(f"MCP server {self.name}", type(error).__name__) from None

    async def call(self, name: str, arguments: Mapping[str, object]) -> tuple[CallToolResult, Sequence[str]]:
        """Raises Unreachable where nothing was asked, Unavailable where that is open, MCPError for the server's own."""
        client, secrets = await self._client()
        try:
            return await client.call_tool(name, dict(arguments)), secrets
        except MCPError as error:
            if error.error.code in (_INVALID_PARAMS, _METHOD_NOT_FOUND):
                raise
            self._broken.set()
            raise Unavailable(f"MCP server {self.name}", f"error {error.error.code}") from None
        except Exception as error:  # noqa: BLE001 - the SDK's transports raise their libraries' errors
            self._broken.set()
            raise Unavailable(f"MCP server {self.name}", type(error).__name__) from None

    async def _client(self) -> tuple[Client, Sequence[str]]:
        if self._opening is None or self._broken.is_set():
            self._opening, self._broken = asyncio.get_running_loop().create_future(), asyncio.Event()
            self._tasks.spawn(self._own(self._opening, self._broken), f"MCP server {self.name}")
        opening = self._opening
        try:
            async with asyncio.timeout(_CONNECT_S):
                return await asyncio.shield(opening)
        except TimeoutError:
            raise Unreachable(f"MCP server {self.name}", "it does not answer") from None

    async def _own(self, opening: "asyncio.Future[tuple[Client, Sequence[str]]]", broken: asyncio.Event) -> None:
        """Hold the connection: the SDK's must be closed by the task that opened it."""
        try:
            async with self._connect() as connected:
                if not opening.done():
                    opening.set_result(connected)
                await broken.wait()
        except Exception as error:  # noqa: BLE001 - whatever the server does, it is this server's failure alone
            if not opening.done():
                refused = _cause(error)
                opening.set_exception(refused)
                opening.exception()  # somebody may have given up waiting for it
            log.warning("MCP server lost", extra={"server": self.name, "error": type(error).__name__})
        finally:
            broken.set()
            if not opening.done():
                opening.cancel()


class McpServerTool:
    def __init__(self, server: McpServer, chosen: McpTool, described: ServerTool) -> None:
        self._server = server
        self._chosen = chosen
        hints = described.annotations
        read_only = hints is not None and hints.read_only_hint is True
        self._repeatable = hints is not None and hints.idempotent_hint is True
        result = described.output_schema if not chosen.keep else None
        self.spec = ToolSpec(
            name=chosen.tool or described.name.lower().replace("-", "_").replace(".", "_")[:64],
            description=chosen.description or described.description or "",
            parameters=dict(described.input_schema),
            result=dict(result) if result and result.get("type") == "object" else {"type": "object"},
            side_effects=not read_only if chosen.side_effects is None else chosen.side_effects,
            timeout_s=chosen.timeout_s,
            needs_approval=chosen.needs_approval,
            effects=tuple(chosen.effects),
        )

    async def send(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        try:
            answer, secrets = await self._server.call(self._chosen.id, arguments)
        except MCPError as error:
            invalid = error.error.code == _INVALID_PARAMS
            status = tools_pb2.TOOL_STATUS_INVALID_ARGUMENTS if invalid else tools_pb2.TOOL_STATUS_NOT_FOUND
            return Outcome(status, error=f"{self.spec.name} refused the arguments" if invalid else "it is not known")
        result = _result(self.spec.name, answer, secrets)
        if answer.is_error:
            reason = str(result.get("text") or json.dumps(result))[:_MOST_REASON]
            return Outcome(tools_pb2.TOOL_STATUS_CONFLICT, {"reason": reason}, f"{self.spec.name} refused: {reason}")
        return Outcome(tools_pb2.TOOL_STATUS_OK, kept(result, self._chosen.keep) if self._chosen.keep else result)

    async def find(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome | None:
        if self._repeatable:
            return None
        raise NotFound("request", context.idempotency_key)

    async def check(self) -> str:
        return "" if self._chosen.id in await self._server.tools() else "the server has no such tool any more"


async def mcp_tools(source: McpSource, server: McpServer) -> list[McpServerTool]:
    """The chosen tools as the server describes them now. Raises Unreachable, NotFound for one that it does not have."""
    described = await server.tools()
    for one in source.tools:
        if one.id not in described:
            raise NotFound(f"tool of the MCP server {source.name}", one.id)
    return [McpServerTool(server, one, described[one.id]) for one in source.tools]


@asynccontextmanager
async def over_stdio(command: Sequence[str], env: Mapping[str, str]) -> AsyncIterator[tuple[Client, Sequence[str]]]:
    """The program gets a small environment and what the source names, and nothing of ours."""
    server = StdioServerParameters(command=command[0], args=list(command[1:]), env=dict(env))
    async with Client(server) as client:
        yield client, tuple(env.values())


@asynccontextmanager
async def over_http(
    url: str, policy: EgressPolicy, headers: Mapping[str, str], secrets: Sequence[str]
) -> AsyncIterator[tuple[Client, Sequence[str]]]:
    transport = _PinnedTransport(policy)
    await transport.allow(httpx2.URL(url))
    async with (
        httpx2.AsyncClient(transport=transport, headers=dict(headers), timeout=60.0, trust_env=False) as client,
        Client(streamable_http_client(url, http_client=client)) as connected,
    ):
        yield connected, secrets


class _PinnedTransport(httpx2.AsyncHTTPTransport):
    """Connects to addresses that the policy has seen, and to no others; see `parley_core.egress`."""

    def __init__(self, policy: EgressPolicy) -> None:
        super().__init__(trust_env=False)
        self._policy = policy

    async def allow(self, url: httpx2.URL) -> str:
        """The address to connect to. Raises NotAllowed, BadInput, Unreachable."""
        self._policy.check_url(str(url))
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(url.host, url.port or (443 if url.scheme == "https" else 80))
        except OSError:
            raise Unreachable(url.host, "the name is not known") from None
        for *_, place in found:
            self._policy.check_address(url.host, ipaddress.ip_address(str(place[0]).partition("%")[0]))
        return str(found[0][4][0])

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        address = await self.allow(request.url)
        request.extensions = {**request.extensions, "sni_hostname": request.url.host}
        request.url = request.url.copy_with(host=address)
        return await super().handle_async_request(request)


def _cause(error: BaseException) -> ParleyError:
    """The first of ours in a group of errors, or that the server was not reached."""
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            found = _cause(one)
            if isinstance(found, NotAllowed):
                return found
        return _cause(error.exceptions[0])
    return error if isinstance(error, ParleyError) else Unreachable("MCP server", type(error).__name__)


def _result(name: str, answer: CallToolResult, secrets: Sequence[str]) -> JsonObject:
    structured: Any = answer.structured_content
    if structured is None:
        texts = "\n".join(one.text for one in answer.content if one.type == "text")
        try:
            found = load_json(texts)
        except ValueError:
            found = None
        structured = found if isinstance(found, dict) else {"text": texts}
    text = hidden(json.dumps(structured, ensure_ascii=False), secrets)
    if len(text) > _MOST_CHARS:
        raise BadReply(name, f"more than {_MOST_CHARS} characters")
    parsed = load_json(text)
    return parsed if isinstance(parsed, dict) else {"value": parsed}
