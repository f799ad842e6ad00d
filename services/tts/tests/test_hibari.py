"""The neural voice: levels, word times, long sentences, its cost, and what follows when it fails."""

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from parley_core.errors import NotFound, Unavailable
from parley_tts.providers.base import SAMPLES_PER_MS, Pcm, SpeechRequest, SpokenWord
from parley_tts.providers.hibari import DIALECT, HibariProvider
from parley_tts.providers.neural import with_output
from parley_tts.text import prepare

NO_FOLDER = Path("/no/folder/of/weights")
LONG = (
    "We are open from Monday to Friday, from eight in the morning to six in the evening, and on Saturday from nine to "
    "one, but on Sundays and on public holidays we are closed all day."
)


@pytest_asyncio.fixture
async def voice() -> AsyncIterator[HibariProvider]:
    made = HibariProvider(NO_FOLDER)
    await made.start()
    yield made
    await made.close()


async def speak(voice: HibariProvider, text: str, words_per_minute: int = 0) -> tuple[Pcm, list[SpokenWord]]:
    request = SpeechRequest(text, words_per_minute=words_per_minute)
    chunks = [chunk async for chunk in voice.synthesise(request)]
    return np.concatenate([chunk.pcm for chunk in chunks]), [word for chunk in chunks for word in chunk.words]


def level_db(pcm: Pcm) -> float:
    sounding = pcm[np.abs(pcm.astype(np.int32)) > 300].astype(np.float64)
    return float(20 * np.log10(np.sqrt(np.mean(sounding**2)) / 32768))


async def test_it_is_as_loud_as_speech_on_a_telephone_and_does_not_clip(voice: HibariProvider) -> None:
    for text in ("Hello, how can I help you?", LONG, "No."):
        pcm, _ = await speak(voice, text)
        assert -26 < level_db(pcm) < -14, text
        assert np.abs(pcm.astype(np.int32)).max() < 32_000


async def test_words_lie_where_the_sound_is(voice: HibariProvider) -> None:
    """Each word's stretch is louder than the silence around the sentence, and none begins before the sound does."""
    pcm, words = await speak(voice, "Doctor Chen sees adults and children on Tuesday.")
    sounding = np.flatnonzero(np.abs(pcm.astype(np.int32)) > 100) / SAMPLES_PER_MS
    assert words[0].start_ms == pytest.approx(sounding[0], abs=60)
    assert words[-1].end_ms == pytest.approx(sounding[-1], abs=250)
    for word in words:
        part = pcm[word.start_ms * SAMPLES_PER_MS : word.end_ms * SAMPLES_PER_MS].astype(np.float64)
        assert np.sqrt(np.mean(part**2)) > 300, word
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(words))


async def test_a_long_sentence_begins_before_it_is_made(voice: HibariProvider) -> None:
    chunks = [chunk async for chunk in voice.synthesise(SpeechRequest(LONG))]
    assert len(chunks) > 1
    assert [word.text for chunk in chunks for word in chunk.words] == LONG.split()
    whole = np.concatenate([chunk.pcm for chunk in chunks])
    loud = np.flatnonzero(np.abs(whole.astype(np.int32)) > 300)
    assert np.diff(loud).max() / SAMPLES_PER_MS < 450  # no longer pause than a breath


async def test_the_first_audio_of_a_sentence_costs_little(voice: HibariProvider) -> None:
    """At most 40 ms of CPU for eight words; the least of several, since the machine has other work, too."""
    took: list[float] = []
    for _ in range(8):
        before = time.process_time()
        await anext(voice.synthesise(SpeechRequest("We are open Monday to Friday from eight.")))
        took.append(time.process_time() - before)
    assert min(took) < 0.04


async def test_it_speaks_faster_where_it_is_asked_to(voice: HibariProvider) -> None:
    slow, _ = await speak(voice, LONG, 140)
    fast, _ = await speak(voice, LONG, 220)
    assert len(fast) < 0.75 * len(slow)


async def test_the_same_text_gives_the_same_sound(voice: HibariProvider) -> None:
    one, _ = await speak(voice, "Thank you for calling.")
    other, _ = await speak(voice, "Thank you for calling.")
    assert np.array_equal(one, other)


async def test_other_languages_are_not_its_own(voice: HibariProvider) -> None:
    assert voice.speaks("en-GB")
    assert not voice.speaks("es-MX")
    with pytest.raises(NotFound):
        await anext(voice.synthesise(SpeechRequest("Hola.", language="es-MX")))


async def test_calls_that_speak_at_once_share_one_session(voice: HibariProvider) -> None:
    texts = [f"You are number {number} in the line." for number in ("one", "two", "three", "four")]
    spoken = await asyncio.gather(*(speak(voice, text) for text in texts))
    assert [[word.text for word in words] for _, words in spoken] == [text.split() for text in texts]


async def test_wrong_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parley_core.weights._in_package", lambda package, path: None)
    with pytest.raises(Unavailable, match="hibari"):
        await HibariProvider(tmp_path).start()


def test_an_output_is_added_behind_the_model() -> None:
    assert with_output(b"", b"x") == b"\x3a\x05\x62\x03\x0a\x01x"  # graph{output{name: "x"}}


async def test_silent_tokens_have_their_place(voice: HibariProvider) -> None:
    _, words = await speak(voice, "Yes – and no …")
    assert [word.text for word in words] == ["Yes", "–", "and", "no", "…"]
    assert [word.start_ms for word in words] == sorted(word.start_ms for word in words)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("We open at 8 a.m. on Monday.", "We open at eight AM on Monday."),
        ("Come to 12 Main St. today.", "Come to twelve Main street today."),
        ("Ask for Dr. Lopez.", "Ask for doctor Lopez."),
        ("It costs $20.", "It costs twenty dollars."),
        ("It costs $1.50 more.", "It costs one dollar and fifty cents more."),
        ("Write to maria.lopez@clinic.com today.", "Write to maria dot lopez at clinic dot com today."),
        ("Your code is BK739.", "Your code is B K seven three nine."),
    ],
)
async def test_written_forms_sound_as_a_person_reads_them(voice: HibariProvider, written: str, spoken: str) -> None:
    engine = voice._engine
    assert engine is not None

    def sounds(text: str) -> str:
        made = "".join(part.symbols for part in engine.sounds(prepare(text, "en-US", dialect=DIALECT)))
        return made.translate({ord(mark): None for mark in "ˈˌ .,"})  # stress and pauses may differ

    assert sounds(written) == sounds(spoken)


async def test_the_letter_a_of_a_code_is_no_article(voice: HibariProvider) -> None:
    engine = voice._engine
    assert engine is not None
    (sounds,) = engine.sounds(prepare("AB739", "en-US", dialect=DIALECT))
    assert sounds.symbols.lstrip("ˈˌ").startswith("A")  # misaki's symbol of the sound in "day"
