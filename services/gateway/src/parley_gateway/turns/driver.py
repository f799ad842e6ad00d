"""Drives `machine.advance` for one call: event after event, its commands carried out, its timers on the scheduler."""

from collections import deque
from collections.abc import Callable, Sequence

from parley_gateway.scheduler import Scheduler, TimerHandle
from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.machine import State, advance
from parley_gateway.turns.types import Phase, Timer

TIMERS = (cmd.StartTimer, cmd.StopTimer)  # the commands that the driver itself carries out
_OWED = frozenset({Timer.HEARD, Timer.REPLY, Timer.SILENCE})
_LOOK_AGAIN_S = 1.0
_CATCH_UP_S = 4.0  # for what workers are sent only now


class TurnDriver:
    def __init__(
        self,
        scheduler: Scheduler,
        state: State,
        *,
        carry_out: Callable[[cmd.Command], None],
        on_phase: Callable[[Phase], None],
        before_pause: Callable[[], None],
        before_barge_in: Callable[[int], None],
        suspended: Callable[[], bool] = lambda: False,
    ) -> None:
        """`state`: where the call stands. `carry_out` takes every command but the timers'; `before_pause` scores voice
        that waits, and may move the pause by it; `before_barge_in` judges the sound of the utterance that it is given,
        which would interrupt without a word. `suspended`: workers cannot be heard at this moment, so that what
        they owe is not overdue yet; asked when such a timer fires."""
        self.state = state
        self._scheduler = scheduler
        self._carry_out = carry_out
        self._on_phase = on_phase
        self._before_pause = before_pause
        self._before_barge_in = before_barge_in
        self._suspended = suspended
        self._postponed: set[Timer] = set()
        self._phase = Phase.IDLE
        self._timers: dict[Timer, TimerHandle] = {}
        self._events: deque[ev.Event] = deque()  # that wait until the one before is carried out
        self._closed = False

    @property
    def turn(self) -> int:
        return self.state.turn

    def span(self, utterance: int) -> tuple[float, float]:
        """From when to when an utterance of the turn in the making lasts; of one that is over: now."""
        now = self._scheduler.time()
        known = next((one for one in self.state.utterances if one.number == utterance), None)
        if known is None:
            return now, now
        return known.began, known.speech_end if known.paused else now

    @property
    def open_utterance(self) -> int:
        """The utterance that the caller's voice goes into; 0: none."""
        newest = self.state.utterances[-1] if self.state.utterances else None
        return newest.number if newest is not None and not newest.paused else 0

    def advance(self, event: ev.Event) -> None:
        """Take an event; one that comes while another is carried out waits for its end."""
        if self._closed:
            return
        self._events.append(event)
        if len(self._events) > 1:
            return  # something that is being carried out has told of it
        while self._events:
            try:
                self._decide(self._events[0])
            finally:
                self._events.popleft()

    def limit(self, at: float, callback: Callable[..., object], *args: object) -> None:
        """The call's last deadline, in place of its time limit."""
        self._stop(Timer.LIMIT)
        self._timers[Timer.LIMIT] = self._scheduler.call_at(at, callback, *args)

    def stop(self) -> None:
        """Decide nothing any more."""
        self._closed = True

    def close(self) -> None:
        self.stop()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _decide(self, event: ev.Event) -> None:
        commands: Sequence[cmd.Command]
        self.state, commands = advance(self.state, event, self._scheduler.time())
        for command in commands:
            if isinstance(command, cmd.StartTimer):
                self._start(command)
            elif isinstance(command, cmd.StopTimer):
                self._stop(command.timer)
            else:
                self._carry_out(command)
        if self.state.phase is not self._phase:
            self._phase = self.state.phase
            self._on_phase(self._phase)

    def _start(self, command: cmd.StartTimer) -> None:
        self._stop(command.timer)
        if not self._closed:
            self._timers[command.timer] = self._scheduler.call_at(command.at, self._fire, command.timer)

    def _stop(self, timer: Timer) -> None:
        running = self._timers.pop(timer, None)
        if running is not None:
            running.cancel()

    def _fire(self, timer: Timer) -> None:
        self._timers.pop(timer, None)
        if timer is Timer.PAUSE:
            self._before_pause()  # voice that waits to be scored goes first
            if timer in self._timers:
                return  # it moved the pause
        if timer is Timer.BARGE_IN and self.open_utterance:
            self._before_barge_in(self.open_utterance)
        if timer in _OWED and self._postpone(timer):
            return
        self.advance(ev.TimerFired(timer))

    def _postpone(self, timer: Timer) -> bool:
        """Whether what is owed cannot have come yet; it has some time again once workers can be heard."""
        if self._suspended():
            self._postponed.add(timer)
            wait_s = _LOOK_AGAIN_S
        elif timer in self._postponed:
            self._postponed.discard(timer)
            wait_s = _CATCH_UP_S
        else:
            return False
        self._start(cmd.StartTimer(timer, self._scheduler.time() + wait_s))
        return True
