"""Streaming sample-rate conversion of PCM16 mono with soxr. Doors and speech providers hold one per direction."""

import numpy as np
import soxr

from parley_audio.formats import SAMPLE_RATE, samples_of


class Resampler:
    """Converts a stream part by part, without clicks between the parts; equal rates pass through unchanged.

    Output lags the input by the filter's few milliseconds; `push(b"", last=True)` gives the rest.
    """

    def __init__(self, from_hz: int, to_hz: int = SAMPLE_RATE, *, quality: str = "HQ") -> None:
        """`quality`: soxr's QQ, LQ, MQ, HQ or VHQ."""
        self._stream = (
            None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16", quality=quality)
        )

    def push(self, pcm: bytes | bytearray | memoryview, *, last: bool = False) -> bytes:
        if self._stream is None:
            return bytes(pcm)
        converted: bytes = np.asarray(self._stream.resample_chunk(samples_of(pcm), last=last)).tobytes()
        return converted


def resample(pcm: bytes, from_hz: int, to_hz: int = SAMPLE_RATE) -> bytes:
    """Convert a whole recording at once."""
    if from_hz == to_hz or not pcm:
        return pcm
    converted: bytes = np.asarray(soxr.resample(samples_of(pcm), from_hz, to_hz)).tobytes()
    return converted
