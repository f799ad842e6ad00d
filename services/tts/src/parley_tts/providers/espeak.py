"""espeak-ng in this process: samples as they are made, word times from the engine itself.

One thread owns the library and says one sentence after the other; a sentence takes a thousandth of its spoken time, so
calls take turns by the sentence. A cancelled sentence ends at the engine's next buffer.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import soxr
from parley_core.errors import Conflict, LimitReached, ParleyError, TimedOut, Unavailable

from parley_tts import sounds
from parley_tts.alignment import WordClock
from parley_tts.figures import Dialect
from parley_tts.providers import espeak_voices
from parley_tts.providers.base import SAMPLE_RATE_HZ, Pcm, SpeechChunk, SpeechRequest, SpokenWord, VoiceInfo
from parley_tts.providers.espeak_library import Library, Mark
from parley_tts.text import Prepared, prepare

BUFFER_MS = 200  # the engine calls back once for so much audio: fewer calls, and the first comes in 0.3 ms all the same
WAITING = 512  # sentences of all calls that may wait for the thread
START_TIMEOUT_S = 15.0
WORDS_PER_MINUTE = range(80, 451)

DIALECT = Dialect(sounds=lambda written, ipa: f"[[{sounds.espeak(ipa)}]]")

# The library's state is the process's: whoever holds this lock is the one that may use it.
_LIBRARY = threading.Lock()

Outcome = SpeechChunk | list[str] | BaseException | None


@dataclass(slots=True, eq=False)
class _Sentence:
    prepared: Prepared
    voice: str
    words_per_minute: int
    give: Callable[[Outcome], None]
    cancelled: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True, eq=False)
class _Phonemes:
    """Texts that another voice wants in IPA."""

    texts: Sequence[str]
    voice: str
    give: Callable[[Outcome], None]
    cancelled: threading.Event = field(default_factory=threading.Event)


class EspeakProvider:
    """See `base.SpeechProvider`. `voice` is an espeak voice such as "en-us"; empty: its own for the
    language."""

    name = "espeak"

    def __init__(self) -> None:
        self._waiting: queue.Queue[_Sentence | _Phonemes | None] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._starting = asyncio.Lock()
        self._voices: list[VoiceInfo] = []

    async def start(self) -> None:
        """May be called again: `piper` starts it for its phonemes."""
        async with self._starting:
            if self._thread is None or not self._thread.is_alive():
                await self._start()

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        started: asyncio.Future[None] = loop.create_future()
        if not _LIBRARY.acquire(blocking=False):
            raise Conflict("espeak-ng", "is in use by another provider of this process")
        self._thread = threading.Thread(target=self._run, args=(loop, started), name="espeak", daemon=True)
        self._thread.start()
        try:
            await asyncio.wait_for(started, START_TIMEOUT_S)
        except TimeoutError:
            raise TimedOut("espeak-ng", START_TIMEOUT_S) from None

    async def close(self) -> None:
        if self._thread is None:
            return
        thread, self._thread = self._thread, None
        while True:
            try:
                self._waiting.put_nowait(None)
                break
            except queue.Full:
                self._waiting.get_nowait()
        await asyncio.to_thread(thread.join, 5.0)

    async def synthesise(self, request: SpeechRequest) -> AsyncGenerator[SpeechChunk, None]:
        if self._thread is None or not self._thread.is_alive():
            raise Unavailable("espeak-ng", "it does not run")
        loop = asyncio.get_running_loop()
        # Bounded by the sentence itself: text is limited where it enters, and the engine makes no more than its audio.
        made: asyncio.Queue[Outcome] = asyncio.Queue()

        def give(outcome: Outcome) -> None:
            try:
                loop.call_soon_threadsafe(made.put_nowait, outcome)
            except RuntimeError:  # the loop has ended, and with it whoever wanted this
                sentence.cancelled.set()

        pace = request.words_per_minute
        sentence = _Sentence(
            prepare(request.text, request.language, dialect=DIALECT, pronunciations=request.pronunciations),
            request.voice or espeak_voices.nearest(request.language, [voice.name for voice in self._voices]),
            min(max(pace, WORDS_PER_MINUTE.start), WORDS_PER_MINUTE.stop - 1) if pace else 0,
            give,
        )
        try:
            self._waiting.put_nowait(sentence)
        except queue.Full:
            raise LimitReached("sentences waiting for espeak-ng", WAITING) from None
        try:
            while (outcome := await made.get()) is not None:
                if isinstance(outcome, BaseException):
                    raise outcome
                if isinstance(outcome, SpeechChunk):
                    yield outcome
        finally:
            sentence.cancelled.set()

    async def phonemes(self, texts: Sequence[str], voice: str) -> list[str]:
        """Each text in IPA. Raises NotFound for an unknown voice."""
        if self._thread is None or not self._thread.is_alive():
            raise Unavailable("espeak-ng", "it does not run")
        loop = asyncio.get_running_loop()
        made: asyncio.Queue[Outcome] = asyncio.Queue()
        wanted = _Phonemes(texts, voice, lambda outcome: _tell(loop, made, outcome))
        try:
            self._waiting.put_nowait(wanted)
        except queue.Full:
            raise LimitReached("sentences waiting for espeak-ng", WAITING) from None
        try:
            outcome = await made.get()
        finally:
            wanted.cancelled.set()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome if isinstance(outcome, list) else []

    def speaks(self, language: str) -> bool:
        return espeak_voices.speaks(language, [voice.name for voice in self._voices])

    async def voices(self) -> list[VoiceInfo]:
        return self._voices

    def _run(self, loop: asyncio.AbstractEventLoop, started: asyncio.Future[None]) -> None:
        """The engine's thread."""

        def tell(error: BaseException | None) -> None:
            if started.done():
                return
            if error is None:
                started.set_result(None)
            else:
                started.set_exception(error)

        try:
            library = Library(BUFFER_MS)
        except ParleyError as error:
            _LIBRARY.release()
            loop.call_soon_threadsafe(tell, error)
            return
        try:
            resampler = soxr.ResampleStream(library.rate_hz, SAMPLE_RATE_HZ, 1, dtype="int16", quality="HQ")
            resampler.resample_chunk(np.zeros(library.rate_hz // 10, np.int16))  # its filter is designed on first use
            self._voices = [VoiceInfo(self.name, name, language) for name, language in library.voices()]
            loop.call_soon_threadsafe(tell, None)
            while (sentence := self._waiting.get()) is not None:
                if sentence.cancelled.is_set():
                    continue
                try:
                    if isinstance(sentence, _Phonemes):
                        sentence.give([library.phonemes(text, sentence.voice) for text in sentence.texts])
                        continue
                    resampler.clear()
                    _Speaking(sentence, resampler, library.rate_hz).run(library)
                except Exception as error:  # noqa: BLE001 - the thread's edge: the sentence fails, the engine stays
                    sentence.give(error)
                else:
                    sentence.give(None)
        finally:
            library.close()
            _LIBRARY.release()


def _tell(loop: asyncio.AbstractEventLoop, made: asyncio.Queue[Outcome], outcome: Outcome) -> None:
    """From the engine's thread; a loop that has ended wants nothing."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(made.put_nowait, outcome)


class _Speaking:
    """One sentence in the engine's thread: resamples, times words, and gives audio once its words are known."""

    def __init__(self, sentence: _Sentence, resampler: soxr.ResampleStream, rate_hz: int) -> None:
        self._sentence = sentence
        self._resampler = resampler
        self._per_ms = rate_hz / 1000
        self._clock = WordClock(sentence.prepared)
        self._heard = 0  # engine samples
        self._held: list[Pcm] = []
        self._held_count = 0
        self._given = 0  # 16 kHz samples
        self._words: list[SpokenWord] = []

    def run(self, library: Library) -> None:
        sentence = self._sentence
        library.speak(
            sentence.prepared.spoken,
            voice=sentence.voice,
            words_per_minute=sentence.words_per_minute,
            on_audio=self._on_audio,
        )
        if sentence.cancelled.is_set():
            return
        self._hold(self._resampler.resample_chunk(np.zeros(0, np.int16), last=True))
        self._words += self._clock.finish(self._heard / self._per_ms)
        self._give(self._held_count)

    def _on_audio(self, samples: npt.NDArray[np.int16], marks: list[Mark]) -> bool:
        if self._sentence.cancelled.is_set():
            return False
        for mark in marks:
            self._words += self._clock.word(mark.position, mark.sample / self._per_ms)
        if len(samples):
            self._heard += len(samples)
            self._hold(self._resampler.resample_chunk(samples))
            # A word's end is known when the next one begins: what comes before the open word can go.
            open_at = self._clock.open_at_ms
            ready = self._held_count if open_at is None else int(open_at * SAMPLE_RATE_HZ / 1000) - self._given
            self._give(min(ready, self._held_count))
        return True

    def _hold(self, pcm: Pcm) -> None:
        if len(pcm):
            self._held.append(pcm)
            self._held_count += len(pcm)

    def _give(self, count: int) -> None:
        if count <= 0 and not self._words:
            return
        whole = np.concatenate(self._held) if self._held else np.zeros(0, np.int16)
        count = max(count, 0)
        self._held, self._held_count = [whole[count:]], len(whole) - count
        self._given += count
        words, self._words = tuple(self._words), []
        self._sentence.give(SpeechChunk(whole[:count], words))
