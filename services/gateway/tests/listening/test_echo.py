"""The agent's own voice on the caller's line, told from the caller's."""

import numpy as np
import pytest
from parley_gateway.listening.echo import Echo
from parley_gateway.turns.types import Sound
from parley_testing.speech import speak

pytestmark = pytest.mark.outside

FRAME = 320
AGENT = "On Saturday the clinic is open from nine in the morning until one in the afternoon"


def samples(text: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.frombuffer(speak(text), "<i2").astype(np.float64)


def line_of(line: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Echo:
    """An agent who speaks from 10 s on, and what the caller's line carries from then on."""
    echo = Echo()
    agent = samples(AGENT).astype("<i2")
    for at in range(0, 2 * 16_000, FRAME):
        echo.played(agent[at : at + FRAME].tobytes(), 10 + at / 16_000)
        echo.line(line[at : at + FRAME].astype("<i2").tobytes(), 10 + at / 16_000)
    return echo


def delayed(by_ms: int, level: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    noise = np.random.default_rng(1).normal(0, 15, 2 * 16_000 + FRAME)
    noise[by_ms * 16 :] += level * samples(AGENT)[: len(noise) - by_ms * 16]
    return noise


@pytest.mark.parametrize("by_ms", [20, 130, 400])
@pytest.mark.parametrize("since", [10.7, 11.4, 11.8])
def test_a_faint_copy_of_what_was_played_is_an_echo_whatever_its_way(by_ms: int, since: float) -> None:
    assert line_of(delayed(by_ms, 0.05)).judge(since, 12.0) is Sound.ECHO


@pytest.mark.parametrize("text", ["No wait, what about Sunday, I cannot come on Saturday", "Can I say something else?"])
def test_a_caller_with_the_same_voice_is_no_echo_of_it_also_over_one(text: str) -> None:
    said = samples(text)
    said = np.concatenate([np.zeros(8000), said, np.zeros(32_000)])[: 2 * 16_000]
    assert line_of(said).judge(10.55, 11.35) is not Sound.ECHO
    assert line_of(said + delayed(130, 0.05)[: len(said)]).judge(10.55, 11.35) is not Sound.ECHO


def test_nothing_is_an_echo_of_an_agent_who_has_long_been_silent() -> None:
    assert line_of(delayed(130, 0.05)).judge(13.0, 13.5) is not Sound.ECHO
    assert Echo().judge(1.0, 2.0) is not Sound.ECHO


def test_what_was_taken_back_does_not_come_back() -> None:
    echo = line_of(delayed(130, 0.05))
    echo.taken_back(10.0)
    assert echo.judge(11.0, 12.0) is not Sound.ECHO


ROOM = np.random.default_rng(3).normal(0, 1, 4800) * np.exp(-6.9 * np.arange(4800) / 4800)
"""300 ms of reverberation."""


def in_a_room(sound: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    heard = np.convolve(sound, ROOM)[: len(sound)]
    made: np.ndarray[tuple[int], np.dtype[np.float64]] = heard * np.sqrt(np.dot(sound, sound) / np.dot(heard, heard))
    return made


@pytest.mark.parametrize("by_ms", [60, 250])
@pytest.mark.parametrize("since", [10.7, 11.4])
@pytest.mark.parametrize("level", [0.25, 0.05])
def test_an_echo_that_a_room_has_smeared_is_one(by_ms: int, since: float, level: float) -> None:
    assert line_of(in_a_room(delayed(by_ms, level))).judge(since, 12.0) is Sound.ECHO


@pytest.mark.parametrize(("word", "voice"), [("Saturday", "en-us"), ("one", "en-us+f3"), ("Nine in the morning", "de")])
def test_a_caller_who_says_a_word_of_the_agents_over_its_echo_at_12_db_less_is_the_caller(
    word: str, voice: str
) -> None:
    said = np.frombuffer(speak(word, voice), "<i2").astype(np.float64)
    said = said[np.abs(said).argmax() - 4000 :] if np.abs(said).argmax() > 4000 else said
    line = delayed(130, 0.25)
    began = 12_800
    until = min(began + len(said), len(line))
    line[began:until] += said[: until - began]
    assert line_of(line).judge(10 + began / 16_000, 10 + min(until, began + 6400) / 16_000) is not Sound.ECHO


def test_an_echo_with_a_gap_in_the_line_is_one_also_where_the_line_then_carries_nothing() -> None:
    line = delayed(700, 0.1)
    line[24_000:] = 0.0
    assert line_of(line).judge(10.75, 12.0) is Sound.ECHO


def test_a_sound_too_short_for_a_word_is_not_taken_for_the_callers() -> None:
    line = delayed(130, 0.0)
    line[20_000:20_800] += 300 * np.sin(np.arange(800) / 3)
    assert line_of(line).judge(11.25, 11.3) is not Sound.CALLER


def test_a_caller_before_an_echo_in_one_utterance_is_the_caller() -> None:
    line = delayed(130, 0.1)
    said = samples("No wait, not on Saturday")[:12_000]
    line[1600 : 1600 + len(said)] += said
    assert line_of(line).judge(10.1, 11.9) is Sound.CALLER
