"""A vendor's bytes to 16 kHz samples: split samples, WAV headers and other rates. `voice` feeds it."""

import struct

import numpy as np
import soxr
from parley_core.errors import BadReply

from parley_tts.providers.base import SAMPLE_RATE_HZ, Pcm

_RIFF = b"RIFF"
_MOST_HEADER = 4096
_PCM, _EXTENSIBLE = 1, 0xFFFE
_RATES = range(4000, 192_001)


class PcmFeed:
    """One sentence of 16-bit little-endian mono audio. A WAV header in front is read, also where none was asked for."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._resampler: soxr.ResampleStream | None = None
        self._rest = b""
        self._begun = False

    def take(self, data: bytes, rate_hz: int = 0) -> Pcm:
        """The samples that are complete. Raises BadReply for a WAV file of another kind."""
        data = self._rest + data
        if not self._begun:
            if len(data) < len(_RIFF) and _RIFF.startswith(data):
                self._rest = data
                return np.zeros(0, np.int16)
            if data.startswith(_RIFF):
                header = _header(data)
                if header is None:
                    self._rest = data
                    return np.zeros(0, np.int16)
                rate_hz, begins = header
                data = data[begins:]
            self._begun = True
            self._rate_hz = rate_hz or self._rate_hz
            if self._rate_hz != SAMPLE_RATE_HZ:
                self._resampler = soxr.ResampleStream(self._rate_hz, SAMPLE_RATE_HZ, 1, dtype="int16", quality="HQ")
        whole = len(data) & ~1
        self._rest = data[whole:]
        samples = np.frombuffer(data[:whole], np.dtype("<i2")).astype(np.int16)
        return samples if self._resampler is None else self._resampler.resample_chunk(samples)

    def finish(self) -> Pcm:
        """What the resampler still holds; half a sample at the end is dropped."""
        if self._resampler is None:
            return np.zeros(0, np.int16)
        rest: Pcm = self._resampler.resample_chunk(np.zeros(0, np.int16), last=True)
        return rest


def _header(data: bytes) -> tuple[int, int] | None:
    """The rate of a WAV file and where its samples begin; None while the header is not complete."""
    rate_hz, at = 0, 12
    while len(data) >= at + 8:
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"data":
            if rate_hz not in _RATES:
                raise BadReply("the voice", "a WAV file without a format")
            return rate_hz, at + 8
        if name == b"fmt ":
            if len(data) < at + 24:
                return None
            kind, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", data, at + 8)
            if kind not in (_PCM, _EXTENSIBLE) or channels != 1 or bits != 16:
                raise BadReply("the voice", "a WAV file that is not 16-bit mono")
        at += 8 + size + (size & 1)
    if at > _MOST_HEADER or len(data) > _MOST_HEADER:
        raise BadReply("the voice", "a WAV file without samples")
    return None
