"""What stands where the vendors stand: a recogniser, a voice, models, knowledge and tools, all from a seed.

Each passes the protocol of its service. How they fail is asked of `Troubles` at every step, so that faults come from
the seed as everything else does.
"""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from parley.v1 import events_pb2
from parley_asr.providers.base import AUDIO_SENT, Final, HeardWord, RecogniserRequest
from parley_core.errors import BadInput, Rejected, TimedOut, Unavailable
from parley_core.languages.registry import primary
from parley_llm.ports import Found, Hits, ToolCaller, Vector
from parley_llm.providers.base import (
    Asker,
    Finished,
    ModelEvent,
    ModelRequest,
    TextDelta,
    ToolCallRequest,
    ToolOutcome,
    ToolSpec,
)
from parley_tts.providers.base import SpeechChunk, SpeechRequest, SpokenWord, VoiceInfo

from parley_sim.voices import NOISE, Voices, runs, sound

_HEARD_SHARE = 0.6  # of a word's length that must be there for it to be recognised

_AGENT_WORDS = (
    "the", "clinic", "opens", "at", "nine", "and", "closes", "early", "on", "most", "days", "of", "a", "week", "for",
    "all", "who", "come", "by", "with", "their", "questions", "about", "visits", "parking", "doctors", "insurance",
    "records", "forms", "payments", "results", "and", "other", "things", "that", "people", "like", "to", "know",
    "before", "they", "are", "here", "so", "please", "bring", "your", "card",
)  # fmt: skip


class Troubles(Protocol):
    """Asked by every provider before it works."""

    def delay_s(self, part: str) -> float:
        """How much longer than usual this step takes."""
        ...

    def fails(self, part: str) -> bool: ...


class NoTroubles:
    def delay_s(self, part: str) -> float:
        return 0.0

    def fails(self, part: str) -> bool:
        return False


# Recognition


class SimEars:
    """A recogniser that reads the words out of the audio; see `parley_asr.providers.base.RecogniserProvider`."""

    name = "sim"
    model = "sim"
    billing = AUDIO_SENT

    def __init__(
        self, voices: Voices, troubles: Troubles, chance: random.Random, *, languages: Sequence[str] = ("en",)
    ) -> None:
        self.voices = voices
        self.troubles = troubles
        self.languages = frozenset(languages)
        self.final_s = chance.uniform(0.03, 0.2)

    def hears(self, language: str) -> bool:
        return primary(language) in self.languages

    async def start(self) -> None:
        """Ready as made."""

    async def open(self, request: RecogniserRequest) -> "_Recogniser":
        if request.language and not self.hears(request.language):
            raise BadInput("language", f"{request.language!r} is not heard here")
        return _Recogniser(self)

    async def close(self) -> None:
        """Nothing is held."""


class _Recogniser:
    def __init__(self, ears: SimEars) -> None:
        self._ears = ears

    async def open_stream(self) -> "_Stream":
        return _Stream(self._ears)

    async def close(self) -> None:
        """Nothing is held."""


class _Stream:
    def __init__(self, ears: SimEars) -> None:
        self._ears = ears
        self._heard: dict[int, list[int]] = {}  # word to first ms, ms in all
        self._ms = 0

    async def accept(self, pcm: bytes) -> str:
        if self._ears.troubles.fails("asr"):
            raise Unavailable("the recogniser", "simulated")
        if delay := self._ears.troubles.delay_s("asr_accept"):
            await asyncio.sleep(delay)
        for number, length_ms in runs(pcm):
            if number and number != NOISE:
                self._heard.setdefault(number, [self._ms, 0])[1] += length_ms
            self._ms += length_ms
        return self._final().text

    async def finish(self) -> Final:
        await asyncio.sleep(self._ears.final_s + self._ears.troubles.delay_s("asr"))
        if self._ears.troubles.fails("asr"):
            raise Unavailable("the recogniser", "simulated")
        return self._final()

    async def drop(self) -> None:
        """Nothing is held."""

    def _final(self) -> Final:
        words = []
        for number, (start_ms, length_ms) in self._heard.items():
            word = self._ears.voices.word(number)
            if word is not None and length_ms >= _HEARD_SHARE * word.length_ms:
                text = word.text.strip(".,?!").lower()
                words.append(HeardWord(text, start_ms, start_ms + length_ms, 0.9))
        return Final(tuple(words), 0.9 if words else 0.0)


# Speech


class SimVoice:
    """A voice whose audio carries its words; see `parley_tts.providers.base.SpeechProvider`."""

    def __init__(self, name: str, voices: Voices, troubles: Troubles, chance: random.Random) -> None:
        self.name = name
        self._voices = voices
        self._troubles = troubles
        self._chance = chance
        self._first_s = chance.uniform(0.02, 0.15)
        self._speed = chance.uniform(3.0, 20.0)

    def speaks(self, language: str) -> bool:
        return True

    async def start(self) -> None:
        """Ready as made."""

    async def close(self) -> None:
        """Nothing is held."""

    async def synthesise(self, request: SpeechRequest) -> AsyncGenerator[SpeechChunk, None]:
        tokens = request.text.split()
        spoken = [self._voices.agent(text, 60 + 30 * min(len(text), 12)) for text in tokens]
        words, at_ms = [], 0
        for index, word in enumerate(spoken):
            words.append(SpokenWord(index, word.text, at_ms, at_ms + word.length_ms))
            at_ms += word.length_ms
        pcm = np.concatenate([sound(word.number, word.length_ms) for word in spoken])
        if self._troubles.fails("tts"):
            raise Unavailable(self.name, "simulated")
        await asyncio.sleep(self._first_s + self._troubles.delay_s("tts"))
        begin_ms, length_ms = 0, 60
        while begin_ms < at_ms:
            end_ms = min(begin_ms + length_ms, at_ms)
            begin = tuple(word for word in words if begin_ms <= word.start_ms < end_ms)
            yield SpeechChunk(pcm[begin_ms * 16 : end_ms * 16], begin)
            if self._troubles.fails("tts_midway"):
                raise Unavailable(self.name, "simulated")
            await asyncio.sleep((end_ms - begin_ms) / 1000 / self._speed + self._troubles.delay_s("tts_piece"))
            begin_ms, length_ms = end_ms, 200

    async def voices(self) -> list[VoiceInfo]:
        return [VoiceInfo(self.name, "sim", "en-us")]


# Models

Asked = Callable[[ModelRequest], None]


class SimModel:
    """A model whose reply follows from the seed, the turn and the caller's words.

    It looks things up and acts on some turns, says goodbye to a goodbye, and hands a caller over who asks for a person.
    """

    wants_knowledge = False

    def __init__(
        self, name: str, seed: int, troubles: Troubles, *, replays: bool, acts: float = 0.0, asked: Asked | None = None
    ) -> None:
        """`acts` is the share of turns with tools."""
        self.name = name
        self.replays = replays
        self._seed = seed
        self._troubles = troubles
        self._acts = acts
        self._asked = asked

    async def start(self) -> None:
        """Ready as made."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        if self._asked is not None:
            self._asked(request)
        chance = random.Random(f"{self._seed}/{request.turn}/{request.text}")
        first_s, token_s = chance.uniform(0.08, 0.6), chance.uniform(0.005, 0.05)
        tools = self._tools(chance, request)
        await asyncio.sleep(first_s + self._troubles.delay_s("llm"))
        if self._troubles.fails("llm"):
            raise Rejected(self.name, "503", "simulated")
        done = len(request.turn_tools)
        if done < len(tools):
            if done == 0 and chance.random() < 0.5 and not request.said:
                yield TextDelta("Let me see about that. ")
            yield ToolCallRequest(tools[done], json.dumps({"when": f"turn {request.turn}"}))
            yield Finished("tool_calls", input_tokens=10, output_tokens=3)
            return
        words = self._sentences(chance, request)
        if request.said and not self.replays:
            words = ["That ", "is ", "all. "]
        for word in words:
            yield TextDelta(word)
            await asyncio.sleep(token_s + self._troubles.delay_s("llm_token"))
            if self._troubles.fails("llm_midway"):
                raise Unavailable(self.name, "simulated")
        yield Finished("stop", input_tokens=10, output_tokens=len(words), then=self._then(request))

    async def close(self) -> None:
        """Nothing is held."""

    def _tools(self, chance: random.Random, request: ModelRequest) -> list[str]:
        known = {spec.name for spec in request.tools}
        if chance.random() >= self._acts:
            return []
        wanted = chance.choice((["find_slots"], ["book_appointment"], ["find_slots", "book_appointment"]))
        return [name for name in wanted if name in known]

    @staticmethod
    def _sentences(chance: random.Random, request: ModelRequest) -> list[str]:
        if "goodbye" in request.text:
            return ["Thank ", "you ", "for ", "calling ", "us. ", "Goodbye. "]
        words = []
        for _ in range(chance.randint(1, 3)):
            length = chance.randint(3, 9)
            sentence = [chance.choice(_AGENT_WORDS) for _ in range(length)]
            words += [sentence[0].capitalize() + " ", *(word + " " for word in sentence[1:-1]), sentence[-1] + ". "]
        return words

    @staticmethod
    def _then(request: ModelRequest) -> "events_pb2.AfterReply.ValueType":
        if "goodbye" in request.text:
            return events_pb2.AFTER_REPLY_HANG_UP
        if "person" in request.text:
            return events_pb2.AFTER_REPLY_HAND_OFF
        return events_pb2.AFTER_REPLY_LISTEN


class SimKnowledge:
    """Knows nothing, in its time; see `parley_llm.ports.Knowledge`."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles

    async def answer(self, asker: Asker, question: str) -> Found:
        await self._look()
        return Found()

    async def search(self, asker: Asker, query: str) -> Hits:
        await self._look()
        return Hits()

    async def embed(self, tenant: str, texts: Sequence[str]) -> list[Vector]:
        await self._look()
        return [(1.0,) for _ in texts]

    async def _look(self) -> None:
        await asyncio.sleep(0.02 + self._troubles.delay_s("rag"))
        if self._troubles.fails("rag"):
            raise Unavailable("rag", "simulated")


# Tools


def _schema(*names: str) -> str:
    return json.dumps({"type": "object", "properties": {name: {"type": "string"} for name in names}})


SPECS = (
    ToolSpec("find_slots", "look for free times", _schema("when"), side_effects=False),
    ToolSpec("book_appointment", "book one", _schema("when", "name", "phone"), side_effects=True),
    ToolSpec("hand_off", "call a person", '{"type":"object"}', side_effects=True),
)


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that a tool has really done."""

    at: float
    turn: int
    tool: str
    arguments_json: str
    key: str


@dataclass(slots=True)
class ToolServer:
    """The tools service: runs each idempotency key once, for any number of requests, also if none waits any more."""

    troubles: Troubles
    chance: random.Random
    called: Callable[[int, str, str, str], None]  # turn, tool, key, arguments: before anything happens
    did: Callable[[Effect], None]
    running: dict[str, "asyncio.Task[tuple[str, str]]"] = field(default_factory=dict)

    async def call(self, *, turn: int, tool: str, arguments_json: str, key: str, timeout_s: float) -> tuple[str, str]:
        """Status and result. Raises Unavailable before the effect, TimedOut when the answer is late or lost."""
        self.called(turn, tool, key, arguments_json)
        await asyncio.sleep(0.002)
        if key not in self.running:
            if self.troubles.fails("tool"):
                raise Unavailable("tools", "simulated")
            work = self._run(turn, tool, arguments_json, key)
            self.running[key] = asyncio.get_running_loop().create_task(work, name=f"monitor/tool {key}")
        try:
            async with asyncio.timeout(timeout_s):
                answer = await asyncio.shield(self.running[key])
        except TimeoutError:
            raise TimedOut("tools", timeout_s) from None
        if self.troubles.fails("tool_answer"):
            raise TimedOut("tools", timeout_s)
        return answer

    async def close(self) -> None:
        for task in self.running.values():
            task.cancel()
        await asyncio.gather(*self.running.values(), return_exceptions=True)

    async def _run(self, turn: int, tool: str, arguments_json: str, key: str) -> tuple[str, str]:
        takes_s = self.chance.uniform(0.05, 0.6) + self.troubles.delay_s("tool")
        await asyncio.sleep(takes_s / 2)
        self.did(Effect(asyncio.get_running_loop().time(), turn, tool, arguments_json, key))
        await asyncio.sleep(takes_s / 2)
        when = json.loads(arguments_json).get("when", "")
        return "OK", json.dumps({"done": key, "free": True, "slots": [{"when": when}] if "T" in when else []})


class SimTools:
    """A worker's way to the tools service; see `parley_llm.ports.ToolService`."""

    def __init__(self, server: ToolServer, passage: Callable[[], object]) -> None:
        self._server = server
        self._passage = passage

    async def list_tools(self, tenant: str, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        await asyncio.sleep(0.005)
        return tuple(spec for spec in SPECS if spec.name in names)

    async def call_tool(
        self,
        caller: ToolCaller,
        *,
        turn: int,
        tool_call: str,
        tool: str,
        arguments_json: str,
        idempotency_key: str,
        timeout_s: float,
    ) -> ToolOutcome:
        status, result = await self._server.call(
            turn=turn, tool=tool, arguments_json=arguments_json, key=idempotency_key, timeout_s=timeout_s
        )
        return ToolOutcome(tool_call, tool, arguments_json, status, result, took_ms=1)
