"""Audio that carries its words: every millisecond of simulated speech names the word that it belongs to.

Sixteen samples make a millisecond, and their signs spell the word's number. So the recogniser hears what the audio
says (lost, late and repeated frames included), and the caller's ear knows which word of which sentence it hears, also
when the gateway has made it quieter.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

SAMPLES_PER_MS = 16
BYTES_PER_MS = 32
NOISE = 9_999  # voiced, but no word
FIRST_AGENT = 10_000
LAST = 65_000
LOUD = 8_000

Pcm = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A spoken word: its number in the audio, and its duration."""

    number: int
    text: str
    length_ms: int


class Voices:
    """Hands out the numbers of one call's words."""

    def __init__(self) -> None:
        self._words: dict[int, Spoken] = {}
        self._next_caller = 1
        self._next_agent = FIRST_AGENT

    def caller(self, text: str, length_ms: int) -> Spoken:
        word = self._words[self._next_caller] = Spoken(self._next_caller, text, length_ms)
        self._next_caller = self._next_caller + 1 if self._next_caller + 1 < NOISE else 1
        return word

    def agent(self, text: str, length_ms: int) -> Spoken:
        word = self._words[self._next_agent] = Spoken(self._next_agent, text, length_ms)
        self._next_agent = self._next_agent + 1 if self._next_agent < LAST else FIRST_AGENT
        return word

    def word(self, number: int) -> Spoken | None:
        return self._words.get(number)


@lru_cache(maxsize=8192)
def sound(number: int, length_ms: int, level: int = LOUD) -> Pcm:
    """So many milliseconds of one word; 0 is silence."""
    if not number:
        return np.zeros(length_ms * SAMPLES_PER_MS, np.int16)
    bits = np.unpackbits(np.array([number >> 8, number & 255], np.uint8)).astype(np.int16)
    return np.tile((2 * bits - 1) * np.int16(level), length_ms)


def runs(pcm: bytes | memoryview) -> tuple[tuple[int, int], ...]:
    """The words of whole milliseconds of audio, in order: (number, milliseconds); 0 is silence."""
    return _runs(bytes(pcm))


@lru_cache(maxsize=4096)
def _runs(pcm: bytes) -> tuple[tuple[int, int], ...]:
    samples = np.frombuffer(pcm, np.int16)
    whole = len(samples) // SAMPLES_PER_MS * SAMPLES_PER_MS
    if not samples.any():
        return ((0, whole // SAMPLES_PER_MS),) if whole else ()
    bits = samples[:whole].reshape(-1, SAMPLES_PER_MS) > 0
    numbers = np.packbits(bits, axis=1).astype(np.uint16)
    named = (numbers[:, 0] << 8 | numbers[:, 1]).tolist()
    return tuple((number, len(list(same))) for number, same in groupby(named))
