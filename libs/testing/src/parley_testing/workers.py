"""Small workers for asr, llm and tts with answers of the test's choice, over a real bus, that can be killed.

Each has a separate connection, as a process would. Tests of the gateway, the bench and chaos tests use them.
"""

import math
import struct
from abc import ABC, abstractmethod
from asyncio import Event
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from parley.v1 import events_pb2, live_pb2
from parley_core.bus import subjects
from parley_core.bus.claims import ClaimedWorker
from parley_core.bus.connection import connect
from parley_core.bus.log import CallLog, decode, event_name, read_log
from parley_core.bus.port import Message, Subscription
from parley_core.ids import new_id

WORD_MS = 200  # what FakeTts takes for a word


class Worker(ABC):
    """One worker of one role on a separate connection, so that it can be killed like a process."""

    role = ""

    def __init__(self, nats_url: str, capacity: int = 10) -> None:
        self.name = new_id(f"{self.role}-")
        self._nats_url = nats_url
        self._capacity = capacity
        self._stack = AsyncExitStack()
        self._alive = False
        self.claims: list[live_pb2.Claim] = []
        self.claimed = Event()
        self.languages: tuple[str, ...] = ()  # told in the answer to a claim

    async def start(self) -> None:
        self.bus = await self._stack.enter_async_context(connect(self._nats_url, self.name))
        self._worker = ClaimedWorker(self.bus, self.role, self.name, self._capacity, self._open)
        await self._worker.start()
        self._alive = True

    async def stop(self) -> None:
        if self._alive:
            self._alive = False
            await self._worker.stop()
            await self._stack.aclose()

    async def kill(self) -> None:
        """Vanish without a word, as a killed process does."""
        self._alive = False
        await self.bus._client.close()
        with suppress(Exception):
            await self._worker.stop()
            await self._stack.aclose()

    async def _open(self, claim: live_pb2.Claim) -> "Open":
        self.claims.append(claim)
        call_log = CallLog(self.bus, claim.tenant, claim.call, f"{self.role}/{self.name}")
        opened = Open(await self.open(claim, call_log), self.languages)
        self.claimed.set()
        return opened

    @abstractmethod
    async def open(self, claim: live_pb2.Claim, call_log: CallLog) -> list[Subscription]:
        """Serve a call that was claimed; returns what to close at its end."""


@dataclass
class Open:
    subscriptions: list[Subscription]
    languages: tuple[str, ...] = ()

    async def close(self, reason: str) -> None:
        for subscription in self.subscriptions:
            await subscription.close()


class FakeAsr(Worker):
    """Answers each paused utterance with the next text; keeps the audio it was given."""

    role = "asr"

    def __init__(self, nats_url: str, texts: list[str] | None = None, **options: Any) -> None:
        super().__init__(nats_url, **options)
        self.texts = texts if texts is not None else []
        self.mute = False  # beats, but gives no text
        self.audio: dict[int, dict[int, live_pb2.AudioIn]] = {}
        self.speech: list[live_pb2.Speech] = []
        self.paused = Event()
        self._waiting: list[live_pb2.Speech] = []

    async def open(self, claim: live_pb2.Claim, call_log: CallLog) -> list[Subscription]:
        def answer() -> None:
            for speech in list(self._waiting):
                if len(self.audio.get(speech.utterance, {})) < speech.audio_messages:
                    continue
                self._waiting.remove(speech)
                self.paused.set()
                if not self.mute:
                    text = self.texts.pop(0) if self.texts else ""
                    if speech.unlogged:
                        partial = live_pb2.Partial(utterance=speech.utterance, text=text, final=True)
                        self.bus.post(subjects.live_partial(claim.tenant, claim.call), partial.SerializeToString())
                        continue
                    call_log.append(
                        events_pb2.Heard(utterance=speech.utterance, text=text, end_ms=speech.speech_end_ms)
                    )

        async def heard_audio(message: Message) -> None:
            audio = live_pb2.AudioIn.FromString(message.data)
            self.audio.setdefault(audio.utterance, {})[audio.seq] = audio
            answer()

        async def signalled(message: Message) -> None:
            speech = live_pb2.Speech.FromString(message.data)
            self.speech.append(speech)
            if speech.kind == live_pb2.Speech.KIND_PAUSED:
                self._waiting.append(speech)
                answer()

        return [
            await self.bus.subscribe(subjects.live_audio_in(claim.tenant, claim.call), heard_audio),
            await self.bus.subscribe(subjects.live_speech(claim.tenant, claim.call), signalled),
        ]


class FakeLlm(Worker):
    """Answers each turn with the next list of sentences."""

    role = "llm"

    def __init__(self, nats_url: str, replies: list[list[str]] | None = None, **options: Any) -> None:
        super().__init__(nats_url, **options)
        self.replies = replies if replies is not None else []
        self.then = events_pb2.AFTER_REPLY_LISTEN
        self.uninterruptible = False
        self.mute = False
        self.drafting = False  # answers drafts, too: with the reply that the next turn would get
        self.committed = Event()
        self.stops: list[live_pb2.Stop] = []
        self.drafts: list[live_pb2.Draft] = []
        self.asked_for_draft = Event()

    async def call_client_tool(self, turn: int, tool_call: str, tool: str, arguments_json: str) -> None:
        """Ask the newest call's client for a tool, as a model would."""
        body = events_pb2.ToolCalled(
            turn=turn, tool_call=tool_call, tool=tool, arguments_json=arguments_json, by_client=True, side_effects=True
        )
        await self._newest[0].append_stored(body)

    async def answer(self, turn: int, sentences: list[str]) -> None:
        """Answer a turn of the newest call that `replies` left unanswered."""
        self._newest[1](turn, sentences)

    async def open(self, claim: live_pb2.Claim, call_log: CallLog) -> list[Subscription]:
        spoken: dict[tuple[int, int], list[events_pb2.Spoken]] = {}
        said: dict[tuple[int, int], str] = {}
        takes: dict[tuple[int, int], int] = {}
        drafted: dict[int, list[str]] = {}

        def say(turn: int, number: int, text: str, take: int = 0, draft: int = 0) -> None:
            timing = live_pb2.ReplyTiming(model_us=1000, sentence_us=500) if number == 0 else None
            message = live_pb2.Say(
                turn=turn, sentence=number, take=take, text=text, kind=events_pb2.SAY_KIND_REPLY, timing=timing,
                uninterruptible=self.uninterruptible, draft=draft,
            )  # fmt: skip
            self.bus.post(subjects.live_say(claim.tenant, claim.call), message.SerializeToString())

        def reply(turn: int, sentences: list[str], draft: int = 0) -> None:
            for number, text in enumerate(sentences):
                call_log.append(events_pb2.SentenceSaid(turn=turn, sentence=number, text=text))
                said[turn, number] = text
                if not draft:
                    say(turn, number, text)
            end = live_pb2.Say(turn=turn, sentence=len(sentences), end=True, then=self.then)
            self.bus.post(subjects.live_say(claim.tenant, claim.call), end.SerializeToString())
            call_log.append(events_pb2.Replied(turn=turn, text=" ".join(sentences), sentences=len(sentences)))

        self._newest = call_log, reply

        async def committed(message: Message) -> None:
            self.committed.set()
            body = decode(message.data).turn_committed
            if body.draft in drafted:
                reply(body.turn, drafted[body.draft], body.draft)
            elif not self.mute and self.replies:
                reply(body.turn, self.replies.pop(0))

        async def asked_for_draft(message: Message) -> None:
            body = live_pb2.Draft.FromString(message.data)
            self.drafts.append(body)
            self.asked_for_draft.set()
            if self.drafting and self.replies:
                drafted[body.draft] = self.replies.pop(0)
                for number, text in enumerate(drafted[body.draft]):
                    say(body.turn, number, text, draft=body.draft)

        async def was_spoken(message: Message) -> None:
            body = decode(message.data).spoken
            spoken.setdefault((body.turn, body.sentence), []).append(body)

        async def claimed(message: Message) -> None:
            body = decode(message.data).worker_claimed
            if body.role != "tts" or not body.resume or body.handing_over:
                return
            await self.bus._client.flush()
            for key in sorted(said):
                parts = spoken.get(key, [])
                if any(part.complete for part in parts):
                    continue
                heard = " ".join(part.text for part in parts).split()
                takes[key] = takes.get(key, 0) + 1
                say(*key, " ".join(said[key].split()[len(heard) :]), takes[key])

        async def stopped(message: Message) -> None:
            self.stops.append(live_pb2.Stop.FromString(message.data))

        tenant, call = claim.tenant, claim.call
        subscriptions = [
            await self.bus.subscribe(subjects.log(tenant, call, "TurnCommitted"), committed),
            await self.bus.subscribe(subjects.log(tenant, call, "Spoken"), was_spoken),
            await self.bus.subscribe(subjects.log(tenant, call, "WorkerClaimed"), claimed),
            await self.bus.subscribe(subjects.live_stop(tenant, call), stopped),
            await self.bus.subscribe(subjects.live_draft(tenant, call), asked_for_draft),
        ]
        if claim.resume:
            for turn in await self._unanswered(claim):
                reply(turn, self.replies.pop(0))
        return subscriptions

    async def _unanswered(self, claim: live_pb2.Claim) -> list[int]:
        """The committed turns without an answer, as many as there are replies for."""
        events = await read_log(self.bus, claim.tenant, claim.call)
        replied = {event.replied.turn for event in events if event_name(event) == "Replied"}
        committed = [event.turn_committed.turn for event in events if event_name(event) == "TurnCommitted"]
        return [turn for turn in committed if turn not in replied][: len(self.replies)]


class FakeTts(Worker):
    """Speaks each word as 200 ms of tone, in chunks of 100 ms, with word times."""

    role = "tts"

    def __init__(self, nats_url: str, **options: Any) -> None:
        super().__init__(nats_url, **options)
        self.chunks_only: int | None = None  # then it falls silent, beating
        self.said: list[live_pb2.Say] = []

    async def open(self, claim: live_pb2.Claim, call_log: CallLog) -> list[Subscription]:
        async def said(message: Message) -> None:
            say = live_pb2.Say.FromString(message.data)
            if say.end:
                return
            self.said.append(say)
            for audio in spoken_audio(say)[: self.chunks_only]:
                self.bus.post(subjects.live_audio_out(claim.tenant, claim.call), audio.SerializeToString())

        return [await self.bus.subscribe(subjects.live_say(claim.tenant, claim.call), said)]


@cache
def tone(ms: int) -> bytes:
    """A tone of 330 Hz as PCM16 mono 16 kHz."""
    samples = (int(9830 * math.sin(2 * math.pi * 330 * at / 16_000)) for at in range(ms * 16))
    return struct.pack(f"<{ms * 16}h", *samples)


def spoken_audio(say: live_pb2.Say) -> list[live_pb2.AudioOut]:
    words = say.text.split()
    made = []
    for seq in range(2 * len(words)):
        audio = live_pb2.AudioOut(
            turn=say.turn, sentence=say.sentence, take=say.take, draft=say.draft, seq=seq, pcm=tone(WORD_MS // 2),
            last=seq == 2 * len(words) - 1,
        )  # fmt: skip
        if seq % 2 == 0:
            start = seq // 2 * WORD_MS
            audio.words.add(text=words[seq // 2], start_ms=start, end_ms=start + WORD_MS)
        if seq == 0:
            audio.timing.CopyFrom(live_pb2.ReplyTiming(model_us=1000, sentence_us=500, speech_us=300))
        made.append(audio)
    return made


@dataclass
class Workers:
    asr: FakeAsr
    llm: FakeLlm
    tts: FakeTts
