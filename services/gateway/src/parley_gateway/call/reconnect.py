"""The connection of a call: ready, on hold, lost, and another one in its place. Used by `call`.

A connection that was lost without hanging up leaves a call without a caller: for a while another may take its place,
here or at another gateway. Workers are kept, the agent's voice is cut at what was heard, the caller's timers rest
(`turns.disconnected`).
"""

from parley.v1 import events_pb2, live_pb2
from parley_core import clock
from parley_core.bus import subjects
from parley_core.reasons import EndReason, leg_lost

from parley_gateway.call.scope import CallScope
from parley_gateway.call_events import Ready
from parley_gateway.ports import Leg
from parley_gateway.scheduler import TimerHandle
from parley_gateway.turns import events as ev


class ReconnectWindow:
    def __init__(self, scope: CallScope) -> None:
        self._scope = scope
        self._line = scope.line
        self._turns = scope.turns
        self._window_s = scope.gateway.settings.reconnect_window_s  # 0: a lost connection ends the call
        self._lost_at = 0.0
        self._timer: TimerHandle | None = None
        self.held = False  # the line stands, and its channel says how long that may last

    @property
    def disconnected(self) -> bool:
        """Whether the caller is disconnected and may reconnect."""
        return self._timer is not None

    @property
    def resting(self) -> bool:
        """Whether the caller is on hold or disconnected. Asked for every frame."""
        return self.held or self._timer is not None

    def tell_ready(self, *, resumed: bool = False) -> None:
        """The client may speak from now on; it gets the token with which it may reconnect."""
        session, gateway = self._scope.session, self._scope.gateway
        token = gateway.tokens.issue_resume(session, hold_s=self._window_s)
        self._line.send_event(Ready(session.call, session.session, token, resumed=resumed))

    def hold(self, *, on: bool) -> None:
        """The caller is on hold, or is back. Audio that arrives meanwhile is hold music."""
        resting = self.disconnected or self._turns.state.answering is not None
        if not self._line.ready or on == self.held or resting:
            return
        self.held = on
        self._turns.advance(ev.LegLost() if on else ev.LegResumed())

    def lost(self, reason: EndReason, leg: Leg | None = None) -> None:
        """The client vanished without hanging up; the call waits for another. `leg`: whose channel reports it."""
        if leg not in (None, self._line.leg) or self.disconnected:
            return
        if not self._line.ready:
            self._scope.end.hang_up(reason)
            return
        self._wait(reason)
        self._line.leg.close(reason)

    def _wait(self, reason: EndReason) -> None:
        if not self._window_s or self._turns.state.closing:
            self._scope.end.hang_up(reason)  # a call that was saying goodbye is over
            return
        scheduler = self._scope.scheduler
        self._lost_at = scheduler.time()
        self._timer = scheduler.call_at(
            self._lost_at + self._window_s, self._scope.end.hang_up, reason, "nobody took the call up"
        )
        self._turns.advance(ev.LegLost())
        self._scope.log.append(leg_lost(reason, at_ms=self._line.ms(self._lost_at)))

    def resume(self, leg: Leg) -> None:
        """Replace the leg that was lost, or whose loss has not been noticed yet."""
        self.lost(EndReason.REPLACED)
        self._line.leg = leg
        self.tell_ready(resumed=True)
        now = self._scope.scheduler.time()
        self.close()
        self.held = False
        away_ms = round((now - self._lost_at) * 1000)
        gateway = self._scope.gateway.worker
        self._scope.log.append(events_pb2.LegTakenUp(gateway=gateway, at_ms=self._line.ms(now), away_ms=away_ms))
        self._turns.advance(ev.LegResumed())

    def continue_from_log(self) -> None:
        """Begin where another gateway stopped: what it was saying was cut off, for the log and for the workers."""
        snapshot, log, gateway = self._scope.snapshot, self._scope.log, self._scope.gateway
        if snapshot is None:
            return
        now = self._scope.now_ms()
        away_ms = max(0, clock.current().time_us() - snapshot.last_us) // 1000
        log.append(events_pb2.LegTakenUp(gateway=gateway.worker, at_ms=now, away_ms=away_ms, from_log=True))
        if snapshot.heard is not None:
            log.append(events_pb2.Interrupted(turn=snapshot.turn, at_ms=now, heard=snapshot.heard))
        stop = live_pb2.Stop(turn=snapshot.turn).SerializeToString()
        gateway.bus.post(subjects.live_stop(log.tenant, log.call), stop)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
