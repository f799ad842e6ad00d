"""What a caller has heard, for clients that play audio at once and drop it on request."""

import asyncio

import numpy as np
from parley_audio.formats import samples_of

_WINDOW_S = 0.01
_LOUD = 500


class Ear:
    """PCM16 mono at `rate` Hz, played in real time from when it came."""

    def __init__(self, rate: int = 16_000) -> None:
        self.rate = rate
        self.played = bytearray()
        self._until = 0.0  # when the last of it will have been heard

    def take(self, pcm: bytes) -> None:
        self._until = max(self._until, asyncio.get_running_loop().time()) + len(pcm) / 2 / self.rate
        self.played += pcm

    def clear(self) -> None:
        """Drop what was not heard yet."""
        now = asyncio.get_running_loop().time()
        ahead = int(max(0.0, self._until - now) * self.rate) * 2
        if ahead:
            del self.played[-ahead:]
        self._until = min(self._until, now)


def voice_s(pcm: bytes, rate: int) -> float:
    """How long something loud is heard in it, in seconds."""
    window = int(rate * _WINDOW_S)
    samples = np.abs(samples_of(pcm).astype(np.int32))
    whole = samples[: len(samples) // window * window].reshape(-1, window)
    return float((whole.max(axis=1, initial=0) > _LOUD).sum()) * _WINDOW_S
