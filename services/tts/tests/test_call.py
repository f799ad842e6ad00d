import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
from parley.v1 import events_pb2, live_pb2
from parley_core.clock import SystemClock
from parley_core.errors import NotFound, Unavailable
from parley_core.providers import Attempts, Candidates
from parley_tts.call import QUEUED_SENTENCES, CallVoice, Patience, SpokenCall
from parley_tts.metrics import SpeechMetrics
from parley_tts.providers.base import SAMPLES_PER_MS, SpeechChunk, SpeechProvider, SpeechRequest
from parley_tts.providers.fake import FakePace, FakeProvider
from parley_tts.shaping import LEAD_MS, Shape

if TYPE_CHECKING:
    from conftest import Collected


METRICS = SpeechMetrics()
FAST = FakePace(first_ms=0, times_real_time=10_000)
NEVER = FakePace(first_ms=3_600_000)


@asynccontextmanager
async def opened(
    output: "Collected", *providers: SpeechProvider, fence: int = 0, patience: Patience | None = None
) -> AsyncIterator[SpokenCall]:
    call = SpokenCall(
        [CallVoice(Candidates(providers), "fake", "en-us", "en-US", 165)],
        output,
        clock=SystemClock(),
        attempts=Attempts(METRICS.providers),
        metrics=METRICS,
        shape=Shape(),
        patience=patience or Patience(),
        fence=fence,
    )
    call.start()
    try:
        yield call
    finally:
        await call.close()


def say(text: str, turn: int = 1, sentence: int = 0, **more: object) -> live_pb2.Say:
    return live_pb2.Say(turn=turn, sentence=sentence, text=text, **more)


async def test_a_sentence_becomes_numbered_audio_with_its_own_words(output: "Collected") -> None:
    async with opened(output, FakeProvider(FAST)) as call:
        call.say(say("We open at 10:30.", timing=live_pb2.ReplyTiming(model_us=7, sentence_us=8)))
        chunks = await output.finished(1)
    assert [chunk.seq for chunk in chunks] == list(range(len(chunks)))
    assert [chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert output.words(1) == ["We", "open", "at", "10:30."]
    assert (chunks[0].timing.model_us, chunks[0].timing.sentence_us) == (7, 8)
    assert chunks[0].timing.speech_us > 0
    assert not any(chunk.HasField("timing") for chunk in chunks[1:])


async def test_usage_counts_the_characters_of_each_sentence(output: "Collected") -> None:
    async with opened(output, FakeProvider(FAST)) as call:
        call.say(say("Hello there."))
        await output.finished(1)
        while not output.facts:
            await output.changed()
    usage = output.facts[0]
    assert isinstance(usage, events_pb2.UsageMeasured)
    assert (usage.meter, usage.provider, usage.quantity, usage.turn) == ("tts_characters", "fake", 12_000, 1)


async def test_sentences_come_in_the_order_they_were_given(output: "Collected") -> None:
    async with opened(output, FakeProvider(FAST)) as call:
        for sentence in range(5):
            call.say(say("Hello there.", sentence=sentence))
        await output.finished(1, 4)
    assert [chunk.sentence for chunk in output.chunks] == sorted(chunk.sentence for chunk in output.chunks)


async def test_a_person_hears_a_pause_between_two_sentences_and_none_around_them(output: "Collected") -> None:
    async with opened(output, FakeProvider(FAST)) as call:
        for sentence in range(2):
            call.say(say("Hello there.", sentence=sentence))
        await output.finished(1, 1)
    first, second = (np.concatenate([np.frombuffer(chunk.pcm, "<i2") for chunk in output.of(1, at)]) for at in range(2))
    sounding = [np.flatnonzero(pcm) // SAMPLES_PER_MS for pcm in (first, second)]
    assert sounding[0][0] <= LEAD_MS
    assert len(second) // SAMPLES_PER_MS - sounding[1][-1] <= Shape().gap_ms + 1
    between = len(first) // SAMPLES_PER_MS - sounding[0][-1] + sounding[1][0]
    assert 250 <= between <= 400


async def test_a_stop_drops_what_is_being_said_and_what_waits(output: "Collected") -> None:
    slow = FakeProvider(FakePace(first_ms=0, times_real_time=0.001))
    async with opened(output, slow) as call:
        call.say(say("One two three.", turn=1))
        call.say(say("Four five.", turn=1, sentence=1))
        await output.begun(1)
        before = len(output.of(1))
        call.stop(live_pb2.Stop(turn=1))
        call.say(say("Late.", turn=1, sentence=2))
        call.say(say("New words.", turn=2))
        await output.begun(2)
        assert slow.cancelled == 1
        assert len(output.of(1)) == before
        assert not output.of(1, 1)
        assert not output.of(1, 2)


async def test_a_stop_of_a_draft_leaves_the_turn_alone(output: "Collected") -> None:
    async with opened(output, FakeProvider(NEVER)) as call:
        call.say(say("Draft.", turn=2, draft=1))
        call.stop(live_pb2.Stop(turn=2, draft=1))
        call._voices[0].providers = Candidates([FakeProvider(FAST)])
        call.say(say("Real.", turn=2))
        await output.finished(2)
    assert {chunk.draft for chunk in output.chunks} == {0}


def used(output: "Collected") -> list[tuple[int, bool]]:
    return [(one.quantity // 1000, one.wasted) for one in output.facts if isinstance(one, events_pb2.UsageMeasured)]


async def test_what_a_dropped_draft_used_is_wasted_also_what_was_being_said(output: "Collected") -> None:
    async with opened(output, FakeProvider(FAST)) as call:
        call.say(say("Said.", turn=2, draft=1))
        await output.finished(2)
        assert used(output) == []
        call.stop(live_pb2.Stop(turn=2, draft=1))
        assert used(output) == [(5, True)]
    async with opened(output, provider := FakeProvider(NEVER)) as call:
        call.say(say("Being said.", turn=3, draft=2))
        call.say(say("Never asked for.", turn=3, sentence=1, draft=2))
        while not provider.requests:  # noqa: ASYNC110 - a turn of the loop or two
            await asyncio.sleep(0)
        call.stop(live_pb2.Stop(turn=3, draft=2))
    assert used(output)[1:] == [(11, True)]


async def test_what_a_draft_used_that_became_real_is_not_wasted(output: "Collected") -> None:
    async with opened(output, FakeProvider(FAST)) as call:
        call.say(say("One.", turn=2, draft=1))
        await output.finished(2)
        call.committed(2, 1)
        assert used(output) == [(4, False)]
        call.say(say("Two three.", turn=2, sentence=1, draft=1))
        await output.finished(2, 1)
    assert used(output) == [(4, False), (10, False)]


async def test_a_draft_that_a_commit_or_the_calls_end_passes_over_was_wasted(output: "Collected") -> None:
    async with opened(output, FakeProvider(FAST)) as call:
        call.say(say("One.", turn=2, draft=1))
        await output.finished(2)
        call.committed(2, 2)
        assert used(output) == [(4, True)]
        call.say(say("Three.", turn=3, draft=3))
        await output.finished(3)
    assert used(output) == [(4, True), (6, True)]


async def test_a_call_taken_over_says_nothing_of_turns_behind_the_fence(output: "Collected") -> None:
    async with opened(output, FakeProvider(FAST), fence=3) as call:
        call.say(say("Old.", turn=2))
        call.say(say("New.", turn=3))
        await output.finished(3)
    assert not output.of(2)


async def test_a_newer_take_replaces_an_older_one_and_an_older_one_is_refused(output: "Collected") -> None:
    async with opened(output, FakeProvider(FakePace(first_ms=0, times_real_time=0.001))) as call:
        call.say(say("The whole sentence."))
        await output.begun(1)
        call._voices[0].providers = Candidates([FakeProvider(FAST)])
        call.say(say("the rest.", take=1))
        call.say(say("The whole sentence.", take=0))
        await output.finished(1)
    assert [word.text for chunk in output.chunks if chunk.take == 1 for word in chunk.words] == ["the", "rest."]
    assert output.chunks[-1].take == 1


async def test_a_provider_that_fails_is_replaced_for_the_rest_of_the_call(output: "Collected") -> None:
    broken = FakeProvider(FAST, name="broken", failure=NotFound("voice", "x"))
    async with opened(output, broken, FakeProvider(FAST)) as call:
        call.say(say("Hello there."))
        call.say(say("Once more.", sentence=1))
        await output.finished(1, 1)
    assert output.words(1) == ["Hello", "there."]
    assert len(broken.requests) == 1
    failed = output.facts[0]
    assert isinstance(failed, events_pb2.TurnFailed)
    assert (failed.stage, failed.error, failed.action) == ("tts", "NotFound", "fallback")


async def test_the_next_provider_goes_on_where_the_broken_one_stopped(output: "Collected") -> None:
    broken = FakeProvider(FAST, name="broken", failure=Unavailable("it", "gone"), fail_after=8)
    second = FakeProvider(FAST)
    async with opened(output, broken, second) as call:
        call.say(say("one two three four five"))
        chunks = await output.finished(1)
    # A word that was broken off is said again.
    assert second.requests[0].text in ("three four five", "four five")
    assert output.words(1)[-len(second.requests[0].text.split()) :] == second.requests[0].text.split()
    assert list(dict.fromkeys(output.words(1))) == ["one", "two", "three", "four", "five"]
    assert [chunk.seq for chunk in chunks] == list(range(len(chunks)))
    starts = [word.start_ms for chunk in chunks for word in chunk.words]
    assert starts == sorted(starts)


async def test_a_silent_provider_is_given_up_in_time(output: "Collected") -> None:
    async with opened(output, FakeProvider(NEVER, name="slow"), FakeProvider(FAST), patience=Patience(0.01)) as call:
        call.say(say("Hello."))
        await output.finished(1)
    assert isinstance(output.facts[0], events_pb2.TurnFailed)
    assert output.facts[0].error == "TimedOut"


async def test_a_sentence_that_nobody_can_say_is_marked_as_ended(output: "Collected") -> None:
    async with opened(output, FakeProvider(FAST, failure=Unavailable("it", "gone"))) as call:
        call.say(say("Hello."))
        chunks = await output.finished(1)
    assert [len(chunk.pcm) for chunk in chunks] == [0]
    assert isinstance(output.facts[0], events_pb2.TurnFailed)
    assert output.facts[0].action == "dropped"


@pytest.mark.parametrize("text", ["", "…", "?!"])
async def test_nothing_to_say_is_an_empty_sentence(output: "Collected", text: str) -> None:
    async with opened(output, FakeProvider(NEVER)) as call:
        call.say(say(text))
        chunks = await output.finished(1)
    assert [(len(chunk.pcm), chunk.last) for chunk in chunks] == [(0, True)]


async def test_sentences_beyond_the_bound_are_dropped_and_told(output: "Collected") -> None:
    async with opened(output, FakeProvider(NEVER)) as call:
        for sentence in range(QUEUED_SENTENCES + 2):
            call.say(say("Hello.", sentence=sentence))
        assert [chunk.sentence for chunk in output.chunks if chunk.last] == [QUEUED_SENTENCES, QUEUED_SENTENCES + 1]
        assert {type(fact) for fact in output.facts} == {events_pb2.TurnFailed}


async def test_closing_ends_the_work(output: "Collected") -> None:
    slow = FakeProvider(FakePace(first_ms=0, times_real_time=0.001))
    async with opened(output, slow) as call:
        call.say(say("One two three."))
        await output.begun(1)
    assert slow.cancelled == 1


class Listening(FakeProvider):
    """Keeps what it was asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(FAST)
        self.name = name
        self.asked: list[SpeechRequest] = []

    def synthesise(self, request: SpeechRequest) -> AsyncGenerator[SpeechChunk, None]:
        self.asked.append(request)
        return super().synthesise(request)


async def test_each_sentence_is_spoken_with_the_voice_of_its_language(output: "Collected") -> None:
    one, other = Listening("one"), Listening("other")
    async with opened(output, one) as call:
        call._voices.append(CallVoice(Candidates([other]), "other", "carmen", "es-ES", 140))
        for sentence, language in enumerate(("", "es-ES", "fr-FR")):
            call.say(say("Hello there.", sentence=sentence, language=language))
        await output.finished(1, 2)
    assert [(ask.voice, ask.language) for ask in other.asked] == [("carmen", "es-ES")]
    assert [(ask.voice, ask.language, ask.words_per_minute) for ask in one.asked] == [
        ("", "en-US", 165),
        ("", "fr-FR", 165),
    ]
