"""Makes the tools of the tenants' sources, and keeps trying where an MCP server is not there yet. Used by `app`."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from mcp import Client
from parley_core.clock import Clock
from parley_core.egress import EgressPolicy
from parley_core.errors import ParleyError
from parley_core.tasks import Tasks

from parley_tools.credentials.references import Secret
from parley_tools.http import HttpClients
from parley_tools.policy import PolicyDocument, TenantPolicy
from parley_tools.registry import DEFAULT, Registry
from parley_tools.sources.authorization import Authorizer
from parley_tools.sources.mcp import McpServer, mcp_tools, over_http, over_stdio
from parley_tools.sources.openapi.tool import openapi_tools
from parley_tools.sources.settings import Auth, McpSource, OpenApiSource
from parley_tools.sources.webhook import WebhookTool

log = logging.getLogger(__name__)

_AGAIN_S = 15.0
_REFERENCES = ("env:", "file:", "stored:")


class Sources:
    def __init__(
        self,
        registry: Registry,
        clients: HttpClients,
        clock: Clock,
        tasks: Tasks,
        secret: Callable[[str, str], Secret],
    ) -> None:
        self._registry = registry
        self._clients = clients
        self._clock = clock
        self._tasks = tasks
        self._secret = secret
        self._asked: list[asyncio.Event] = []  # one for each MCP server

    def load(self, policies: PolicyDocument) -> None:
        """Raises BadInput for what is described wrongly: that stops the start. MCP servers are asked in the
        background."""
        for tenant, rules in {DEFAULT: policies.default, **policies.tenants}.items():
            for source in rules.sources:
                if isinstance(source, McpSource):
                    self._asked.append(asyncio.Event())
                    self._tasks.spawn(self._ask(tenant, rules, source, self._asked[-1]), f"tools of {source.name}")
                elif isinstance(source, OpenApiSource):
                    made = openapi_tools(source, self._clients, self._authorizer(tenant, source.auth), rules.private)
                    self._registry.add(tenant, made)
                else:
                    policy = EgressPolicy.of([urlsplit(source.url).hostname or ""], rules.private)
                    client, secret = self._clients.under(policy), self._secret(tenant, source.key)
                    self._registry.add(tenant, [WebhookTool(source, client, secret, self._clock)])

    async def loaded(self) -> None:
        """Wait until every MCP server has been asked once."""
        for asked in self._asked:
            await asked.wait()

    async def _ask(self, tenant: str, rules: TenantPolicy, source: McpSource, asked: asyncio.Event) -> None:
        """Until the server has said what its tools look like."""
        server = McpServer(source.name, lambda: self._connected(tenant, rules, source), self._tasks)
        while True:
            try:
                self._registry.add(tenant, await mcp_tools(source, server))
            except ParleyError as error:
                log.warning("MCP server has no tools yet", extra={"server": source.name, "error": str(error)})
                if error.permanent:
                    return
            else:
                return
            finally:
                asked.set()
            await asyncio.sleep(_AGAIN_S)

    @asynccontextmanager
    async def _connected(
        self, tenant: str, rules: TenantPolicy, source: McpSource
    ) -> AsyncIterator[tuple[Client, tuple[str, ...]]]:
        if source.command:
            env = {name: await self._value(tenant, value) for name, value in source.env.items()}
            async with over_stdio(source.command, env) as (client, _):
                yield client, tuple(value for name, value in env.items() if value != source.env[name])
            return
        policy = EgressPolicy.of([urlsplit(source.url).hostname or ""], rules.private)
        authorized = await self._authorizer(tenant, source.auth).authorized()
        async with over_http(source.url, policy, authorized.headers, authorized.secrets) as (client, secrets):
            yield client, tuple(secrets)

    async def _value(self, tenant: str, value: str) -> str:
        return await self._secret(tenant, value).reveal() if value.startswith(_REFERENCES) else value

    def _authorizer(self, tenant: str, auth: Auth | None) -> Authorizer:
        return Authorizer(auth, self._secret(tenant, auth.key) if auth is not None else None)
