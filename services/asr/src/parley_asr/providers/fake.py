"""A recogniser that hears what a script says, after the delays it says: for benches and tests, without any model."""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from parley_core.errors import BadInput, ParleyError, Unavailable
from parley_core.languages.registry import primary

from parley_asr.providers.base import AUDIO_SENT, Final, HeardWord, RecogniserRequest

BYTES_PER_MS = 32
WORD_MS = 300
SOUND_LEVEL = 1000  # 3 % of full scale; below it a sample is silence


@dataclass(slots=True)
class Script:
    """Texts of the utterances, in turn and from the start again; durations in seconds. A change counts at once."""

    texts: Sequence[str] = ("yes that is right",)
    final_s: float = 0.05
    accept_s: float = 0.0
    languages: frozenset[str] = frozenset()  # without their regions; none: all
    word_s: float = 0.0  # from the first sound to the first word, and between words; 0: a word for 300 ms of any audio
    fail_utterances: frozenset[int] = frozenset()  # streams, counted from 0, that are lost at their first audio
    fails_after_ms: int | None = None  # every stream is lost when it has heard so much; None: never
    fails_at_finish: bool = False
    failure: ParleyError | None = None  # what is raised then; None: Unavailable


class FakeProvider:
    model = "script"
    billing = AUDIO_SENT

    def __init__(self, script: Script | None = None, *, name: str = "fake") -> None:
        self.name = name
        self._script = script or Script()
        self._streams = itertools.count()
        self.opened = 0
        self.opened_for: list[str] = []  # languages
        self.closed = 0

    def hears(self, language: str) -> bool:
        return not self._script.languages or primary(language) in self._script.languages

    async def start(self) -> None:
        """Ready as made."""

    async def open(self, request: RecogniserRequest) -> "FakeRecogniser":
        if request.language and not self.hears(request.language):
            raise BadInput("language", f"{request.language!r} is not in the script")
        self.opened += 1
        self.opened_for.append(request.language)
        return FakeRecogniser(self._script, self._streams, self._closed)

    async def close(self) -> None:
        """Nothing is held."""

    def _closed(self) -> None:
        self.closed += 1


class FakeRecogniser:
    def __init__(self, script: Script, streams: Iterator[int], on_close: Callable[[], None]) -> None:
        self._script = script
        self._streams = streams
        self._texts = itertools.cycle(script.texts)
        self._unsaid: str | None = None
        self._on_close: Callable[[], None] | None = on_close

    async def open_stream(self) -> "FakeStream":
        # A stream that was lost or dropped leaves its text to the next one: it is the same utterance again.
        if self._unsaid is None:
            self._unsaid = next(self._texts)
        return FakeStream(self, self._unsaid, self._script, lost=next(self._streams) in self._script.fail_utterances)

    async def close(self) -> None:
        if self._on_close is not None:
            self._on_close()
        self._on_close = None

    def said(self) -> None:
        self._unsaid = None


class FakeStream:
    def __init__(self, recogniser: FakeRecogniser, text: str, script: Script, *, lost: bool) -> None:
        self._recogniser = recogniser
        self._words = text.split()
        self._script = script
        self._lost = lost
        self._heard_ms = 0
        self._sound_ms = 0  # heard since the first sound, that included

    async def accept(self, pcm: bytes) -> str:
        if self._lost:
            raise self._failure()
        if self._script.accept_s:
            await asyncio.sleep(self._script.accept_s)
        self._heard_ms += len(pcm) // BYTES_PER_MS
        if self._script.fails_after_ms is not None and self._heard_ms > self._script.fails_after_ms:
            raise self._failure()
        if not self._script.word_s:
            return " ".join(self._words[: self._heard_ms // WORD_MS])
        if not self._sound_ms:
            loud = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2").astype(np.int32)) > SOUND_LEVEL)
            pcm = pcm[2 * int(loud[0]) :] if len(loud) else b""
        self._sound_ms += len(pcm) // BYTES_PER_MS
        return " ".join(self._words[: int(self._sound_ms / 1000 / self._script.word_s)])

    async def finish(self) -> Final:
        await asyncio.sleep(self._script.final_s)
        if self._script.fails_at_finish:
            raise self._failure()
        self._recogniser.said()
        if not self._heard_ms:
            return Final()
        step = self._heard_ms / max(len(self._words), 1)
        words = tuple(
            HeardWord(text, round(at * step), round((at + 1) * step), 0.9) for at, text in enumerate(self._words)
        )
        return Final(words, 0.9 if words else 0.0)

    async def drop(self) -> None:
        """Nothing is held."""

    def _failure(self) -> ParleyError:
        return self._script.failure or Unavailable("the fake recogniser", "the script says so")
