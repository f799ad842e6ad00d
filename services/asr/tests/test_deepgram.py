"""The Deepgram adapter through Deepgram's own SDK, against a local peer that speaks the documented messages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from parley_asr.language.corpus import Speech
from parley_asr.providers.base import RecogniserRequest
from parley_asr.providers.vendors import deepgram
from parley_asr.providers.vendors.deepgram import DeepgramProvider, DeepgramStream
from parley_core.errors import Rejected, TimedOut, Unavailable
from parley_core.vendors import Endpoint
from parley_testing.vendors.deepgram import DeepgramPeer, deepgram_server

pytestmark = pytest.mark.outside

SECOND = bytes(32_000)
SPEECH = RecogniserRequest(Speech(phrases=("do you accept Blue Cross insurance",)), "en-US")


async def lose(stream: DeepgramStream) -> None:
    await stream.accept(SECOND)
    await stream.finish()


@asynccontextmanager
async def deepgram_at(peer: DeepgramPeer) -> AsyncIterator[DeepgramProvider]:
    async with deepgram_server(peer) as address:
        yield DeepgramProvider(Endpoint("secret", address, "nova-3"))


async def test_utterances_share_a_socket_and_each_has_its_own_times() -> None:
    peer = DeepgramPeer()
    async with deepgram_at(peer) as provider:
        recogniser = await provider.open(SPEECH)
        for _ in range(2):
            stream = await recogniser.open_stream()
            await stream.accept(SECOND)
            final = await stream.finish()
            assert final.text == "hello there"
            assert [(word.start_ms, word.end_ms) for word in final.words] == [(0, 500), (500, 1000)]
            assert final.confidence == pytest.approx(0.8)
        await recogniser.close()
    assert peer.sockets == 1
    assert peer.texts == ["Finalize", "Finalize", "CloseStream"]
    assert peer.authorization == "Token secret"
    assert peer.query["keyterm"] == ["Blue", "Cross"]
    assert (peer.query["model"], peer.query["sample_rate"], peer.query["language"]) == (
        ["nova-3"],
        ["16000"],
        ["en-US"],
    )


async def test_interim_texts_are_partials() -> None:
    peer = DeepgramPeer()
    async with deepgram_at(peer) as provider:
        recogniser = await provider.open(SPEECH)
        stream = await recogniser.open_stream()
        async with asyncio.timeout(10):
            while await stream.accept(SECOND[:640]) != "hello":
                peer.heard.clear()
                await peer.heard.wait()
        await recogniser.close()


async def test_a_dropped_utterance_is_not_in_the_next_one() -> None:
    async with deepgram_at(DeepgramPeer()) as provider:
        recogniser = await provider.open(SPEECH)
        stream = await recogniser.open_stream()
        await stream.accept(SECOND)
        await stream.drop()
        stream = await recogniser.open_stream()
        await stream.accept(SECOND)
        final = await stream.finish()
        assert [(word.text, word.start_ms) for word in final.words] == [("hello", 0), ("there", 500)]
        await recogniser.close()


async def test_a_lost_socket_is_told_and_opened_again() -> None:
    peer = DeepgramPeer(drop_after_bytes=32_000)
    async with deepgram_at(peer) as provider:
        recogniser = await provider.open(SPEECH)
        stream = await recogniser.open_stream()
        await stream.accept(SECOND)
        with pytest.raises(Unavailable):
            await lose(stream)
        stream = await recogniser.open_stream()
        await stream.accept(SECOND)
        assert (await stream.finish()).words[0].start_ms == 0
        await recogniser.close()
    assert peer.sockets == 2


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram, "FINAL_TIMEOUT_S", 0.1)


async def test_a_socket_that_says_nothing_at_all_is_lost(impatient: None) -> None:
    async with deepgram_at(DeepgramPeer(answer_finalize=False, interims=False)) as provider:
        recogniser = await provider.open(SPEECH)
        stream = await recogniser.open_stream()
        await stream.accept(SECOND)
        with pytest.raises(TimedOut):
            await stream.finish()
        await recogniser.close()


async def heard_after(peer: DeepgramPeer, provider: DeepgramProvider) -> list[str]:
    """Two utterances of one call."""
    recogniser = await provider.open(SPEECH)
    texts = []
    for _ in range(2):
        stream = await recogniser.open_stream()
        async with asyncio.timeout(10):
            while not await stream.accept(SECOND) and peer.interims:
                peer.heard.clear()
                await peer.heard.wait()
        texts.append((await stream.finish()).text)
    await recogniser.close()
    return texts


@pytest.mark.parametrize(
    ("peer", "text", "sockets"),
    [
        pytest.param(DeepgramPeer(acknowledge=False), "hello there", 1, id="finals but no acknowledgement"),
        pytest.param(DeepgramPeer(answer_finalize=False), "hello", 2, id="interim texts and then nothing"),
        pytest.param(DeepgramPeer(finals=False), "", 1, id="an acknowledgement and no final"),
        pytest.param(DeepgramPeer(acknowledge=False, interims=False), "hello there", 1, id="finals alone"),
        pytest.param(DeepgramPeer(acknowledge=False, words=False), "hello there", 1, id="transcripts without words"),
    ],
)
async def test_what_is_in_hand_is_used_when_finalize_is_not_answered(
    impatient: None, peer: DeepgramPeer, text: str, sockets: int
) -> None:
    async with deepgram_at(peer) as provider:
        assert await heard_after(peer, provider) == [text, text]
    assert peer.sockets == sockets


async def test_a_quiet_socket_is_kept_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deepgram, "KEEP_ALIVE_S", 0.01)
    peer = DeepgramPeer()
    async with deepgram_at(peer) as provider:
        recogniser = await provider.open(SPEECH)
        await asyncio.wait_for(peer.kept_alive.wait(), 10)
        await recogniser.close()


async def test_a_refused_key_is_not_tried_again() -> None:
    async with deepgram_at(DeepgramPeer(refuse=401)) as provider:
        with pytest.raises(Rejected, match="401"):
            await provider.open(SPEECH)


async def test_nobody_there_is_unavailable() -> None:
    provider = DeepgramProvider(Endpoint("secret", "ws://127.0.0.1:1", ""))
    with pytest.raises(Unavailable):
        await provider.open(SPEECH)
