"""What a client may decide of the turns: when they are answered, whether they interrupt, and that the agent stops."""

import pytest
from parley_gateway import turn_types as t
from parley_gateway.turn_state import Reply, State
from parley_gateway.turns import advance

CONFIG = t.TurnConfig(pause_s=0.5, min_commit_s=0.2, max_commit_s=2.5)


def play(*events: t.Event, state: State | None = None, now: float = 1.0) -> tuple[State, list[t.Command]]:
    """Give events at one moment; returns the state and everything that was decided."""
    state = state or State(CONFIG)
    decided: list[t.Command] = []
    for event in events:
        state, commands = advance(state, event, now)
        decided += commands
    return state, decided


def kinds(commands: list[t.Command], kind: type[object]) -> list[t.Command]:
    return [one for one in commands if isinstance(one, kind)]


def said(number: int, text: str) -> list[t.Event]:
    return [t.VoiceStarted(0.5), t.VoiceEnded(0.8), t.TimerFired(t.Timer.PAUSE), t.FinalHeard(number, text)]


def test_a_turn_waits_for_the_client_and_is_answered_at_once_then() -> None:
    state, commands = play(t.Floor(answers=False), *said(1, "hello"), *said(2, "are you there"), now=5.0)
    assert not kinds(commands, t.Commit)
    assert not [one for one in commands if isinstance(one, t.StartTimer) and one.timer is t.Timer.SILENCE]
    _, commands = play(t.Answer(), state=state, now=5.1)
    [commit] = kinds(commands, t.Commit)
    assert isinstance(commit, t.Commit)
    assert (commit.text, commit.utterances) == ("hello are you there", (1, 2))
    assert commit.reason is t.CommitReason.ASKED


def test_speech_that_the_client_ends_is_recognised_and_then_answered() -> None:
    state, commands = play(t.Floor(answers=False), t.VoiceStarted(0.5), t.Answer())
    [pause] = kinds(commands, t.PauseUtterance)
    assert isinstance(pause, t.PauseUtterance)
    assert not kinds(commands, t.Commit)
    _, commands = play(t.FinalHeard(pause.number, "hello"), state=state)
    assert [one.text for one in kinds(commands, t.Commit) if isinstance(one, t.Commit)] == ["hello"]


def test_an_answer_to_nothing_is_a_turn_without_words() -> None:
    _, commands = play(t.Floor(answers=False), t.Answer())
    assert [one.text for one in kinds(commands, t.Commit) if isinstance(one, t.Commit)] == [""]


def test_what_was_kept_is_answered_once_answers_come_by_themselves_again() -> None:
    state, _ = play(t.Floor(answers=False), *said(1, "hello"))
    _, commands = play(t.Floor(), state=state, now=9.0)
    assert kinds(commands, t.Commit)


def test_without_interruptions_words_over_the_agent_are_the_turn_after_it() -> None:
    state, _ = play(t.Floor(interrupts=False), t.Typed("talk"), t.ReplyStarted(1))
    state, commands = play(t.VoiceStarted(0.5), t.PartialHeard(1, "stop it"), state=state)
    assert not kinds(commands, t.Interrupt)
    assert not kinds(commands, t.Duck)
    state, commands = play(*said(1, "stop it")[1:], state=state, now=2.0)
    assert not kinds(commands, t.Interrupt)
    _, commands = play(t.ReplyFinished(1), state=state, now=9.0)
    assert [one.text for one in kinds(commands, t.Commit) if isinstance(one, t.Commit)] == ["stop it"]


@pytest.mark.parametrize("interrupts", [True, False])
def test_the_client_stops_the_agent_whoever_may_interrupt_it(interrupts: bool) -> None:
    state, commands = play(t.Floor(interrupts=interrupts), t.Typed("talk"), t.ReplyStarted(1), t.Hush())
    assert kinds(commands, t.Interrupt)
    assert (state.reply, state.interrupts) == (Reply.NONE, interrupts)


def test_a_protected_sentence_is_not_stopped() -> None:
    state, commands = play(t.Typed("talk"), t.ReplyStarted(1), t.SentenceStarted(1, uninterruptible=True), t.Hush())
    assert not kinds(commands, t.Interrupt)
    assert state.reply is Reply.PLAYING


def test_what_is_cleared_was_never_said() -> None:
    state, commands = play(t.Floor(answers=False), *said(1, "hello"), t.VoiceStarted(0.9), t.CallerCleared())
    assert [one.number for one in kinds(commands, t.CancelUtterance) if isinstance(one, t.CancelUtterance)] == [2]
    _, commands = play(t.Answer(), state=state)
    assert [one.text for one in kinds(commands, t.Commit) if isinstance(one, t.Commit)] == [""]
