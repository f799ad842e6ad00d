"""gRPC Asr: whole recordings, for the post-call workflow. Live calls go over the bus."""

import asyncio

import grpc
from parley.v1 import events_pb2, speech_pb2, speech_pb2_grpc
from parley_core.agents import AgentStore

from parley_asr import transcribing
from parley_asr.providers.base import Provider
from parley_asr.speech import EVERYBODY, speech_of


class AsrServicer(speech_pb2_grpc.AsrServicer):
    def __init__(self, provider: Provider, agents: AgentStore, *, at_once: int) -> None:
        self._provider = provider
        self._agents = agents
        self._room = asyncio.Semaphore(at_once)

    async def Transcribe(
        self,
        request: speech_pb2.TranscribeRequest,
        context: "grpc.aio.ServicerContext[speech_pb2.TranscribeRequest, speech_pb2.TranscribeResponse]",
    ) -> speech_pb2.TranscribeResponse:
        transcribing.check(request.pcm)
        speech, language = EVERYBODY, request.language
        if request.agent:
            document = await self._agents.get(request.tenant, request.agent, request.agent_version)
            speech, language = speech_of(document), request.language or document.language
        async with self._room:
            recogniser = await self._provider.open(speech, language)
            try:
                final = await transcribing.transcribe(recogniser, request.pcm)
            finally:
                await recogniser.close()
        words = [
            events_pb2.Word(text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence)
            for word in final.words
        ]
        return speech_pb2.TranscribeResponse(
            text=final.text, words=words, confidence=final.confidence, provider=self._provider.name
        )
