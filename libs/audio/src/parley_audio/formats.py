"""The one audio format inside Parley, and the arithmetic between bytes, samples and milliseconds.

PCM16 little-endian, mono, 16 kHz. Channels convert to it, everything behind them relies on it.
"""

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
BYTES_PER_SAMPLE = 2
BYTES_PER_MS = SAMPLE_RATE * BYTES_PER_SAMPLE // 1000
FRAME_MS = 20
FRAME_BYTES = FRAME_MS * BYTES_PER_MS
FRAME_SAMPLES = FRAME_BYTES // BYTES_PER_SAMPLE

Samples = NDArray[np.int16]


def samples_of(pcm: bytes | bytearray | memoryview) -> Samples:
    """View PCM16 bytes as samples, without a copy. Raises ValueError for an odd number of bytes."""
    return np.frombuffer(pcm, dtype="<i2")


def pcm_of(samples: NDArray[np.floating] | NDArray[np.integer]) -> bytes:
    """PCM16 bytes of samples; integers are taken as they are, floats as -1 to 1. Both are clipped, never wrapped."""
    if np.issubdtype(samples.dtype, np.floating):
        samples = np.rint(samples * 32767.0)
    return bytes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())


def duration_ms(pcm: bytes | bytearray | memoryview) -> float:
    return len(pcm) / BYTES_PER_MS


def silence(ms: int) -> bytes:
    return bytes(ms * BYTES_PER_MS)
