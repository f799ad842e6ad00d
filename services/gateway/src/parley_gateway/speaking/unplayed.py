"""What was sent to a caller's client and is not heard yet: the frames by which `playout` is ahead of the ear."""

from collections import deque
from collections.abc import Iterator

from parley_audio.formats import BYTES_PER_MS

_CLOCK_S = 1e-6  # no time at all, for a clock


class Unplayed:
    def __init__(self) -> None:
        self._frames: deque[tuple[float, memoryview]] = deque()  # heard at, as loud as it was made

    def sent(self, frame: memoryview, heard_at: float, now: float) -> None:
        """The hot path."""
        frames = self._frames
        while frames and frames[0][0] + len(frames[0][1]) / (BYTES_PER_MS * 1000) <= now:
            frames.popleft()
        frames.append((heard_at, frame))

    def unheard(self, now: float) -> Iterator[tuple[float, memoryview]]:
        """What is left of the frames, from the millisecond that is heard at `now`."""
        for heard_at, frame in self._frames:
            skip_ms = max(0, int((now + _CLOCK_S - heard_at) * 1000))
            left = frame[skip_ms * BYTES_PER_MS :]
            if left:
                yield heard_at + skip_ms / 1000, left

    def clear(self) -> None:
        self._frames.clear()
