"""What the tests of every channel need of a channel's caller. One `Peer` per channel, over what that channel's own
tests use."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

import aiohttp
from parley.v1 import events_pb2, session_pb2
from parley_audio.formats import FRAME_BYTES, silence
from parley_core.bus.log import body_of, decode, event_name
from parley_core.bus.port import Message
from parley_testing.callers import Gateway
from parley_testing.ears import voice_s
from parley_testing.workers import WORD_MS

Start = Callable[..., Awaitable[Gateway]]
_WAIT_S = 15.0
_LOOK_S = 0.02


class Lost(Enum):
    """What a channel does about a peer that vanishes."""

    DISCONNECTED = "the call waits for another connection, and ends where none comes"
    ENDED = "the call ends: nobody could come back to it"
    TAKEN_UP = "the carrier still has its caller, and brings it back"


@dataclass(frozen=True, slots=True)
class Said:
    text: str  # for carriers that recognise
    pcm: bytes  # PCM16 mono 16 kHz


class Logs:
    """The log of every call of the tenant, as it is written."""

    def __init__(self) -> None:
        self._events: list[events_pb2.Event] = []
        self._came = asyncio.Condition()

    @classmethod
    async def of(cls, gateway: Gateway) -> "Logs":
        logs = cls()
        await gateway.bus.subscribe(f"call.{gateway.tenant}.*.log.>", logs._note)
        return logs

    async def _note(self, message: Message) -> None:
        async with self._came:
            self._events.append(decode(message.data))
            self._came.notify_all()

    async def until(self, name: str, *, holds: Callable[[Any], bool] = lambda body: True) -> Any:
        """The first event of that name of which it holds, past or to come: its body."""
        found: list[object] = []

        def look() -> bool:
            named = (body_of(event) for event in self._events if event_name(event) == name)
            found[:] = [body for body in named if holds(body)]
            return bool(found)

        try:
            async with asyncio.timeout(_WAIT_S), self._came:
                await self._came.wait_for(look)
        except TimeoutError:
            raise AssertionError(f"no {name} among {[event_name(event) for event in self._events]}") from None
        return found[0]

    async def call(self) -> str:
        """The id of the call that began."""
        session = (await self.until("CallStarted")).session
        return str(session.call)


class Peer(ABC):
    """A caller whose call stands."""

    channel: ClassVar["session_pb2.Channel.ValueType"]
    user: ClassVar[str]
    address: ClassVar[str] = ""  # or number, that its calls are limited by; empty: the channel knows none
    lost: ClassVar[Lost] = Lost.DISCONNECTED
    keys: ClassVar[bool] = True  # whether the channel has digits
    carrier_interrupts: ClassVar[bool] = False  # the carrier decides what talks over the agent, a "mhm" too
    buffer_s: ClassVar[float] = 0.2  # of the agent's voice that may still be heard when the gateway has stopped it
    words_off: ClassVar[float] = 1.5  # how far the words heard may be from those on the log

    held_s: ClassVar[float] = 0.0  # the last of the agent's voice, which its buffer keeps when nothing comes behind it

    gateway: Gateway
    logs: Logs
    call: str = ""

    @abstractmethod
    async def say(self, said: Said) -> None:
        """Speak; returns when it was said at the latest."""

    async def talk_over(self, said: Said) -> None:
        """Speak while the agent does."""
        await self.say(said)

    @abstractmethod
    async def key(self, digit: str) -> None: ...

    @abstractmethod
    async def hang_up(self) -> None: ...

    @abstractmethod
    async def vanish(self) -> None:
        """Be gone without a word."""

    @abstractmethod
    async def over(self) -> None:
        """Return once the gateway has ended the caller's call."""

    @abstractmethod
    def heard_audio(self) -> tuple[bytes, int]:
        """What came to the caller's ear: PCM16 mono, and its rate in Hz."""

    def words_heard(self) -> float:
        """How many of the agent's words that is: the fake voice speaks tones of one length without pauses."""
        return voice_s(*self.heard_audio()) * 1000 / WORD_MS

    def all_of(self, words: int) -> float:
        """What is measured at the least of so many words that are heard to the end."""
        return words - 0.2 - self.held_s * 1000 / WORD_MS

    async def until_heard(self, words: float) -> None:
        """An ear tells nobody what it hears, so it is looked at."""
        async with asyncio.timeout(_WAIT_S):
            while True:
                if self.words_heard() >= words:
                    return
                await asyncio.sleep(_LOOK_S)

    async def nobody_is_left(self) -> None:
        """Return once the gateway says that it holds no call."""
        async with asyncio.timeout(_WAIT_S), aiohttp.ClientSession(self.gateway.http) as http:
            while True:
                async with http.get("/healthz") as answer:
                    if (await answer.json())["calls"] == 0:
                        return
                await asyncio.sleep(_LOOK_S)


Open = Callable[[Start, str], AbstractAsyncContextManager[Peer]]  # the second: the tenant


class Mouth:
    """Sends 20 ms of PCM16 mono 16 kHz each 20 ms: silence, or what is to be said."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        self._send = send
        self._to_say: list[bytes] = []
        self._said = asyncio.Event()

    async def say(self, pcm: bytes) -> None:
        self._said.clear()
        self._to_say += [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)]
        await asyncio.wait_for(self._said.wait(), _WAIT_S)

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._talk(), name="mouth")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _talk(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            frame = self._to_say.pop(0) if self._to_say else silence(20)
            with suppress(Exception):  # the connection's end, however its client tells of it
                await self._send(frame)
            if not self._to_say:
                self._said.set()
            due += 0.02
            await asyncio.sleep(max(0.0, due - loop.time()))


def cut_off(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Break the connection without a closing handshake."""
    transport = socket._writer.transport
    assert transport is not None
    transport.abort()
