"""Whether what the caller's line carries is the agent's own voice that comes back through loudspeaker and microphone.

Words alone do not show it: a recogniser gets much of a faint echo wrong. So the two signals are compared: an echo is a
copy of what was played, later by the way there and back. Computed only when it is asked for, some 2 ms.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray
from parley_audio.formats import SAMPLE_RATE, samples_of

KEPT_S = 2.5
LATEST_S = 0.6  # from the gateway's schedule to the microphone and back: the longest delay that is looked for
COMPARED_S = 0.8  # of the line
LATEST_OF_IT_S = 0.35
LEAST_S = 0.25  # shorter sounds are compared with what is before them

_Frames = deque[tuple[float, bytes | memoryview]]


class Echo:
    """One call's. Times are of the scheduler; audio is PCM16 16 kHz."""

    def __init__(self) -> None:
        self._played: _Frames = deque()
        self._line: _Frames = deque()

    def played(self, frame: bytes | memoryview, heard_at: float) -> None:
        """The agent's audio as it is sent. The hot path."""
        _keep(self._played, frame, heard_at)

    def taken_back(self, since: float) -> None:
        """What was to be heard from `since` on never is."""
        while self._played and self._played[-1][0] >= since:
            self._played.pop()
        if self._played:
            at, frame = self._played[-1]
            self._played[-1] = (at, frame[: round((since - at) * SAMPLE_RATE) * 2])

    def line(self, frame: bytes | memoryview, at: float) -> None:
        """The caller's audio as it comes. The hot path."""
        _keep(self._line, frame, at)

    def heard(self, since: float, until: float) -> bool:
        """Whether the line carried an echo, and nothing louder than it, between two times."""
        since = min(max(since, until - COMPARED_S), until - LEAST_S)
        if not self._played or self._played[-1][0] < since - LATEST_S:
            return False
        # A line that stutters changes its delay: then the latest of it alone is like what was played.
        return self._like(since, until) or (
            until - since > 1.5 * LATEST_OF_IT_S and self._like(until - LATEST_OF_IT_S, until)
        )

    def _like(self, since: float, until: float) -> bool:
        line = _between(self._line, since, until)
        played = _between(self._played, since - LATEST_S, until)
        return _likeness(line, played) >= _enough(until - since)


def _enough(length_s: float) -> float:
    """The correlation that two speakers of one voice do not reach in this time, measured with a margin. An echo
    in a quiet room is near 0.9, over a line that stutters 0.5."""
    return 0.3 + 0.07 / length_s


def _keep(frames: _Frames, frame: bytes | memoryview, at: float) -> None:
    frames.append((at, frame))
    while frames[0][0] < at - KEPT_S:
        frames.popleft()


def _between(frames: _Frames, start: float, end: float) -> NDArray[np.float32]:
    whole = np.zeros(int((end - start) * SAMPLE_RATE), np.float32)
    written = 0
    for at, frame in frames:
        samples = samples_of(frame)
        first = round((at - start) * SAMPLE_RATE)
        if abs(first - written) < SAMPLE_RATE // 20:
            first = written  # frames come with jitter and were made without
        begin, stop = max(first, 0), min(first + len(samples), len(whole))
        if begin < stop:
            whole[begin:stop] = samples[begin - first : stop - first]
        written = first + len(samples)
    return whole


def _likeness(line: NDArray[np.float32], played: NDArray[np.float32]) -> float:
    """The highest normalised correlation of the line with what was played at any delay."""
    energy = float(np.dot(line, line))
    if not energy or len(played) < len(line):
        return 0.0
    size = 1 << (len(played) + len(line) - 1).bit_length()
    product = np.fft.rfft(played, size) * np.conj(np.fft.rfft(line, size))
    matched = np.fft.irfft(product, size)[: len(played) - len(line) + 1]
    squares = np.concatenate(([0.0], np.cumsum(played.astype(np.float64) ** 2)))
    energies = squares[len(line) :] - squares[: len(squares) - len(line)]
    loud = energies > 0.01 * float(energies.max(initial=0.0))
    if not loud.any():
        return 0.0
    return float((np.abs(matched[loud]) / np.sqrt(energies[loud] * energy)).max())
