"""OpenAI-compatible transcription, against a local server that reads the form as documented."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from parley_asr import transcribing
from parley_asr.language.corpus import Speech
from parley_asr.providers.base import Final, Recogniser, RecogniserRequest
from parley_asr.providers.vendors import openai
from parley_asr.providers.vendors.openai import OpenAiProvider
from parley_core.errors import BadReply, ParleyError, Rejected, Throttled, TimedOut, Unavailable
from parley_core.vendors import Endpoint
from parley_testing.vendors.openai_transcription import TranscriptionPeer, transcription_server
from parley_testing.vendors.sockets import coded, hear_coded

pytestmark = pytest.mark.outside

SPEECH = RecogniserRequest(Speech(phrases=("do you accept Blue Cross insurance",)), "en-US")
WORDS = ["four", "seven", "monday"]
AUDIO = coded(WORDS, WORDS)


@asynccontextmanager
async def served(
    peer: TranscriptionPeer, model: str = "whisper-1", key: str = "secret"
) -> AsyncIterator[OpenAiProvider]:
    async with transcription_server(peer) as address:
        provider = OpenAiProvider(Endpoint(key, address, model))
        try:
            yield provider
        finally:
            await provider.close()


async def hear(recogniser: Recogniser, pcm: bytes = AUDIO) -> Final:
    stream = await recogniser.open_stream()
    for at in range(0, len(pcm), 3200):
        assert await stream.accept(pcm[at : at + 3200]) == ""
    return await stream.finish()


@pytest.mark.parametrize("nested", [False, True])
async def test_words_have_the_times_that_the_model_gives(nested: bool) -> None:
    peer = TranscriptionPeer(hear_coded(WORDS), nested=nested)
    async with served(peer) as provider:
        final = await hear(await provider.open(SPEECH))
    assert [(word.text, word.start_ms, word.end_ms) for word in final.words] == [
        ("four", 0, 160),
        ("seven", 240, 400),
        ("monday", 480, 640),
    ]
    assert final.confidence == pytest.approx(0.8)
    (form,) = peer.forms
    assert (form["model"], form["language"], form["prompt"]) == (["whisper-1"], ["en"], ["Blue, Cross"])
    assert (form["response_format"], form["timestamp_granularities[]"]) == (["verbose_json"], ["word"])


async def test_a_model_without_times_has_its_words_spread_over_the_utterance() -> None:
    peer = TranscriptionPeer(hear_coded(WORDS))
    async with served(peer, "gpt-4o-transcribe") as provider:
        final = await hear(await provider.open(SPEECH))
    assert [(word.text, word.start_ms) for word in final.words] == [("four", 0), ("seven", 240), ("monday", 480)]
    assert final.confidence == pytest.approx(0.8187, abs=0.001)
    assert (peer.forms[0]["response_format"], peer.forms[0]["include[]"]) == (["json"], ["logprobs"])


async def test_a_model_that_refuses_to_give_times_is_asked_once() -> None:
    peer = TranscriptionPeer(hear_coded(WORDS), times=False)
    async with served(peer, "qwen3-asr") as provider:
        recogniser = await provider.open(SPEECH)
        for _ in range(2):
            assert (await hear(recogniser)).text.split() == WORDS
    assert [form["response_format"][0] for form in peer.forms] == ["verbose_json", "json", "json"]


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, Rejected), (402, Rejected), (403, Rejected), (404, Rejected), (429, Throttled), (500, Unavailable)],
)
async def test_the_endpoints_errors_are_ours(status: int, error: type[ParleyError]) -> None:
    async with served(TranscriptionPeer(status=status)) as provider:
        recogniser = await provider.open(SPEECH)
        with pytest.raises(ParleyError) as caught:
            await hear(recogniser)
    assert type(caught.value) is error


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"text": 1}', b'{"text": "cut', b"\xff"])
async def test_an_answer_that_says_nothing_is_a_failure(body: bytes) -> None:
    async with served(TranscriptionPeer(body=body)) as provider:
        recogniser = await provider.open(SPEECH)
        with pytest.raises(BadReply):
            await hear(recogniser)


async def test_a_connection_that_breaks_is_unavailable_and_the_next_request_has_another() -> None:
    peer = TranscriptionPeer(hear_coded(WORDS), breaks_off=1)
    async with served(peer) as provider:
        recogniser = await provider.open(SPEECH)
        with pytest.raises(Unavailable):
            await hear(recogniser)
        assert (await hear(recogniser)).text.split() == WORDS


async def test_an_endpoint_that_hangs_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "ANSWER_TIMEOUT_S", 0.1)
    async with served(TranscriptionPeer(hangs=True)) as provider:
        recogniser = await provider.open(SPEECH)
        with pytest.raises(TimedOut):
            await hear(recogniser)


async def test_a_call_in_several_languages_is_told_which_one_it_was() -> None:
    peer = TranscriptionPeer()
    async with served(peer) as provider:
        several = RecogniserRequest(Speech(), "es-ES", ("en-US",))
        final = await hear(await provider.open(several))
    assert final.language == "en-US"
    assert "language" not in peer.forms[0]


async def test_whole_recordings_are_transcribed_by_it_too() -> None:
    peer = TranscriptionPeer(hear_coded(WORDS))
    async with served(peer) as provider:
        recogniser = await provider.open(SPEECH)
        final = await transcribing.transcribe(recogniser, bytes(64_000) + AUDIO + bytes(64_000) + AUDIO)
    assert final.text.split() == WORDS * 2
    assert final.words[0].start_ms == pytest.approx(2000, abs=20)


async def test_a_wrong_key_is_refused_for_good() -> None:
    async with served(TranscriptionPeer(), key="guessed") as provider:
        recogniser = await provider.open(SPEECH)
        with pytest.raises(Rejected, match="401"):
            await hear(recogniser)
