"""The pause sweep on cases that were worked out by hand."""

import math

import pytest
from parley_evaluation.pauses import PauseCase, cases_of, delay_at, false_rate_at, operating_point, sweep
from parley_evaluation.recording import Kind, Recording, Span, Stimulus

CASES = [
    PauseCase(0.4, math.inf),
    PauseCase(0.6, 0.5),  # cut; an agent that waited 0.6 s would not have
    PauseCase(1.0, 0.7),  # cut
    PauseCase(1.2, math.inf),
    PauseCase(math.inf, 0.5),
    PauseCase(math.inf, 0.9),
    PauseCase(math.inf, math.inf),  # never answered: no delay
]


def test_as_recorded_half_of_the_pauses_were_cut() -> None:
    point = operating_point(CASES, 0.0)
    assert point.false_rate == 0.5
    assert point.delay_s == pytest.approx(0.7)


def test_a_floor_cuts_fewer_pauses_and_answers_later() -> None:
    point = operating_point(CASES, 0.6)
    assert point.false_rate == 0.25
    assert point.delay_s == pytest.approx(0.75)


def test_the_delay_at_five_percent_is_the_smallest_with_so_few_false_cuts() -> None:
    """Only a floor of 1.0 s saves the last pause: both answers then come after 1.0 s."""
    assert delay_at(sweep(CASES)) == pytest.approx(1.0)


def test_the_rate_at_a_budget_is_the_lowest_that_is_quick_enough() -> None:
    points = sweep(CASES)
    assert false_rate_at(points, 0.7) == 0.5
    assert false_rate_at(points, 0.8) == 0.25
    assert false_rate_at(points, 1.0) == 0.0
    assert math.isnan(false_rate_at(points, 0.5))


def test_cases_come_from_what_is_said_into_silence() -> None:
    """The first turn's pause of 0.8 s was cut after 0.5 s, so its end is none; the second turn was heard out and
    answered after 0.6 s; the third one spoke over the agent."""
    speech = (
        Stimulus(Kind.SPEECH, Span(2, 5), pauses=(Span(3.0, 3.8),)),
        Stimulus(Kind.SPEECH, Span(10, 13), pauses=(Span(11.0, 11.4), Span(12.0, 12.05))),
        Stimulus(Kind.SPEECH, Span(14, 15)),
    )
    recording = Recording(speech, (Span(3.5, 4.2), Span(6, 8), Span(13.6, 14.4), Span(16, 18)), 30)
    cases = cases_of(recording)
    assert [one.length_s for one in cases] == [pytest.approx(0.8), pytest.approx(0.4), math.inf]
    assert [one.taken_s for one in cases] == [pytest.approx(0.5), math.inf, pytest.approx(0.6)]
