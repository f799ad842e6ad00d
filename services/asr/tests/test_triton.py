"""Models on Triton, whole and as sequences, against a local server of its gRPC. The real one: tests/peers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from parley_asr.language.corpus import Speech
from parley_asr.providers.base import Final, Recogniser, RecogniserRequest
from parley_asr.providers.vendors import triton
from parley_asr.providers.vendors.triton import TritonProvider
from parley_core.errors import BadReply, ParleyError, Rejected, Throttled, TimedOut, Unavailable
from parley_core.vendors import Endpoint
from parley_testing.vendors.sockets import coded, hear_coded
from parley_testing.vendors.triton import TritonPeer, triton_server

pytestmark = pytest.mark.outside

SPEECH = RecogniserRequest(Speech(phrases=("do you accept Blue Cross insurance",)), "es-MX")
WORDS = ["cuatro", "siete", "lunes"]
AUDIO = coded(WORDS, WORDS)
CHUNK = 3200


@asynccontextmanager
async def served(peer: TritonPeer) -> AsyncIterator[TritonProvider]:
    async with triton_server(peer) as address:
        provider = TritonProvider(Endpoint("", address, ""))
        try:
            yield provider
        finally:
            await provider.close()


async def hear(recogniser: Recogniser, pcm: bytes) -> Final:
    stream = await recogniser.open_stream()
    for at in range(0, len(pcm), CHUNK):
        await stream.accept(pcm[at : at + CHUNK])
    return await stream.finish()


@pytest.mark.parametrize("samples", ["FP32", "INT16"])
@pytest.mark.parametrize("batched", [True, False])
async def test_words_come_with_the_models_times(samples: str, batched: bool) -> None:
    peer = TritonPeer(hear_coded(WORDS), samples=samples, batched=batched)
    async with served(peer) as provider:
        final = await hear(await provider.open(SPEECH), AUDIO)
    assert [(word.text, word.start_ms, word.end_ms) for word in final.words] == [
        ("cuatro", 0, 160),
        ("siete", 240, 400),
        ("lunes", 480, 640),
    ]
    assert peer.asked == [{"LANGUAGE": "es", "PROMPT": "Blue, Cross"}]


@pytest.mark.parametrize(
    ("inputs", "texts"),
    [
        (("WAV", "WAV_LENS"), {"WAV_LENS": str(len(AUDIO) // 2)}),
        (
            ("TEXT_PREFIX", "WAV"),
            {"TEXT_PREFIX": "<|startoftranscript|><|es|><|transcribe|><|notimestamps|>"},
        ),
    ],
)
async def test_other_servers_models_are_asked_in_their_own_tensors(
    inputs: tuple[str, ...], texts: dict[str, str]
) -> None:
    peer = TritonPeer(hear_coded(WORDS), inputs=inputs, outputs=("TRANSCRIPTS",))
    async with served(peer) as provider:
        final = await hear(await provider.open(SPEECH), AUDIO)
    assert final.text.split() == WORDS
    assert [word.start_ms for word in final.words] == [0, 240, 480]  # spread over the utterance
    assert peer.asked == [texts]


async def test_a_model_with_a_state_is_a_sequence_for_each_utterance() -> None:
    peer = TritonPeer(hear_coded(WORDS), sequence=True, outputs=("TRANSCRIPTS",))
    async with served(peer) as provider:
        recogniser = await provider.open(SPEECH)
        stream = await recogniser.open_stream()
        texts = [await stream.accept(AUDIO[at : at + CHUNK]) for at in range(0, len(AUDIO), CHUNK)]
        assert (texts[0], texts[-1].split()) == ("", WORDS)
        assert (await stream.finish()).text.split() == WORDS
        assert (await hear(recogniser, AUDIO[:7680])).text == "cuatro"
        await recogniser.close()
    assert len(set(peer.sequences)) == 2


@pytest.mark.parametrize("sequence", [False, True])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (grpc.StatusCode.UNAUTHENTICATED, Rejected),
        (grpc.StatusCode.INVALID_ARGUMENT, Rejected),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Throttled),
        (grpc.StatusCode.UNAVAILABLE, Unavailable),
        (grpc.StatusCode.INTERNAL, Unavailable),
    ],
)
async def test_the_servers_errors_are_ours(sequence: bool, status: grpc.StatusCode, error: type[ParleyError]) -> None:
    peer = TritonPeer(fails=status, sequence=sequence)
    async with served(peer) as provider:
        recogniser = await provider.open(SPEECH)
        with pytest.raises(ParleyError) as caught:
            await hear(recogniser, AUDIO)
        assert type(caught.value) is error
        peer.fails = None
        assert (await hear(recogniser, AUDIO)).text == "hello there"


@pytest.mark.parametrize("sequence", [False, True])
async def test_a_server_that_hangs_is_left_at_the_deadline(sequence: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triton, "ANSWER_TIMEOUT_S", 0.1)
    async with served(TritonPeer(hangs=True, sequence=sequence)) as provider:
        with pytest.raises(TimedOut):
            await hear(await provider.open(SPEECH), AUDIO)


async def test_an_unknown_model_is_refused_for_good() -> None:
    async with served(TritonPeer(model="another")) as provider:
        with pytest.raises(Rejected, match="NOT_FOUND"):
            await provider.open(SPEECH)


async def test_a_model_that_takes_no_samples_is_refused_for_good() -> None:
    async with served(TritonPeer(inputs=("LANGUAGE",))) as provider:
        with pytest.raises(Rejected, match="no input WAV"):
            await provider.open(SPEECH)


async def test_tensors_without_bytes_are_no_answer() -> None:
    async with served(TritonPeer(empty=True)) as provider:
        with pytest.raises(BadReply):
            await hear(await provider.open(SPEECH), AUDIO)


async def test_nobody_there_is_unavailable() -> None:
    provider = TritonProvider(Endpoint("", "grpc://127.0.0.1:1", ""))
    with pytest.raises(Unavailable):
        await provider.open(SPEECH)
    await provider.close()
