"""Vendors on WebSockets when they misbehave, each against a local peer that speaks its documented messages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from parley_asr.language.corpus import Speech
from parley_asr.providers.base import Final, Recogniser, RecogniserProvider, RecogniserRequest, Stream
from parley_asr.providers.registry import VENDORS as MAKERS
from parley_asr.providers.vendors.sockets import session, utterance
from parley_core.errors import BadReply, ParleyError, Rejected, Throttled, TimedOut, Unavailable
from parley_core.providers import kind_of
from parley_core.vendors import Endpoint
from parley_testing.vendors.recognisers import SOCKET_VENDORS as VENDORS
from parley_testing.vendors.sockets import Failure, SocketPeer, coded, hear_coded, socket_server

pytestmark = pytest.mark.outside

SPEECH = RecogniserRequest(Speech(phrases=("do you accept Blue Cross insurance",)), "en-US")
WORDS = ["four", "seven", "pineapple", "monday", "blue", "north"]
CHUNK = 3200
EACH = pytest.mark.parametrize("name", VENDORS)
TIMED = pytest.mark.parametrize("name", [name for name, vendor in VENDORS.items() if vendor.times])


def peer_of(name: str) -> SocketPeer:
    return SocketPeer(VENDORS[name].wire)


@asynccontextmanager
async def served(name: str, peer: SocketPeer, key: str = "secret") -> AsyncIterator[RecogniserProvider]:
    async with socket_server(peer) as address:
        yield MAKERS[name][1](Endpoint(key, address, ""))


async def feed(stream: Stream, pcm: bytes) -> str:
    text = ""
    for at in range(0, len(pcm), CHUNK):
        text = await stream.accept(pcm[at : at + CHUNK])
    return text


async def hear(recogniser: Recogniser, pcm: bytes) -> Final:
    stream = await recogniser.open_stream()
    await feed(stream, pcm)
    return await stream.finish()


async def lose(stream: Stream, pcm: bytes) -> None:
    await feed(stream, pcm)
    await stream.finish()


async def open_and_hear(provider: RecogniserProvider) -> Final:
    recogniser = await provider.open(SPEECH)
    try:
        return await hear(recogniser, SOUND)
    finally:
        await recogniser.close()


SOUND = coded(WORDS, WORDS)


@EACH
async def test_utterances_share_a_socket_that_is_closed_as_the_vendor_wants(name: str) -> None:
    peer = peer_of(name)
    async with served(name, peer) as provider:
        recogniser = await provider.open(SPEECH)
        for _ in range(3):
            assert (await hear(recogniser, SOUND)).text == "hello there"
        await recogniser.close()
    assert peer.sockets == 1
    assert peer.kinds.count("flush") == 3


@TIMED
async def test_words_have_the_times_of_their_own_utterance(name: str) -> None:
    peer = replace(peer_of(name), hear=hear_coded(WORDS))
    async with served(name, peer) as provider:
        recogniser = await provider.open(SPEECH)
        for said in (WORDS, WORDS[:2]):
            final = await hear(recogniser, coded(said, WORDS))
            assert final.text.split() == said
            assert [word.start_ms for word in final.words] == [240 * at for at in range(len(said))]
            assert [word.end_ms for word in final.words] == [240 * at + 160 for at in range(len(said))]
            assert final.confidence == pytest.approx(0.8)
        await recogniser.close()


@pytest.mark.parametrize("name", [name for name, vendor in VENDORS.items() if vendor.interims])
async def test_interim_texts_grow_while_the_caller_speaks(name: str) -> None:
    peer = peer_of(name)
    async with served(name, peer) as provider:
        recogniser = await provider.open(SPEECH)
        stream = await recogniser.open_stream()
        async with asyncio.timeout(10):
            while "hello" not in await stream.accept(SOUND[:CHUNK]):
                peer.changed.clear()
                await peer.changed.wait()
        await recogniser.close()


@EACH
async def test_silence_is_an_utterance_without_words(name: str) -> None:
    async with served(name, peer_of(name)) as provider:
        recogniser = await provider.open(SPEECH)
        assert await hear(recogniser, bytes(16_000)) == Final()
        assert (await hear(recogniser, SOUND)).text == "hello there"
        await recogniser.close()


@EACH
async def test_an_utterance_of_a_moment_is_answered_too(name: str) -> None:
    async with served(name, peer_of(name)) as provider:
        recogniser = await provider.open(SPEECH)
        assert (await hear(recogniser, bytes(640))).text == ""
        assert (await hear(recogniser, SOUND)).text == "hello there"
        await recogniser.close()


@EACH
async def test_words_that_come_late_are_not_in_the_next_utterance(name: str) -> None:
    peer = replace(peer_of(name), late=True)
    if VENDORS[name].times:
        peer.hear = hear_coded(WORDS)
    async with served(name, peer) as provider:
        recogniser = await provider.open(SPEECH)
        for said in (WORDS[:3], WORDS[3:], WORDS[:1]):
            final = await hear(recogniser, coded(said, WORDS) if VENDORS[name].times else SOUND)
            assert final.text.split() == (said if VENDORS[name].times else ["hello", "there"])
        await recogniser.close()


@EACH
async def test_messages_of_unknown_kinds_change_nothing(name: str) -> None:
    async with served(name, replace(peer_of(name), chatter=True)) as provider:
        recogniser = await provider.open(SPEECH)
        assert (await hear(recogniser, SOUND)).text == "hello there"
        await recogniser.close()


@EACH
@pytest.mark.parametrize("garbage", ["{", "[1]", "null", '"text"', '{"type": "', b"\xff\xfe", "1" * 5000, "[" * 9000])
async def test_what_is_no_message_costs_the_socket_and_no_more(name: str, garbage: str | bytes) -> None:
    peer = replace(peer_of(name), garbage=garbage)
    async with served(name, peer) as provider:
        recogniser = await provider.open(SPEECH)
        stream = await recogniser.open_stream()
        with pytest.raises((BadReply, Unavailable)):
            await lose(stream, SOUND)
        assert (await hear(recogniser, SOUND)).text == "hello there"
        await recogniser.close()
    assert peer.sockets == 2


@EACH
@pytest.mark.parametrize(
    ("failure", "error"), [("key", Rejected), ("funds", Rejected), ("busy", Throttled), ("server", Unavailable)]
)
async def test_the_vendors_errors_are_ours(name: str, failure: Failure, error: type[ParleyError]) -> None:
    async with served(name, replace(peer_of(name), fails=failure)) as provider:
        recogniser = await provider.open(SPEECH)
        stream = await recogniser.open_stream()
        with pytest.raises(ParleyError) as caught:
            await lose(stream, SOUND)
        assert type(caught.value) is error
        assert kind_of(caught.value).permanent is (error is Rejected)
        assert (await hear(recogniser, SOUND)).text == "hello there"
        await recogniser.close()


@EACH
@pytest.mark.parametrize(
    ("status", "error"), [(401, Rejected), (402, Rejected), (404, Rejected), (429, Throttled), (503, Unavailable)]
)
async def test_a_handshake_that_is_refused_says_whether_it_may_be_tried_again(
    name: str, status: int, error: type[ParleyError]
) -> None:
    async with served(name, replace(peer_of(name), busy=status)) as provider:
        with pytest.raises(ParleyError) as caught:
            await provider.open(SPEECH)
    assert type(caught.value) is error


@EACH
async def test_a_wrong_key_is_refused_for_good(name: str) -> None:
    async with served(name, peer_of(name), key="guessed") as provider:
        with pytest.raises(Rejected):
            await provider.open(SPEECH)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utterance, "FINAL_TIMEOUT_S", 0.2)
    monkeypatch.setattr(session, "CONNECT_TIMEOUT_S", 0.3)


@EACH
async def test_a_flush_without_an_answer_is_a_lost_socket(name: str, impatient: None) -> None:
    peer = replace(peer_of(name), flushes=False, interims=False)
    async with served(name, peer) as provider:
        recogniser = await provider.open(SPEECH)
        stream = await recogniser.open_stream()
        with pytest.raises(TimedOut):
            await lose(stream, SOUND)
        peer.flushes = True
        assert (await hear(recogniser, SOUND)).text == "hello there"
        await recogniser.close()
    assert peer.sockets == 2


@TIMED
async def test_what_was_heard_is_used_where_a_flush_is_not_answered(name: str, impatient: None) -> None:
    peer = replace(peer_of(name), flushes=False, hear=hear_coded(WORDS))
    async with served(name, peer) as provider:
        recogniser = await provider.open(SPEECH)
        for said in (WORDS, WORDS[1:3]):
            assert (await hear(recogniser, coded(said, WORDS))).text.split() == said
        await recogniser.close()
    assert peer.sockets == 2


@EACH
async def test_a_vendor_that_says_nothing_from_the_start_is_left_at_the_deadline(name: str, impatient: None) -> None:
    peer = replace(peer_of(name), listens=False)
    async with served(name, peer) as provider:
        with pytest.raises(TimedOut):
            await open_and_hear(provider)


@EACH
async def test_a_socket_that_is_lost_between_two_utterances_costs_neither(name: str) -> None:
    peer = peer_of(name)
    async with served(name, peer) as provider:
        recogniser = await provider.open(SPEECH)
        assert (await hear(recogniser, SOUND)).text == "hello there"
        await peer.die()
        texts = []
        while not texts:
            try:
                texts.append((await hear(recogniser, SOUND)).text)
            except Unavailable:
                continue  # the loss was not seen yet
        assert texts == ["hello there"]
        await recogniser.close()


@EACH
async def test_a_quiet_socket_is_kept_open(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "KEEP_ALIVE_S", 0.01)
    peer = peer_of(name)
    async with served(name, peer) as provider:
        recogniser = await provider.open(SPEECH)
        if VENDORS[name].keeps_alive:
            async with asyncio.timeout(10):
                while "alive" not in peer.kinds:
                    peer.changed.clear()
                    await peer.changed.wait()
        assert (await hear(recogniser, SOUND)).text == "hello there"
        await recogniser.close()
