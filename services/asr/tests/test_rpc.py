"""Asr.Transcribe over a real channel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from parley.v1 import speech_pb2, speech_pb2_grpc
from parley_asr.providers.base import RecogniserProvider
from parley_asr.providers.fake import FakeProvider
from parley_asr.providers.pocketsphinx import PocketSphinxProvider
from parley_asr.providers.vendors.openai import OpenAiProvider
from parley_asr.providers.vendors.triton import TritonProvider
from parley_asr.rpc import AsrServicer
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.memory import MemoryBus
from parley_core.errors import BadInput, NotFound
from parley_core.providers import Registry
from parley_core.rpc import connect, serve, translating
from parley_core.runtime import Runtime
from parley_core.vendors import Endpoint
from parley_testing.vendors.openai_transcription import TranscriptionPeer, transcription_server
from parley_testing.vendors.sockets import coded, hear_coded
from parley_testing.vendors.triton import TritonPeer, triton_server

pytestmark = pytest.mark.outside


@asynccontextmanager
async def asr(
    *providers: RecogniserProvider, agents: AgentStore | None = None
) -> AsyncIterator["speech_pb2_grpc.AsrAsyncStub"]:
    runtime = Runtime("asr", "asr-test")
    registry = Registry("recogniser", providers)
    servicer = AsrServicer(registry, agents or AgentStore(MemoryBus()), default=providers[0].name, at_once=2)
    services = [(speech_pb2_grpc.add_AsrServicer_to_server, servicer, "parley.v1.Asr")]
    async with (
        registry,
        runtime.tasks,
        serve(runtime, "127.0.0.1", 0, services) as port,
        connect(f"127.0.0.1:{port}") as channel,
    ):
        yield speech_pb2_grpc.AsrStub(channel)  # type: ignore[misc]


async def test_a_recording_is_cut_at_silence_and_its_words_keep_their_place(models: Path, speaker: Any) -> None:
    pcm = speaker.say("Yes, that is right.") + bytes(64_000) + speaker.say("Thank you, goodbye.")
    async with asr(PocketSphinxProvider(models, decoders=1, decode_timeout_s=20)) as stub:
        answer = await stub.Transcribe(speech_pb2.TranscribeRequest(pcm=pcm), timeout=30)
    assert answer.text == "yes that is right thank you goodbye"
    assert answer.provider == "pocketsphinx"
    assert answer.words[4].start_ms - answer.words[3].end_ms > 2000
    assert [word.start_ms for word in answer.words] == sorted(word.start_ms for word in answer.words)


async def test_silence_has_no_text() -> None:
    async with asr(FakeProvider()) as stub:
        answer = await stub.Transcribe(speech_pb2.TranscribeRequest(pcm=bytes(64_000)), timeout=30)
    assert answer.text == ""


@pytest.mark.parametrize(
    ("pcm", "problem"),
    [(b"", "empty"), (b"abc", "odd number"), (bytes(601 * 32_000), "at most 600 s")],
)
async def test_audio_that_cannot_be_is_refused_with_the_reason(pcm: bytes, problem: str) -> None:
    async with asr(FakeProvider()) as stub:
        with pytest.raises(BadInput, match=problem), translating("asr"):
            await stub.Transcribe(speech_pb2.TranscribeRequest(pcm=pcm), timeout=30)


async def test_an_unknown_agent_is_named() -> None:
    async with asr(FakeProvider()) as stub:
        with pytest.raises(NotFound, match="nobody"), translating("asr"):
            await stub.Transcribe(speech_pb2.TranscribeRequest(tenant="t1", agent="nobody", pcm=bytes(640)), timeout=30)


@pytest.mark.parametrize("vendor", ["openai", "triton"])
async def test_the_next_provider_transcribes_what_the_first_cannot(vendor: str) -> None:
    """The first is a vendor whose key is refused, or whose model is not there; the second one a whole vendor."""
    agents = AgentStore(MemoryBus())
    recogniser = {"provider": "openai", "fallbacks": ["triton"]}
    if vendor == "openai":
        recogniser = {"provider": "triton", "fallbacks": ["openai"]}
    document = {"agent": "shop", "first_speaker": "caller", "recogniser": recogniser, "language": "en-US"}
    await agents.put("t1", AgentDocument.model_validate(document))
    words = ["four", "seven", "monday"]
    pcm = bytes(64_000) + coded(words, words) + bytes(64_000)
    endpoint, server = TranscriptionPeer(hear_coded(words)), TritonPeer(hear_coded(words))
    if vendor == "openai":
        server.model = "another"
    else:
        endpoint.status = 402
    async with (
        transcription_server(endpoint) as openai_url,
        triton_server(server) as triton_url,
        asr(
            OpenAiProvider(Endpoint("secret", openai_url, "whisper-1")),
            TritonProvider(Endpoint("", triton_url, "")),
            agents=agents,
        ) as stub,
    ):
        request = speech_pb2.TranscribeRequest(tenant="t1", agent="shop", pcm=pcm)
        answer = await stub.Transcribe(request, timeout=30)
    assert (answer.text.split(), answer.provider) == (words, vendor)
    assert answer.words[0].start_ms == pytest.approx(2000, abs=20)
