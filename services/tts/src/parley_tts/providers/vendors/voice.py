"""What all vendors' voices have in common: `VendorVoice` is the provider, a `VendorEngine` the protocol of one vendor.

The engine is given the text as it is to be said and yields what comes, audio and marks of words; here it becomes 16 kHz
audio with the times of the original words, and the charge. Raw audio is passed on with the message that brought it.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Protocol

from parley_core.errors import BadReply, NotFound, ParleyError, Unavailable
from parley_core.languages.registry import primary

from parley_tts.figures import Dialect
from parley_tts.providers.base import SAMPLES_PER_MS, Charge, Pcm, SpeechChunk, SpeechRequest, SpokenWord, VoiceInfo
from parley_tts.providers.vendors.audio import PcmFeed
from parley_tts.providers.vendors.marks import Marks, Pace, PacedMarks
from parley_tts.text import prepare

MOST_AUDIO_S = 300  # of one sentence: a vendor that goes on is broken
MOST_PACES = 1000
OWN_PACE = 165  # words a minute that agents ask for where they want the voice's own


class Stale(Unavailable):
    """A connection kept from before was closed by the vendor meanwhile: nothing was lost, another one may do."""


@dataclass(frozen=True, slots=True)
class Order:
    """One sentence as a vendor gets it. `voice` and `model` are never empty where the vendor needs them."""

    text: str
    voice: str
    model: str
    language: str
    words_per_minute: int

    def speed(self, slowest: float, fastest: float) -> float:
        """The pace as a multiple of the voice's own, within what the vendor takes."""
        return min(max((self.words_per_minute or OWN_PACE) / OWN_PACE, slowest), fastest)


@dataclass(frozen=True, slots=True)
class Audio:
    """Bytes as they came; `rate_hz` where this vendor says it only now (0: as the engine declared)."""

    data: bytes
    rate_hz: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A word that the vendor says, from when to when in the sentence's audio (ms)."""

    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class At:
    """Likewise, by the position of its first character in the order's text."""

    position: int
    start_ms: float
    end_ms: float


Part = Audio | Heard | At | Charge


class VendorEngine(Protocol):
    """One vendor's protocol. Raises Parley's errors; closing `parts` cancels the sentence at the vendor's."""

    @property
    def name(self) -> str: ...

    @property
    def rate_hz(self) -> int:
        """Of the 16-bit mono audio that it sends."""
        ...

    @property
    def times_words(self) -> bool:
        """Whether word marks come; without them their times are estimated."""
        ...

    def speaks(self, language: str) -> bool: ...

    def dialect(self, order: Order) -> Dialect: ...

    def voice_for(self, language: str) -> str: ...

    @property
    def model(self) -> str:
        """Of agents whose documents name none."""
        ...

    def charge(self, order: Order) -> Charge | None:
        """What the order will cost; None where the vendor itself says so in `parts`."""
        ...

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    def parts(self, order: Order) -> AsyncGenerator[Part, None]: ...

    async def voices(self) -> list[VoiceInfo]: ...


class VendorVoice:
    """See `base.SpeechProvider`."""

    def __init__(self, engine: VendorEngine) -> None:
        self.engine = engine
        self._paces: dict[tuple[str, str], Pace] = {}
        self._running = False

    @property
    def name(self) -> str:
        return self.engine.name

    def speaks(self, language: str) -> bool:
        return self.engine.speaks(primary(language or "en"))

    async def start(self) -> None:
        await self.engine.start()
        self._running = True

    async def close(self) -> None:
        self._running = False
        await self.engine.close()

    async def voices(self) -> list[VoiceInfo]:
        return await self.engine.voices()

    async def synthesise(self, request: SpeechRequest) -> AsyncGenerator[SpeechChunk, None]:
        engine = self.engine
        if not self._running:
            raise Unavailable(self.name, "it was not started")
        if not self.speaks(request.language):
            raise NotFound(f"voice of {self.name}", request.language)
        order = Order(
            "",
            request.voice or engine.voice_for(request.language),
            request.model or engine.model,
            request.language or "en-US",
            request.words_per_minute,
        )
        dialect = engine.dialect(order)
        prepared = prepare(request.text, request.language, dialect=dialect, pronunciations=request.pronunciations)
        order = Order(prepared.spoken, order.voice, order.model, order.language, order.words_per_minute)
        if len(self._paces) > MOST_PACES:
            self._paces.clear()
        pace = self._paces.setdefault((order.voice, order.language), Pace())
        for fresh in (False, True):
            marks = Marks(prepared) if engine.times_words else PacedMarks(prepared, pace)
            telling = _Telling(self.name, PcmFeed(engine.rate_hz), marks, engine.charge(order))
            try:
                async with aclosing(engine.parts(order)) as parts:
                    async for part in parts:
                        if (chunk := telling.take(part)) is not None:
                            yield chunk
                yield telling.finish()
            except Stale:
                if fresh or telling.heard_ms:
                    raise
                continue
            except ParleyError:
                if (chunk := telling.broken()) is not None:
                    yield chunk
                raise
            return


class _Telling:
    """From a vendor's parts to chunks, for one sentence."""

    def __init__(self, name: str, feed: PcmFeed, marks: Marks | PacedMarks, charge: Charge | None) -> None:
        self._name = name
        self._feed = feed
        self._marks = marks
        self._charges = [charge] if charge is not None else []
        self._words: list[SpokenWord] = []
        self._samples = 0

    @property
    def heard_ms(self) -> float:
        return self._samples / SAMPLES_PER_MS

    def take(self, part: Part) -> SpeechChunk | None:
        match part:
            case Audio(data, rate_hz):
                return self._chunk(data, rate_hz)
            case Heard(text, start_ms, end_ms):
                self._words += self._marks.heard(text, start_ms, end_ms)
            case At(position, start_ms, end_ms):
                self._words += self._marks.at(position, start_ms, end_ms)
            case Charge():
                self._charges.append(part)
        return None

    def finish(self) -> SpeechChunk:
        """What is left of the sentence. Raises BadReply where there was no audio."""
        rest = self._feed.finish()
        self._samples += len(rest)
        if not self._samples:
            raise BadReply(self._name, "no audio came")
        self._words += self._marks.finish(self.heard_ms)
        return self._made(rest, every_word=True)

    def broken(self) -> SpeechChunk | None:
        """The sentence ends here: the audio that is left, and the words that were said to their end."""
        if not self._samples:
            return None
        rest = self._feed.finish()
        self._samples += len(rest)
        self._words += self._marks.broken(self.heard_ms)
        return self._made(rest)

    def _chunk(self, data: bytes, rate_hz: int) -> SpeechChunk | None:
        pcm = self._feed.take(data, rate_hz)
        if not len(pcm):
            return None
        self._samples += len(pcm)
        if self.heard_ms > MOST_AUDIO_S * 1000:
            raise BadReply(self._name, "the audio does not end")
        self._words += self._marks.until(self.heard_ms)
        return self._made(pcm)

    def _made(self, pcm: Pcm, *, every_word: bool = False) -> SpeechChunk:
        """Words wait for the audio that they begin in; no word reaches beyond the audio."""
        whole_ms = int(self.heard_ms)
        words: list[SpokenWord] = []
        while self._words and (every_word or self._words[0].start_ms < whole_ms):
            word = self._words.pop(0)
            if every_word:
                word = replace(word, start_ms=min(word.start_ms, whole_ms), end_ms=min(word.end_ms, whole_ms))
            words.append(word)
        charges, self._charges = tuple(self._charges), []
        return SpeechChunk(pcm, tuple(words), charges)
