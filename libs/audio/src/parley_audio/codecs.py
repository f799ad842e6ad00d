"""Codecs of callers' legs: payload to and from PCM16 mono 16 kHz, resampled at best quality.

Channels hold one per call. Codecs that need a native library (Opus, G.722) have modules of their own, with this
protocol.
"""

from collections.abc import Callable
from typing import Protocol

from parley_audio import g711
from parley_audio.formats import SAMPLE_RATE, samples_of
from parley_audio.resample import Resampler


class Codec(Protocol):
    """Stateful: frames of one stream each way, in order."""

    name: str
    rate_hz: int  # samples a second of the audio that the payload carries

    def decode(self, payload: bytes | memoryview) -> bytes:
        """PCM16 mono 16 kHz of one payload. Raises ValueError for a payload that cannot be this codec's."""
        ...

    def encode(self, pcm: bytes | memoryview) -> bytes:
        """The payload of PCM16 mono 16 kHz audio; may lag by the resampler's few milliseconds."""
        ...


class _Resampled:
    def __init__(self, name: str, rate_hz: int, decode: Callable[..., bytes], encode: Callable[..., bytes]) -> None:
        self.name = name
        self.rate_hz = rate_hz
        self._decode = decode
        self._encode = encode
        self._up = Resampler(rate_hz, SAMPLE_RATE)
        self._down = Resampler(SAMPLE_RATE, rate_hz)

    def decode(self, payload: bytes | memoryview) -> bytes:
        return self._up.push(self._decode(payload))

    def encode(self, pcm: bytes | memoryview) -> bytes:
        return self._encode(self._down.push(pcm))


def pcmu() -> Codec:
    return _Resampled("PCMU", 8000, g711.mulaw_decode, g711.mulaw_encode)


def pcma() -> Codec:
    return _Resampled("PCMA", 8000, g711.alaw_decode, g711.alaw_encode)


def l16(rate_hz: int, *, big_endian: bool = False) -> Codec:
    """PCM16 mono at any rate; RFC 3551 sends it big-endian, most WebSocket protocols little-endian."""

    def swap(pcm: bytes | memoryview) -> bytes:
        if len(pcm) % 2:
            raise ValueError(f"{len(pcm)} bytes cannot be 16-bit samples")
        return samples_of(pcm).byteswap().tobytes() if big_endian else bytes(pcm)

    return _Resampled("L16", rate_hz, swap, swap)


class Framer:
    """Cuts a byte stream into equal frames: what codecs give is of uneven length at first."""

    def __init__(self, frame_bytes: int) -> None:
        self._frame_bytes = frame_bytes
        self._rest = bytearray()

    def push(self, data: bytes | memoryview) -> list[bytes]:
        if not self._rest and len(data) == self._frame_bytes:
            return [bytes(data)]
        self._rest += data
        size = self._frame_bytes
        frames = [bytes(self._rest[at : at + size]) for at in range(0, len(self._rest) - size + 1, size)]
        del self._rest[: len(frames) * size]
        return frames

    def clear(self) -> None:
        self._rest.clear()
