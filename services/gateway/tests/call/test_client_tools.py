"""What clients bring, checked; their audio at its own pace; and which words lie in so many milliseconds of a reply."""

import pytest
from parley.v1 import events_pb2
from parley_audio.formats import silence
from parley_core.errors import BadInput
from parley_gateway.call.client_tools import parse_tools
from parley_gateway.channels.pacing import AHEAD_S, MAX_WAITING, PacedInput
from parley_gateway.speaking.sentence import Sentence
from parley_gateway.speaking.word_positions import WordPositions
from parley_testing.moved_clock import MovedClock


def test_audio_that_comes_at_once_is_taken_as_fast_as_it_is_spoken() -> None:
    clock, taken, done = MovedClock(0.0), [], []
    paced = PacedInput(clock, lambda pcm: taken.append(clock.now))
    assert paced.put(silence(2000))
    assert paced.then(lambda: done.append(clock.now))
    assert not taken  # nobody listens yet
    paced.open()
    assert len(taken) == pytest.approx(AHEAD_S / 0.02, abs=1)
    clock.until(1.0)
    assert len(taken) == pytest.approx((1.0 + AHEAD_S) / 0.02, abs=1)
    clock.until(5.0)
    assert len(taken) == 100
    assert done == [pytest.approx(2.0 - AHEAD_S, abs=0.05)]


def test_a_client_that_speaks_in_time_is_not_delayed() -> None:
    clock, taken = MovedClock(0.0), []
    paced = PacedInput(clock, lambda pcm: taken.append(clock.now))
    paced.open()
    for number in range(20):
        clock.until(number * 0.256)
        paced.put(bytes(8192))
        assert len(taken) == (number + 1) * 8192 // 640


def test_audio_behind_a_stall_is_taken_at_once_where_the_client_catches_up() -> None:
    clock, taken = MovedClock(100.0), []
    paced = PacedInput(clock, lambda pcm: taken.append(clock.now), catch_up_s=10.0)
    paced.open()
    paced.put(silence(20))
    clock.until(105.0)
    paced.put(silence(5000))
    assert len(taken) == 251
    clock.until(105.02)
    paced.put(silence(20))
    assert len(taken) == 252


def test_more_than_a_minute_does_not_wait() -> None:
    paced = PacedInput(MovedClock(0.0), lambda pcm: None)
    assert paced.put(silence(20 * MAX_WAITING))
    assert not paced.put(silence(20))
    assert not paced.then(lambda: None)
    paced.clear()
    assert paced.put(silence(20))


def test_words_are_known_by_their_place_in_the_replys_audio() -> None:
    heard = WordPositions()
    for number, text in enumerate(["Hello there.", "How are you?"]):
        sentence = Sentence(1, number, 0, text)
        for at, word in enumerate(text.split()):
            sentence.words.append(events_pb2.Word(text=word, start_ms=at * 200, end_ms=at * 200 + 200))
        sentence.sent_bytes = len(sentence.words) * 200 * 32
        heard.add(sentence, text)
    assert heard.until(1, 0) == ""
    assert heard.until(1, 590) == "Hello there."
    assert heard.until(1, 600) == "Hello there. How"
    assert heard.until(1, 1000) is None  # all of it
    assert heard.until(2, 100) is None


@pytest.mark.parametrize(
    ("tools", "where"),
    [
        ("x", "tools"),
        ([{"name": "a"}] * 2, "tools"),
        ([{"name": f"t{at}"} for at in range(33)], "tools"),
        (["x"], "tools[0]"),
        ([{"name": "1a"}], "tools[0].name"),
        ([{"name": "a", "description": 5}], "tools[0].description"),
        ([{"name": "a", "parameters": {"type": "string"}}], "tools[0].parameters"),
        ([{"name": "a", "parameters": {"required": "x"}}], "tools[0].parameters"),
        ([{"name": "a", "parameters": {"description": "x" * 9000}}], "tools[0].parameters"),
    ],
)
def test_tools_that_are_wrong_are_refused_by_their_place(tools: object, where: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_tools(tools)
    assert refused.value.where == where


def test_a_schema_nested_without_end_is_refused() -> None:
    schema: dict[str, object] = {}
    for _ in range(200):
        schema = {"type": "object", "properties": {"a": schema}}
    with pytest.raises(BadInput):
        parse_tools([{"name": "a", "parameters": schema}])
