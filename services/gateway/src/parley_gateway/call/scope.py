"""What every part of a call shares: who calls whom, the line to the caller, the log, the turns, the end.

`call` makes one `CallScope` per call and gives it to the parts.
"""

from dataclasses import dataclass

from parley.v1 import session_pb2
from parley_core.agents import AgentDocument
from parley_core.bus.log import CallLog
from parley_core.tasks import Tasks

from parley_gateway.call.context import GatewayContext
from parley_gateway.call.ending import CallEnd
from parley_gateway.call_events import CallEvent
from parley_gateway.cluster.snapshot import CallSnapshot
from parley_gateway.ports import Leg
from parley_gateway.scheduler import Scheduler
from parley_gateway.turns.driver import TurnDriver


class CallLine:
    """The leg that is in use, and the call's clock. Another leg may take the place of one that was lost."""

    def __init__(self, leg: Leg, started: float) -> None:
        """`started`: when the call began, on the scheduler's clock."""
        self.leg = leg
        self.ready = False  # the client was told so, and what it sends is taken
        self.started = started

    def send_event(self, event: CallEvent) -> None:
        self.leg.send_event(event)

    def ms(self, time: float) -> int:
        """A time of the scheduler on the call's clock."""
        return max(0, round((time - self.started) * 1000))


@dataclass(frozen=True, slots=True)
class CallScope:
    gateway: GatewayContext
    session: session_pb2.Session
    agent: AgentDocument
    snapshot: CallSnapshot | None  # the call so far, where another gateway has begun it
    line: CallLine
    log: CallLog
    tasks: Tasks
    turns: TurnDriver
    end: CallEnd

    @property
    def scheduler(self) -> Scheduler:
        return self.gateway.scheduler

    def now_ms(self) -> int:
        return self.line.ms(self.gateway.scheduler.time())
