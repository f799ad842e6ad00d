"""τ-voice's panel on calls that were worked out by hand. The benchmark's own data cannot be had offline."""

import math

import pytest
from parley_evaluation.panel import panel_of
from parley_evaluation.recording import Kind, Recording, Span, Stimulus


def said(start_s: float, end_s: float) -> Stimulus:
    return Stimulus(Kind.SPEECH, Span(start_s, end_s))


def call(stimuli: list[Stimulus], agent: list[tuple[float, float]], length_s: float = 60.0) -> Recording:
    return Recording(tuple(stimuli), tuple(Span(*one) for one in agent), length_s)


def test_a_call_worked_out_by_hand() -> None:
    """Three turns. 2.0 to 4.0 is answered at 5.0 (1.0 s). 7.0 to 9.0 interrupts that answer, which stops at 7.6: a
    yield after 0.6 s; it is answered at 9.4 (0.4 s). 14.0 to 15.0 is never answered."""
    panel = panel_of(call([said(2, 4), said(7, 9), said(14, 15)], [(0, 1), (5, 7.6), (9.4, 12)]))
    assert panel.responses_s == [pytest.approx(1.0), pytest.approx(0.4)]
    assert panel.response_latency_s == pytest.approx(0.7)
    assert panel.response_rate == pytest.approx(2 / 3)
    assert panel.yields_s == [pytest.approx(0.6)]
    assert panel.yield_rate == 1.0
    assert panel.agent_interruption_rate == 0.0


def test_times_are_counted_in_ticks_of_a_fifth_of_a_second() -> None:
    """The caller ends at 4.05, in the tick to 4.2; the agent begins at 5.15, in the tick from 5.0: 0.8 s."""
    panel = panel_of(call([said(2.1, 4.05)], [(5.15, 6)]))
    assert panel.responses_s == [pytest.approx(0.8)]


def test_an_answer_in_the_next_tick_is_one() -> None:
    """The caller ends at 4.01, in the tick to 4.2; the agent begins at 4.25, in the tick from 4.2."""
    panel = panel_of(call([said(2, 4.01)], [(4.25, 6)]))
    assert panel.responses_s == [pytest.approx(0.0)]
    assert panel.response_rate == 1.0


def test_an_agent_that_speaks_on_has_not_yielded_and_owes_no_response() -> None:
    panel = panel_of(call([said(3, 5)], [(1, 8)]))
    assert (panel.interruptions, panel.yields_s, panel.turns) == (1, [], 0)


def test_stopping_later_than_two_seconds_is_no_yield() -> None:
    panel = panel_of(call([said(3, 7)], [(1, 5.2), (8, 9)]))
    assert (panel.interruptions, panel.yields_s) == (1, [])
    assert panel.responses_s == [pytest.approx(1.0)]


def test_an_agent_that_starts_while_the_caller_speaks_has_interrupted() -> None:
    panel = panel_of(call([said(2, 6), said(12, 13)], [(4, 9), (14, 15)]))
    assert panel.agent_interruptions == 1
    assert panel.agent_interruption_rate == pytest.approx(1 / 2)
    assert panel.responses_s == [pytest.approx(1.0)]


def test_an_answer_that_comes_after_the_caller_spoke_again_is_none() -> None:
    panel = panel_of(call([said(2, 3), said(5, 6)], [(7, 8)]))
    assert panel.turns == 2
    assert panel.responses_s == [pytest.approx(1.0)]


@pytest.mark.parametrize(("agent_stops_s", "errors"), [(3.8, 1), (4.0, 1), (4.2, 0), (8.0, 0)])
def test_a_backchannel_over_the_agent_is_an_error_where_it_stops_within_a_second(
    agent_stops_s: float, errors: int
) -> None:
    panel = panel_of(call([Stimulus(Kind.BACKCHANNEL, Span(3.0, 3.4))], [(1, agent_stops_s)]))
    assert panel.events[Kind.BACKCHANNEL] == 1
    assert panel.errors[Kind.BACKCHANNEL] == errors


@pytest.mark.parametrize(("agent_starts_s", "errors"), [(3.4, 1), (5.0, 1), (5.2, 0), (20.0, 0)])
def test_side_talk_in_silence_is_an_error_where_the_agent_starts_within_two_seconds(
    agent_starts_s: float, errors: int
) -> None:
    panel = panel_of(call([Stimulus(Kind.NON_DIRECTED, Span(3.0, 4.0))], [(agent_starts_s, 30)]))
    assert panel.errors[Kind.NON_DIRECTED] == errors
    assert panel.selectivity(Kind.NON_DIRECTED) == 1 - errors


def test_a_backchannel_in_silence_is_no_event() -> None:
    panel = panel_of(call([Stimulus(Kind.BACKCHANNEL, Span(3.0, 3.4))], [(4, 6)]))
    assert not panel.events
    assert math.isnan(panel.selectivity(Kind.BACKCHANNEL))


def test_calls_add_up() -> None:
    panel = panel_of(call([said(2, 4)], [(5, 6)]))
    panel.add(panel_of(call([said(2, 4), Stimulus(Kind.VOCAL_TIC, Span(8, 8.4))], [(4.4, 8.6)])))
    assert panel.response_latency_s == pytest.approx(0.7)
    assert panel.selectivity(Kind.VOCAL_TIC) == 0.0
