"""Bounds on what one client may send: audio no faster than real time, frames of sensible size. Channels ask, per
frame."""

import logging
from dataclasses import dataclass
from enum import Enum, auto

from parley_audio.formats import BYTES_PER_MS
from parley_core.telemetry import Counter

from parley_gateway.admission.faults import ClientFault

log = logging.getLogger(__name__)

MIN_FRAME_BYTES = 10 * BYTES_PER_MS
MAX_FRAME_BYTES = 60 * BYTES_PER_MS
MAX_JSON_BYTES = 8 * 1024
MAX_EXCESS_S = 60.0  # dropped audio that ends a call
_FORGIVEN = 0.1  # seconds of dropped audio per second


@dataclass(frozen=True, slots=True)
class FrameProblem:
    fault: ClientFault
    detail: str  # for people


def frame_problem(size: int) -> FrameProblem | None:
    """What is wrong with a frame of this size."""
    if size % 2:
        return FrameProblem(ClientFault.ODD_FRAME, f"a frame of {size} bytes cannot be 16-bit samples")
    if not MIN_FRAME_BYTES <= size <= MAX_FRAME_BYTES:
        return FrameProblem(
            ClientFault.FRAME_SIZE, f"frames carry 10 to 60 ms ({MIN_FRAME_BYTES} to {MAX_FRAME_BYTES} bytes)"
        )
    return None


class Pace(Enum):
    """What becomes of a frame."""

    TAKE = auto()
    DROP = auto()  # too much came at once; the call goes on
    EXCESS = auto()  # too much comes all the time


class RealTime:
    """Audio may run ahead of the clock by `ahead_s`, and catch up `catch_up_s` behind a stall; the rest is dropped.

    Dropped audio is forgiven at a tenth of real time: a stalled client never loses a minute at once, a client that
    sends a file over and over does.
    """

    def __init__(self, ahead_s: float, catch_up_s: float, dropped: Counter) -> None:
        self._ahead_s = ahead_s
        self._catch_up_s = catch_up_s
        self._dropped = dropped
        self._until = float("-inf")  # real time, as told by the audio so far
        self._excess_s = 0.0  # dropped and not forgiven
        self._excess_at = 0.0

    def take(self, seconds: float, now: float) -> Pace:
        """Count audio in."""
        until = max(self._until, now - self._catch_up_s) + seconds
        if until <= now + self._ahead_s:
            self._until = until
            return Pace.TAKE
        self._dropped.add(1)
        if not self._excess_s:
            log.warning("caller audio dropped: faster than real time")
        self._excess_s = max(0.0, self._excess_s - (now - self._excess_at) * _FORGIVEN) + seconds
        self._excess_at = now
        return Pace.EXCESS if self._excess_s > MAX_EXCESS_S else Pace.DROP
