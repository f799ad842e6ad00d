"""A simulated Asterisk: one channel of chan_websocket, spoken to the letter of its documentation. No PBX is behind it.

It queues what it is sent and plays a frame every 20 ms, drops what does not fill a frame, and flushes on request.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp
from parley_core.tasks import Tasks

_FRAME_S = 0.02
_XOFF, _XON = 900, 800  # frames in its queue


@dataclass
class SimulatedAsterisk:
    socket: aiohttp.ClientWebSocketResponse
    as_json: bool
    frame_bytes: int
    silence: bytes
    played: bytearray = field(default_factory=bytearray)  # what the caller heard
    commands: list[str] = field(default_factory=list)
    flushed: int = 0  # frames that FLUSH_MEDIA took out of the queue
    dropped_bytes: int = 0  # sent, but not a whole frame
    to_say: deque[bytes] = field(default_factory=deque)  # the caller's audio, silence when empty
    _queue: deque[bytes] = field(default_factory=deque)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def event(self, name: str, **fields: object) -> None:
        if self.as_json:
            text = json.dumps({"event": name, "channel_id": "1761245643.1", **fields})
        else:
            text = " ".join([name, *(f"{key}:{value}" for key, value in fields.items())])
        await self.socket.send_str(text)

    def say(self, payload: bytes) -> None:
        for at in range(0, len(payload), self.frame_bytes):
            self.to_say.append(payload[at : at + self.frame_bytes].ljust(self.frame_bytes, self.silence))

    async def until(self, command: str, timeout_s: float = 10.0) -> None:
        """Wait for a command from the app."""
        async with asyncio.timeout(timeout_s):
            while command not in self.commands:
                self._news.clear()
                await self._news.wait()

    async def until_played(self, frames: int, timeout_s: float = 10.0) -> None:
        """Wait until the caller has heard that much."""
        async with asyncio.timeout(timeout_s):
            while len(self.played) < frames * self.frame_bytes:
                self._news.clear()
                await self._news.wait()

    async def until_closed(self, timeout_s: float = 10.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not self.socket.closed:
                self._news.clear()
                await self._news.wait()

    async def run(self) -> None:
        """Both ways until the socket is closed."""
        async with Tasks("simulated asterisk") as tasks:
            tasks.spawn(self._tick(), "clock")
            async for message in self.socket:
                if message.type == aiohttp.WSMsgType.BINARY:
                    self._take(message.data)
                elif message.type == aiohttp.WSMsgType.TEXT:
                    await self._obey(message.data)
        self._news.set()

    def _take(self, data: bytes) -> None:
        whole = len(data) // self.frame_bytes * self.frame_bytes
        self.dropped_bytes += len(data) - whole
        self._queue.extend(data[at : at + self.frame_bytes] for at in range(0, whole, self.frame_bytes))

    async def _obey(self, text: str) -> None:
        name = json.loads(text)["command"] if self.as_json else text
        if name == "FLUSH_MEDIA":
            self.flushed += len(self._queue)
            self._queue.clear()
        self.commands.append(name)
        self._news.set()
        if name == "HANGUP":
            await self.socket.close()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        full = False
        while not self.socket.closed:
            if self._queue:
                self.played += self._queue.popleft()
                self._news.set()
            if full is not (len(self._queue) > (_XON if full else _XOFF)):
                full = not full
                await self.event("MEDIA_XOFF" if full else "MEDIA_XON")
            payload = self.to_say.popleft() if self.to_say else self.silence * self.frame_bytes
            with suppress(ConnectionError):
                await self.socket.send_bytes(payload)
            due += _FRAME_S
            await asyncio.sleep(max(0.0, due - loop.time()))


@asynccontextmanager
async def dial(
    url: str,
    *,
    format_: str = "slin16",
    frame_bytes: int = 640,
    silence: bytes = b"\0",
    as_json: bool = True,
    auth: str = "",
    **variables: str,
) -> AsyncIterator[SimulatedAsterisk]:
    """`Dial(WebSocket/…)`: connects, says MEDIA_START, and runs the channel. Raises aiohttp's error when refused."""
    async with (
        aiohttp.ClientSession(headers={"Authorization": auth} if auth else None) as http,
        http.ws_connect(url, params=variables, protocols=("media",)) as socket,
        Tasks("simulated asterisk") as tasks,
    ):
        channel = SimulatedAsterisk(socket, as_json, frame_bytes, silence)
        running = tasks.spawn(channel.run(), "channel")
        start: dict[str, object] = {
            "connection_id": "media_connection1",
            "channel": "WebSocket/media_connection1/0x5140001a0040",
            "format": format_,
            "optimal_frame_size": frame_bytes,
            "ptime": 20,
        }
        if as_json:
            start["channel_variables"] = {"MEDIA_WEBSOCKET_CONNECTION_ID": "media_connection1"}
        await channel.event("MEDIA_START", **start)
        try:
            yield channel
        finally:
            await socket.close()
            await running
