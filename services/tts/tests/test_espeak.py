import asyncio

import pytest
from parley_core.errors import Conflict, Unavailable
from parley_tts.providers.base import SAMPLES_PER_MS, SpeechRequest, SpokenWord
from parley_tts.providers.espeak import EspeakProvider


async def words_of(provider: EspeakProvider, text: str, **more: object) -> list[SpokenWord]:
    return [word async for chunk in provider.synthesise(SpeechRequest(text, **more)) for word in chunk.words]


async def test_words_stand_where_they_are_spoken() -> None:
    provider = EspeakProvider()
    await provider.start()
    try:
        first, second = await words_of(provider, "Hello, goodbye.")
        assert 300 < first.end_ms <= second.start_ms < second.end_ms < 1500
    finally:
        await provider.close()


async def test_accents_and_quotes_do_not_shift_the_words() -> None:
    provider = EspeakProvider()
    await provider.start()
    try:
        plain = await words_of(provider, "Cafe naive hello there.")
        marked = await words_of(provider, "Café “naïve” hello there.")
        assert [word.text for word in marked] == ["Café", "“naïve”", "hello", "there."]
        assert abs(plain[-1].end_ms - marked[-1].end_ms) < 1000
    finally:
        await provider.close()


async def test_a_slower_voice_takes_longer() -> None:
    provider = EspeakProvider()
    await provider.start()
    try:
        slow = await words_of(provider, "Hello there my friend.", words_per_minute=100)
        fast = await words_of(provider, "Hello there my friend.", words_per_minute=250)
        assert slow[-1].end_ms > 1.5 * fast[-1].end_ms
    finally:
        await provider.close()


async def test_many_calls_speak_at_once_and_each_hears_its_own() -> None:
    provider = EspeakProvider()
    await provider.start()
    try:
        texts = [f"This is the caller number {number}." for number in range(20)]
        said = await asyncio.gather(*(words_of(provider, text) for text in texts))
        assert [" ".join(word.text for word in words) for words in said] == texts
    finally:
        await provider.close()


async def test_a_long_text_comes_in_pieces() -> None:
    provider = EspeakProvider()
    await provider.start()
    try:
        first = await anext(provider.synthesise(SpeechRequest("This is a long sentence. " * 40)))
        assert len(first.pcm) < 1000 * SAMPLES_PER_MS
    finally:
        await provider.close()


async def test_the_library_serves_one_owner_at_a_time() -> None:
    first, second = EspeakProvider(), EspeakProvider()
    await first.start()
    try:
        with pytest.raises(Conflict):
            await second.start()
    finally:
        await first.close()
    await second.start()
    await second.close()
    with pytest.raises(Unavailable):
        await anext(second.synthesise(SpeechRequest("Hello.")))


async def test_a_language_is_spoken_with_the_engines_nearest_voice() -> None:
    provider = EspeakProvider()
    await provider.start()
    try:
        text = "Buenos días, quisiera una cita."
        lengths = {}
        for language in ("es-ES", "es-MX", "de-AT", "en-US"):
            words = await words_of(provider, text, language=language)
            assert [word.text for word in words] == text.split()
            lengths[language] = words[-1].end_ms
        assert lengths["es-ES"] != lengths["en-US"]
        assert lengths["de-AT"] != lengths["en-US"]
    finally:
        await provider.close()
