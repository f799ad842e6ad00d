"""What was sent to a caller's client of late: the frames by which `playout` is ahead of the ear, and those before."""

from collections import deque
from collections.abc import Iterator

from parley_audio.formats import BYTES_PER_MS

from parley_gateway.speaking.sentence import Sentence

KEPT_S = 1.0  # behind the ear: a word that was cut is said again from its beginning
_CLOCK_S = 1e-6  # no time at all, for a clock


class Unplayed:
    def __init__(self) -> None:
        # heard at, as loud as it was made, of which sentence
        self._frames: deque[tuple[float, memoryview, Sentence]] = deque()

    def sent(self, frame: memoryview, heard_at: float, sentence: Sentence, now: float) -> None:
        """The hot path."""
        frames, past = self._frames, now - KEPT_S
        while frames and frames[0][0] < past:
            frames.popleft()
        frames.append((heard_at, frame, sentence))

    def unheard(self, now: float) -> Iterator[tuple[float, memoryview]]:
        """What is left of the frames, from the millisecond that is heard at `now`."""
        for heard_at, left, _ in self._from(now):
            yield heard_at, left

    def take(self, since: float) -> list[tuple[float, memoryview, Sentence]]:
        """What is left of the frames, from the millisecond that was heard at `since`; they count as never sent."""
        taken = list(self._from(since))
        self._frames.clear()
        return taken

    def clear(self) -> None:
        self._frames.clear()

    def _from(self, since: float) -> Iterator[tuple[float, memoryview, Sentence]]:
        for heard_at, frame, sentence in self._frames:
            skip_ms = max(0, int((since + _CLOCK_S - heard_at) * 1000))
            left = frame[skip_ms * BYTES_PER_MS :]
            if left:
                yield heard_at + skip_ms / 1000, left, sentence
