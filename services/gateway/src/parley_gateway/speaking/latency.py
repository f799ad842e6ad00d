"""A turn's latency, from the caller's last sound to the agent's first, in parts that add up to it exactly."""

from dataclasses import dataclass

from parley.v1 import events_pb2, live_pb2


@dataclass(slots=True)
class TurnLatency:
    """The moments of one turn on the gateway's clock, in seconds."""

    turn: int
    speech_end: float
    paused: float  # when the pause was over; what came then was waiting for the text
    committed: float
    drafted: bool = False

    def measure(self, arrived: float, sent: float, timing: live_pb2.ReplyTiming) -> events_pb2.TurnMeasured:
        """`arrived`: the reply's first audio at the gateway; `sent`: its first frame on the way to the caller."""
        pause = _us(self.paused - self.speech_end)
        final_text = _us(self.committed - self.paused)
        arrived = max(arrived, self.committed)
        waited = _us(arrived - self.committed)
        playout = _us(sent - arrived)
        # The stages measure themselves on their own clocks; they cannot have taken longer than what was waited. Of a
        # draft's stages the last ones are what was still waited for.
        left = waited
        stages = [timing.model_us, timing.sentence_us, timing.speech_us]
        for at in (2, 1, 0) if self.drafted else (0, 1, 2):
            stages[at] = min(stages[at], left)
            left -= stages[at]
        return events_pb2.TurnMeasured(
            turn=self.turn,
            total_us=pause + final_text + waited + playout,
            pause_us=pause,
            final_text_us=final_text,
            model_us=stages[0],
            sentence_us=stages[1],
            speech_us=stages[2],
            bus_us=left,
            playout_us=playout,
            drafted=self.drafted,
        )


def _us(seconds: float) -> int:
    return max(0, round(seconds * 1e6))
