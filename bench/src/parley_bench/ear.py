"""What a caller's ear hears of the frames that a client gets, and when. `interrupter` judges barge-in by it.

The client plays a frame when it comes, or behind what it still has to play, and drops that at `clear`. The gateway
begins a reply with some 60 ms at once and keeps that far ahead: that much is in the client's jitter buffer, and a
frame is heard that much after its arrival.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parley_bench.clip import AGENT_SOUND_LEVEL, SAMPLE_RATE_HZ

BLOCK = 64  # samples: 4 ms, the grain of all that is told here
BLOCK_S = BLOCK / SAMPLE_RATE_HZ
DUCKED = 0.5  # 6 dB below the voice before: what people notice at once
SILENT_S = 0.15  # without a sound for so long at the end: the agent has stopped
MEMORY_S = 6.0


@dataclass(slots=True)
class _Played:
    start: float
    samples: npt.NDArray[np.int16]

    @property
    def end(self) -> float:
        return self.start + len(self.samples) / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Judged:
    """One interruption, in seconds since the caller's first sound; None: it never was."""

    ducked: float | None
    silent: float | None


class Ear:
    """Times are of the client's monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._played: deque[_Played] = deque()
        self._until = 0.0

    def take(self, samples: npt.NDArray[np.int16], at: float) -> None:
        start = max(at, self._until)
        self._played.append(_Played(start, samples))
        self._until = start + len(samples) / SAMPLE_RATE_HZ
        while self._played[0].end < at - MEMORY_S:
            self._played.popleft()

    def clear(self, at: float) -> None:
        """What is not played by now is never heard."""
        while self._played and self._played[-1].start >= at:
            self._played.pop()
        if self._played and self._played[-1].end > at:
            last = self._played[-1]
            last.samples = last.samples[: int((at - last.start) * SAMPLE_RATE_HZ)]
        self._until = min(self._until, at)

    def judge(self, sound_at: float, until: float) -> Judged | None:
        """What became of the agent's voice when the caller's began; None where there was none to interrupt."""
        before = [level for at, level in self._levels(sound_at - 0.1, sound_at) if level > AGENT_SOUND_LEVEL]
        if len(before) < 0.08 / BLOCK_S:
            return None
        loud = float(np.median(before))
        ducked, last = None, sound_at
        for at, level in self._levels(sound_at, until):  # to the end: a pause between sentences is no silence
            if level > AGENT_SOUND_LEVEL:
                last = at + BLOCK_S
                if ducked is None and level <= loud * DUCKED:
                    ducked = last
        silent = last if until - last > SILENT_S else None
        first = ducked if ducked is not None else silent
        return Judged(
            first - sound_at if first is not None else None,
            silent - sound_at if silent is not None else None,
        )

    def _levels(self, since: float, until: float) -> Iterator[tuple[float, float]]:
        """Root mean squares of 4 ms each, by the time at which they begin to be heard."""
        for one in self._played:
            for at in range(0, len(one.samples) - BLOCK // 2, BLOCK):
                start = one.start + at / SAMPLE_RATE_HZ
                if since <= start < until:
                    block = one.samples[at : at + BLOCK].astype(np.float32)
                    yield start, float(np.sqrt(np.mean(block * block)))
