"""A caller on the gateway's WebSocket channel: speaks audio at the pace of real time, hears the agent, follows the
call.

Used by `parley call`, `make run` and the end-to-end tests. The protocol is in services/gateway/README.md.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import numpy as np
from parley.v1 import speech_pb2, speech_pb2_grpc
from parley_core import rpc
from parley_core.errors import NotAllowed, TimedOut, Unavailable
from parley_core.reasons import Party, RefusalReason
from parley_core.tasks import Tasks

from parley_cli.loudspeaker import Loudspeaker

FRAME_MS = 20
FRAME_BYTES = 16000 * 2 * FRAME_MS // 1000
SILENCE = bytes(FRAME_BYTES)
SYNTHESIS_TIMEOUT_S = 20.0
SYNTHESIS_TRIES = 3  # a service that is killed while it speaks breaks off
START_TIMEOUT_S = 15.0
ECHO_DELAY_S = 0.06  # from the loudspeaker through the room to the microphone

Microphone = Callable[[bytes], bytes]  # the next 20 ms, from what the loudspeaker gave 60 ms ago; PCM16 16 kHz


class Caller:
    """One call. Silence is sent while nothing is to be said, as a telephone line would."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        call: str,
        session: str,
        tasks: Tasks,
        *,
        echo: float = 0.0,
        microphone: Microphone | None = None,
    ) -> None:
        """`echo`: how loud the agent's own voice comes back through the microphone, 0 to 1. `microphone` makes every
        frame itself; nothing else is sent then."""
        self.call = call
        self.session = session
        self.loudspeaker = Loudspeaker()
        self.messages: list[dict[str, Any]] = []  # every JSON message of the gateway
        self.ended: dict[str, Any] | None = None
        self.began = time.monotonic()  # when the first frame went out
        self.late_s = 0.0  # by which a frame went out too late, at most: this machine is busy
        self._socket = socket
        self._echo = echo
        self._microphone = microphone
        self._outgoing: deque[bytes] = deque()
        self._changed = asyncio.Condition()
        self._spoken_out = asyncio.Event()
        self._spoken_out.set()
        self._sending = tasks.spawn(self._send(), "send")
        self._sending.add_done_callback(lambda _: self._spoken_out.set())
        tasks.spawn(self._receive(), "receive")

    @property
    def heard(self) -> bytes:
        """The agent's audio as it was played, PCM16 16 kHz."""
        return self.loudspeaker.pcm

    async def speak(self, pcm: bytes) -> None:
        """Queue audio and return when its last frame has been sent. Raises Unavailable when the line is gone."""
        whole = len(pcm) - len(pcm) % FRAME_BYTES
        frames = [pcm[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES)]
        if whole < len(pcm):
            frames.append(pcm[whole:].ljust(FRAME_BYTES, b"\0"))
        self._spoken_out.clear()
        self._outgoing.extend(frames)
        if not self._sending.done():
            await self._spoken_out.wait()
        if self._sending.done():
            raise Unavailable("the call", f"it ended: {self.ended}")

    async def control(self, **message: object) -> None:
        """Send one JSON message of the channel's protocol."""
        await self._socket.send_str(json.dumps(message))

    async def hang_up(self) -> None:
        if self.ended is None and not self._socket.closed:
            await self.control(type="hangup")

    async def until(self, kind: str, *, timeout_s: float, after: int = 0, **values: object) -> dict[str, Any]:
        """Return the first message of this type and these values at or past position `after`. Raises TimedOut."""

        def found() -> dict[str, Any] | None:
            for message in self.messages[after:]:
                if message.get("type") == kind and all(message.get(name) == value for name, value in values.items()):
                    return message
            return None

        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: found() is not None or self.ended is not None)
        except TimeoutError:
            raise TimedOut(f"the gateway's {kind!r} message", timeout_s) from None
        message = found()
        if message is None:
            raise Unavailable("the call", f"it ended: {self.ended}")
        return message

    async def until_ended(self, *, timeout_s: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: self.ended is not None)
        except TimeoutError:
            raise TimedOut("the end of the call", timeout_s) from None
        return self.ended or {}

    async def _send(self) -> None:
        start = self.began = time.monotonic()
        for number in range(1 << 40):
            wait = start + number * FRAME_MS / 1000 - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            self.late_s = max(self.late_s, -wait)
            if self._socket.closed:
                return
            frame = self._outgoing.popleft() if self._outgoing else SILENCE
            heard = start + number * FRAME_MS / 1000 - ECHO_DELAY_S
            if self._microphone is not None:
                frame = self._microphone(self.loudspeaker.between(heard - FRAME_MS / 1000, heard))
            elif self._echo:
                frame = self._with_echo(frame, heard)
            try:
                await self._socket.send_bytes(frame)
            except (ConnectionError, aiohttp.ClientError):
                return
            finally:
                if not self._outgoing:
                    self._spoken_out.set()

    def _with_echo(self, frame: bytes, until: float) -> bytes:
        back = np.frombuffer(self.loudspeaker.between(until - FRAME_MS / 1000, until), "<i2")
        mixed = np.frombuffer(frame, "<i2") + self._echo * back.astype(np.float32)
        return bytes(mixed.clip(-32768, 32767).astype("<i2").tobytes())

    async def _receive(self) -> None:
        try:
            async for message in self._socket:
                if message.type == aiohttp.WSMsgType.BINARY:
                    self.loudspeaker.take(message.data, time.monotonic())
                elif message.type == aiohttp.WSMsgType.TEXT:
                    await self._take(json.loads(message.data))
        finally:
            self._sending.cancel()
            if self.ended is None:
                await self._take({"type": "ended", "reason": "connection closed", "code": self._socket.close_code})

    async def _take(self, message: dict[str, Any]) -> None:
        if message.get("type") == "clear":
            self.loudspeaker.clear(time.monotonic())
        async with self._changed:
            self.messages.append(message)
            if message.get("type") == "ended":
                self.ended = message
            self._changed.notify_all()


@asynccontextmanager
async def calling(
    gateway_url: str,
    agent: str,
    *,
    user: str = "",
    tenant: str = "",
    language: str = "",
    echo: float = 0.0,
    microphone: Microphone | None = None,
    api_key: str = "",
) -> AsyncIterator[Caller]:
    """Place a call through the gateway at `gateway_url` (its HTTP address); `echo` and `microphone` as in `Caller`.

    Raises Unavailable when no gateway answers, NotAllowed with the gateway's words when it refuses the call.
    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, connect=5)) as http:
        try:
            config = await _json(await http.get(f"{gateway_url}/v1/config"), agent)
            wanted = {"agent": agent, "user": user, **({"tenant": tenant} if tenant else {})}
            headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
            token = await _json(await http.post(f"{gateway_url}/v1/tokens", json=wanted, headers=headers), agent)
            socket = await http.ws_connect(f"{config['ws_url']}?token={token['token']}", max_msg_size=1 << 20)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable("the gateway", f"{gateway_url}: {type(error).__name__}") from None
        async with Tasks("caller") as tasks:
            start = {
                "type": "start",
                "agent": agent,
                "user": user,
                **({"language": language} if language else {}),
                "format": {"encoding": "pcm16", "sample_rate": 16000, "channels": 1},
            }
            await socket.send_str(json.dumps(start))
            before = await _until_ready(socket, agent)
            first = before[-1]
            caller = Caller(socket, first["call"], first["session"], tasks, echo=echo, microphone=microphone)
            caller.messages[:0] = before
            try:
                yield caller
            finally:
                if not socket.closed:
                    await socket.close()


async def _until_ready(socket: aiohttp.ClientWebSocketResponse, agent: str) -> list[dict[str, Any]]:
    """The gateway's messages up to "ready". Raises what `calling` says."""
    messages: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            async for message in socket:
                if message.type != aiohttp.WSMsgType.TEXT:
                    continue
                messages.append(json.loads(message.data))
                kind = messages[-1].get("type")
                if kind == "ready":
                    return messages
                if kind == "refused" and _is_platforms_fault(str(messages[-1].get("reason"))):
                    raise Unavailable("the platform", str(messages[-1].get("detail")))
                if kind in ("refused", "error"):
                    raise NotAllowed(f"a call to {agent}", str(messages[-1].get("detail", messages[-1].get("reason"))))
    except TimeoutError:
        raise TimedOut("the gateway", START_TIMEOUT_S) from None
    raise Unavailable("the gateway", f"it closed the connection with {socket.close_code}")


def _is_platforms_fault(reason: str) -> bool:
    known = RefusalReason.named(reason)
    return known is not None and known.meaning.whose is Party.PLATFORM


async def _json(answer: aiohttp.ClientResponse, agent: str) -> dict[str, str]:
    async with answer:
        body: dict[str, str] = await answer.json(content_type=None)
        if answer.status != 200:
            raise NotAllowed(f"a call to {agent}", body.get("detail", str(answer.status)))
        return body


async def synthesise(tts_address: str, text: str, *, tenant: str, voice: str, words_per_minute: int) -> bytes:
    """Speech of a text as PCM16 mono 16 kHz, from the platform's own speech service; one that is being started again is
    waited for."""
    async with rpc.connect(tts_address) as channel:
        request = speech_pb2.SynthesizeRequest(tenant=tenant, text=text, voice=voice, words_per_minute=words_per_minute)
        stub = speech_pb2_grpc.TtsStub(channel)
        for left in reversed(range(SYNTHESIS_TRIES)):
            try:
                with rpc.translating("tts"):
                    parts = stub.Synthesize(request, timeout=SYNTHESIS_TIMEOUT_S, wait_for_ready=True)
                    return b"".join([part.pcm async for part in parts])
            except Unavailable:
                if not left:
                    raise
    raise AssertionError("the last try returns or raises")
