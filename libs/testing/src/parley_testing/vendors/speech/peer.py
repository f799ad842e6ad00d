"""What the servers of speech vendors have in common: a tone for every word, and manners, good and bad.

Each vendor's server beside this file speaks that vendor's protocol and asks its `VoicePeer` what to do. tts's contract
test and the tests of calls that change the vendor in the middle of a sentence run on them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
from aiohttp import web

WORD_MS = 300
PIECE_MS = 100
_TONE_HZ = 250
_AMPLITUDE = 6000


class BrokenOff(Exception):
    """The server ends the connection here, in the middle."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Audio, and the words that begin in it: text, position in the sentence, start and end in ms."""

    pcm: bytes
    words: tuple[tuple[str, int, int, int], ...]


@dataclass
class VoicePeer:
    """How a vendor's server behaves. It says each word of what it is given for 300 ms."""

    key: str = "key"
    status: int = 0  # every request is answered with it
    code: str = "unauthorized"  # the vendor's word for the failure
    voices: frozenset[str] = frozenset()  # others are unknown; none: all are known
    hangs: bool = False  # before the first audio
    stalls_after: int = 1 << 30  # pieces of a sentence
    breaks_after: int = 1 << 30
    close_code: int = 1011  # of a socket that is broken off
    malformed: bool = False  # the first message is garbage
    strangers: bool = False  # messages of unknown kinds between the known
    empty: bool = False  # no audio in the answer
    closes_behind: bool = False  # the connection is closed behind each sentence
    seen: list[dict[str, object]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # texts
    cancelled: list[str] = field(default_factory=list)  # sentences that a client did not want any more
    connections: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def knows(self, voice: str) -> bool:
        return not self.voices or voice in self.voices

    def cancel(self, what: str) -> None:
        self.cancelled.append(what)
        self.changed.set()

    async def pieces(self, text: str, rate_hz: int) -> AsyncIterator[Piece]:
        """The sentence, piece by piece. Raises BrokenOff."""
        self.said.append(text)
        if self.hangs:
            await asyncio.Event().wait()
        if self.empty:
            return
        words: list[tuple[str, int, int, int]] = []
        at = 0
        for number, word in enumerate(text.split()):
            at = text.index(word, at)
            words.append((word, at, number * WORD_MS, (number + 1) * WORD_MS - 20))
            at += len(word)
        tone = _tone(rate_hz)
        for number in range(len(words) * WORD_MS // PIECE_MS):
            if number >= self.breaks_after:
                raise BrokenOff
            if number >= self.stalls_after:
                await asyncio.Event().wait()
            begin = number * PIECE_MS
            yield Piece(tone, tuple(word for word in words if begin <= word[2] < begin + PIECE_MS))
            await asyncio.sleep(0)


def _tone(rate_hz: int) -> bytes:
    time_s = np.arange(PIECE_MS * rate_hz // 1000) / rate_hz
    return (_AMPLITUDE * np.sin(2 * np.pi * _TONE_HZ * time_s + 0.5)).astype("<i2").tobytes()


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def vendor_server(*routes: web.RouteDef) -> AsyncIterator[str]:
    """Serve these routes on loopback; yields the address, http://…"""
    app = web.Application()
    app.router.add_routes(routes)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
