"""The gateway's HTTP: the call page, callers' tokens, the agents to choose from, health. Light traffic only."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import resources

from aiohttp import web
from aiohttp.typedefs import Handler
from parley_core.errors import BadInput, NotFound, ParleyError, Unavailable
from parley_core.ids import check_token
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parley_gateway.access import authorize
from parley_gateway.doors.base import Door, Entrance
from parley_gateway.doors.websocket import PATH
from parley_gateway.tokens import Grant

_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MAX_BODY = 64 * 1024  # a browser's offer has some 8 KiB


class TokenRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tenant: str = Field("", max_length=64)
    agent: str = Field("", max_length=64)
    user: str = Field("", max_length=200)
    ttl_s: int = Field(0, ge=0, le=86_400, description="0: the gateway's own")


class _Http:
    def __init__(self, entrance: Entrance, ws_port: int) -> None:
        self._platform = entrance.platform
        self._settings = entrance.platform.settings
        self._calls = entrance.calls
        self._tokens = entrance.tokens
        self._ws_port = ws_port
        folder = resources.files("parley_gateway") / "page"
        self._page = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.page),
            web.get("/page/{name}", self.page),
            web.get("/healthz", self.health),
            web.get("/v1/config", self.config),
            web.get("/v1/agents", self.agents),
            web.post("/v1/tokens", self.tokens),
        ]

    async def page(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        content = self._page.get(name)
        kind = _TYPES.get(name[name.rfind(".") :])
        if content is None or kind is None:
            raise web.HTTPNotFound
        return web.Response(
            body=content,
            content_type=kind,
            charset="utf-8",
            headers={
                "Content-Security-Policy": _POLICY,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-cache",
            },
        )

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "draining" if self._calls.draining else "ok", "calls": len(self._calls)})

    async def config(self, request: web.Request) -> web.Response:
        url = self._settings.ws_public_url
        if not url:
            host = request.url.host or "127.0.0.1"
            scheme = "wss" if request.secure else "ws"
            url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._ws_port}{PATH}"
        return web.json_response({"ws_url": url, "default_agent": self._settings.default_agent, "sample_rate": 16_000})

    async def agents(self, request: web.Request) -> web.Response:
        tenant = request.query.get("tenant") or self._settings.default_tenant
        authorize(request, self._settings)
        agents = []
        for name in await self._platform.agents.names(tenant):
            try:
                document = await self._platform.agents.get(tenant, name)
            except NotFound:
                continue
            agents.append({"agent": name, "name": document.name or name, "language": document.language})
        return web.json_response({"agents": agents})

    async def tokens(self, request: web.Request) -> web.Response:
        if self._calls.draining:
            return _problem(503, "draining", "This gateway is being restarted. Please try again.")
        authorize(request, self._settings)
        try:
            body = await request.read()
            asked = TokenRequest.model_validate_json(body or b"{}")
        except ValidationError as error:
            first = error.errors()[0]
            raise BadInput(".".join(str(part) for part in first["loc"]) or "body", first["msg"]) from None
        ttl_s = min(asked.ttl_s or self._settings.token_ttl_s, self._settings.token_ttl_s)
        grant = Grant(
            tenant=check_token(asked.tenant or self._settings.default_tenant, "tenant"),
            agent=check_token(asked.agent or self._settings.default_agent, "agent"),
            user=asked.user,
            expires=int(time.time()) + ttl_s,
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
        return _problem(503, "unavailable", type(error).__name__)


@asynccontextmanager
async def serve_http(entrance: Entrance, doors: Sequence[Door], ws_port: int) -> AsyncIterator[int]:
    """Serve until the context is left; yields the port. Raises Unavailable when the port cannot be had."""
    settings = entrance.platform.settings
    application = web.Application(middlewares=[_errors], client_max_size=_MAX_BODY)
    application.add_routes(_Http(entrance, ws_port).routes())
    for door in doors:
        application.add_routes(door.http_routes())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.http_host, settings.http_port).start()
        except OSError as error:
            raise Unavailable(f"port {settings.http_port}", error.strerror or "cannot be listened on") from None
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
