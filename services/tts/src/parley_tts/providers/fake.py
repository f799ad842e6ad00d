"""A speech engine of fixed delays, for tests and for the bench: a steady tone, a fixed time for every word."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import numpy as np
from parley_core.errors import ParleyError
from parley_core.languages.registry import primary

from parley_tts.alignment import spread
from parley_tts.providers.base import (
    SAMPLE_RATE_HZ,
    SAMPLES_PER_MS,
    SpeechChunk,
    SpeechRequest,
    VoiceInfo,
)
from parley_tts.text import prepare

TONE_HZ = 250  # a whole number of periods in every millisecond-aligned piece of 4 ms


@dataclass(frozen=True, slots=True)
class FakePace:
    """First audio after `first_ms`; from then on `times_real_time` times as fast as it is spoken."""

    first_ms: float = 50.0
    times_real_time: float = 10.0
    word_ms: int = 300
    first_piece_ms: int = 60
    piece_ms: int = 100


class FakeProvider:
    """See `base.SpeechProvider`. With `failure`, every sentence fails after `fail_after` pieces."""

    def __init__(
        self,
        pace: FakePace | None = None,
        *,
        name: str = "fake",
        failure: ParleyError | None = None,
        fail_after: int = 0,
        languages: frozenset[str] = frozenset(),
    ) -> None:
        """`languages`: without their regions; none: all."""
        self.name = name
        self.requests: list[SpeechRequest] = []
        self.cancelled = 0
        self.pace = pace or FakePace()
        self._tone = _tone(max(self.pace.first_piece_ms, self.pace.piece_ms))
        self.failure = failure
        self._languages = languages
        self._fail_after = fail_after

    def speaks(self, language: str) -> bool:
        return not self._languages or primary(language) in self._languages

    async def start(self) -> None:
        """Ready as made."""

    async def close(self) -> None:
        """Nothing is held."""

    async def synthesise(self, request: SpeechRequest) -> AsyncGenerator[SpeechChunk, None]:
        self.requests.append(request)
        pace = self.pace
        prepared = prepare(request.text, request.language, pronunciations=request.pronunciations)
        duration_ms = len(prepared.tokens) * pace.word_ms
        words = spread(prepared, duration_ms)
        loop = asyncio.get_running_loop()
        due = loop.time() + pace.first_ms / 1000
        at_ms, pieces = 0, 0
        finished = False
        try:
            while at_ms < duration_ms:
                await asyncio.sleep(due - loop.time())
                if self.failure is not None and pieces == self._fail_after:
                    raise self.failure
                length_ms = min(pace.piece_ms if pieces else pace.first_piece_ms, duration_ms - at_ms)
                begin = tuple(word for word in words if at_ms <= word.start_ms < at_ms + length_ms)
                yield SpeechChunk(self._tone[: length_ms * SAMPLES_PER_MS], begin)
                at_ms += length_ms
                pieces += 1
                due += length_ms / 1000 / pace.times_real_time
            finished = True
        finally:
            if not finished:
                self.cancelled += 1

    async def voices(self) -> list[VoiceInfo]:
        return [VoiceInfo(self.name, "tone", "en-us")]


def _tone(length_ms: int) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    time_s = np.arange(length_ms * SAMPLES_PER_MS) / SAMPLE_RATE_HZ
    return (6000 * np.sin(2 * np.pi * TONE_HZ * time_s + 0.5)).astype(np.int16)
