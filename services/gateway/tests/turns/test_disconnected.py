"""Turn-taking while the caller's connection is lost, as scripts of the pure machine."""

from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.config import TurnConfig
from parley_gateway.turns.machine import Reply, State, advance
from parley_gateway.turns.types import CommitReason, Timer


def after(*events: ev.Event, state: State | None = None) -> tuple[State, list[cmd.Command]]:
    state = state or State(TurnConfig())
    commands: list[cmd.Command] = []
    for at, event in enumerate(events):
        state, commands = advance(state, event, float(at))
    return state, commands


def commits(commands: list[cmd.Command]) -> list[tuple[str, CommitReason]]:
    return [(one.text, one.reason) for one in commands if isinstance(one, cmd.Commit)]


def test_an_agent_that_was_speaking_is_cut_and_goes_on_under_a_new_turn() -> None:
    state, commands = after(ev.Start(agent_first=True), ev.ReplyStarted(0), ev.SentenceStarted(0, True), ev.LegLost())
    assert cmd.Interrupt(0, "") in commands
    assert cmd.StopTimer(Timer.SILENCE) in commands
    assert state.reply is Reply.NONE
    state, commands = after(ev.LegResumed(), state=state)
    assert commits(commands) == [("", CommitReason.RESUME)]


def test_an_agent_that_waits_for_an_answer_is_asked_to_say_it_again() -> None:
    state, _ = after(ev.Start(agent_first=True), ev.ReplyStarted(0), ev.ReplyFinished(0), ev.LegLost())
    _, commands = after(ev.LegResumed(), state=state)
    assert commits(commands) == [("", CommitReason.RESUME)]


def test_what_the_caller_had_said_is_committed_when_they_are_back() -> None:
    state, commands = after(ev.Start(agent_first=False), ev.VoiceStarted(0.0), ev.LegLost())
    assert any(isinstance(one, cmd.PauseUtterance) for one in commands)
    state, commands = after(ev.FinalTranscript(1, "tomorrow at nine"), state=state)
    assert not commits(commands)
    _, commands = advance(state, ev.LegResumed(), 30.0)
    assert [text for text, _ in commits(commands)] == ["tomorrow at nine"]


def test_a_final_text_that_is_late_is_waited_for() -> None:
    state, _ = after(ev.Start(agent_first=False), ev.VoiceStarted(0.0), ev.LegLost())
    state, commands = advance(state, ev.LegResumed(), 30.0)
    assert not commits(commands)
    _, commands = advance(state, ev.FinalTranscript(1, ""), 30.1)
    assert commits(commands) == [("", CommitReason.RESUME)]


def test_nothing_is_prompted_or_warned_of_while_nobody_is_there() -> None:
    config = TurnConfig(warning_s=10)
    state, _ = after(ev.Start(agent_first=False), ev.LegLost(), state=State(config))
    for event in (ev.VoiceStarted(1.0), ev.TimerFired(Timer.WARNING), ev.WorkerReplaced("asr")):
        state, commands = advance(state, event, 2.0)
        assert not [one for one in commands if not isinstance(one, cmd.StartTimer)]
    assert not state.utterances


def test_a_call_that_another_gateway_began_ends_when_it_would_have() -> None:
    disconnected = State(TurnConfig(max_call_s=100), turn=4, disconnected=True)
    _, commands = advance(disconnected, ev.LegResumed(elapsed_s=40), 1000.0)
    assert cmd.StartTimer(Timer.LIMIT, 1060.0) in commands
    assert [(one.turn, one.reason) for one in commands if isinstance(one, cmd.Commit)] == [(5, CommitReason.RESUME)]
