"""What turn-taking does when a client takes part in it: push to talk, answers on request, "stop". Pure; see
`machine`."""

from dataclasses import replace

from parley_gateway.turns.commands import CancelUtterance, Command, PauseUtterance, StartTimer, StopTimer
from parley_gateway.turns.events import CallerCleared, CallerDone, CancelReply, RequestReply, TurnControl
from parley_gateway.turns.state import Advanced, State, change, drop_draft, interrupt, settle, unduck
from parley_gateway.turns.types import Timer


def set_turn_control(state: State, event: TurnControl, now: float) -> Advanced:
    state = replace(state, answers=event.answers, interrupts=event.interrupts)
    # Who answers only on request waits for its client, however long.
    return settle(state, now, [] if event.answers else [StopTimer(Timer.SILENCE)])


def caller_done(state: State, event: CallerDone, now: float) -> Advanced:
    if not state.utterances or state.utterances[-1].paused:
        return state, []
    last = state.utterances[-1]
    speech_end = now if state.voiced else last.speech_end
    commands: list[Command] = [
        StopTimer(Timer.PAUSE),
        StopTimer(Timer.UTTERANCE),
        PauseUtterance(last.number, speech_end),
        StartTimer(Timer.HEARD, now + state.config.heard_timeout_s),
    ]
    return replace(change(state, last.number, paused=True, speech_end=speech_end), voiced=False), commands


def caller_cleared(state: State, event: CallerCleared, now: float) -> Advanced:
    commands: list[Command] = [CancelUtterance(one.number) for one in state.utterances if one.text is None]
    commands += [StopTimer(timer) for timer in (Timer.PAUSE, Timer.COMMIT, Timer.HEARD, Timer.UTTERANCE)]
    state = drop_draft(
        unduck(replace(state, utterances=(), voiced=False, false_interruption=False), commands), commands
    )
    return settle(state, now, commands)


def answer(state: State, event: RequestReply, now: float) -> Advanced:
    state, commands = caller_done(state, CallerDone(), now)
    state = replace(state, asked=True)
    return (state, commands) if state.owed_texts else settle(state, now, commands)


def cancel_reply(state: State, event: CancelReply, now: float) -> Advanced:
    commands: list[Command] = []
    willing = state.interrupts
    state = replace(
        interrupt(replace(state, interrupts=True, false_interruption=False), "", commands), interrupts=willing
    )
    return settle(state, now, commands)
