import math
from pathlib import Path

import pytest
from parley_evaluation import results, table
from parley_evaluation.recording import Kind, Recording, Span, Stimulus
from parley_evaluation.results import Mean, Played, Rate
from parley_evaluation.take_over import SpokenWord


def played(number: int = 1, *, echo: bool = False, interrupted: int = 0) -> Played:
    speech = tuple(
        Stimulus(Kind.SPEECH, Span(10.0 * at + 2, 10.0 * at + 4), "hello", (Span(10.0 * at + 3, 10.0 * at + 3.5),))
        for at in range(12)
    )
    agent = tuple(Span(10.0 * at + 5, 10.0 * at + 9) for at in range(12))
    words = tuple(SpokenWord("word", 10.0 * at + 5, 10.0 * at + 7) for at in range(12))
    return Played(
        number,
        "c-1",
        "a",
        "v",
        "pink",
        echo,
        False,
        Recording(speech, agent, 130.0),
        interrupted=interrupted,
        answers=12,
        words=words,
    )


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "calls.json"
    results.write(file, [played(1), played(2, echo=True)], {"seed": 3})
    assert results.read(file) == ({"seed": 3}, [played(1), played(2, echo=True)])


def test_wilsons_interval_of_nine_in_ten() -> None:
    low, high = Rate(9, 10).interval
    assert (low, high) == (pytest.approx(0.5958, abs=1e-4), pytest.approx(0.9821, abs=1e-4))


def test_a_mean_of_one_value_has_no_interval() -> None:
    assert Mean((0.4,)).value == 0.4
    assert all(math.isnan(end) for end in Mean((0.4,)).interval)


def test_calls_with_echo_count_only_what_their_echo_stopped() -> None:
    found = results.figures([played(1), played(2, echo=True, interrupted=3)])
    assert found.panel.turns == 12
    assert (found.echo_answers, found.echo_interruptions) == (12, 3)


def test_take_overs_are_counted_in_pauses_and_after_turns() -> None:
    found = results.figures([played()])
    assert found.pause_take_overs == Rate(0, 12)
    assert found.turn_take_overs == Rate(12, 12)


def test_the_table_says_which_goals_are_reached_and_hides_rates_of_few_events() -> None:
    listed = {one.name: one for one in table.rows(results.figures([played()]))}
    assert listed["I_A, interruptions of the caller"].reached
    assert listed["EVA turn-taking"].reached
    shown = table.markdown(list(listed.values()))
    assert "| I_A, interruptions of the caller | 0.000 | 0.000 to 0.243 | 12 | ≤ 0.05 | yes |" in shown
    assert "| S_BC, holds through backchannels | fewer than 10 events |  | 0 | ≥ 0.9 |  |" in shown
