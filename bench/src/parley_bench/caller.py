"""One synthetic caller on the gateway's WebSocket channel. Used by `load`.

A caller sends a frame of 20 ms every 20 ms, whatever happens: the question, or silence. A turn's latency is the time
from the sending of the frame that ends with the question's last sound to the arrival of the first frame with sound.
"""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from parley_bench.clip import AGENT_SOUND_LEVEL, FRAME_BYTES, FRAME_MS, FRAME_SAMPLES

CONNECT_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 8.0
REPLY_TIMEOUT_S = 60.0
REPLY_OVER_S = 0.7  # no sound of the agent for so long: the reply has ended (its sentences are 120 ms apart)
SAME_REPLY_S = 0.5  # frames further apart than this are not neighbours in one stream
LEAD_FRAMES = 10  # a stream may begin ahead of the ear, in one burst: that is no jitter
LATE_MS = 60.0  # later than a small playout buffer can hide


@dataclass(frozen=True, slots=True)
class Script:
    """`end` is on time.monotonic: no turn begins after it. `noise`: amplitude of the line's silence."""

    questions: Sequence[Sequence[bytes]]  # frames of what the caller says, one of them each time
    end: float
    think_s: tuple[float, float]
    noise: int
    seed: int


@dataclass(slots=True)
class Seen:
    latency_ms: list[float] = field(default_factory=list)
    jitter_ms: list[float] = field(default_factory=list)
    late_frames: int = 0
    frames: int = 0
    unanswered: int = 0
    call_s: float = 0.0
    call_id: str = ""
    problem: str = ""
    ducked_ms: list[float] = field(default_factory=list)
    silent_ms: list[float] = field(default_factory=list)
    not_ducked: int = 0
    not_silenced: int = 0
    into_silence: int = 0  # interruptions that met no voice of the agent's: not measured


class Caller:
    """`call` runs the whole call and returns; `seen` holds what was measured, also when the call failed."""

    def __init__(self, url: str, start: dict[str, object], script: Script) -> None:
        self._url = url
        self._start = start
        self._script = script
        self.seen = Seen()
        self._random = random.Random(script.seed)
        noise = np.random.default_rng(script.seed)
        self._silence = [
            noise.integers(-script.noise, script.noise + 1, FRAME_SAMPLES).astype("<i2").tobytes() for _ in range(16)
        ]
        self._speaking: list[bytes] = []  # frames of the question that are still to be sent, last one first
        self._began_at = 0.0  # when the first frame of what is said was sent
        self._spoke_at = 0.0  # when the last one was
        self._answered = asyncio.Event()
        self._spoken = asyncio.Event()
        self._first = False
        self._waiting = False
        self._sound_at = 0.0
        self._previous: tuple[float, float] | None = None  # arrival and length of the frame before, in seconds
        self._in_stream = 0  # frames since the agent began to speak
        self._schedule = 0.0  # when this frame would have come at an even pace, had the stream's first one been on time

    async def call(self) -> None:
        """Raises OSError and TimeoutError where the channel does not open."""
        listener = Channel(self)
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            transport, _ = await ws_connect(lambda: listener, self._url)
        began = time.monotonic()
        sender: asyncio.Task[None] | None = None
        try:
            transport.send(WSMsgType.TEXT, json.dumps(self._start).encode())
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await listener.ready.wait()
            if self.seen.problem:
                return
            sender = asyncio.create_task(self._send(transport), name="send audio")
            await self.converse(listener)
        finally:
            self.seen.call_s = time.monotonic() - began
            if sender is not None:
                sender.cancel()
            if not listener.closed.is_set():
                transport.send(WSMsgType.TEXT, json.dumps({"type": "hangup"}).encode())
                transport.send_close(WSCloseCode.OK)
                transport.disconnect()

    async def converse(self, listener: "Channel") -> None:
        """Question after question, each behind the whole answer to the one before."""
        script = self._script
        while time.monotonic() < script.end and not listener.closed.is_set():
            await asyncio.sleep(self._random.uniform(*script.think_s))
            await self.say(self._random.choice(script.questions))
            if not await self.answered():
                continue
            try:
                async with asyncio.timeout(REPLY_TIMEOUT_S):
                    await self._listen_to_the_end()
            except TimeoutError:
                self.seen.problem = "a reply did not end"
                return
        if listener.closed.is_set() and time.monotonic() < script.end:
            self.seen.problem = self.seen.problem or "the gateway ended the call"

    async def say(self, frames: Sequence[bytes]) -> None:
        """Returns when the last frame was sent."""
        self._spoken.clear()
        self._answered.clear()
        self._speaking = list(reversed(frames))
        self._first = True
        await self._spoken.wait()

    async def answered(self) -> bool:
        """Wait for the agent's first sound; False, and counted, when none comes."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await self._answered.wait()
        except TimeoutError:
            self._waiting = False
            self.seen.unanswered += 1
            return False
        return True

    async def _listen_to_the_end(self) -> None:
        while True:
            quiet_s = time.monotonic() - self._sound_at
            if quiet_s >= REPLY_OVER_S:
                return
            await asyncio.sleep(REPLY_OVER_S - quiet_s)

    async def _send(self, transport: WSTransport) -> None:
        due = time.monotonic()
        number = 0
        while True:
            if self._speaking:
                frame = self._speaking.pop()
                last = not self._speaking
            else:
                frame, last = self._silence[number % len(self._silence)], False
            transport.send(WSMsgType.BINARY, frame)
            if self._first:
                self._began_at, self._first = time.monotonic(), False
            if last:
                self._spoke_at = time.monotonic()
                self._waiting = True
                self._spoken.set()
            number += 1
            due += FRAME_MS / 1000
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def heard(self, pcm: memoryview) -> None:
        """One frame of the agent's voice has arrived."""
        now = time.monotonic()
        self.seen.frames += 1
        length_s = len(pcm) / FRAME_BYTES * FRAME_MS / 1000
        if self._previous is not None and now - self._previous[0] < SAME_REPLY_S:
            self._in_stream += 1
            if self._in_stream >= LEAD_FRAMES:
                self.seen.jitter_ms.append(abs(now - self._previous[0] - self._previous[1]) * 1000)
            self._schedule += self._previous[1]
            self.seen.late_frames += (now - self._schedule) * 1000 > LATE_MS
        else:
            self._schedule, self._in_stream = now, 0
        self._previous = (now, length_s)
        samples = np.frombuffer(pcm, "<i2")
        if samples.size and int(np.abs(samples.astype(np.int32)).max()) > AGENT_SOUND_LEVEL:
            self._sound_at = now
            if self._waiting:
                self._waiting = False
                self.seen.latency_ms.append((now - self._spoke_at) * 1000)
                self._answered.set()

    def told(self, message: dict[str, object]) -> bool:
        """One control message; returns whether the call may begin now, or never."""
        kind = message.get("type")
        if kind in ("ready", "started"):
            self.seen.call_id = str(message.get("call", ""))
            return True
        if kind in ("error", "refused"):
            self.seen.problem = str(message)
            return True
        return False


class Channel(WSListener):
    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.ready = asyncio.Event()
        self.closed = asyncio.Event()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.BINARY:
            self._caller.heard(frame.get_payload_as_memoryview())
        elif frame.msg_type == WSMsgType.TEXT:
            if self._caller.told(json.loads(frame.get_payload_as_bytes())):
                self.ready.set()
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.closed.set()
        self.ready.set()
