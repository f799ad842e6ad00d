"""What all calls of one gateway process share. Built by `app`, handed to every call."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from parley_core.agents import AgentStore
from parley_core.bus.claims import Claims
from parley_core.bus.port import Bus
from parley_core.rates import RateLimiter

from parley_gateway.admission.call_limits import CallLimits
from parley_gateway.admission.outgoing import OutgoingLimits
from parley_gateway.admission.room import Room
from parley_gateway.admission.tokens import Tokens
from parley_gateway.call.settings import CallSettings
from parley_gateway.call.tuning import CallTuning
from parley_gateway.cluster.gateways import Gateways
from parley_gateway.cluster.leases import Leases
from parley_gateway.listening.vad import BatchedVad
from parley_gateway.metrics import Metrics
from parley_gateway.ports import PlacedCalls
from parley_gateway.recording import Recorder
from parley_gateway.scheduler import Scheduler, TimerHandle
from parley_gateway.speaking.announcements import Announcements


class LoopScheduler:
    """The running event loop's timers on the microsecond clock (uvloop's own `time` counts in milliseconds)."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def time(self) -> float:
        return time.monotonic()

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> TimerHandle:
        return self._loop.call_later(max(0.0, when - time.monotonic()), callback, *args)


@dataclass(frozen=True, slots=True)
class GatewayContext:
    worker: str
    settings: CallSettings
    tuning: CallTuning
    bus: Bus
    agents: AgentStore
    claims: Claims
    scheduler: Scheduler
    vad: BatchedVad
    recorder: Recorder
    metrics: Metrics
    tokens: Tokens
    leases: Leases
    gateways: Gateways
    placed: PlacedCalls
    rates: RateLimiter
    admission: CallLimits
    outgoing: OutgoingLimits
    announcements: Announcements
    room: Room
