"""The gateway's instruments. Made once by `app`, after telemetry is set up."""

from parley.v1 import events_pb2
from parley_core import telemetry
from parley_core.reasons import Party, RefusalReason

DEAD_AIR_S = 3.0  # without a sound after the caller's last one: people ask whether anybody is there

_PARTS = ("pause", "final_text", "model", "sentence", "speech", "bus", "playout")  # of TurnMeasured


class Metrics:
    def __init__(self) -> None:
        self.calls = telemetry.gauge("parley_gateway_calls", "Calls that run now")
        self.refused = telemetry.counter("parley_gateway_refused", "Callers turned away, by reason")
        self.ended = telemetry.counter("parley_gateway_ended", "Calls that ended, by reason")
        self.turn_seconds = telemetry.histogram("parley_gateway_turn_seconds", "Last sound of caller to first of agent")
        self.dead_air = telemetry.counter(
            "parley_gateway_dead_air", f"Turns whose caller heard nothing for {DEAD_AIR_S:g} s, by what took longest"
        )
        self.offered = telemetry.counter("parley_gateway_offered", "Calls, by what became of them at the beginning")
        self.interruptions = telemetry.counter("parley_gateway_interruptions", "Replies cut off by the caller")
        self.workers_lost = telemetry.counter("parley_gateway_workers_lost", "Workers lost in a call, by role")
        self.excess_audio = telemetry.counter(
            "parley_gateway_excess_audio", "Frames of callers' audio dropped: faster than real time"
        )
        self.ignored_messages = telemetry.counter(
            "parley_gateway_ignored_messages", "Messages of carriers that were ignored, by channel"
        )
        self.dropped_audio = telemetry.counter(
            "parley_gateway_dropped_audio", "Agent audio that came too late or twice"
        )
        # A rate knows nothing of a counter's first value: the objectives' counters begin with 0.
        for outcome in ("answered", str(Party.PLATFORM)):
            self.offered.add(0, {"outcome": outcome})
        for part in _PARTS:
            self.dead_air.add(0, {"part": part})

    def answered(self) -> None:
        self.offered.add(1, {"outcome": "answered"})

    def turned_away(self, reason: RefusalReason) -> None:
        """Count a call that there is not, by whose doing it is: the objective asks about the platform's alone."""
        self.refused.add(1, {"reason": reason})
        self.offered.add(1, {"outcome": str(reason.meaning.whose)})

    def turned_to_another(self) -> None:
        """A gateway that drains sends the caller on; its channel counts the refusal."""
        self.offered.add(1, {"outcome": "moved"})

    def not_set_up(self) -> None:
        self.offered.add(1, {"outcome": str(Party.PLATFORM)})

    def turn(self, measured: events_pb2.TurnMeasured) -> None:
        self.turn_seconds.record(measured.total_us / 1e6)
        if measured.total_us > DEAD_AIR_S * 1e6:
            took = {part: int(getattr(measured, f"{part}_us")) for part in _PARTS}
            self.dead_air.add(1, {"part": max(took, key=lambda part: took[part])})
