"""What the simulated carriers have in common: a caller's clock, a playout buffer that gives marks back when it played.

No carrier is behind it. Both follow the documented messages to the letter; `twilio` and `telnyx` have them.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from parley_core.tasks import Tasks

FRAME_S = 0.02


@dataclass
class CarrierStream:
    """The carrier's end of one media stream. Plays `lag_s` after the first audio of an idle line came."""

    socket: aiohttp.ClientWebSocketResponse
    stream: str
    frame_bytes: int
    silence: bytes
    lag_s: float
    media_message: Callable[[int, bytes], dict[str, object]]  # chunk, payload
    mark_message: Callable[[str], dict[str, object]]
    payload_of: Callable[[dict[str, Any]], bytes]
    played: bytearray = field(default_factory=bytearray)  # what the caller heard
    marks: list[str] = field(default_factory=list)  # those that were given back
    cleared: list[bytes] = field(default_factory=list)  # what each `clear` took out of the buffer
    events: list[str] = field(default_factory=list)
    to_say: deque[bytes] = field(default_factory=deque)
    sending: bool = True
    _buffer: deque[bytes | str] = field(default_factory=deque)  # audio and the marks between it
    _plays_at: float | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: dict[str, object]) -> None:
        with suppress(ConnectionError, aiohttp.ClientError):
            await self.socket.send_str(json.dumps(message))

    def say(self, payload: bytes) -> None:
        size = self.frame_bytes
        for at in range(0, len(payload), size):
            piece = payload[at : at + size]
            self.to_say.append(piece + self.silence * ((size - len(piece)) // len(self.silence)))

    async def until(self, holds: Callable[["CarrierStream"], bool], timeout_s: float = 10.0) -> None:
        """Wait until something about the stream holds."""
        async with asyncio.timeout(timeout_s):
            while not holds(self):
                self._news.clear()
                await self._news.wait()

    async def run(self) -> None:
        """Both ways until the socket is closed."""
        async with Tasks("carrier's stream") as tasks:
            tasks.spawn(self._tick(), "clock")
            try:
                async for message in self.socket:
                    if message.type == aiohttp.WSMsgType.TEXT:
                        await self._take(json.loads(message.data))
            finally:
                self.sending = False
                self._news.set()

    async def _take(self, message: dict[str, Any]) -> None:
        event = message["event"]
        self.events.append(event)
        match event:
            case "media":
                if self._plays_at is None:
                    self._plays_at = asyncio.get_running_loop().time() + self.lag_s
                self._buffer.append(self.payload_of(message))
            case "mark":
                self._buffer.append(message["mark"]["name"])
                await self._return_marks()
            case "clear":
                self.cleared.append(b"".join(one for one in self._buffer if isinstance(one, bytes)))
                pending = [one for one in self._buffer if isinstance(one, str)]
                self._buffer.clear()
                for name in pending:
                    await self._return(name)
            case _:
                raise AssertionError(f"a carrier knows no event {event!r}")
        self._news.set()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        chunk = 0
        while self.sending and not self.socket.closed:
            chunk += 1
            payload = self.to_say.popleft() if self.to_say else self.silence * (self.frame_bytes // len(self.silence))
            await self.send(self.media_message(chunk, payload))
            await self._play(loop.time())
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _play(self, now: float) -> None:
        """Move what is due from the buffer to the ear."""
        if self._plays_at is None:
            return
        while self._plays_at <= now:
            await self._return_marks()
            if not self._buffer:
                self._plays_at = None
                return
            payload = self._buffer.popleft()
            assert isinstance(payload, bytes)
            self.played += payload
            self._plays_at += len(payload) / self.frame_bytes * FRAME_S
            self._news.set()

    async def _return_marks(self) -> None:
        while self._buffer and isinstance(self._buffer[0], str):
            name = self._buffer.popleft()
            assert isinstance(name, str)
            await self._return(name)

    async def _return(self, name: str) -> None:
        self.marks.append(name)
        await self.send(self.mark_message(name))
