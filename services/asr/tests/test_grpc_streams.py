"""Google and Riva, each against a local server of its own gRPC."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from parley_asr.language.corpus import Speech
from parley_asr.providers.base import Final, Recogniser, RecogniserProvider, RecogniserRequest, Stream
from parley_asr.providers.registry import VENDORS
from parley_asr.providers.vendors import call_stream
from parley_asr.providers.vendors.google import GoogleProvider
from parley_core.errors import BadInput, ParleyError, Rejected, Throttled, TimedOut, Unavailable
from parley_core.vendors import Endpoint
from parley_testing.vendors.grpc_recognisers import StreamPeer, stream_server
from parley_testing.vendors.sockets import coded, hear_coded

pytestmark = pytest.mark.outside

SPEECH = RecogniserRequest(Speech(phrases=("do you accept Blue Cross insurance",)), "en-US")
WORDS = ["four", "seven", "pineapple", "monday"]
AUDIO = coded(WORDS, WORDS)
CHUNK = 3200
EACH = pytest.mark.parametrize("vendor", ["google", "riva"])


@asynccontextmanager
async def served(vendor: str, peer: StreamPeer, key: str = "secret") -> AsyncIterator[RecogniserProvider]:
    async with stream_server(vendor, peer) as address:
        provider = VENDORS[vendor][1](Endpoint(key, address, ""))
        await provider.start()
        try:
            yield provider
        finally:
            await provider.close()


async def hear(recogniser: Recogniser, pcm: bytes = AUDIO) -> Final:
    stream = await recogniser.open_stream()
    try:
        for at in range(0, len(pcm), CHUNK):
            await stream.accept(pcm[at : at + CHUNK])
        return await stream.finish()
    finally:
        await stream.drop()


async def speak_until_lost(stream: Stream) -> None:
    async with asyncio.timeout(10):
        while True:
            await stream.accept(AUDIO[:CHUNK])
            await asyncio.sleep(0)


@EACH
async def test_each_utterance_is_a_call_and_has_its_own_times(vendor: str) -> None:
    peer = StreamPeer(hear_coded(WORDS))
    async with served(vendor, peer) as provider:
        recogniser = await provider.open(SPEECH)
        for said in (WORDS, WORDS[2:]):
            final = await hear(recogniser, coded(said, WORDS))
            assert final.text.split() == said
            assert [(word.start_ms, word.end_ms) for word in final.words] == [
                (240 * at, 240 * at + 160) for at in range(len(said))
            ]
            assert final.confidence == pytest.approx(0.8)
    assert (peer.calls, peer.phrases, peer.languages) == (2, ["Blue", "Cross"], ["en-US"] * 2)


@EACH
async def test_interim_texts_grow_while_the_caller_speaks(vendor: str) -> None:
    peer = StreamPeer()
    async with served(vendor, peer) as provider:
        stream = await (await provider.open(SPEECH)).open_stream()
        async with asyncio.timeout(10):
            while await stream.accept(AUDIO[:CHUNK]) != "hello there":
                await peer.heard.wait()
        await stream.drop()


@EACH
async def test_silence_is_an_utterance_without_words(vendor: str) -> None:
    async with served(vendor, StreamPeer()) as provider:
        assert await hear(await provider.open(SPEECH), bytes(16_000)) == Final()


@EACH
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (grpc.StatusCode.UNAUTHENTICATED, Rejected),
        (grpc.StatusCode.PERMISSION_DENIED, Rejected),
        (grpc.StatusCode.NOT_FOUND, Rejected),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Throttled),
        (grpc.StatusCode.UNAVAILABLE, Unavailable),
        (grpc.StatusCode.ABORTED, Unavailable),
    ],
)
async def test_the_vendors_errors_are_ours(vendor: str, status: grpc.StatusCode, error: type[ParleyError]) -> None:
    peer = StreamPeer(fails=status)
    async with served(vendor, peer) as provider:
        recogniser = await provider.open(SPEECH)
        with pytest.raises(ParleyError) as caught:
            await hear(recogniser, AUDIO[:CHUNK])  # more could meet the refusal, see `refused`
        assert type(caught.value) is error
        peer.fails = None
        assert (await hear(recogniser)).text == "hello there"


@EACH
async def test_a_call_that_the_vendor_ends_is_lost(vendor: str) -> None:
    async with served(vendor, StreamPeer(ends_early=True)) as provider:
        stream = await (await provider.open(SPEECH)).open_stream()
        with pytest.raises(Unavailable):
            await speak_until_lost(stream)
        await stream.drop()


@EACH
async def test_a_vendor_that_hangs_is_left_at_the_deadline(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_stream, "FINAL_TIMEOUT_S", 0.1)
    async with served(vendor, StreamPeer(hangs=True)) as provider:
        with pytest.raises(TimedOut):
            await hear(await provider.open(SPEECH))


@EACH
async def test_nobody_there_is_unavailable(vendor: str) -> None:
    provider = VENDORS[vendor][1](Endpoint("secret", "grpc://127.0.0.1:1", ""))
    await provider.start()
    recogniser = await provider.open(SPEECH)
    with pytest.raises(Unavailable):
        await hear(recogniser)
    await provider.close()


async def test_a_wrong_key_of_riva_is_refused_for_good() -> None:
    async with served("riva", StreamPeer(), key="guessed") as provider:
        recogniser = await provider.open(SPEECH)
        with pytest.raises(Rejected, match="UNAUTHENTICATED"):
            await hear(recogniser, b"")


@pytest.mark.parametrize("key", ["", "{}", "[]", "AIza", '{"project_id": "p"}'])
async def test_a_key_of_google_that_is_no_service_account_is_named(key: str) -> None:
    provider = GoogleProvider(Endpoint(key, "https://europe-west4-speech.googleapis.com", ""))
    with pytest.raises(BadInput, match="service account"):
        await provider.start()
    await provider.close()
