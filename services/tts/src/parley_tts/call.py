"""The speech of one call: sentences in, audio out, in order; a stop drops at once what is no longer wanted.

`opener` makes one for every claimed call, `handlers` feeds it. Sentences of a call are said one after the other; calls
do not wait for each other.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from parley.v1 import events_pb2, live_pb2
from parley_core.clock import Clock
from parley_core.errors import LimitReached, ParleyError
from parley_core.providers import Attempts, Candidates
from parley_core.tasks import Tasks

from parley_tts.draft_usage import DraftUsage
from parley_tts.metrics import SpeechMetrics
from parley_tts.pauses import Pauses
from parley_tts.ports import Output
from parley_tts.providers.base import SAMPLES_PER_MS, Charge, SpeechChunk, SpeechProvider, SpeechRequest
from parley_tts.shaping import Shape, Shaper
from parley_tts.text import has_sound

log = logging.getLogger(__name__)

QUEUED_SENTENCES = 64
SENTENCE_CHARACTERS = 2000
CLOSE_TIMEOUT_S = 2.0


@dataclass(slots=True)
class CallVoice:
    """How an agent sounds in one language. Names of voices and models are those of one provider; the others speak with
    what they have."""

    providers: Candidates[SpeechProvider]
    provider: str
    voice: str
    language: str
    words_per_minute: int
    pronunciations: Mapping[str, str] = field(default_factory=dict)
    model: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a provider may take, in seconds, before the next one is asked."""

    first_audio_s: float = 3.0
    next_audio_s: float = 5.0


@dataclass(slots=True)
class _Job:
    say: live_pb2.Say
    received: float


class _Running(NamedTuple):
    sentence: "_Sentence"
    task: asyncio.Task[None]


class SpokenCall:
    """Feed it from one task: `say` and `stop` do not wait."""

    def __init__(
        self,
        voices: Sequence[CallVoice],
        output: Output,
        *,
        clock: Clock,
        attempts: Attempts,
        metrics: SpeechMetrics,
        shape: Shape,
        patience: Patience,
        fence: int = 0,
    ) -> None:
        """`voices`: one for each language of the agent; a sentence that names none is in the first."""
        self._voices = list(voices)
        self._output = output
        self._clock = clock
        self._attempts = attempts
        self._metrics = metrics
        self._shape = shape
        self._pauses = Pauses(clock, shape)
        self._patience = patience
        self._fence = fence
        self._queue: deque[_Job] = deque()
        self._wake = asyncio.Event()
        self._takes: dict[tuple[int, int, int], int] = {}
        self._running: _Running | None = None
        self._usage = DraftUsage(output)
        self._tasks = Tasks("spoken call")

    def start(self) -> None:
        self._tasks.spawn(self._work(), "speak")

    async def close(self) -> None:
        """Drop everything and end; takes at most a moment."""
        self._queue.clear()
        self._spend_on_running()
        try:
            await asyncio.wait_for(self._tasks.close(), CLOSE_TIMEOUT_S)
        except TimeoutError:
            log.warning("speech did not stop in time")
        self._usage.close()

    def say(self, say: live_pb2.Say) -> None:
        """Queue a sentence, unless it is old: of a stopped turn, or of a take that a newer one has replaced."""
        if say.end or say.turn < self._fence:
            return
        key = (say.turn, say.sentence, say.draft)
        if say.take < self._takes.get(key, 0):
            self._metrics.dropped.add(1)
            return
        if say.take > self._takes.get(key, 0):
            self._drop(lambda old: (old.turn, old.sentence, old.draft) == key and old.take < say.take)
        if len(self._takes) > 4 * QUEUED_SENTENCES:
            self._takes = {known: take for known, take in self._takes.items() if known[0] >= say.turn}
        self._takes[key] = say.take
        if len(self._queue) >= QUEUED_SENTENCES or len(say.text) > SENTENCE_CHARACTERS:
            self._metrics.dropped.add(1)
            self._failed(say.turn, LimitReached("a call's speech", QUEUED_SENTENCES), "dropped")
            self._output.audio(_nothing(say))
            return
        self._queue.append(_Job(say, self._clock.monotonic()))
        self._wake.set()

    def stop(self, stop: live_pb2.Stop) -> None:
        """Drop this turn and older ones (with a draft number: only that draft), queued and being said."""
        if stop.draft:
            self._drop(lambda say: say.turn == stop.turn and say.draft == stop.draft)
            self._usage.dropped(stop.turn, stop.draft)
        else:
            self._fence = max(self._fence, stop.turn + 1)
            self._drop(lambda say: say.turn < self._fence)

    def committed(self, turn: int, draft: int) -> None:
        """The caller's turn is over; this draft (0: none) is its answer."""
        self._usage.committed(turn, draft)

    def _drop(self, unwanted: Callable[[live_pb2.Say], bool]) -> None:
        before = len(self._queue)
        self._queue = deque(job for job in self._queue if not unwanted(job.say))
        if before > len(self._queue):
            self._metrics.dropped.add(before - len(self._queue))
        if self._running is not None and unwanted(self._running.sentence.say):
            self._metrics.dropped.add(1)
            self._spend_on_running()
            self._running.task.cancel()

    def _spend_on_running(self) -> None:
        """A sentence that a provider is saying counts as usage, also when it is no longer wanted."""
        if self._running is None or self._running.task.done() or self._running.task.cancelling():
            return
        self._spend(self._running.sentence)

    async def _work(self) -> None:
        while True:
            while not self._queue:
                self._wake.clear()
                await self._wake.wait()
            job = self._queue.popleft()
            if not has_sound(job.say.text):
                self._output.audio(_nothing(job.say))
                continue
            sentence = _Sentence(job, self._output, self._clock, self._metrics, self._shape, self._pauses)
            speaking = self._tasks.spawn(self._speak(sentence), "sentence")
            self._running = _Running(sentence, speaking)
            # A cancelled or broken sentence ends here, not the call.
            await asyncio.wait([speaking])
            self._running = None

    def _voice(self, language: str) -> CallVoice:
        return next((one for one in self._voices if one.language == language), self._voices[0])

    async def _speak(self, sentence: "_Sentence") -> None:
        turn = sentence.say.turn
        voice = self._voice(sentence.say.language)
        providers = voice.providers
        for attempt in range(len(providers)):
            provider = providers.first
            try:
                await self._say_with(voice, provider, sentence)
            except ParleyError as error:
                then = providers.failed()
                last = attempt + 1 == len(providers)
                self._failed(turn, error, "dropped" if last else "fallback")
                log.warning("speech synthesis failed", extra={"provider": provider.name, "error": type(error).__name__})
                if sentence.begun:
                    self._spend(sentence)
                sentence.break_off()
                if has_sound(sentence.rest()):
                    if not last:
                        self._attempts.fell_back(provider.name, then.name)
                    continue
                sentence.finish()  # only its end was missing
                return
            self._spend(sentence)
            return
        sentence.abandon()

    async def _say_with(self, voice: CallVoice, provider: SpeechProvider, sentence: "_Sentence") -> None:
        say = sentence.say
        own = provider.name == voice.provider
        request = SpeechRequest(
            text=sentence.rest(),
            voice=(say.voice or voice.voice) if own else "",
            model=voice.model if own else "",
            language=say.language or voice.language,
            words_per_minute=voice.words_per_minute,
            pronunciations=voice.pronunciations,
        )
        sentence.begin(provider.name, request)
        patience = self._patience
        with self._attempts.attempt(provider.name) as attempt:
            pieces = attempt.paced(
                provider.synthesise(request), first_s=patience.first_audio_s, next_s=patience.next_audio_s
            )
            async with aclosing(pieces):
                async for piece in pieces:
                    sentence.piece(piece)
        sentence.finish()

    def _spend(self, sentence: "_Sentence") -> None:
        """Measure what the provider that was asked last charges for what it was asked."""
        if sentence.request is None:
            return
        self._metrics.sentences.add(1)
        say, request = sentence.say, sentence.request
        whole = Charge("tts_characters", len(request.text) * 1000)
        for charge in sentence.charges or [whole]:
            self._usage.measured(
                say,
                events_pb2.UsageMeasured(
                    meter=charge.meter,
                    provider=sentence.provider,
                    model=charge.model or request.voice,
                    quantity=charge.quantity,
                    turn=say.turn,
                ),
            )

    def _failed(self, turn: int, error: ParleyError, action: str) -> None:
        self._metrics.failures.add(1)
        self._output.record(events_pb2.TurnFailed(turn=turn, stage="tts", error=type(error).__name__, action=action))


class _Sentence:
    """One sentence on its way out, possibly through several providers: what one has said the next does not repeat."""

    def __init__(
        self, job: _Job, output: Output, clock: Clock, metrics: SpeechMetrics, shape: Shape, pauses: Pauses
    ) -> None:
        self.say = job.say
        self.provider = ""
        self.request: SpeechRequest | None = None  # to the provider that was asked last
        self.charges: list[Charge] = []  # of this provider
        self.begun = False  # it has given something
        self._received = job.received
        self._output = output
        self._clock = clock
        self._metrics = metrics
        self._shape = shape
        self._pauses = pauses
        self._shaper = Shaper(shape)
        self._tokens = job.say.text.split()
        self._ends_ms: dict[int, int] = {}  # of the tokens whose audio has begun, in milliseconds of the sentence
        self._first = 0  # the token that this provider began with
        self._given_ms = 0
        self._began = 0.0  # of its first audio
        self._seq = 0

    def rest(self) -> str:
        """What is still to be said. A word that was broken off is said again."""
        said = self._said()
        return self.say.text if not said else " ".join(self._tokens[said:])

    def begin(self, provider: str, request: SpeechRequest) -> None:
        self.provider, self.request, self.charges, self.begun = provider, request, [], False
        self._first = self._said()
        self._shaper = Shaper(self._shape, offset_ms=self._given_ms, first=self._seq == 0)

    def piece(self, piece: SpeechChunk) -> None:
        self.begun = True
        self.charges += piece.charges
        if self._seq == 0:
            self._shaper.pause_ms = self._pauses.before(self.say.turn, self.say.sentence)
        for chunk in self._shaper.push(piece):
            self._post(chunk, last=False)

    def break_off(self) -> None:
        """The provider has failed: what it gave is heard to the end of the last whole word."""
        for chunk in self._shaper.cut():
            self._post(chunk, last=False)

    def finish(self) -> None:
        chunks = self._shaper.finish()
        for at, chunk in enumerate(chunks, 1):
            self._post(chunk, last=at == len(chunks))
        say = self.say
        self._pauses.said(say.turn, say.sentence, say.text, began=self._began, length_ms=self._given_ms)

    def abandon(self) -> None:
        """No provider could say it: mark its end, so that the gateway does not wait for the rest."""
        self._post(SpeechChunk(np.zeros(0, np.int16)), last=True)

    def _said(self) -> int:
        said = 0
        while self._ends_ms.get(said, self._given_ms + 1) <= self._given_ms:
            said += 1
        return said

    def _post(self, chunk: SpeechChunk, *, last: bool) -> None:
        say = self.say
        message = live_pb2.AudioOut(
            turn=say.turn,
            sentence=say.sentence,
            take=say.take,
            draft=say.draft,
            seq=self._seq,
            pcm=chunk.pcm.tobytes(),
            words=self._words_of(chunk),
            last=last,
            start_ms=self._given_ms,
        )
        if self._seq == 0:
            self._began = self._clock.monotonic()
            took_s = self._began - self._received
            self._metrics.first_audio.record(took_s)
            if say.HasField("timing") or say.sentence == 0:
                message.timing.CopyFrom(say.timing)
                message.timing.speech_us = round(took_s * 1e6)
        self._output.audio(message)
        self._seq += 1
        self._given_ms += len(chunk.pcm) // SAMPLES_PER_MS

    def _words_of(self, chunk: SpeechChunk) -> list[events_pb2.Word]:
        """A word that was broken off is reported again, where it is said again: the gateway takes the later times."""
        for word in chunk.words:
            self._ends_ms[self._first + word.index] = word.end_ms
        return [events_pb2.Word(text=word.text, start_ms=word.start_ms, end_ms=word.end_ms) for word in chunk.words]


def _nothing(say: live_pb2.Say) -> live_pb2.AudioOut:
    """The whole audio of a sentence that has none."""
    return live_pb2.AudioOut(turn=say.turn, sentence=say.sentence, take=say.take, draft=say.draft, last=True)
