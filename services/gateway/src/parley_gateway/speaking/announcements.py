"""What the gateway says by itself, whoever is down: why there is no call, and that it takes a moment.

The words are the language packs'. `app` has them spoken once at the start; calls and refusals play them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum

from parley.v1 import speech_pb2, speech_pb2_grpc
from parley_audio.formats import FRAME_BYTES, FRAME_MS
from parley_core import rpc
from parley_core.errors import ParleyError
from parley_core.languages.registry import PACKS, pack, sentences

from parley_gateway.ports import Leg

_AGAIN_S = 5.0
_SYNTHESIS_S = 10.0
_LEAD_FRAMES = 5
_FALLBACK = "en"

Synthesise = Callable[[str, str], Awaitable[bytes]]  # a text and its language to PCM16 at 16 kHz; raises a ParleyError


class Announcement(StrEnum):
    """By the name of the packs' sentence."""

    BUSY = "busy"
    LIMITED = "limited"
    HOLD = "hold"


class Announcements:
    """Holds the audio of each once the speech service has given it; without it callers get the words alone."""

    def __init__(self, synthesise: Synthesise) -> None:
        self._synthesise = synthesise
        self._audio: dict[tuple[Announcement, str], bytes] = {}  # at most one for each pack

    def text(self, announcement: Announcement, language: str) -> str:
        """In English where the language has no pack."""
        return str(getattr(sentences(language), announcement))

    async def prepare(self) -> None:
        """Ask until the speech service has spoken all of them, in every language. A task of the gateway's app."""
        wanted = [(one, tag) for tag in PACKS for one in Announcement if _has(tag, one)]
        while True:
            missing = []
            for announcement, tag in wanted:
                try:
                    self._audio[announcement, tag] = await self._synthesise(self.text(announcement, tag), tag)
                except ParleyError:
                    missing.append((announcement, tag))
            if not missing:
                return
            wanted = missing
            await asyncio.sleep(_AGAIN_S)

    async def play(self, leg: Leg, announcement: Announcement, language: str) -> None:
        """Play it to the end, paced; returns at once where there is no audio."""
        tag = pack(language).tag
        pcm = self._audio.get((announcement, tag if _has(tag, announcement) else _FALLBACK), b"")
        loop = asyncio.get_running_loop()
        began = loop.time()
        frames = [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]
        for number, frame in enumerate(frames):
            leg.send_audio(frame)
            ahead_s = began + (number + 1 - _LEAD_FRAMES) * FRAME_MS / 1000 - loop.time()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
        if frames:
            await asyncio.sleep(_LEAD_FRAMES * FRAME_MS / 1000 + leg.ear_delay_s)


def _has(tag: str, announcement: Announcement) -> bool:
    return bool(getattr(pack(tag).says, announcement))


def spoken_by(tts_address: str) -> Synthesise:
    """The speech service, asked without the bus."""

    async def synthesise(text: str, language: str) -> bytes:
        request = speech_pb2.SynthesizeRequest(text=text, language=language)
        async with rpc.connect(tts_address) as channel:
            with rpc.translating("tts"):
                answers = speech_pb2_grpc.TtsStub(channel).Synthesize(request, timeout=_SYNTHESIS_S)
                return b"".join([part.pcm async for part in answers])

    return synthesise
