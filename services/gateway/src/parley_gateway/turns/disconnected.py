"""Turn-taking while the caller is disconnected and may reconnect. Pure.

Nothing that was said goes lost: what the caller had said is answered when they are back, and what the agent was
saying is gone on with from the last word that was heard.
"""

from dataclasses import replace

from parley_gateway.turns.commands import Command, PauseUtterance, StartTimer, StopTimer
from parley_gateway.turns.state import Advanced, State, change, drop_draft, interrupt, resume, settle
from parley_gateway.turns.types import Timer

# Those that watch over somebody who is not there; the call's limits run on.
_RESTING = (Timer.PAUSE, Timer.BARGE_IN, Timer.DUCK, Timer.HALT, Timer.COMMIT, Timer.HEARD, Timer.REPLY, Timer.SILENCE,
            Timer.UTTERANCE, Timer.DIGITS)  # fmt: skip


def lost(state: State, now: float) -> Advanced:
    if state.disconnected:
        return state, []
    commands: list[Command] = []
    if state.utterances and not state.utterances[-1].paused:
        last = state.utterances[-1]
        speech_end = now if state.voiced else last.speech_end
        commands.append(PauseUtterance(last.number, speech_end))
        state = change(state, last.number, paused=True, speech_end=speech_end)
    # No sentence is protected from this: nobody hears it.
    state = interrupt(replace(state, uninterruptible_now=False), "", commands)
    state = drop_draft(state, commands)
    commands += [StopTimer(timer) for timer in _RESTING]
    return replace(state, disconnected=True, voiced=False, ducked=False), commands


def over(state: State, now: float, commands: list[Command]) -> Advanced:
    if not state.disconnected:
        return state, commands
    # What turns out to be no words has the agent go on, as after a false interruption.
    state = replace(state, disconnected=False, false_interruption=True)
    if state.owed_texts:
        return state, [*commands, StartTimer(Timer.HEARD, now + state.config.heard_timeout_s)]
    if state.utterances or state.held is not None:
        return settle(state, now, commands)
    if state.digits:
        return state, [*commands, StartTimer(Timer.DIGITS, now + state.config.digits_wait_s)]
    return resume(state, now, commands)
