"""What every speech provider must do, run on each of them."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import numpy as np
import pytest
import pytest_asyncio
from parley_core.errors import ParleyError
from parley_tts.providers.base import SAMPLES_PER_MS, SpeechProvider, SpeechRequest
from parley_tts.providers.espeak import EspeakProvider
from parley_tts.providers.fake import FakePace, FakeProvider
from parley_tts.providers.pyttsx3 import Pyttsx3Provider

pytestmark = pytest.mark.outside

SENTENCE = "Hello – Dr. Lopez can see you at 10:30, and it's the end of the day; call (555) 014-2222 or a.b@clinic.com!"


@pytest_asyncio.fixture(params=["espeak", "pyttsx3", "fake"])
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[SpeechProvider]:
    made: SpeechProvider = {
        "espeak": EspeakProvider,
        "pyttsx3": Pyttsx3Provider,
        "fake": lambda: FakeProvider(FakePace(first_ms=0, times_real_time=10_000)),
    }[request.param]()
    await made.start()
    yield made
    await made.close()


class TestEveryProvider:
    async def test_words_are_those_of_the_text_with_times_inside_the_audio(self, provider: SpeechProvider) -> None:
        chunks = [chunk async for chunk in provider.synthesise(SpeechRequest(SENTENCE, "en-us"))]
        words = [word for chunk in chunks for word in chunk.words]
        assert [word.text for word in words] == SENTENCE.split()
        assert [word.index for word in words] == list(range(len(words)))
        length_ms = sum(len(chunk.pcm) for chunk in chunks) / SAMPLES_PER_MS
        assert 3000 < length_ms < 30_000
        assert all(word.start_ms <= word.end_ms <= length_ms + 1 for word in words)
        assert [word.start_ms for word in words] == sorted(word.start_ms for word in words)

    async def test_audio_is_16_bit_and_is_heard(self, provider: SpeechProvider) -> None:
        pcm = np.concatenate([chunk.pcm async for chunk in provider.synthesise(SpeechRequest("Hello there."))])
        assert pcm.dtype == np.int16
        assert np.abs(pcm.astype(np.int32)).max() > 3000

    async def test_a_sentence_that_is_given_up_does_not_disturb_the_next(self, provider: SpeechProvider) -> None:
        async with aclosing(provider.synthesise(SpeechRequest(SENTENCE))) as pieces:
            await anext(pieces)
        words = [
            word.text async for chunk in provider.synthesise(SpeechRequest("All is well.")) for word in chunk.words
        ]
        assert words == ["All", "is", "well."]

    async def test_it_lists_its_voices(self, provider: SpeechProvider) -> None:
        voices = await provider.voices()
        assert voices
        assert {voice.provider for voice in voices} == {provider.name}


@pytest.mark.parametrize("make", [EspeakProvider, Pyttsx3Provider])
async def test_an_unknown_voice_is_an_error_and_the_provider_lives_on(make: type[SpeechProvider]) -> None:
    provider = make()
    await provider.start()
    try:
        with pytest.raises(ParleyError):
            await anext(provider.synthesise(SpeechRequest("Hello.", voice="no-such-voice")))
        assert [chunk async for chunk in provider.synthesise(SpeechRequest("Hello."))]
    finally:
        await provider.close()
