"""What a client may decide of the turns: when they are answered, whether they interrupt, and that the agent stops."""

import pytest
from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.config import TurnConfig
from parley_gateway.turns.machine import advance
from parley_gateway.turns.state import Reply, State
from parley_gateway.turns.types import CommitReason, Timer

CONFIG = TurnConfig(pause_s=0.5, min_commit_s=0.2, max_commit_s=2.5)


def play(*events: ev.Event, state: State | None = None, now: float = 1.0) -> tuple[State, list[cmd.Command]]:
    """Give events at one moment; returns the state and everything that was decided."""
    state = state or State(CONFIG)
    decided: list[cmd.Command] = []
    for event in events:
        state, commands = advance(state, event, now)
        decided += commands
    return state, decided


def kinds(commands: list[cmd.Command], kind: type[object]) -> list[cmd.Command]:
    return [one for one in commands if isinstance(one, kind)]


def said(number: int, text: str) -> list[ev.Event]:
    return [ev.VoiceStarted(0.5), ev.VoiceEnded(0.8), ev.TimerFired(Timer.PAUSE), ev.FinalTranscript(number, text)]


def test_a_turn_waits_for_the_client_and_is_answered_at_once_then() -> None:
    state, commands = play(ev.TurnControl(answers=False), *said(1, "hello"), *said(2, "are you there"), now=5.0)
    assert not kinds(commands, cmd.Commit)
    assert not [one for one in commands if isinstance(one, cmd.StartTimer) and one.timer is Timer.SILENCE]
    _, commands = play(ev.RequestReply(), state=state, now=5.1)
    [commit] = kinds(commands, cmd.Commit)
    assert isinstance(commit, cmd.Commit)
    assert (commit.text, commit.utterances) == ("hello are you there", (1, 2))
    assert commit.reason is CommitReason.ASKED


def test_speech_that_the_client_ends_is_recognised_and_then_answered() -> None:
    state, commands = play(ev.TurnControl(answers=False), ev.VoiceStarted(0.5), ev.RequestReply())
    [pause] = kinds(commands, cmd.PauseUtterance)
    assert isinstance(pause, cmd.PauseUtterance)
    assert not kinds(commands, cmd.Commit)
    _, commands = play(ev.FinalTranscript(pause.number, "hello"), state=state)
    assert [one.text for one in kinds(commands, cmd.Commit) if isinstance(one, cmd.Commit)] == ["hello"]


def test_an_answer_to_nothing_is_a_turn_without_words() -> None:
    _, commands = play(ev.TurnControl(answers=False), ev.RequestReply())
    assert [one.text for one in kinds(commands, cmd.Commit) if isinstance(one, cmd.Commit)] == [""]


def test_what_was_kept_is_answered_once_answers_come_by_themselves_again() -> None:
    state, _ = play(ev.TurnControl(answers=False), *said(1, "hello"))
    _, commands = play(ev.TurnControl(), state=state, now=9.0)
    assert kinds(commands, cmd.Commit)


def test_without_interruptions_words_over_the_agent_are_the_turn_after_it() -> None:
    state, _ = play(ev.TurnControl(interrupts=False), ev.Typed("talk"), ev.ReplyStarted(1))
    state, commands = play(ev.VoiceStarted(0.5), ev.InterimTranscript(1, "stop it"), state=state)
    assert not kinds(commands, cmd.Interrupt)
    assert not kinds(commands, cmd.Duck)
    state, commands = play(*said(1, "stop it")[1:], state=state, now=2.0)
    assert not kinds(commands, cmd.Interrupt)
    _, commands = play(ev.ReplyFinished(1), state=state, now=9.0)
    assert [one.text for one in kinds(commands, cmd.Commit) if isinstance(one, cmd.Commit)] == ["stop it"]


@pytest.mark.parametrize("interrupts", [True, False])
def test_the_client_stops_the_agent_whoever_may_interrupt_it(interrupts: bool) -> None:
    state, commands = play(
        ev.TurnControl(interrupts=interrupts), ev.Typed("talk"), ev.ReplyStarted(1), ev.CancelReply()
    )
    assert kinds(commands, cmd.Interrupt)
    assert (state.reply, state.interrupts) == (Reply.NONE, interrupts)


def test_a_protected_sentence_is_not_stopped() -> None:
    state, commands = play(
        ev.Typed("talk"), ev.ReplyStarted(1), ev.SentenceStarted(1, uninterruptible=True), ev.CancelReply()
    )
    assert not kinds(commands, cmd.Interrupt)
    assert state.reply is Reply.PLAYING


def test_what_is_cleared_was_never_said() -> None:
    state, commands = play(ev.TurnControl(answers=False), *said(1, "hello"), ev.VoiceStarted(0.9), ev.CallerCleared())
    assert [one.number for one in kinds(commands, cmd.CancelUtterance) if isinstance(one, cmd.CancelUtterance)] == [2]
    _, commands = play(ev.RequestReply(), state=state)
    assert [one.text for one in kinds(commands, cmd.Commit) if isinstance(one, cmd.Commit)] == [""]
