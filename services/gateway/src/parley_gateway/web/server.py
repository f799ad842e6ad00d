"""The gateway's HTTP: callers' tokens, the agents to choose from, health, browsers' files. Light traffic only."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

from aiohttp import web
from aiohttp.typedefs import Handler
from parley_core.errors import BadInput, NotFound, ParleyError, Unavailable
from parley_core.http.connections import BoundedSite
from parley_core.http.deadlines import keep_deadlines
from parley_core.ids import check_token, new_id
from parley_core.reasons import RefusalReason
from parley_core.tasks import Tasks
from pydantic import BaseModel, ConfigDict, Field, field_validator

from parley_gateway.admission.tokens import Grant
from parley_gateway.channels.base import Channel, ChannelContext
from parley_gateway.channels.http_refusal import refusal
from parley_gateway.channels.requests import read_body
from parley_gateway.channels.websocket.channel import PATH
from parley_gateway.web.files import WebFiles
from parley_gateway.web.guard import guard

_MAX_BODY = 64 * 1024  # a browser's offer has some 8 KiB


class TokenRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tenant: str = Field("", max_length=64)
    agent: str = Field("", max_length=64)
    user: str = Field("", max_length=200)
    ttl_s: int = Field(0, ge=0, le=86_400, description="0: the gateway's own")
    max_call_s: int = Field(0, ge=0, le=86_400, description="0: the agent's own")
    concurrency: int = Field(0, ge=0, le=10_000, description="Calls at the same time; 0: any number")
    uses: int = Field(0, ge=0, le=10_000, description="Calls that it opens, one after the other; 0: any number")
    origins: list[str] = Field(default_factory=list, max_length=10, description="Of the pages that may use it")
    tools: list[str] = Field(default_factory=list, max_length=20, description="Of the agent's; empty: all")
    groups: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default_factory=list,
        max_length=50,
        description="Whose documents the caller may hear of; empty: the public ones",
    )

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, value: list[str]) -> list[str]:
        for one in value:
            scheme, _, host = one.partition("://")
            if scheme not in ("http", "https") or not host or set(host) & set("/?#@ ") or len(one) > 200:
                raise ValueError(f"{one!r} is no origin, such as https://example.com")
        return value


class _Http:
    def __init__(self, context: ChannelContext, ws_port: int, *, webrtc: bool, ice: bool) -> None:
        self._context = context.gateway
        self._web = context.web
        self._admission = context.admission
        self._calls = context.calls
        self._tokens = context.tokens
        self._ws_port = ws_port
        self._webrtc = webrtc
        self._ice = ice
        self._api = context.api_key

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self.health),
            web.get("/v1/config", self.config),
            web.get("/v1/agents", self.agents),
            web.post("/v1/tokens", self.tokens),
        ]

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "draining" if self._calls.draining else "ok", "calls": len(self._calls)})

    async def config(self, request: web.Request) -> web.Response:
        url = self._web.public_ws
        if not url:
            host = request.url.host or "127.0.0.1"
            scheme = "wss" if request.secure else "ws"
            url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._ws_port}"
        # Public, and needed by widgets on other sites' pages; who may call is told by their tokens.
        shown = {
            "ws_url": url + PATH,
            "webrtc": self._webrtc,
            "ice": self._ice,
            "default_agent": self._admission.default_agent,
            "sample_rate": 16_000,
        }
        return web.json_response(shown, headers={"Access-Control-Allow-Origin": "*"})

    async def agents(self, request: web.Request) -> web.Response:
        tenant = request.query.get("tenant") or self._admission.default_tenant
        self._api.authorize(request)
        agents = []
        for name in await self._context.agents.names(tenant):
            try:
                document = await self._context.agents.get(tenant, name)
            except NotFound:
                continue
            agents.append({"agent": name, "name": document.name or name, "language": document.language})
        return web.json_response({"agents": agents})

    async def tokens(self, request: web.Request) -> web.Response:
        if self._calls.draining:
            return refusal(RefusalReason.DRAINING, "This gateway is being restarted. Please try again.")
        self._api.authorize(request)
        asked = read_body(TokenRequest, await request.read() or b"{}")
        ttl_s = min(asked.ttl_s or self._admission.token_ttl_s, self._admission.token_ttl_s)
        grant = Grant(
            tenant=check_token(asked.tenant or self._admission.default_tenant, "tenant"),
            agent=check_token(asked.agent or self._admission.default_agent, "agent"),
            user=asked.user,
            expires=int(time.time()) + ttl_s,
            id=new_id("k-"),
            max_call_s=asked.max_call_s,
            concurrency=asked.concurrency,
            most_uses=asked.uses,
            origins=tuple(asked.origins),
            tools=tuple(asked.tools),
            groups=tuple(asked.groups),
        )
        return web.json_response({"token": self._tokens.issue(grant), "agent": grant.agent, "expires": grant.expires})


def _problem(status: int, reason: str, detail: str) -> web.Response:
    return web.json_response({"reason": reason, "detail": detail}, status=status)


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _problem(error.status, error.reason.lower().replace(" ", "_"), error.text or error.reason)
    except BadInput as error:
        return _problem(400, "bad_input", str(error))
    except ParleyError as error:
        return refusal(RefusalReason.UNAVAILABLE, type(error).__name__)


@asynccontextmanager
async def serve_http(
    context: ChannelContext,
    channels: Sequence[Channel],
    ws_port: int,
    *,
    ice: bool,
    further: Sequence[web.RouteDef] = (),
) -> AsyncIterator[int]:
    """Serve until the context is left; yields the port. Raises Unavailable when the port cannot be had.

    `ice`: browsers are given STUN or TURN servers. `further`: routes of other APIs.
    """
    settings = context.web
    files = WebFiles()
    open_paths = {"/v1/config", "/healthz", *(route.path for route in files.routes())}
    guarding = guard(context.addresses, context.sites, context.gateway.metrics.refused, open_paths=open_paths)
    application = web.Application(middlewares=[guarding, _errors], client_max_size=_MAX_BODY)
    application.add_routes(
        _Http(context, ws_port, webrtc=any(channel.name == "webrtc" for channel in channels), ice=ice).routes()
    )
    application.add_routes(files.routes())
    application.add_routes(further)
    for channel in channels:
        application.add_routes(channel.http_routes())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        try:
            await BoundedSite(
                runner,
                settings.http_host,
                settings.http_port,
                per_address=context.addresses.connections,
                is_proxy=context.addresses.is_proxy,
            ).start()
        except OSError as error:
            raise Unavailable(f"port {settings.http_port}", error.strerror or "cannot be listened on") from None
        async with Tasks("http") as tasks:
            if runner.server is not None:
                tasks.spawn(keep_deadlines(runner.server), "deadlines")
            context.sites.http_port = int(runner.addresses[0][1])
            yield context.sites.http_port
    finally:
        await runner.cleanup()
