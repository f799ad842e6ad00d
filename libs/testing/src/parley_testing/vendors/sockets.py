"""Servers of recognition vendors that listen on a WebSocket: what they share, for asr's tests.

A `Wire` speaks one vendor's documented messages for one connection; `SocketPeer` listens, hears words in the audio, and
misbehaves as a test wants.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from aiohttp import WSMsgType, web

BYTES_PER_MS = 32  # PCM16 mono 16 kHz, as Parley sends it
QUIET = 50  # what resampling makes of silence is below
Failure = Literal["key", "funds", "busy", "server"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word; milliseconds of the connection's audio."""

    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client's message was."""

    kind: Literal["audio", "flush", "discard", "alive", "bye", "set up"]
    pcm: bytes = b""
    answers: Sequence[str] = ()  # at once, whatever it is
    refused: tuple[Sequence[str], int] | None = None  # last words, and the code that the socket is closed with


class Wire(Protocol):
    path: str

    @staticmethod
    def handshake(headers: Mapping[str, str], query: Mapping[str, Sequence[str]], key: str) -> int:
        """The HTTP status of a refusal; 0 where there is none."""
        ...

    def opened(self) -> Sequence[str]: ...

    def read(self, message: str | bytes) -> Asked: ...

    def interim(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]: ...

    def settled(self, words: Sequence[Spoken], heard_ms: float) -> Sequence[str]:
        """The words of one flush, and its answer."""
        ...

    def discarded(self, heard_ms: float) -> Sequence[str]: ...

    def failure(self, kind: Failure) -> tuple[Sequence[str], int]:
        """The vendor's last words, and the code that it closes the socket with."""
        ...

    def unknown(self) -> str:
        """A message of a kind that no client knows yet."""
        ...


def hello_there(pcm: bytes) -> list[Spoken]:
    """ "Hello there" in whatever makes a sound."""
    length_ms = len(pcm) / BYTES_PER_MS
    if not np.any(np.abs(np.frombuffer(pcm, "<i2").astype(np.int32)) > QUIET):
        return []
    return [Spoken("Hello", 0, length_ms / 2), Spoken("there.", length_ms / 2, length_ms)]


WORD_MS, GAP_MS, LOUDNESS = 160, 80, 1000


def coded(said: Sequence[str], words: Sequence[str]) -> bytes:
    """Audio in which `hear_coded` hears this: each of the words has a level of its own, and silence after it."""
    sounds = [
        np.full(WORD_MS * 16, LOUDNESS + 100 * words.index(one), "<i2").tobytes() + bytes(GAP_MS * BYTES_PER_MS)
        for one in said
    ]
    return b"".join(sounds)


def hear_coded(words: Sequence[str]) -> Callable[[bytes], list[Spoken]]:
    """Hears the words whose sound is whole; the same word twice where its sound comes twice."""

    def hear(pcm: bytes) -> list[Spoken]:
        samples = np.frombuffer(pcm, "<i2").astype(np.int32)
        edges = np.flatnonzero(np.diff(np.concatenate(([0], samples, [0]))))
        found = []
        for start, end in zip(edges[::2], edges[1::2], strict=False):
            if end - start >= WORD_MS * 16:
                found.append(Spoken(words[(int(samples[start]) - LOUDNESS) // 100], start / 16, end / 16))
        return found

    return hear


@dataclass
class SocketPeer:
    """The fields may be changed while it serves."""

    wire: Callable[[], Wire]
    hear: Callable[[bytes], list[Spoken]] = hello_there
    key: str = "secret"
    interims: bool = True
    flushes: bool = True  # whether they are answered
    listens: bool = True  # False: nothing is said any more
    busy: int = 0  # an HTTP status for every handshake
    fails: Failure | None = None  # at the next audio
    garbage: str | bytes = b""  # sent at the next audio
    chatter: bool = False  # messages of unknown kinds in between
    late: bool = False  # the words of a flush come again with the next utterance
    drop_after_bytes: int = 1 << 30
    sockets: int = 0
    kinds: list[str] = field(default_factory=list)  # of the clients' messages, without audio
    query: dict[str, list[str]] = field(default_factory=dict)
    set_up: list[str] = field(default_factory=list)  # the clients' texts that set up a session
    changed: asyncio.Event = field(default_factory=asyncio.Event)  # at every message of a client
    open: set[web.WebSocketResponse] = field(default_factory=set)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.query = {key: request.query.getall(key) for key in request.query}
        status = self.busy or self.wire().handshake(request.headers, self.query, self.key)
        if status:
            return web.json_response({"error": "refused"}, status=status)
        self.sockets += 1
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.open.add(socket)
        try:
            await self._talk(socket, self.wire())
        except ConnectionError:
            pass  # the client is gone
        finally:
            self.open.discard(socket)
        return socket

    async def die(self) -> None:
        """Every connection is cut, as by a process that is killed."""
        for socket in list(self.open):
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()

    async def _talk(self, socket: web.WebSocketResponse, wire: Wire) -> None:
        audio, flushed, again = bytearray(), 0, list[str]()
        await _say(socket, wire.opened())
        async for message in socket:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                break
            asked = wire.read(message.data)
            if asked.kind == "set up" and isinstance(message.data, str):
                self.set_up.append(message.data)
            if asked.kind != "audio":
                self.kinds.append(asked.kind)
            if asked.refused is not None:
                await _end(socket, asked.refused)
                return
            if not self.listens:
                continue
            await _say(socket, asked.answers)
            if asked.kind == "audio":
                audio += asked.pcm
                if self.fails is not None:
                    failure, self.fails = self.fails, None
                    await _end(socket, wire.failure(failure))
                    return
                if len(audio) > self.drop_after_bytes:
                    self.drop_after_bytes = 1 << 30
                    await self.die()
                    return
                await self._misbehave(socket, wire)
                words = self._words(audio, flushed)
                await _say(socket, again)
                again = []
                if self.interims and words:
                    await _say(socket, wire.interim(words, len(audio) / BYTES_PER_MS))
            elif asked.kind in ("flush", "discard") and self.flushes:
                words = self._words(audio, flushed) if asked.kind == "flush" else []
                heard_ms = len(audio) / BYTES_PER_MS
                said = wire.discarded(heard_ms) if asked.kind == "discard" else wire.settled(words, heard_ms)
                again = list(wire.interim(words, heard_ms)) if self.late and words else []
                await _say(socket, said)
                flushed = len(audio)
            self.changed.set()

    def _words(self, audio: bytearray, flushed: int) -> list[Spoken]:
        shift = flushed / BYTES_PER_MS
        return [Spoken(w.text, w.start_ms + shift, w.end_ms + shift) for w in self.hear(bytes(audio[flushed:]))]

    async def _misbehave(self, socket: web.WebSocketResponse, wire: Wire) -> None:
        if self.chatter:
            await socket.send_str(wire.unknown())
        if self.garbage:
            garbage, self.garbage = self.garbage, b""
            await (socket.send_str(garbage) if isinstance(garbage, str) else socket.send_bytes(garbage))


async def _say(socket: web.WebSocketResponse, messages: Sequence[str]) -> None:
    for message in messages:
        await socket.send_str(message)


async def _end(socket: web.WebSocketResponse, last: tuple[Sequence[str], int]) -> None:
    await _say(socket, last[0])
    await socket.close(code=last[1])


@asynccontextmanager
async def socket_server(peer: SocketPeer) -> AsyncIterator[str]:
    """Serve the peer; yields its address, ws://…, as PARLEY_VENDORS takes it."""
    app = web.Application()
    app.router.add_get(peer.wire().path, peer.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
