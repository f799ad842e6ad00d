"""What stands in for a lost frame: the last pitch period again and again, softer and softer. PCM16 mono.

After ITU-T G.711 Appendix I, in its outline: the pitch of the last 50 ms by autocorrelation, repetition with overlap,
full level for 10 ms, silence after 60 ms, and a cross-fade into the first frame that comes. A good frame costs nothing.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from parley_audio.formats import FRAME_SAMPLES, SAMPLE_RATE, samples_of

_HISTORY_S = 0.05
_LONGEST_PITCH_S = 0.015  # 66 Hz
_SHORTEST_PITCH_S = 0.0025  # 400 Hz
_FULL_S = 0.010
_SILENT_S = 0.060
_FADE_S = 0.004


class Concealer:
    """One stream's. `good` each frame that came, `conceal` each that did not, in order."""

    def __init__(self, rate_hz: int = SAMPLE_RATE) -> None:
        self.concealed = 0  # frames
        self._rate = rate_hz
        self._history: deque[bytes] = deque(maxlen=8)  # the frames that came last
        self._cycle: NDArray[np.float32] | None = None  # the pitch period that is being repeated
        self._at = 0  # samples concealed so far in this gap

    def good(self, pcm: bytes) -> bytes:
        """Note a frame; returns it, faded in from what was concealed before it."""
        if self._cycle is not None:
            pcm = self._fade_in(pcm)
            self._cycle = None
            self._history.clear()
        self._history.append(pcm)
        return pcm

    def conceal(self, samples: int = FRAME_SAMPLES) -> bytes:
        """Audio for a lost frame, `samples` long."""
        self.concealed += 1
        if self._cycle is None:
            self._begin()
        return self._next(samples).astype("<i2").tobytes()

    def _begin(self) -> None:
        self._at = 0
        past = samples_of(b"".join(self._history)).astype(np.float32)[-int(_HISTORY_S * self._rate) :]
        longest, shortest = int(_LONGEST_PITCH_S * self._rate), int(_SHORTEST_PITCH_S * self._rate)
        if len(past) < 2 * longest:
            self._cycle = np.zeros(longest, np.float32)
            return
        pitch = _pitch(past, shortest, longest)
        overlap = pitch // 4
        cycle = past[-pitch:].copy()
        # The end of the period runs into the sample before its beginning, so that repeating makes no click.
        rise = np.linspace(0.0, 1.0, overlap, endpoint=False, dtype=np.float32)
        cycle[-overlap:] = cycle[-overlap:] * (1 - rise) + past[-pitch - overlap : -pitch] * rise
        self._cycle = cycle

    def _next(self, samples: int) -> NDArray[np.float32]:
        cycle = self._cycle
        if cycle is None or self._at >= _SILENT_S * self._rate:
            self._at += samples
            return np.zeros(samples, np.float32)
        index = self._at + np.arange(samples)
        level = (_SILENT_S * self._rate - index) / ((_SILENT_S - _FULL_S) * self._rate)
        self._at += samples
        repeated: NDArray[np.float32] = cycle[index % len(cycle)] * np.clip(level, 0.0, 1.0).astype(np.float32)
        return repeated

    def _fade_in(self, pcm: bytes) -> bytes:
        came = samples_of(pcm).astype(np.float32)
        length = min(len(came), int(_FADE_S * self._rate))
        rise = np.linspace(0.0, 1.0, length, dtype=np.float32)
        came[:length] = came[:length] * rise + self._next(length) * (1 - rise)
        return came.astype("<i2").tobytes()


def _pitch(past: NDArray[np.float32], shortest: int, longest: int) -> int:
    """The lag, in samples, at which the past is most like itself."""
    window = len(past) - longest
    now = past[-window:]
    # Correlation of the newest window with every earlier one, and those windows' energies, for all lags at once.
    matches = np.correlate(past[: len(past) - shortest], now, "valid")
    squares = np.concatenate(([0.0], np.cumsum(past.astype(np.float64) ** 2)))
    energy = (squares[window:] - squares[:-window])[: len(matches)]
    best = int(np.argmax(matches / np.sqrt(energy + 1.0)))
    return longest - best
