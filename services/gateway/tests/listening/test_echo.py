"""The agent's own voice on the caller's line, told from the caller's."""

import numpy as np
import pytest
from parley_gateway.listening.echo import Echo
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
    assert line_of(delayed(by_ms, 0.05)).heard(since, 12.0)


@pytest.mark.parametrize("text", ["No wait, what about Sunday, I cannot come on Saturday", "Can I say something else?"])
def test_a_caller_with_the_same_voice_is_no_echo_of_it_also_over_one(text: str) -> None:
    said = samples(text)
    said = np.concatenate([np.zeros(8000), said, np.zeros(32_000)])[: 2 * 16_000]
    assert not line_of(said).heard(10.55, 11.35)
    assert not line_of(said + delayed(130, 0.05)[: len(said)]).heard(10.55, 11.35)


def test_nothing_is_an_echo_of_an_agent_who_has_long_been_silent() -> None:
    assert not line_of(delayed(130, 0.05)).heard(13.0, 13.5)
    assert not Echo().heard(1.0, 2.0)


def test_what_was_taken_back_does_not_come_back() -> None:
    echo = line_of(delayed(130, 0.05))
    echo.taken_back(10.0)
    assert not echo.heard(11.0, 12.0)
