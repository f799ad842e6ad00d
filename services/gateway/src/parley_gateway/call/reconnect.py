"""A call without a caller: the connection was lost, not hung up, and for a while another may take its place; or the
caller has put the call on hold.

`call` owns it. Workers are kept, the agent's voice is cut at what was heard, the caller's timers rest (`disconnected`).
"""

from collections.abc import Callable

from parley.v1 import events_pb2, live_pb2
from parley_core import clock
from parley_core.bus import subjects
from parley_core.bus.log import CallLog
from parley_core.reasons import EndReason, leg_lost

from parley_gateway.call.context import GatewayContext
from parley_gateway.cluster.snapshot import CallSnapshot
from parley_gateway.ports import Scheduler, TimerHandle
from parley_gateway.turns import events as ev
from parley_gateway.turns.driver import TurnDriver


class ReconnectWindow:
    def __init__(
        self,
        scheduler: Scheduler,
        call_log: CallLog,
        turns: TurnDriver,
        hold_s: float,
        *,
        hang_up: Callable[[EndReason, str], None],
        ms: Callable[[float], int],
    ) -> None:
        """`hold_s`: how long a call waits for another connection; 0: not at all. `ms`: times on the call's clock."""
        self._scheduler = scheduler
        self._log = call_log
        self._turns = turns
        self._hold_s = hold_s
        self._hang_up = hang_up
        self._ms = ms
        self._lost_at = 0.0
        self._timer: TimerHandle | None = None
        self.held = False  # the line stands, and its channel says how long that may last

    @property
    def disconnected(self) -> bool:
        return self._timer is not None

    @property
    def resting(self) -> bool:
        """Whether the caller is on hold or disconnected."""
        return self.held or self.disconnected

    def hold(self, *, on: bool) -> None:
        """The caller is on hold, or is back. Audio that arrives meanwhile is hold music."""
        if on == self.held or self.disconnected or self._turns.state.answering is not None:
            return
        self.held = on
        self._turns.advance(ev.LegLost() if on else ev.LegResumed())

    def lost(self, reason: EndReason) -> None:
        """Nobody is on the line any more. A call that was saying goodbye is over."""
        if self.disconnected:
            return
        if not self._hold_s or self._turns.state.closing:
            self._hang_up(reason, "")
            return
        self._lost_at = self._scheduler.time()
        self._timer = self._scheduler.call_at(
            self._lost_at + self._hold_s, self._hang_up, reason, "nobody took the call up"
        )
        self._turns.advance(ev.LegLost())
        self._log.append(leg_lost(reason, at_ms=self._ms(self._lost_at)))

    def resumed(self, gateway: str) -> None:
        """The caller is back; send `ready` before."""
        now = self._scheduler.time()
        self.close()
        self.held = False
        away_ms = round((now - self._lost_at) * 1000)
        self._log.append(events_pb2.LegTakenUp(gateway=gateway, at_ms=self._ms(now), away_ms=away_ms))
        self._turns.advance(ev.LegResumed())

    def from_log(self, snapshot: CallSnapshot, context: GatewayContext) -> None:
        """Begin where another gateway stopped: what it was saying was cut off, for the log and for the workers."""
        now = self._ms(self._scheduler.time())
        away_ms = max(0, clock.current().time_us() - snapshot.last_us) // 1000
        self._log.append(events_pb2.LegTakenUp(gateway=context.worker, at_ms=now, away_ms=away_ms, from_log=True))
        if snapshot.heard is not None:
            self._log.append(events_pb2.Interrupted(turn=snapshot.turn, at_ms=now, heard=snapshot.heard))
        stop = live_pb2.Stop(turn=snapshot.turn).SerializeToString()
        context.bus.post(subjects.live_stop(self._log.tenant, self._log.call), stop)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
