"""A call on the virtual clock, with the real recogniser and voice: minutes of talk in seconds."""

from pathlib import Path

import pytest
from parley_evaluation import run
from parley_evaluation.recording import Kind
from rich.console import Console

WEIGHTS = Path("var/models")

pytestmark = [pytest.mark.slow, pytest.mark.outside]


def test_an_interrupted_agent_falls_silent_and_answers_what_was_asked(tmp_path: Path) -> None:
    wanted = run.Wanted(
        calls=1, echo_calls=0, questions=1, at_once=1, seed=1, half="tuning", regular=False, words=False, virtual=True
    )
    (played,) = run.evaluate_virtually(wanted, WEIGHTS, tmp_path, Console(quiet=True))
    asked, interruption = played.recording.stimuli
    assert asked.kind is interruption.kind is Kind.SPEECH
    stopped = played.recording.agent_at(interruption.span.start_s)
    assert stopped is not None
    assert stopped.end_s < interruption.span.end_s
    assert played.recording.agent[-1].start_s > interruption.span.end_s
    assert played.interrupted >= 1
