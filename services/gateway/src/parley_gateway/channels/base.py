"""What a channel is, and what every channel is given. A channel makes a `Caller` and a `Leg` of who comes and asks
for a call.

A channel may have HTTP routes (webhooks, offers) on the gateway's HTTP port, WebSocket paths on its WebSocket port, and
its sockets inside `running`. `registry` lists the channels that the settings open.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from parley_core.tasks import Tasks
from parley_core.text import well_formed
from picows import WSListener, WSUpgradeRequest, WSUpgradeResponseWithListener

from parley_gateway.addresses import WebSettings
from parley_gateway.admission.api_key import ApiKey
from parley_gateway.admission.clients import ClientAddresses
from parley_gateway.admission.routes import Routes
from parley_gateway.admission.settings import AdmissionSettings
from parley_gateway.admission.sites import Sites
from parley_gateway.admission.tokens import Tokens
from parley_gateway.call.context import GatewayContext
from parley_gateway.call.registry import Calls
from parley_gateway.channels.outbound.calls import OutboundCalls
from parley_gateway.channels.tuning import ChannelTuning

KEY_PROTOCOL = "openai-insecure-api-key."  # how a page, which can set no header of a WebSocket, shows a key


@dataclass(frozen=True, slots=True)
class ChannelContext:
    """What channels are given. `tasks` is for what outlives one HTTP request and is no call; it ends with the
    channels."""

    gateway: GatewayContext
    calls: Calls
    tokens: Tokens
    tasks: Tasks
    addresses: ClientAddresses
    sites: Sites
    api_key: ApiKey
    routes: Routes
    orders: OutboundCalls
    admission: AdmissionSettings
    web: WebSettings
    tuning: ChannelTuning


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A WebSocket's request: what it asked for."""

    request: WSUpgradeRequest  # `headers`: case-insensitive
    path: str
    query: Mapping[str, str]  # the first of each name

    def header(self, name: str) -> str:
        return well_formed(str(self.request.headers.get(name, "")))


# Makes the listener of one connection; None answers 404, a response names a subprotocol or another refusal.
# Runs before the handshake is answered and must not wait. The peer's address comes with `on_ws_connected`.
Accept = Callable[[Upgrade], WSListener | WSUpgradeResponseWithListener | None]


class Channel:
    """Override what the channel has."""

    name = "channel"

    def http_routes(self) -> Sequence[web.RouteDef]:
        return ()

    def websockets(self) -> Mapping[str, Accept]:
        """By path; a path that ends in `/` takes everything below it."""
        return {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What runs while the channel is open. Raises Unavailable when it cannot be opened."""
        yield
