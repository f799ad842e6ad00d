"""gRPC `parley.v1.Tts`: speech for whole texts, and the list of voices."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing

import grpc
from parley.v1 import events_pb2, speech_pb2, speech_pb2_grpc
from parley_core.errors import BadInput, ParleyError, TimedOut
from parley_core.providers import Registry

from parley_tts.providers.base import SpeechProvider, SpeechRequest, VoiceInfo
from parley_tts.providers.registry import voices_of
from parley_tts.text import has_sound

LONGEST_TEXT = 5000
PIECE_TIMEOUT_S = 10.0
VOICES_TIMEOUT_S = 25.0
VENDOR_TIMEOUT_S = 8.0

log = logging.getLogger(__name__)


class TtsServicer(speech_pb2_grpc.TtsServicer):
    def __init__(self, registry: Registry[SpeechProvider], preferred: str) -> None:
        """`preferred`: a provider that is asked where a request names none; empty: the first there is."""
        self._registry = registry
        self._preferred = preferred

    async def Synthesize(
        self,
        request: speech_pb2.SynthesizeRequest,
        context: "grpc.aio.ServicerContext[speech_pb2.SynthesizeRequest, speech_pb2.SynthesizeResponse]",
    ) -> AsyncIterator[speech_pb2.SynthesizeResponse]:
        if len(request.text) > LONGEST_TEXT:
            raise BadInput("text", f"has more than {LONGEST_TEXT} characters")
        if not has_sound(request.text):
            raise BadInput("text", "has nothing that can be spoken")
        language = request.language or "en-US"
        if request.provider:
            provider = await self._registry.get(request.provider)
        else:
            provider = await self._having(request.voice, language)
        speech = SpeechRequest(request.text, request.voice, language, words_per_minute=request.words_per_minute)
        async with aclosing(provider.synthesise(speech)) as pieces:
            while True:
                try:
                    async with asyncio.timeout(PIECE_TIMEOUT_S):
                        piece = await anext(pieces, None)
                except TimeoutError:
                    raise TimedOut(provider.name, PIECE_TIMEOUT_S) from None
                if piece is None:
                    return
                yield speech_pb2.SynthesizeResponse(
                    pcm=piece.pcm.tobytes(),
                    words=[
                        events_pb2.Word(text=word.text, start_ms=word.start_ms, end_ms=word.end_ms)
                        for word in piece.words
                    ],
                )

    async def _having(self, voice: str, language: str) -> SpeechProvider:
        """The first provider that has the voice; without one, the first that speaks the language."""
        found = await voices_of(self._registry, [self._preferred], language)
        if not voice:
            return found[0]
        for provider in found:
            if voice in (one.name for one in await provider.voices()):
                return provider
        return found[0]

    async def _voices(self, name: str) -> list[VoiceInfo]:
        return await (await self._registry.get(name)).voices()

    async def _voices_if_any(self, name: str) -> list[VoiceInfo]:
        """A vendor that does not answer is left out of the list of all."""
        try:
            async with asyncio.timeout(VENDOR_TIMEOUT_S):
                return await self._voices(name)
        except (ParleyError, TimeoutError) as error:
            log.warning("voices unlisted", extra={"provider": name, "error": type(error).__name__})
            return []

    async def ListVoices(
        self,
        request: speech_pb2.ListVoicesRequest,
        context: "grpc.aio.ServicerContext[speech_pb2.ListVoicesRequest, speech_pb2.ListVoicesResponse]",
    ) -> speech_pb2.ListVoicesResponse:
        try:
            async with asyncio.timeout(VOICES_TIMEOUT_S):
                if request.provider:
                    voices = await self._voices(request.provider)
                else:
                    listed = await asyncio.gather(*map(self._voices_if_any, self._registry.names))
                    voices = [voice for found in listed for voice in found]
        except TimeoutError:
            raise TimedOut("the list of voices", VOICES_TIMEOUT_S) from None
        return speech_pb2.ListVoicesResponse(
            voices=[
                speech_pb2.Voice(provider=voice.provider, name=voice.name, language=voice.language) for voice in voices
            ]
        )
