"""Whisper in its process: what it hears, and what happens when the process dies or hangs."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from parley_asr.language.corpus import Speech
from parley_asr.providers.base import RecogniserRequest, Stream
from parley_asr.providers.whisper.decoder import WhisperDecoder
from parley_asr.providers.whisper.provider import WhisperProvider
from parley_core.bus.claims import ClaimedWorker
from parley_core.errors import BadInput, TimedOut, Unavailable
from parley_testing.neural_speech import say
from speakers import no_speech, pcm, telephone

pytestmark = pytest.mark.outside

NOTHING = Speech()
HOURS = "What are your opening hours on Saturday?"
HEARD_HOURS = "what are your opening hours on saturday"
STORY = (
    "I called on Monday about the window in the kitchen.",
    "The frame is broken and the rain comes in.",
    "Your colleague said that somebody would come on Wednesday.",
    "We waited the whole afternoon and nobody was there.",
    "Now the floor is wet and the carpet has to go.",
    "My husband put a towel under the window this morning.",
    "Could you please send somebody today?",
    "We are at home until six in the evening.",
    "After that my neighbor has the key.",
    "She lives on the second floor on the left.",
    "I would also like to know what the repair will cost.",
    "Thank you very much for your help.",
)
Hire = Callable[..., Awaitable[ClaimedWorker]]
Calls = Callable[[], Any]  # conftest.Gateway


@pytest.fixture
def decoder(tmp_path: Path) -> WhisperDecoder:
    return WhisperDecoder(tmp_path, threads=2, timeout_s=20, shared=False)


@pytest_asyncio.fixture
async def provider(decoder: WhisperDecoder) -> AsyncIterator[WhisperProvider]:
    made = WhisperProvider(decoder)
    await made.start()
    yield made
    await made.close()


async def give(stream: Stream, pcm: bytes) -> list[str]:
    return [await stream.accept(pcm[at : at + 3200]) for at in range(0, len(pcm), 3200)]


def noise() -> bytes:
    return (np.random.default_rng(7).normal(0, 0.05, 32_000) * 32767).astype("<i2").tobytes()


async def hear(provider: WhisperProvider, pcm: bytes, language: str = "en-US", *, others: tuple[str, ...] = ()) -> Any:
    recogniser = await provider.open(RecogniserRequest(NOTHING, language, others))
    stream = await recogniser.open_stream()
    await give(stream, pcm)
    return await stream.finish()


async def test_it_hears_words_that_no_agent_knows_with_times_and_confidence(provider: WhisperProvider) -> None:
    final = await hear(provider, say(HOURS))
    assert final.text == HEARD_HOURS
    assert 0.5 < final.confidence <= 1
    assert 250 <= final.words[0].start_ms <= 400  # 300 ms of silence come first
    length_ms = len(say(HOURS)) // 32
    assert length_ms - 700 < final.words[-1].end_ms <= length_ms - 440
    assert all(word.start_ms < word.end_ms for word in final.words)
    assert all(one.start_ms <= other.start_ms for one, other in pairwise(final.words))


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (
            "My phone number is five five five, zero one four two.",
            "my phone number is five five five zero one four two",
        ),
        ("Tomorrow at ten thirty, please.", "tomorrow at ten thirty please"),
        ("It costs forty five dollars.", "it costs forty five dollars"),
        ("Yes, that is right.", "yes that is right"),
    ],
)
async def test_figures_are_spelled_out(provider: WhisperProvider, said: str, heard: str) -> None:
    assert (await hear(provider, say(said))).text == heard


@pytest.mark.parametrize("knowledge", [(), ("Dr. Chen is here on Monday", "we accept Blue Cross and Aetna")])
async def test_sounds_in_which_nobody_speaks_have_no_words(
    provider: WhisperProvider, knowledge: tuple[str, ...]
) -> None:
    """With an agent's names in its prompt the model would write one of them."""
    request = RecogniserRequest(Speech(knowledge=knowledge), "en-US")
    for name, sound in no_speech().items():
        for line in (sound, telephone(sound)):
            stream = await (await provider.open(request)).open_stream()
            await give(stream, pcm(line))
            assert (await stream.finish()).text == "", name
    assert (await (await (await provider.open(request)).open_stream()).finish()).text == ""  # no audio at all


async def test_a_long_utterance_is_heard_whole(provider: WhisperProvider) -> None:
    pcm = b"".join(say(text) for text in STORY)
    assert len(pcm) > 30 * 32_000
    final = await hear(provider, pcm)
    assert final.text == " ".join(text.rstrip(".?").lower() for text in STORY)
    assert all(one.start_ms <= other.start_ms for one, other in pairwise(final.words))


async def test_interim_texts_grow_and_lead_to_the_final(provider: WhisperProvider) -> None:
    recogniser = await provider.open(RecogniserRequest(NOTHING, "en"))
    stream = await recogniser.open_stream()
    pcm, texts = say("I would like to book an appointment for next Tuesday morning."), [""]
    at, began = 0, asyncio.get_running_loop().time()
    while at < len(pcm):  # slower than speech: a busy machine makes fewer interim texts
        if asyncio.get_running_loop().time() - began >= at / 12_000:
            texts.append(await stream.accept(pcm[at : at + 3200]))
            at += 3200
        await asyncio.sleep(0.01)
    final = await stream.finish()
    assert final.text == "i would like to book an appointment for next tuesday morning"
    assert len(set(texts)) > 1
    assert all(late.startswith(early) for early, late in pairwise(texts))
    assert final.text.startswith(texts[-1].rsplit(" ", 1)[0])


async def test_a_caller_who_goes_on_is_heard_to_the_end(provider: WhisperProvider) -> None:
    """The decode that began in the pause is dropped."""
    final = await hear(provider, say("Do you accept") + bytes(6400) + say("Blue Cross insurance?"))
    assert final.text == "do you accept blue cross insurance"


async def test_a_sentence_in_pieces_is_heard_as_one(provider: WhisperProvider) -> None:
    """A gateway ends an utterance at every pause; alone, the second piece begins with another word."""
    recogniser = await provider.open(RecogniserRequest(NOTHING, "en-US"))
    texts = []
    for piece in ("My number is six one two", "five five five", "zero one three four."):
        stream = await recogniser.open_stream()
        await give(stream, say(piece))
        final = await stream.finish()
        texts.append(final.text)
        assert 200 <= final.words[0].start_ms <= 600  # times are the piece's own
    assert texts == ["my number is six one two", "five five five", "zero one three four"]


async def test_what_was_said_before_is_not_written_for_a_sound(provider: WhisperProvider) -> None:
    recogniser = await provider.open(RecogniserRequest(NOTHING, "en-US"))
    for sound, heard in ((say(HOURS), HEARD_HOURS), (noise(), "")):
        stream = await recogniser.open_stream()
        await give(stream, sound)
        assert (await stream.finish()).text == heard


async def test_spelled_letters_and_addresses_come_as_words(provider: WhisperProvider) -> None:
    assert (await hear(provider, say("My email is maria dot lopez at gmail dot com."))).text == (
        "my email is maria dot lopez at gmail dot com"
    )


async def test_a_dropped_utterance_leaves_nothing_behind(provider: WhisperProvider) -> None:
    recogniser = await provider.open(RecogniserRequest(NOTHING, "en-US"))
    stream = await recogniser.open_stream()
    await give(stream, say(HOURS))
    await stream.drop()
    stream = await recogniser.open_stream()
    await give(stream, say("Yes, that is right."))
    assert (await stream.finish()).text == "yes that is right"


async def test_the_names_of_an_agent_are_heard_as_it_writes_them(provider: WhisperProvider) -> None:
    speech = Speech(knowledge=("Dr. Okafor sees children on Mondays", "we accept Blue Cross"))
    recogniser = await provider.open(RecogniserRequest(speech, "en-US"))
    stream = await recogniser.open_stream()
    await give(stream, say("Is Doctor Okafor there on Monday?"))
    assert (await stream.finish()).text == "is doctor okafor there on monday"


async def test_languages_are_those_of_the_model(provider: WhisperProvider) -> None:
    assert provider.hears("es-MX")
    assert provider.hears("de-DE")
    assert not provider.hears("tlh")
    with pytest.raises(BadInput, match="language"):
        await provider.open(RecogniserRequest(NOTHING, "tlh"))


async def test_english_is_not_taken_for_another_of_the_calls_languages(provider: WhisperProvider) -> None:
    final = await hear(provider, say(HOURS), others=("es-MX", "fr-FR"))
    assert (final.text, final.language) == (HEARD_HOURS, "")


async def test_another_language_of_the_call_is_told_and_written(provider: WhisperProvider) -> None:
    final = await hear(provider, say(HOURS), "es-MX", others=("en-US",))
    assert (final.text, final.language) == (HEARD_HOURS, "en-US")


async def test_a_dead_process_is_told_at_once_and_replaced(provider: WhisperProvider, decoder: WhisperDecoder) -> None:
    recogniser = await provider.open(RecogniserRequest(NOTHING, "en-US"))
    stream = await recogniser.open_stream()
    await give(stream, say(HOURS))
    os.kill(decoder.pid, signal.SIGKILL)
    with pytest.raises(Unavailable):
        await stream.finish()
    stream = await recogniser.open_stream()
    await give(stream, say(HOURS))
    assert (await stream.finish()).text == HEARD_HOURS


async def test_a_hung_process_is_killed_at_its_deadline(provider: WhisperProvider, decoder: WhisperDecoder) -> None:
    recogniser = await provider.open(RecogniserRequest(NOTHING, "en-US"))
    stream = await recogniser.open_stream()
    hung, decoder.timeout_s = decoder.pid, 0.3
    os.kill(hung, signal.SIGSTOP)
    await give(stream, say(HOURS))
    with pytest.raises((TimedOut, Unavailable)):
        await stream.finish()
    decoder.timeout_s = 20
    assert (await hear(provider, say(HOURS))).text == HEARD_HOURS
    assert decoder.pid != hung


async def test_a_call_outlives_its_process(
    provider: WhisperProvider, decoder: WhisperDecoder, hire: Hire, gateway: Calls
) -> None:
    await hire(provider)
    caller = gateway()
    assert (await caller.claim()).refused == ""
    pcm = say(HOURS)
    cut = [pcm[at : at + 640] for at in range(0, len(pcm), 640)]
    caller.started(1)
    for seq, part in enumerate(cut):
        caller.frame(1, seq, part)
    caller.paused(1, len(cut))
    os.kill(decoder.pid, signal.SIGKILL)
    heard = await caller.heard(1)
    assert (heard.text, heard.provider) == (HEARD_HOURS, "whisper")
    assert heard.words[0].start_ms >= 1250
    assert len(await caller.all_heard()) == 1


async def test_weights_that_are_missing_stop_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parley_asr.providers.whisper.decoder.MODULE", "parley_asr.providers.no_such_module")
    decoder = WhisperDecoder(tmp_path, threads=1, timeout_s=5, shared=False)
    with pytest.raises(Unavailable):
        await decoder.start()
