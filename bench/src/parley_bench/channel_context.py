"""What the benched channels are given: real settings, tokens and limits around simulated calls."""

from types import SimpleNamespace
from typing import Any

from parley_core.bus.memory import MemoryBus
from parley_core.bus.port import Bus
from parley_core.rates import RateLimiter
from parley_core.tasks import Tasks
from parley_gateway.admission.api_key import ApiKey
from parley_gateway.admission.clients import addresses_of
from parley_gateway.admission.outgoing import OutgoingLimits
from parley_gateway.admission.routes import Route, Routes
from parley_gateway.admission.sites import Sites
from parley_gateway.admission.token_keys import TokenKeys
from parley_gateway.admission.tokens import Tokens
from parley_gateway.call.context import LoopScheduler
from parley_gateway.channels.base import ChannelContext
from parley_gateway.channels.outbound.calls import OutboundCalls
from parley_gateway.channels.tuning import ChannelTuning
from parley_gateway.metrics import Metrics
from parley_gateway.settings import GatewaySettings

SECRET = b"the secret of the channel benchmarks"


def simulated_context(
    settings: GatewaySettings, calls: object, tasks: Tasks, bus: Bus | None = None, **more: object
) -> ChannelContext:
    """`calls` stands for the registry of calls; `more`: what the channel needs of a gateway besides."""
    bus = bus or MemoryBus()
    rules = settings.admission
    standing_in: Any = calls
    tokens = Tokens(TokenKeys(SECRET))
    gateway: Any = SimpleNamespace(
        settings=settings.calls, scheduler=LoopScheduler(), metrics=Metrics(), bus=bus, **more
    )
    return ChannelContext(
        gateway,
        standing_in,
        tokens,
        tasks=tasks,
        addresses=addresses_of(rules, RateLimiter(MemoryBus())),
        sites=Sites(settings.web, tokens),
        api_key=ApiKey("", bound_to="127.0.0.1"),
        routes=Routes(rules.routes, Route(rules.default_tenant, rules.default_agent)),
        orders=OutboundCalls(bus, OutgoingLimits(bus, rules, RateLimiter(bus))),
        admission=rules,
        web=settings.web,
        tuning=ChannelTuning(),
    )
