"""Drafts in the turn logic: begun inside the pause, made real by the commit, dropped when anything else happens."""

from dataclasses import replace

import pytest
from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.dictation import Expects
from parley_gateway.turns.types import CommitReason, Timer

from .scripted import CONFIG, Script, answered, speech

DRAFTING = replace(CONFIG, drafts=True, draft_after_s=0.1)


def script(**options: object) -> Script:
    return Script(config=replace(DRAFTING, **options))  # type: ignore[arg-type]


def test_the_final_text_is_asked_for_before_the_turn_may_be_over() -> None:
    made = script().run(*speech(1.0, 2.0))
    made.until(2.099)
    assert not made.decided(cmd.PauseUtterance)
    made.until(2.1)
    assert made.decided(cmd.PauseUtterance) == [cmd.PauseUtterance(1, 2.0)]


def test_a_draft_is_begun_at_the_text_and_made_real_by_the_commit() -> None:
    made = script().run(*speech(1.0, 2.0), (2.15, ev.FinalTranscript(1, "hello there")))
    assert made.decided(cmd.StartDraft) == [cmd.StartDraft(1, 1, "hello there")]
    assert not made.committed
    made.until(2.5)
    assert made.decided(cmd.Commit) == [cmd.Commit(1, "hello there", (1,), CommitReason.PAUSE, 2.0, 1)]
    assert not made.decided(cmd.DropDraft)


def test_a_complete_sentence_commits_early_with_its_draft() -> None:
    made = script().run(*speech(1.0, 2.0), (2.15, ev.FinalTranscript(1, "what are your opening hours on saturday")))
    made.until(2.299)
    assert not made.committed
    made.until(2.3)
    (commit,) = made.decided(cmd.Commit)
    assert isinstance(commit, cmd.Commit)
    assert (commit.reason, commit.draft) == (CommitReason.COMPLETE, 1)
    assert commit.due == pytest.approx(2.3)


def test_a_caller_who_goes_on_drops_the_draft_and_the_next_one_has_the_whole_text() -> None:
    made = script().run(*speech(1.0, 2.0), (2.15, ev.FinalTranscript(1, "hello there")), *speech(2.4, 3.0))
    assert made.decided(cmd.DropDraft) == [cmd.DropDraft(1, 1)]
    made.run((3.15, ev.FinalTranscript(2, "and goodbye")))
    assert made.decided(cmd.StartDraft)[1:] == [cmd.StartDraft(1, 2, "hello there and goodbye")]
    made.until(4.0)
    (commit,) = made.decided(cmd.Commit)
    assert isinstance(commit, cmd.Commit)
    assert (commit.text, commit.draft) == ("hello there and goodbye", 2)


def test_an_unfinished_sentence_is_not_drafted_and_waits() -> None:
    made = script().run(*speech(1.0, 2.0), (2.15, ev.FinalTranscript(1, "I'd like to book an")))
    made.until(4.4)
    assert not made.decided(cmd.StartDraft)
    assert not made.committed
    made.until(4.5)
    (commit,) = made.decided(cmd.Commit)
    assert isinstance(commit, cmd.Commit)
    assert (commit.reason, commit.draft) == (CommitReason.LIMIT, 0)


def test_without_drafts_nothing_is_asked_for_before_the_pause() -> None:
    made = Script().run(*speech(1.0, 2.0), (2.55, ev.FinalTranscript(1, "hello there")))
    assert not made.decided(cmd.StartDraft)
    assert made.committed == [(1, "hello there")]


def test_typed_text_drops_the_draft_of_what_was_spoken() -> None:
    made = script().run(*speech(1.0, 2.0), (2.15, ev.FinalTranscript(1, "hello there")), (2.3, ev.Typed("book it")))
    assert made.decided(cmd.DropDraft) == [cmd.DropDraft(1, 1)]
    (commit,) = made.decided(cmd.Commit)
    assert isinstance(commit, cmd.Commit)
    assert (commit.text, commit.draft) == ("book it", 0)


@pytest.mark.parametrize(("role", "dropped"), [("llm", True), ("tts", True), ("asr", False)])
def test_the_draft_of_a_lost_worker_is_dropped(role: str, dropped: bool) -> None:
    made = script().run(*speech(1.0, 2.0), (2.15, ev.FinalTranscript(1, "hello there")), (2.2, ev.WorkerLost(role)))
    assert bool(made.decided(cmd.DropDraft)) is dropped
    made.until(2.6)
    (commit,) = made.decided(cmd.Commit)
    assert isinstance(commit, cmd.Commit)
    assert commit.draft == (0 if dropped else 1)


def test_the_end_of_the_call_drops_the_draft() -> None:
    made = script(max_call_s=2.3).run(*speech(1.0, 2.0), (2.15, ev.FinalTranscript(1, "hello there")))
    made.until(3.0)
    assert made.decided(cmd.DropDraft) == [cmd.DropDraft(1, 1)]
    assert not made.committed


def test_the_reply_that_the_commit_lets_out_stops_the_wait_for_it() -> None:
    made = script().run(*speech(1.0, 2.0), (2.15, ev.FinalTranscript(1, "hello there")))
    made.until(2.5)
    made.run(*answered(2.5, 1, 4.0))
    assert Timer.REPLY not in made.timers


def test_a_dictated_phone_number_with_pauses_of_700_ms_is_one_turn() -> None:
    made = script(max_commit_s=2.5).run((0.5, ev.Expected(Expects.PHONE)))
    at = 1.0
    for number, group in enumerate(["five five five", "zero one four", "two two six", "seven"], 1):
        made.run(*speech(at, at + 1.0), (at + 1.15, ev.FinalTranscript(number, group)))
        at += 1.7
    made.until(at + 3.0)
    assert made.committed == [(1, "five five five zero one four two two six seven")]
