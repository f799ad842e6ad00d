"""EVA's rules on turns that were worked out by hand."""

import pytest
from parley_evaluation.eva import Turn, latency_score, score, turn_score, turns_of
from parley_evaluation.recording import Kind, Recording, Span, Stimulus


@pytest.mark.parametrize(
    ("latency_ms", "expected"),
    [(-500, 0), (-250, 0.25), (0, 0.5), (250, 0.75), (500, 1), (2000, 1), (2750, 0.5), (3500, 0), (9000, 0)],
)
def test_latency_has_a_plateau(latency_ms: float, expected: float) -> None:
    assert latency_score(latency_ms) == pytest.approx(expected)


@pytest.mark.parametrize(("latency_ms", "expected"), [(3000, 1), (4000, 0.5), (5000, 0)])
def test_a_tool_may_take_longer(latency_ms: float, expected: float) -> None:
    assert latency_score(latency_ms, tool=True) == pytest.approx(expected)


def test_an_agent_that_spoke_over_the_caller_has_at_most_half() -> None:
    """It spoke for 0.4 of the caller's seconds: .5 * (1 - 400 / 2000) = .4; one voice: .5; its settled answer comes
    after 1.0 s: 1. The minimum is .4."""
    turn = Turn(Span(0, 4), (Span(2.0, 2.4), Span(5.0, 8.0)))
    assert turn_score(turn) == pytest.approx(0.4)


def test_a_second_voice_over_the_caller_costs_more() -> None:
    """.5 * (1 - 200 / 2000) = .45; two voices: .5 * (1 - 1 / 2) = .25."""
    turn = Turn(Span(0, 4), (Span(1.0, 1.1), Span(2.0, 2.1), Span(5.0, 8.0)))
    assert turn_score(turn) == pytest.approx(0.25)


def test_a_late_answer_to_an_interrupted_caller_counts_when_it_is_the_worst() -> None:
    """The settled answer comes 3.2 s after the end: 300 / 1500 = .2."""
    turn = Turn(Span(0, 4), (Span(2.0, 2.2), Span(7.2, 8.0)))
    assert turn_score(turn) == pytest.approx(0.2)


def test_an_interrupted_agent_is_scored_by_how_soon_it_yields() -> None:
    """600 ms: 1 - 600 / 2000 = .7."""
    assert turn_score(Turn(Span(3, 5), (Span(6, 9),), before=Span(1, 3.6))) == pytest.approx(0.7)
    assert turn_score(Turn(Span(3, 5), (Span(6, 9),), before=Span(1, 6.0))) == 0.0


def test_where_both_spoke_over_each_other_the_worse_counts() -> None:
    turn = Turn(Span(3, 6), (Span(5, 5.4), Span(7, 9)), before=Span(1, 3.2))
    assert turn_score(turn) == pytest.approx(0.4)


def test_a_call_worked_out_by_hand() -> None:
    """The greeting is none. The first answer comes 250 ms after the caller: .75. The second turn interrupts it and
    is yielded to after 400 ms: .8. The third is not answered and does not count."""
    speech = [Stimulus(Kind.SPEECH, Span(*one)) for one in ((3.0, 5.0), (7.0, 9.0), (14.0, 15.0))]
    agent = (Span(0, 2), Span(5.25, 7.4), Span(10, 12))
    recording = Recording((*speech, Stimulus(Kind.VOCAL_TIC, Span(11, 11.3))), agent, 30)
    assert len(turns_of(recording)) == 2
    assert score([recording]) == [pytest.approx(0.75), pytest.approx(0.8)]
