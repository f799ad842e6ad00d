"""Messages that the gateway says by itself, whoever is down: why there is no call, and that it takes a moment."""

import asyncio
import logging

import grpc
from parley.v1 import speech_pb2, speech_pb2_grpc
from parley_audio.formats import FRAME_BYTES, FRAME_MS
from parley_core import rpc
from parley_core.errors import ParleyError
from parley_core.languages.registry import sentences

from parley_gateway.ports import Leg

log = logging.getLogger(__name__)

_AGAIN_S = 5.0
_SYNTHESIS_S = 10.0
_LEAD_FRAMES = 5


class BusyMessage:
    """Holds the sentence's audio once the speech service has given it; until then callers get the words alone."""

    def __init__(self, tts_address: str, text: str, language: str = "") -> None:
        self._address = tts_address
        self._language = language
        self.text = text
        self.pcm = b""

    async def prepare(self) -> None:
        """Ask until the speech service has answered once. A task of the gateway's app."""
        while not self.pcm and self.text:
            try:
                await self.synthesise()
            except ParleyError:
                await asyncio.sleep(_AGAIN_S)

    async def synthesise(self) -> None:
        """Have the audio made, unless it is there. Raises a ParleyError where the speech service cannot."""
        if not self.pcm and self.text:
            async with rpc.connect(self._address) as channel:
                self.pcm = await self._synthesize(channel)

    async def play(self, leg: Leg) -> None:
        """Play it to the end, paced; returns at once where there is no audio."""
        frames = [self.pcm[at : at + FRAME_BYTES] for at in range(0, len(self.pcm), FRAME_BYTES)]
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number, frame in enumerate(frames):
            leg.send_audio(frame)
            ahead_s = began + (number + 1 - _LEAD_FRAMES) * FRAME_MS / 1000 - loop.time()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
        if frames:
            await asyncio.sleep(_LEAD_FRAMES * FRAME_MS / 1000 + leg.ear_delay_s)

    async def _synthesize(self, channel: grpc.aio.Channel) -> bytes:
        stub = speech_pb2_grpc.TtsStub(channel)
        request = speech_pb2.SynthesizeRequest(text=self.text, language=self._language)
        with rpc.translating("tts"):
            parts = [part.pcm async for part in stub.Synthesize(request, timeout=_SYNTHESIS_S)]
        return b"".join(parts)


class HoldMessage:
    """Says that it takes a moment while the bus is frozen; the speech service is asked directly."""

    def __init__(self, tts_address: str) -> None:
        self._address = tts_address
        self._messages: dict[str, BusyMessage] = {}  # by language

    async def play(self, leg: Leg, language: str) -> None:
        """In a language whose pack has such words; silence is left otherwise."""
        message = self._messages.get(language)
        if message is None:
            message = BusyMessage(self._address, next(iter(sentences(language).fillers), ""), language)
            self._messages[language] = message
        try:
            await message.synthesise()
        except ParleyError as error:
            log.warning("hold message not made", extra={"error": type(error).__name__})
            return
        await message.play(leg)
