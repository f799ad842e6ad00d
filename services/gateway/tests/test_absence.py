"""Turn-taking while the caller's connection is lost, as scripts of the pure machine."""

from parley_gateway import turn_types as t
from parley_gateway.turns import Reply, State, advance


def after(*events: t.Event, state: State | None = None) -> tuple[State, list[t.Command]]:
    state = state or State(t.TurnConfig())
    commands: list[t.Command] = []
    for at, event in enumerate(events):
        state, commands = advance(state, event, float(at))
    return state, commands


def commits(commands: list[t.Command]) -> list[tuple[str, t.CommitReason]]:
    return [(one.text, one.reason) for one in commands if isinstance(one, t.Commit)]


def test_an_agent_that_was_speaking_is_cut_and_goes_on_under_a_new_turn() -> None:
    state, commands = after(t.Start(agent_first=True), t.ReplyStarted(0), t.SentenceStarted(0, True), t.LegLost())
    assert t.Interrupt(0, "") in commands
    assert t.StopTimer(t.Timer.SILENCE) in commands
    assert state.reply is Reply.NONE
    state, commands = after(t.LegTakenUp(), state=state)
    assert commits(commands) == [("", t.CommitReason.RESUME)]


def test_an_agent_that_waits_for_an_answer_is_asked_to_say_it_again() -> None:
    state, _ = after(t.Start(agent_first=True), t.ReplyStarted(0), t.ReplyFinished(0), t.LegLost())
    _, commands = after(t.LegTakenUp(), state=state)
    assert commits(commands) == [("", t.CommitReason.RESUME)]


def test_what_the_caller_had_said_is_committed_when_they_are_back() -> None:
    state, commands = after(t.Start(agent_first=False), t.VoiceStarted(0.0), t.LegLost())
    assert any(isinstance(one, t.PauseUtterance) for one in commands)
    state, commands = after(t.FinalHeard(1, "tomorrow at nine"), state=state)
    assert not commits(commands)
    _, commands = advance(state, t.LegTakenUp(), 30.0)
    assert [text for text, _ in commits(commands)] == ["tomorrow at nine"]


def test_a_final_text_that_is_late_is_waited_for() -> None:
    state, _ = after(t.Start(agent_first=False), t.VoiceStarted(0.0), t.LegLost())
    state, commands = advance(state, t.LegTakenUp(), 30.0)
    assert not commits(commands)
    _, commands = advance(state, t.FinalHeard(1, ""), 30.1)
    assert commits(commands) == [("", t.CommitReason.RESUME)]


def test_nothing_is_prompted_or_warned_of_while_nobody_is_there() -> None:
    config = t.TurnConfig(warning_s=10)
    state, _ = after(t.Start(agent_first=False), t.LegLost(), state=State(config))
    for event in (t.VoiceStarted(1.0), t.TimerFired(t.Timer.WARNING), t.RoleReplaced("asr")):
        state, commands = advance(state, event, 2.0)
        assert not [one for one in commands if not isinstance(one, t.StartTimer)]
    assert not state.utterances


def test_a_call_that_another_gateway_began_ends_when_it_would_have() -> None:
    parked = State(t.TurnConfig(max_call_s=100), turn=4, parked=True)
    _, commands = advance(parked, t.LegTakenUp(elapsed_s=40), 1000.0)
    assert t.StartTimer(t.Timer.LIMIT, 1060.0) in commands
    assert [(one.turn, one.reason) for one in commands if isinstance(one, t.Commit)] == [(5, t.CommitReason.RESUME)]
