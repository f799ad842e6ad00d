"""The gateway's instruments. Made once by `app`, after telemetry is set up."""

from parley_core import telemetry


class Metrics:
    def __init__(self) -> None:
        self.calls = telemetry.gauge("parley_gateway_calls", "Calls that run now")
        self.refused = telemetry.counter("parley_gateway_refused", "Callers turned away, by reason")
        self.ended = telemetry.counter("parley_gateway_ended", "Calls that ended, by reason")
        self.turn_seconds = telemetry.histogram("parley_gateway_turn_seconds", "Last sound of caller to first of agent")
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
