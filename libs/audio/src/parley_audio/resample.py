"""Sample-rate conversion of PCM16 mono: `Resampler` for streams, frame by frame, `resample` for whole recordings.

Streams go through a polyphase FIR (windowed sinc, Kaiser, 32 zero crossings on either side: flat to 92 % of the lower
rate's band, 80 dB down past it). soxr's own streams give their output in lumps of about 100 ms, too late for a call.
"""

from math import ceil, gcd

import numpy as np
import soxr
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from parley_audio.formats import SAMPLE_RATE, samples_of

_ZERO_CROSSINGS = 32
_KAISER_BETA = 8.0
_CUTOFF = 0.96  # of the lower rate's half


class Resampler:
    """Converts a stream part by part, without clicks between the parts; equal rates pass through unchanged.

    Output lags the input by 32 samples of the lower rate (4 ms at 8 kHz) and is given at once: a 20 ms frame in, 20 ms
    out. `push(b"", last=True)` gives the rest.
    """

    def __init__(self, from_hz: int, to_hz: int = SAMPLE_RATE) -> None:
        common = gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        self._same = from_hz == to_hz
        self._taps = ceil(2 * _ZERO_CROSSINGS * max(1.0, from_hz / to_hz))
        self._phases = _filter(self._taps, self._up, min(1.0, to_hz / from_hz))
        self._past: NDArray[np.float32] = np.zeros(self._taps - 1, np.float32)
        self._at = 0  # of the next output sample, in 1/up of input samples behind the first not yet used up

    def push(self, pcm: bytes | bytearray | memoryview, *, last: bool = False) -> bytes:
        if self._same:
            return bytes(pcm)
        parts: list[NDArray[np.generic]] = [self._past, samples_of(pcm)]
        if last:
            parts.append(np.zeros(self._taps // 2, np.int16))
        samples = np.concatenate(parts, dtype=np.float32)
        new = len(samples) - self._taps + 1
        count = max(0, -(-(new * self._up - self._at) // self._down))
        converted = self._convert(samples, count)
        self._at += self._down * count - new * self._up
        self._past = samples[new:]
        return np.rint(converted).clip(-32768, 32767).astype("<i2").tobytes()

    def _convert(self, samples: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        if count == 0:
            return np.zeros(0, np.float32)
        windows = sliding_window_view(samples, self._taps)
        converted: NDArray[np.float32]
        if self._down == 1:
            converted = (windows @ self._phases.T).reshape(-1)
        elif self._up == 1:
            converted = windows[self._at :: self._down] @ self._phases[0]
        else:
            index, phase = np.divmod(self._at + self._down * np.arange(count), self._up)
            converted = np.einsum("ij,ij->i", windows[index], self._phases[phase])
        return converted


def _filter(taps: int, up: int, ratio: float) -> NDArray[np.float32]:
    """By phase, the taps in the order of the samples they meet."""
    cutoff = _CUTOFF * ratio
    at = np.arange(taps * up) - (taps * up - 1) / 2
    sinc = np.sinc(cutoff * at / up) * np.kaiser(taps * up, _KAISER_BETA)
    phases = np.ascontiguousarray(sinc.reshape(taps, up).T[:, ::-1])
    phases /= phases.sum(axis=1, keepdims=True)
    return phases.astype(np.float32)


def resample(pcm: bytes, from_hz: int, to_hz: int = SAMPLE_RATE) -> bytes:
    """Convert a whole recording at once."""
    if from_hz == to_hz or not pcm:
        return pcm
    converted: bytes = np.asarray(soxr.resample(samples_of(pcm), from_hz, to_hz)).tobytes()
    return converted
