"""The evaluation of turn-taking on the running platform, as small as it gets: `parley eval turns --small` as a test."""

from pathlib import Path

import pytest
from parley_evaluation import results, run, table
from parley_evaluation.recording import Kind

from tests.conftest import Running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


async def test_a_caller_is_answered_interrupts_and_coughs_and_is_scored(running: Running, tmp_path: Path) -> None:
    wanted = run.Wanted(calls=1, echo_calls=0, questions=2, at_once=1, seed=1, half="tuning", regular=True, words=True)
    (played,) = await run.evaluate(running.target, wanted, tmp_path, running.console)
    recording = played.recording
    assert recording.agent, "the agent was never heard"
    assert len(recording.speech) >= 2
    assert played.words, "no word was recognised on the agent's channel"
    listed = {one.name: one for one in table.rows(results.figures([played]))}
    assert listed["R_R, responses"].count + listed["R_Y, yields to an interruption"].count >= len(recording.speech)
    (kept,) = tmp_path.glob("turns-*/calls.json")  # noqa: ASYNC240 - a test
    assert results.read(kept)[1] == [played]
    assert any(one.kind is not Kind.SPEECH for one in recording.stimuli) or played.left_out or played.unanswered
