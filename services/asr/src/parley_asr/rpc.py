"""gRPC Asr: whole recordings, for the post-call workflow. Live calls go over the bus."""

import asyncio
import logging
from dataclasses import replace

import grpc
from parley.v1 import events_pb2, speech_pb2, speech_pb2_grpc
from parley_core.agents import AgentStore, Recogniser
from parley_core.errors import ParleyError
from parley_core.providers import Registry

from parley_asr import transcribing
from parley_asr.call_recogniser import Candidate
from parley_asr.opener import candidates
from parley_asr.providers.base import Final, RecogniserProvider, RecogniserRequest
from parley_asr.speech import EVERYBODY, speech_of

log = logging.getLogger(__name__)


async def _transcribe(candidate: Candidate, request: RecogniserRequest, pcm: bytes) -> Final:
    recogniser = await candidate.provider.open(replace(request, model=candidate.asked_model))
    try:
        return await transcribing.transcribe(recogniser, pcm)
    finally:
        await recogniser.close()


class AsrServicer(speech_pb2_grpc.AsrServicer):
    def __init__(
        self, registry: Registry[RecogniserProvider], agents: AgentStore, *, default: str, at_once: int
    ) -> None:
        """`default`: the provider of agents that name none."""
        self._registry = registry
        self._default = default
        self._agents = agents
        self._room = asyncio.Semaphore(at_once)

    async def Transcribe(
        self,
        request: speech_pb2.TranscribeRequest,
        context: "grpc.aio.ServicerContext[speech_pb2.TranscribeRequest, speech_pb2.TranscribeResponse]",
    ) -> speech_pb2.TranscribeResponse:
        transcribing.check(request.pcm)
        speech, language, chosen = EVERYBODY, request.language, Recogniser()
        if request.agent:
            document = await self._agents.get(request.tenant, request.agent, request.agent_version)
            speech, language = speech_of(document), request.language or document.language
            chosen = document.spoken_in(language).recogniser
        chain = await candidates(self._registry, chosen, self._default)
        async with self._room:
            for left, candidate in zip(reversed(range(len(chain))), chain, strict=True):
                try:
                    final = await _transcribe(candidate, RecogniserRequest(speech, language), request.pcm)
                    break
                except ParleyError as error:
                    log.warning("recording failed", extra={"provider": candidate.name, "error": type(error).__name__})
                    if not left:
                        raise
        words = [
            events_pb2.Word(text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence)
            for word in final.words
        ]
        return speech_pb2.TranscribeResponse(
            text=final.text, words=words, confidence=final.confidence, provider=candidate.name
        )
