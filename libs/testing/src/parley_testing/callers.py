"""Callers for tests: a client of the WebSocket channel that speaks, listens, and is awaited on what it hears."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from parley.v1 import events_pb2
from parley_core.bus.log import await_event, event_name, read_log
from parley_core.bus.port import Bus

from parley_testing.ears import Ear

FRAME_BYTES = 640  # 20 ms
_SILENCE = bytes(FRAME_BYTES)


@dataclass
class Gateway:
    """A running gateway as its callers see it, and the logs of their calls."""

    http: str
    ws: str
    bus: Bus
    tenant: str
    drain: Callable[[], Awaitable[None]]  # what SIGTERM does first

    async def token(self, agent: str = "clinic", **limits: object) -> str:
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.http}/v1/tokens", json={"tenant": self.tenant, "agent": agent, **limits}) as answer,
        ):
            return str((await answer.json())["token"])

    @asynccontextmanager
    async def connect(
        self, token: str | None = None, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator["Client"]:
        url = f"{self.ws}?token={await self.token() if token is None else token}"
        async with aiohttp.ClientSession() as http, http.ws_connect(url, max_msg_size=0, headers=headers) as socket:
            client = Client(socket)
            reading = asyncio.create_task(client.read(), name="caller reads")
            try:
                yield client
            finally:
                client.sending = False
                reading.cancel()
                with suppress(asyncio.CancelledError):
                    await reading

    @asynccontextmanager
    async def call(self) -> AsyncIterator["Client"]:
        """A call that is ready, whose caller's silence is being sent."""
        async with self.connect() as client:
            await client.start()
            ready = await client.event("ready")
            client.call = ready["call"]
            talking = asyncio.create_task(client.talk(), name="caller talks")
            try:
                yield client
            finally:
                talking.cancel()
                with suppress(asyncio.CancelledError):
                    await talking

    async def log(self, call: str) -> list[events_pb2.Event]:
        return await read_log(self.bus, self.tenant, call)

    async def on_log(self, call: str, name: str, timeout_s: float = 20) -> None:
        """Return when an event of this name is on the call's log."""
        await await_event(self.bus, self.tenant, call, name, timeout_s=timeout_s)

    async def ended(self, call: str) -> list[events_pb2.Event]:
        """The call's whole log, once it has ended."""
        await await_event(self.bus, self.tenant, call, "CallEnded", timeout_s=10)
        async with asyncio.timeout(10):
            while True:  # listeners hear of an event before the stream has it
                log = await self.log(call)
                if any(event_name(event) == "CallEnded" for event in log):
                    return log


@dataclass
class Client:
    """One caller on a WebSocket."""

    socket: aiohttp.ClientWebSocketResponse
    call: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    audio: bytearray = field(default_factory=bytearray)
    ear: Ear = field(default_factory=Ear)
    sending: bool = True

    def __post_init__(self) -> None:
        self._arrived = asyncio.Condition()
        self._to_say: list[bytes] = []
        self._said = asyncio.Event()
        self.closed = asyncio.Event()
        self.first_audio_at: float | None = None

    async def read(self) -> None:
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                self.first_audio_at = self.first_audio_at or time.monotonic()
                self.audio += message.data
                self.ear.take(message.data)
            else:
                event = json.loads(message.data)
                if event["type"] == "clear":
                    self.ear.clear()
                async with self._arrived:
                    self.events.append(event)
                    self._arrived.notify_all()
        self.closed.set()
        async with self._arrived:
            self._arrived.notify_all()

    async def send(self, **message: Any) -> None:
        await self.socket.send_str(json.dumps(message))

    async def start(self, **more: Any) -> None:
        await self.send(type="start", **{"agent": "clinic", **more})

    async def event(self, kind: str, /, *, timeout_s: float = 10.0, **facts: Any) -> dict[str, Any]:
        """The first event of a kind and with these facts, past or to come."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            found[:] = [
                event
                for event in self.events
                if event["type"] == kind and all(event.get(name) == value for name, value in facts.items())
            ]
            return bool(found)

        async with asyncio.timeout(timeout_s), self._arrived:
            await self._arrived.wait_for(look)
        return found[0]

    async def count(self, kind: str, at_least: int, timeout_s: float = 10.0) -> None:
        """Return after `at_least` events of a kind."""
        async with asyncio.timeout(timeout_s), self._arrived:
            await self._arrived.wait_for(lambda: sum(event["type"] == kind for event in self.events) >= at_least)

    async def close_code(self, timeout_s: float = 10.0) -> int | None:
        await asyncio.wait_for(self.closed.wait(), timeout_s)
        return self.socket.close_code

    async def talk(self) -> None:
        """Send 20 ms frames in real time: silence, or what `say` asked for."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while self.sending and not self.socket.closed:
            if self._to_say:
                frame = self._to_say.pop(0)
                if not self._to_say:
                    self._said.set()
            else:
                frame = _SILENCE
            with suppress(ConnectionError, aiohttp.ClientError):
                await self.socket.send_bytes(frame)
            due += 0.02
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def say(self, pcm: bytes) -> None:
        """Speak; returns when the last frame has been sent."""
        self._said.clear()
        self._to_say += [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]
        await asyncio.wait_for(self._said.wait(), 30)
