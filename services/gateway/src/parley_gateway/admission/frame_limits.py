"""Bounds on what one client may send: audio no faster than real time, frames of sensible size. Channels ask, per
frame."""

from dataclasses import dataclass

from parley_audio.formats import BYTES_PER_MS

from parley_gateway.admission.faults import ClientFault

MIN_FRAME_BYTES = 10 * BYTES_PER_MS
MAX_FRAME_BYTES = 60 * BYTES_PER_MS
MAX_JSON_BYTES = 8 * 1024


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


class RealTime:
    """Audio may run ahead of the clock by no more than `ahead_s`; a stall earns no more than that to catch up with."""

    def __init__(self, ahead_s: float) -> None:
        self._ahead_s = ahead_s
        self._until = float("-inf")  # real time, as told by the audio so far

    def take(self, seconds: float, now: float) -> bool:
        """Count audio in; False when it came too fast."""
        self._until = max(self._until, now - self._ahead_s) + seconds
        return self._until <= now + self._ahead_s
