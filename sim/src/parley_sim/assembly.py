"""What the parts of a simulated call are made of: the gateway's platform, and settings and metrics made once."""

import asyncio
from functools import cache
from typing import Any

from parley_asr.metrics import AsrMetrics
from parley_core.agents import AgentStore
from parley_core.bus.claims import Claims
from parley_core.health import Health
from parley_core.objects import Objects
from parley_core.rates import RateLimiter
from parley_gateway.admission.call_limits import CallLimits
from parley_gateway.admission.outgoing import OutgoingLimits
from parley_gateway.admission.room import Room
from parley_gateway.admission.token_keys import TokenKeys
from parley_gateway.admission.tokens import Tokens
from parley_gateway.call.context import GatewayContext
from parley_gateway.call.settings import CallSettings
from parley_gateway.call.tuning import CallTuning
from parley_gateway.channels.outbound.calls import OutboundCalls
from parley_gateway.cluster.gateways import Gateways
from parley_gateway.cluster.leases import Leases
from parley_gateway.listening.vad import BatchedVad
from parley_gateway.metrics import Metrics
from parley_gateway.recording import Recorder
from parley_gateway.settings import GatewaySettings
from parley_gateway.speaking.announcements import Announcements
from parley_llm.metrics import LlmMetrics
from parley_tts.metrics import SpeechMetrics

from parley_sim.network import Port


def gateway_platform(port: Port, claims: Claims, loop: asyncio.AbstractEventLoop, vad: BatchedVad) -> GatewayContext:
    settings = _gateway_settings()
    return GatewayContext(
        worker="gateway-1",
        settings=settings.calls,
        tuning=CallTuning(),
        bus=port,
        agents=AgentStore(port),
        claims=claims,
        scheduler=loop,
        vad=vad,
        recorder=_recorder(),
        metrics=_gateway_metrics(),
        tokens=Tokens(TokenKeys(b"a secret of the simulated gateways, which all share")),
        leases=Leases(port, "gateway-1"),
        gateways=(gateways := Gateways(port, "gateway-1")),
        rates=(rates := RateLimiter(port)),
        admission=CallLimits(port, settings.admission, gateways, rates),
        announcements=Announcements(_half_a_second),
        room=Room((), lambda: "", Health()),
        outgoing=(outgoing := OutgoingLimits(port, settings.admission, rates)),
        placed=OutboundCalls(port, outgoing),
    )


# What does not differ between calls is made once in a process. The environment is not asked: it must not change a call.


async def _half_a_second(text: str, language: str) -> bytes:
    """Stands for the speech of what the gateway says by itself."""
    return bytes(640 * 25)


@cache
def _gateway_settings() -> GatewaySettings:
    values = _defaults(GatewaySettings) | {"calls": CallSettings(record=False)}
    return GatewaySettings.model_construct(**values)


@cache
def asr_metrics() -> AsrMetrics:
    return AsrMetrics()


@cache
def llm_metrics() -> LlmMetrics:
    return LlmMetrics()


@cache
def speech_metrics() -> SpeechMetrics:
    return SpeechMetrics()


@cache
def _gateway_metrics() -> Metrics:
    return Metrics()


@cache
def _recorder() -> Recorder:
    return Recorder(Objects("memory://"))


def _defaults(settings: Any) -> dict[str, Any]:
    return {name: one.get_default(call_default_factory=True) for name, one in settings.model_fields.items()}
