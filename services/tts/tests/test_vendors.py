"""Voices of vendors against servers that speak their protocols, well and badly; the call around them included."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from parley.v1 import events_pb2, live_pb2, speech_pb2
from parley_core.clock import SystemClock
from parley_core.errors import BadReply, ParleyError, Unavailable
from parley_core.providers import Attempts, Candidates, Registry, kind_of
from parley_core.vendors import Endpoint
from parley_testing.vendors.speech.aura import aura_server
from parley_testing.vendors.speech.azure import azure_speech_server
from parley_testing.vendors.speech.cartesia import cartesia_server
from parley_testing.vendors.speech.elevenlabs import elevenlabs_server
from parley_testing.vendors.speech.google import google_speech_server
from parley_testing.vendors.speech.openai import openai_speech_server
from parley_testing.vendors.speech.peer import WORD_MS, VoicePeer
from parley_testing.vendors.speech.sarvam import sarvam_speech_server
from parley_testing.vendors.speech.triton import triton_speech_server
from parley_tts.call import CallVoice, Patience, SpokenCall
from parley_tts.metrics import SpeechMetrics
from parley_tts.providers.base import SAMPLES_PER_MS, SpeechChunk, SpeechProvider, SpeechRequest
from parley_tts.providers.vendors.aura import FLUSHES, Aura
from parley_tts.providers.vendors.azure import Azure
from parley_tts.providers.vendors.cartesia import Cartesia
from parley_tts.providers.vendors.elevenlabs import ElevenLabs
from parley_tts.providers.vendors.google import Google
from parley_tts.providers.vendors.openai import OpenAiSpeech
from parley_tts.providers.vendors.sarvam import Sarvam
from parley_tts.providers.vendors.triton import TritonSpeech
from parley_tts.providers.vendors.voice import VendorEngine, VendorVoice
from parley_tts.rpc import TtsServicer
from parley_tts.shaping import Shape

if TYPE_CHECKING:
    from conftest import Collected

pytestmark = pytest.mark.outside

SENTENCE = "one two three four five six seven eight nine ten"
METRICS = SpeechMetrics()


@dataclass(frozen=True, slots=True)
class Kind:
    engine: Callable[[Endpoint], VendorEngine]
    serve: Callable[[VoicePeer], AbstractAsyncContextManager[str]]
    model: str = ""


KINDS = {
    "azure": Kind(Azure, azure_speech_server),
    "cartesia": Kind(Cartesia, cartesia_server),
    "deepgram": Kind(Aura, aura_server),
    "google": Kind(Google, google_speech_server),
    "sarvam": Kind(Sarvam, sarvam_speech_server),
    "triton": Kind(TritonSpeech, triton_speech_server),
    "openai": Kind(OpenAiSpeech, openai_speech_server),
    "openai by characters": Kind(OpenAiSpeech, openai_speech_server, "tts-1"),
    "openai wav": Kind(OpenAiSpeech, lambda peer: openai_speech_server(peer, wav=True), "kokoro"),
    "elevenlabs": Kind(ElevenLabs, elevenlabs_server),
    "elevenlabs http": Kind(ElevenLabs, elevenlabs_server, "eleven_v3"),
    "elevenlabs twice": Kind(ElevenLabs, lambda peer: elevenlabs_server(peer, twice=True)),
}
TIMED = [name for name in KINDS if name.startswith(("azure", "elevenlabs", "cartesia", "google"))]
SOCKETS = ["azure", "elevenlabs", "cartesia", "deepgram"]
STREAMS = [name for name in KINDS if name != "google"]  # it gives a sentence whole


@asynccontextmanager
async def serving(kind: str, peer: VoicePeer, key: str = "key") -> AsyncIterator[VendorVoice]:
    one = KINDS[kind]
    async with one.serve(peer) as address:
        made = VendorVoice(one.engine(Endpoint(key, address, one.model)))
        await made.start()
        try:
            yield made
        finally:
            await made.close()


async def chunks_of(provider: SpeechProvider, text: str = SENTENCE, **more: str) -> list[SpeechChunk]:
    return [chunk async for chunk in provider.synthesise(SpeechRequest(text, **more))]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestEveryVendor:
    @pytest.mark.parametrize("kind", STREAMS)
    async def test_the_first_audio_does_not_wait_for_the_rest(self, kind: str) -> None:
        async with (
            asyncio.timeout(20),
            serving(kind, VoicePeer(stalls_after=1)) as voice,
            aclosing(voice.synthesise(SpeechRequest(SENTENCE))) as chunks,
        ):
            assert len((await anext(chunks)).pcm)

    async def test_all_audio_comes_in_the_platforms_rate(self, kind: str) -> None:
        async with serving(kind, VoicePeer()) as voice:
            chunks = await chunks_of(voice)
        length_ms = sum(len(chunk.pcm) for chunk in chunks) / SAMPLES_PER_MS
        assert length_ms == pytest.approx(10 * WORD_MS, abs=2)

    @pytest.mark.parametrize(
        ("status", "permanent"), [(401, True), (402, True), (403, True), (429, False), (503, False)]
    )
    async def test_refusals_that_last_are_told_from_those_that_pass(
        self, kind: str, status: int, permanent: bool
    ) -> None:
        async with serving(kind, VoicePeer(status=status)) as voice:
            with pytest.raises(ParleyError) as error:
                await chunks_of(voice)
        assert kind_of(error.value).permanent is permanent

    async def test_a_wrong_key_is_a_refusal(self, kind: str) -> None:
        async with serving(kind, VoicePeer(), key="wrong") as voice:
            with pytest.raises(ParleyError) as error:
                await chunks_of(voice)
        assert kind_of(error.value).permanent

    async def test_garbage_is_a_bad_reply(self, kind: str) -> None:
        async with serving(kind, VoicePeer(malformed=True)) as voice:
            with pytest.raises(BadReply):
                await chunks_of(voice)

    async def test_an_answer_without_audio_is_a_bad_reply(self, kind: str) -> None:
        async with serving(kind, VoicePeer(empty=True)) as voice:
            with pytest.raises(BadReply):
                await chunks_of(voice)

    async def test_messages_of_unknown_kinds_change_nothing(self, kind: str) -> None:
        async with serving(kind, VoicePeer(strangers=True)) as voice:
            chunks = await chunks_of(voice)
        assert [word.text for chunk in chunks for word in chunk.words] == SENTENCE.split()
        assert sum(len(chunk.pcm) for chunk in chunks) / SAMPLES_PER_MS == pytest.approx(10 * WORD_MS, abs=2)

    async def test_what_a_sentence_costs_comes_once(self, kind: str) -> None:
        async with serving(kind, VoicePeer()) as voice:
            charges = [charge for chunk in await chunks_of(voice) for charge in chunk.charges]
        by_tokens = kind == "openai"
        assert [charge.meter for charge in charges] == (
            ["tts_input_tokens", "tts_output_tokens"] if by_tokens else ["tts_characters"]
        )
        markup = len("<speak></speak>") if kind == "google" else 0  # it counts
        assert charges[0].quantity == (10_000 if by_tokens else (len(SENTENCE) + markup) * 1000)

    async def test_a_connection_that_was_closed_meanwhile_is_not_a_failure(self, kind: str) -> None:
        async with serving(kind, VoicePeer(closes_behind=True)) as voice:
            for _ in range(3):
                assert len(await chunks_of(voice))

    @pytest.mark.parametrize("kind", STREAMS)
    async def test_a_sentence_that_is_not_wanted_is_cancelled_at_the_vendors(self, kind: str) -> None:
        peer = VoicePeer(stalls_after=2)
        async with serving(kind, peer) as voice, asyncio.timeout(20):
            async with aclosing(voice.synthesise(SpeechRequest(SENTENCE))) as chunks:
                await anext(chunks)
            while not peer.cancelled:
                peer.changed.clear()
                await peer.changed.wait()
        assert peer.cancelled == [SENTENCE]


@pytest.mark.parametrize("kind", TIMED)
async def test_words_have_the_vendors_times(kind: str) -> None:
    async with serving(kind, VoicePeer()) as voice:
        words = [word for chunk in await chunks_of(voice) for word in chunk.words]
    assert [word.start_ms for word in words] == pytest.approx([at * WORD_MS for at in range(10)], abs=25)


@pytest.mark.parametrize("kind", SOCKETS)
async def test_a_socket_serves_one_sentence_after_the_other_and_a_cancelled_one(kind: str) -> None:
    peer = VoicePeer()
    async with serving(kind, peer) as voice:
        await chunks_of(voice)
        async with aclosing(voice.synthesise(SpeechRequest(SENTENCE))) as chunks:
            await anext(chunks)
        words = [word.text for chunk in await chunks_of(voice, "and now this") for word in chunk.words]
    assert words == ["and", "now", "this"]
    assert peer.connections == 1


async def test_a_socket_of_deepgram_is_left_before_its_limit_of_flushes() -> None:
    peer = VoicePeer()
    async with serving("deepgram", peer) as voice:
        for _ in range(FLUSHES + 2):
            assert await chunks_of(voice, "one")
    assert peer.connections == 2


async def test_elevenlabs_goes_by_http_where_no_socket_can_be_had() -> None:
    peer = VoicePeer()
    async with elevenlabs_server(peer, sockets=False) as address:
        voice = VendorVoice(ElevenLabs(Endpoint("key", address, "")))
        await voice.start()
        assert [word.text for chunk in await chunks_of(voice) for word in chunk.words] == SENTENCE.split()
        await voice.close()


async def test_pronunciations_go_where_the_model_takes_them() -> None:
    request = SpeechRequest("Ask Nguyen now.", pronunciations={"Nguyen": "/wɪn/"})
    for kind, expected in {
        "openai wav": "Ask [Nguyen](/ˈwɪn/) now.",
        "openai": "Ask Nguyen now.",
        "cartesia": "Ask <<w|ɪ|n>> now.",
        "deepgram": 'Ask \\{"word": "Nguyen", "pronounce": "wɪn"\\} now.',
        "elevenlabs": "Ask Nguyen now.",
        "azure": "Ask Nguyen now.",
        "google": "Ask Nguyen now.",
    }.items():
        peer = VoicePeer()
        async with serving(kind, peer) as voice:
            assert [word.text async for chunk in voice.synthesise(request) for word in chunk.words] == [
                "Ask",
                "Nguyen",
                "now.",
            ]
        assert peer.said == [expected]


@pytest.mark.parametrize("kind", ["azure", "google"])
async def test_markup_is_made_of_any_text(kind: str) -> None:
    peer = VoicePeer()
    request = SpeechRequest('Tom & "Nguyen" <3 – 5 > 4.', pronunciations={"Nguyen": "/wɪn/"}, words_per_minute=200)
    async with serving(kind, peer) as voice:
        words = [word.text async for chunk in voice.synthesise(request) for word in chunk.words]
    assert words == request.text.split()
    assert '<phoneme alphabet="ipa" ph="wɪn">Nguyen</phoneme>' in str(peer.seen)


async def test_a_vendor_that_does_not_answer_is_left_out_of_the_list_of_all_voices() -> None:
    async with cartesia_server(VoicePeer()) as gone:
        pass
    async with elevenlabs_server(VoicePeer()) as address:
        made = [VendorVoice(ElevenLabs(Endpoint("key", address, ""))), VendorVoice(Cartesia(Endpoint("key", gone, "")))]
        async with Registry[SpeechProvider]("voice", made) as registry:
            servicer = TtsServicer(registry, "")
            listed = await servicer.ListVoices(speech_pb2.ListVoicesRequest(), None)  # type: ignore[arg-type]
            assert [(voice.provider, voice.name) for voice in listed.voices] == [("elevenlabs", "george")]
            with pytest.raises(Unavailable):
                await servicer.ListVoices(speech_pb2.ListVoicesRequest(provider="cartesia"), None)  # type: ignore[arg-type]


@asynccontextmanager
async def calling(output: "Collected", *providers: SpeechProvider) -> AsyncIterator[SpokenCall]:
    call = SpokenCall(
        [CallVoice(Candidates(providers), providers[0].name, "", "en-US", 165)],
        output,
        clock=SystemClock(),
        attempts=Attempts(METRICS.providers),
        metrics=METRICS,
        shape=Shape(),
        patience=Patience(next_audio_s=0.3),
    )
    call.start()
    try:
        yield call
    finally:
        await call.close()


class TestAVendorThatDiesInTheMiddleOfASentence:
    @pytest.mark.parametrize("first", STREAMS)
    @pytest.mark.parametrize("second", ["openai by characters", "elevenlabs"])
    @pytest.mark.parametrize("death", ["breaks_after", "stalls_after"])
    async def test_the_other_goes_on_at_the_next_word(
        self, output: "Collected", first: str, second: str, death: str
    ) -> None:
        dying, living = VoicePeer(), VoicePeer()
        async with serving(first, dying) as one, serving(second, living) as other:
            await chunks_of(one)  # its pace is known from a sentence before
            setattr(dying, death, 14)  # pieces of 100 ms: in the middle of the fifth word
            async with calling(output, one, other) as call, asyncio.timeout(30):
                call.say(live_pb2.Say(turn=1, text=SENTENCE))
                await output.finished(1)
        assert living.said == [SENTENCE.split("four ")[1]]
        assert output.words(1) == SENTENCE.split()
        used = [(fact.provider, fact.quantity) for fact in output.facts if isinstance(fact, events_pb2.UsageMeasured)]
        assert {provider for provider, _ in used} == {one.name, other.name}

    async def test_where_nothing_was_heard_the_whole_sentence_is_said(self, output: "Collected") -> None:
        dying, living = VoicePeer(breaks_after=0), VoicePeer()
        async with (
            asyncio.timeout(30),
            serving("elevenlabs", dying) as one,
            serving("openai by characters", living) as other,
            calling(output, one, other) as call,
        ):
            call.say(live_pb2.Say(turn=1, text=SENTENCE))
            await output.finished(1)
        assert living.said == [SENTENCE]
        assert output.words(1) == SENTENCE.split()
