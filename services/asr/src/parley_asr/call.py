"""One call's recognition: live audio and speech signals in, partials and final texts out. `opener` makes one per claim.

One task per call takes its utterances in order. Bus handlers only put things where that task finds them, so a slow
recogniser delays no other call.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError
from parley.v1 import events_pb2, live_pb2
from parley_core.bus import subjects
from parley_core.bus.log import CallLog, decode
from parley_core.bus.port import Bus, Message, Subscription
from parley_core.clock import Clock
from parley_core.errors import BadInput, ParleyError
from parley_core.providers import Attempt, Attempts, kind_of
from parley_core.tasks import Tasks

from parley_asr.call_recogniser import CallRecogniser
from parley_asr.metrics import AsrMetrics
from parley_asr.providers.base import Final, Stream
from parley_asr.utterance import BYTES_PER_MS, Utterance

log = logging.getLogger(__name__)

MAX_WAITING = 16  # utterances of one call that are not final yet
MAX_FINISHED = 20_000
PARTIAL_EVERY_S = 0.2
FIRST_CHUNK_MS = 40  # until there is a word: an interruption waits for it
BACKOFF_S = 0.1  # before a lost stream is opened again; doubles


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Durations in the unit of their name."""

    chunk_ms: int = 100  # audio given to the recogniser at once
    max_utterance_s: int = 60
    missing_audio_s: float = 0.3  # how long a final waits for audio that the pause announced
    tries: int = 4  # streams that one utterance may use up
    answer_s: float = 2.5  # how long a recogniser may take for an answer while another one could be asked
    last_answer_s: float = 6.0  # and while there is no other


class Finished:
    """Which utterances have their final text, for all calls of the worker, newest first to be kept."""

    def __init__(self) -> None:
        self._numbers: OrderedDict[tuple[str, str, int], None] = OrderedDict()

    def add(self, tenant: str, call: str, utterance: int) -> None:
        self._numbers[tenant, call, utterance] = None
        if len(self._numbers) > MAX_FINISHED:
            self._numbers.popitem(last=False)

    def has(self, tenant: str, call: str, utterance: int) -> bool:
        return (tenant, call, utterance) in self._numbers


@dataclass(eq=False, slots=True)
class _Open:
    audio: Utterance
    started: bool = False
    cancelled: bool = False
    unlogged: bool = False  # its text is for the gateway alone
    paused_at: float | None = None  # monotonic seconds
    language: str = ""  # as the gateway told it; "": the call's newest
    chunk_bytes: int = FIRST_CHUNK_MS * BYTES_PER_MS  # given to the recogniser at once
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class AsrCall:
    """Holds the asr role of one call, from `start` to `close`."""

    def __init__(
        self,
        bus: Bus,
        claim: live_pb2.Claim,
        recogniser: CallRecogniser,
        *,
        calllog: CallLog,
        finished: Finished,
        limits: CallLimits,
        clock: Clock,
        attempts: Attempts,
        metrics: AsrMetrics,
    ) -> None:
        self._bus = bus
        self._tenant = claim.tenant
        self._call = claim.call
        self._wanted = recogniser.language  # as the log told it last
        self._recogniser = recogniser
        self._log = calllog
        self._finished = finished
        self._limits = limits
        self._chunk_bytes = limits.chunk_ms * BYTES_PER_MS
        self._clock = clock
        self._attempts = attempts
        self._metrics = metrics
        self._open: OrderedDict[int, _Open] = OrderedDict()
        self._arrived = asyncio.Event()
        self._tasks = Tasks(f"asr call {claim.call}")
        self._subscriptions: list[Subscription] = []

    async def start(self) -> None:
        """Subscribe; from its return on no live message is missed."""
        place = (self._tenant, self._call)
        self._subscriptions = [
            await self._bus.subscribe(subjects.live_speech(*place), self._on_speech),
            await self._bus.subscribe(subjects.live_audio_in(*place), self._on_audio),
        ]
        if len(self.languages) > 1:
            changed = subjects.log(*place, events_pb2.LanguageChanged.DESCRIPTOR.name)
            self._subscriptions.append(await self._bus.subscribe(changed, self._on_language))
        await self._bus.flush()
        self._tasks.spawn(self._recognise_all(), "recognise")

    @property
    def languages(self) -> Sequence[str]:
        """Those of the agent's that are recognised here; goes into the answer to the claim."""
        return self._recogniser.known

    async def close(self, reason: str) -> None:
        for subscription in self._subscriptions:
            await subscription.close()
        await self._tasks.close()
        await self._recogniser.close()

    async def _on_audio(self, message: Message) -> None:
        try:
            frame = live_pb2.AudioIn.FromString(message.data)
            opened = self._utterance(frame.utterance)
            if opened is not None:
                opened.unlogged = opened.unlogged or frame.unlogged
                opened.audio.add(frame.seq, start_ms=frame.start_ms, pcm=frame.pcm)
                if opened.paused_at is not None or opened.audio.ready_bytes >= opened.chunk_bytes:
                    opened.changed.set()
        except (DecodeError, BadInput) as error:
            self._bad(error)

    async def _on_language(self, message: Message) -> None:
        try:
            self._wanted = decode(message.data).language_changed.language
        except BadInput as error:
            self._bad(error)
            return
        self._tasks.spawn(self._recogniser.prepare(self._wanted), "prepare for a language")

    async def _on_speech(self, message: Message) -> None:
        try:
            speech = live_pb2.Speech.FromString(message.data)
        except DecodeError as error:
            self._bad(error)
            return
        opened = self._utterance(speech.utterance)
        if speech.kind in (live_pb2.Speech.KIND_STARTED, live_pb2.Speech.KIND_RESUMED):
            self._end_before(speech.utterance)
            if opened is not None:
                opened.language = speech.language
        if opened is None:
            return
        opened.unlogged = opened.unlogged or speech.unlogged
        if speech.kind == live_pb2.Speech.KIND_PAUSED:
            if opened.paused_at is None:
                opened.paused_at = self._clock.monotonic()
            opened.audio.pause(messages=speech.audio_messages, speech_end_ms=speech.speech_end_ms)
        elif speech.kind == live_pb2.Speech.KIND_CANCELLED:
            opened.cancelled = True
            self._finished.add(self._tenant, self._call, speech.utterance)
        opened.changed.set()

    def _utterance(self, number: int) -> _Open | None:
        """The utterance, made where it is new; None where it is over. Audio and signals race: either may be first."""
        opened = self._open.get(number)
        if opened is None and not self._finished.has(self._tenant, self._call, number):
            if len(self._open) >= MAX_WAITING:
                self._metrics.dropped.add(1)
                return None
            opened = self._open[number] = _Open(Utterance(number, max_ms=self._limits.max_utterance_s * 1000))
            self._arrived.set()
        return opened

    def _end_before(self, number: int) -> None:
        # A new utterance says that older ones are over, also when their pause was lost on the way.
        for older, opened in self._open.items():
            if older < number and opened.paused_at is None:
                opened.paused_at = self._clock.monotonic()
                opened.audio.end_here()
                opened.changed.set()

    def _bad(self, error: Exception) -> None:
        self._metrics.bad_messages.add(1)
        log.debug("invalid live message", extra={"call": self._call, "error": type(error).__name__})

    async def _recognise_all(self) -> None:
        while True:
            while not self._open:
                self._arrived.clear()
                await self._arrived.wait()
            number = min(self._open)
            opened = self._open[number]
            try:
                await self._recognise(opened)
            except Exception:
                log.exception("utterance failed", extra={"call": self._call, "utterance": number})
                self._give_up(opened)
            finally:
                self._metrics.duplicates.add(opened.audio.duplicates)
                self._metrics.lost.add(opened.audio.lost)
                del self._open[number]

    async def _recognise(self, opened: _Open) -> None:
        """Give the utterance to a stream, and to another one from its start when the stream is lost: the next
        provider's, where the agent has several."""
        lost: set[str] = set()
        refused: set[str] = set()
        for attempt in range(max(self._limits.tries, self._recogniser.others + 1)):
            opened.audio.rewind()
            try:
                final = await self._attempt(opened)
            except ParleyError as error:
                name = self._recogniser.candidate.name
                self._meter(opened.audio)
                self._metrics.retries.add(1)
                log.warning(
                    "recogniser lost",
                    extra={"call": self._call, "provider": name, "attempt": attempt, "error": type(error).__name__},
                )
                if kind_of(error).permanent:
                    refused.add(name)
                if len(refused) > self._recogniser.others:
                    break
                self._recogniser.failed()
                if self._recogniser.candidate.name in lost:
                    await asyncio.sleep(BACKOFF_S * 2 ** (attempt - 1))
                lost.add(name)
                continue
            if final is not None:
                self._say(opened, final)
            self._meter(opened.audio)
            return
        self._give_up(opened)

    async def _attempt(self, opened: _Open) -> Final | None:
        """One stream; None when the utterance was cancelled."""
        recogniser = await self._recogniser.recogniser(opened.language or self._wanted)
        patience_s = self._limits.answer_s if self._recogniser.others else self._limits.last_answer_s
        with self._attempts.attempt(self._recogniser.candidate.name) as attempt:
            stream = await attempt.within(recogniser.open_stream(), patience_s)
            try:
                final = await self._follow(opened, stream, attempt, patience_s)
            except asyncio.CancelledError:
                await stream.drop()
                raise
            if final is None:
                await stream.drop()
            return final

    async def _follow(self, opened: _Open, stream: Stream, attempt: Attempt, patience_s: float) -> Final | None:
        """Feed the stream until the utterance is complete; None when it was cancelled."""
        audio, chunk = opened.audio, self._chunk_bytes
        said, said_at = "", -PARTIAL_EVERY_S
        opened.chunk_bytes = min(FIRST_CHUNK_MS * BYTES_PER_MS, chunk)
        while not opened.cancelled:
            if audio.ready_bytes >= opened.chunk_bytes or (audio.ready_bytes and audio.paused):
                text = await attempt.within(stream.accept(audio.take(2 * chunk)), patience_s)
                if text:
                    opened.chunk_bytes = chunk
                now = self._clock.monotonic()
                if text != said and now - said_at >= PARTIAL_EVERY_S and not opened.cancelled:
                    self._say_partial(audio, text, said)
                    said, said_at = text, now
            elif audio.complete:
                attempt.asked()
                final = await attempt.within(stream.finish(), patience_s)
                attempt.answered()
                return final
            else:
                await self._wait(opened)
        return None

    async def _wait(self, opened: _Open) -> None:
        opened.changed.clear()
        if opened.paused_at is None:
            await opened.changed.wait()
            return
        # The pause is here and audio it announced is not: it may still be on its way, but not for long.
        left = opened.paused_at + self._limits.missing_audio_s - self._clock.monotonic()
        try:
            # Not wait_for: before Python 3.12 it loses a cancellation that meets the event, and the call never closes.
            async with asyncio.timeout(max(left, 0)):
                await opened.changed.wait()
        except TimeoutError:
            opened.audio.end_here()

    def _say_partial(self, audio: Utterance, text: str, before: str) -> None:
        words, old = text.split(), before.split()
        kept = 0
        while kept < min(len(words), len(old)) and words[kept] == old[kept]:
            kept += 1
        partial = live_pb2.Partial(
            utterance=audio.number, text=text, stability=kept / len(words) if words else 0.0, end_ms=audio.end_ms
        )
        self._bus.post(subjects.live_partial(self._tenant, self._call), partial.SerializeToString())

    def _say(self, opened: _Open, final: Final) -> None:
        """Put the final text on the log, once for each utterance."""
        audio = opened.audio
        if opened.cancelled or self._finished.has(self._tenant, self._call, audio.number):
            return
        self._finished.add(self._tenant, self._call, audio.number)
        if opened.unlogged:
            partial = live_pb2.Partial(utterance=audio.number, text=final.text, end_ms=audio.end_ms, final=True)
            self._bus.post(subjects.live_partial(self._tenant, self._call), partial.SerializeToString())
            return
        took_s = self._clock.monotonic() - (opened.paused_at or self._clock.monotonic())
        start_ms = audio.start_ms or 0
        words = [
            events_pb2.Word(
                text=word.text,
                start_ms=start_ms + word.start_ms,
                end_ms=start_ms + word.end_ms,
                confidence=word.confidence,
            )
            for word in final.words
        ]
        self._log.append(
            events_pb2.Heard(
                utterance=audio.number,
                text=final.text,
                words=words,
                confidence=final.confidence,
                start_ms=words[0].start_ms if words else start_ms,
                end_ms=audio.speech_end_ms or (words[-1].end_ms if words else audio.end_ms),
                final_ms=max(round(took_s * 1000), 0),
                provider=self._recogniser.candidate.name,
                language=self._recogniser.language,
                detected_language=final.language,
                end_of_turn=final.end_of_turn,
            )
        )
        self._metrics.final_s.record(took_s)

    def _meter(self, audio: Utterance) -> None:
        """Put on the log what the provider bills for an attempt, also for one that failed."""
        candidate = self._recogniser.candidate
        billing = candidate.provider.billing
        if audio.taken_ms and not billing.connected:
            self._log.append(
                events_pb2.UsageMeasured(
                    meter="asr_seconds",
                    provider=candidate.name,
                    model=candidate.model,
                    quantity=billing.of(audio.taken_ms),
                )
            )

    def _give_up(self, opened: _Open) -> None:
        # The gateway waits for a final text: an empty one lets it ask the caller again.
        self._metrics.failures.add(1)
        self._say(opened, Final())
