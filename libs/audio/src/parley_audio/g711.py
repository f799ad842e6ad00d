"""G.711 µ-law and A-law by table, both ways. Source: ITU-T G.711; Python's own `audioop` ends with 3.12.

Decoding a byte gives the reconstruction values of the recommendation; encoding takes the nearest of them.
"""

import numpy as np
from numpy.typing import NDArray

from parley_audio.formats import samples_of


def _mulaw_values() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)
    return np.where(code & 0x80, 0x84 - magnitude, magnitude - 0x84).astype(np.int16)


def _alaw_values() -> NDArray[np.int16]:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment = (code & 0x70) >> 4
    step = (code & 0x0F) << 4
    magnitude = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _codes(values: NDArray[np.int16]) -> NDArray[np.uint8]:
    """For each 16-bit sample, as unsigned, the code whose value is nearest; the upper of two that are equally near."""
    order = np.argsort(values, kind="stable")
    ordered = values[order].astype(np.int32)
    middles = (ordered[1:] + ordered[:-1]) / 2
    samples = np.arange(65536, dtype=np.uint16).view(np.int16)
    codes: NDArray[np.uint8] = order[np.searchsorted(middles, samples, side="right")].astype(np.uint8)
    return codes


_MULAW, _ALAW = _mulaw_values(), _alaw_values()
_TO_MULAW, _TO_ALAW = _codes(_MULAW), _codes(_ALAW)
MULAW_SILENCE, ALAW_SILENCE = 0xFF, 0xD5


def mulaw_decode(data: bytes | memoryview) -> bytes:
    """PCM16 of µ-law bytes, at the same rate."""
    return _MULAW[np.frombuffer(data, np.uint8)].tobytes()


def mulaw_encode(pcm: bytes | memoryview) -> bytes:
    return _TO_MULAW[samples_of(pcm).view(np.uint16)].tobytes()


def alaw_decode(data: bytes | memoryview) -> bytes:
    return _ALAW[np.frombuffer(data, np.uint8)].tobytes()


def alaw_encode(pcm: bytes | memoryview) -> bytes:
    return _TO_ALAW[samples_of(pcm).view(np.uint16)].tobytes()
