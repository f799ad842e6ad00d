"""gRPC `parley.v1.Tts`: speech for whole texts, and the list of voices."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import grpc
from parley.v1 import events_pb2, speech_pb2, speech_pb2_grpc
from parley_core.errors import BadInput, TimedOut

from parley_tts.providers.base import SpeechRequest
from parley_tts.providers.registry import Registry
from parley_tts.text import has_sound

LONGEST_TEXT = 5000
PIECE_TIMEOUT_S = 10.0
VOICES_TIMEOUT_S = 25.0
DEFAULT_CHAIN = ("espeak", "pyttsx3", "fake")


class TtsServicer(speech_pb2_grpc.TtsServicer):
    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def Synthesize(
        self,
        request: speech_pb2.SynthesizeRequest,
        context: "grpc.aio.ServicerContext[speech_pb2.SynthesizeRequest, speech_pb2.SynthesizeResponse]",
    ) -> AsyncIterator[speech_pb2.SynthesizeResponse]:
        if len(request.text) > LONGEST_TEXT:
            raise BadInput("text", f"has more than {LONGEST_TEXT} characters")
        if not has_sound(request.text):
            raise BadInput("text", "has nothing that can be spoken")
        named = request.provider
        provider = self._registry.get(named) if named else self._registry.chain(DEFAULT_CHAIN)[0]
        speech = SpeechRequest(
            request.text, request.voice, request.language or "en-US", words_per_minute=request.words_per_minute
        )
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

    async def ListVoices(
        self,
        request: speech_pb2.ListVoicesRequest,
        context: "grpc.aio.ServicerContext[speech_pb2.ListVoicesRequest, speech_pb2.ListVoicesResponse]",
    ) -> speech_pb2.ListVoicesResponse:
        try:
            async with asyncio.timeout(VOICES_TIMEOUT_S):
                voices = await self._registry.voices(request.provider)
        except TimeoutError:
            raise TimedOut("the list of voices", VOICES_TIMEOUT_S) from None
        return speech_pb2.ListVoicesResponse(
            voices=[
                speech_pb2.Voice(provider=voice.provider, name=voice.name, language=voice.language) for voice in voices
            ]
        )
