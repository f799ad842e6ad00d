"""A leg of a channel without its client: the real leg, and what it writes to a connection that keeps it.

`Bench` is one leg with a call asked for; `told` is what its client was told, in the words of the channel's protocol.
"""

import asyncio
import base64
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import SimpleNamespace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from parley_core.bus.memory import MemoryBus
from parley_core.rates import RateLimiter
from parley_core.tasks import Tasks
from parley_gateway.admission.api_key import ApiKey
from parley_gateway.admission.clients import addresses_of
from parley_gateway.admission.outgoing import OutgoingLimits
from parley_gateway.admission.routes import Route, Routes
from parley_gateway.admission.sites import Sites
from parley_gateway.admission.token_keys import TokenKeys
from parley_gateway.admission.tokens import Tokens
from parley_gateway.channels.base import ChannelContext
from parley_gateway.channels.outbound.calls import OutboundCalls
from parley_gateway.channels.tuning import ChannelTuning
from parley_gateway.metrics import Metrics
from parley_gateway.ports import Leg
from parley_gateway.settings import GatewaySettings

SECRET = "a secret of thirty-two bytes and more"
SETTINGS = GatewaySettings.of(
    token_secret=SECRET,
    twilio_account_sid="AC1",
    twilio_auth_token="token",
    telnyx_api_key="key",
    telnyx_public_key=base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode(),
    public_url="https://voice.example.com",
    asterisk_password="password",
)


class Bench(ABC):
    """A leg, and what came of it."""

    leg: Leg

    @abstractmethod
    def told(self) -> list[str]:
        """What the client was told since this was asked the last time."""

    async def settled(self) -> None:
        """Return once the leg has done what it does in the background: here within a few turns of the loop."""
        for _ in range(10):
            await asyncio.sleep(0)


OpenBench = Callable[[], AbstractAsyncContextManager[Bench]]


class StandingClock:
    def time(self) -> float:
        return time.monotonic()

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> SimpleNamespace:
        return SimpleNamespace(cancel=lambda: None)


class NoCalls:
    """Whoever asks for a call waits for ever."""

    draining = False

    def __len__(self) -> int:
        return 0

    async def open(self, caller: object, leg: Leg) -> None:
        await asyncio.Event().wait()


def context_of(tasks: Tasks, bus: MemoryBus) -> ChannelContext:
    gateway: Any = SimpleNamespace(settings=SETTINGS.calls, scheduler=StandingClock(), metrics=Metrics(), bus=bus)
    calls: Any = NoCalls()
    tokens = Tokens(TokenKeys(SECRET.encode()))
    return ChannelContext(
        gateway,
        calls,
        tokens,
        tasks=tasks,
        addresses=addresses_of(SETTINGS.admission, RateLimiter(bus)),
        sites=Sites(SETTINGS.web, tokens),
        api_key=ApiKey("", bound_to="127.0.0.1"),
        routes=Routes(SETTINGS.admission.routes, Route("local", "clinic")),
        orders=OutboundCalls(bus, OutgoingLimits(bus, SETTINGS.admission, RateLimiter(bus))),
        admission=SETTINGS.admission,
        web=SETTINGS.web,
        tuning=ChannelTuning(),
    )


@asynccontextmanager
async def surroundings() -> AsyncIterator[ChannelContext]:
    bus = MemoryBus()
    async with Tasks("bench legs") as tasks:
        yield context_of(tasks, bus)
