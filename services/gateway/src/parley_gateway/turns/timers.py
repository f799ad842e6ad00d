"""What turn-taking does when a timer fires: pauses, silences, and answers that do not come. Pure; see `machine`."""

from collections.abc import Callable
from dataclasses import replace

from parley_core.reasons import EndReason

from parley_gateway.turns.commands import (
    CancelUtterance,
    Command,
    FailTurn,
    PauseUtterance,
    SilencePrompt,
    StartTimer,
    StopTimer,
    Warn,
    WorkerStalled,
)
from parley_gateway.turns.state import (
    CLOCK_S,
    LOOK_AGAIN_S,
    LOOKS_S,
    Advanced,
    Reply,
    State,
    await_reply,
    change,
    hang_up,
    hold_or_commit,
    interrupt,
    new_notice,
    open_utterance,
    settle,
    unduck,
    with_keys,
)
from parley_gateway.turns.types import CommitReason, Sound, Timer

ECHO_AGAIN_S = 0.25
LONGEST_HALT_S = 4.0  # a voice that has no word for so long is a noise
LONG_VOICE_S = 0.7  # most signs of listening are shorter
WORDS_WITHIN_S = 1.2  # of a long voice; then it had none
BREATH_S = 0.3  # between "wait" and what follows
LONGEST_BREATH_S = 0.4  # as `HALT_S`, for a voice that pauses
_WARN_AGAIN_S = 0.5
_HEARD_STALLS = 2  # final texts that did not come before the caller is asked to say it again


def fired(state: State, timer: Timer, now: float) -> Advanced:
    return _TIMERS[timer](state, now)


def digits_complete(state: State, now: float, commands: list[Command]) -> Advanced:
    text, state = state.digits, replace(state, digits="")
    if not text:
        return settle(state, now, commands)
    if state.utterances and not state.digits_only:
        return settle(with_keys(state, text, state.keyed_at), now, commands)
    return hold_or_commit(state, text, CommitReason.DIGITS, now, commands)


def _pause_over(state: State, now: float) -> Advanced:
    if state.voiced or not state.utterances or state.utterances[-1].paused:
        return state, []
    last = state.utterances[-1]
    commands: list[Command] = [
        PauseUtterance(last.number, last.speech_end),
        StopTimer(Timer.UTTERANCE),
        StartTimer(Timer.HEARD, now + state.config.heard_timeout_s),
    ]
    return change(state, last.number, paused=True), commands


def _barge_in_due(state: State, now: float) -> Advanced:
    if not state.voiced or state.reply is not Reply.PLAYING:
        return state, []
    if state.utterances and state.utterances[-1].sound is Sound.ECHO:
        return state, [StartTimer(Timer.BARGE_IN, now + ECHO_AGAIN_S)]  # the caller may yet speak over it
    commands: list[Command] = []
    due = state.barge_in_at
    if now < due - CLOCK_S:
        looks = state.utterances and state.halted_at is None and now - state.utterances[-1].began < LOOKS_S
        return state, [StartTimer(Timer.BARGE_IN, min(due, now + LOOK_AGAIN_S) if looks else due)]
    # A recogniser that gives words while they are spoken has found none: this is no speech, as far as it can tell.
    if not state.words_come:
        heard = state.utterances[-1].partial if state.utterances else ""
        interrupted = interrupt(state, heard, commands)
        state = replace(interrupted, false_interruption=interrupted.cut and not heard) if commands else interrupted
    return state, commands


def _duck_over(state: State, now: float) -> Advanced:
    commands: list[Command] = []
    return unduck(state, commands), commands


def _halt_over(state: State, now: float) -> Advanced:
    if state.halted_at is None:
        return state, []
    if now < _silent_until(state, now, state.halted_at) - CLOCK_S:
        return state, [StartTimer(Timer.HALT, now + LOOK_AGAIN_S)]
    commands: list[Command] = []
    return unduck(state, commands), commands


def _silent_until(state: State, now: float, halted_at: float) -> float:
    """How long the agent is silent for a voice whose words have not come: the caller who goes on means it."""
    if state.voiced or not state.utterances:
        return halted_at + LONGEST_HALT_S if state.voiced else now
    newest = state.utterances[-1]
    if newest.text is None and newest.speech_end - newest.began >= LONG_VOICE_S:
        return newest.speech_end + WORDS_WITHIN_S
    return min(newest.speech_end + BREATH_S, halted_at + LONGEST_BREATH_S)


def _commit_due(state: State, now: float) -> Advanced:
    return settle(state, now, [])


def _heard_overdue(state: State, now: float) -> Advanced:
    if not state.owed_texts:
        return state, []
    if state.heard_stalls < _HEARD_STALLS:
        # The recogniser is taken as lost; its replacement gets the audio again.
        return replace(state, heard_stalls=state.heard_stalls + 1), [
            WorkerStalled("asr"),
            StartTimer(Timer.HEARD, now + state.config.heard_timeout_s),
        ]
    gone: list[Command] = [CancelUtterance(one.number) for one in state.utterances if one.text is None and one.paused]
    left = tuple(one for one in state.utterances if one.text is not None or not one.paused)
    state = replace(state, utterances=left, heard_stalls=0, false_interruption=False)
    if any(one.text for one in left):
        return settle(state, now, gone)
    state = new_notice(state, gone)
    return await_reply(state, now, [*gone, FailTurn(state.turn, "asr")])


def _reply_overdue(state: State, now: float) -> Advanced:
    if state.reply is Reply.NONE:
        return state, []
    stalls = state.reply_stalls
    state = replace(state, reply_stalls=stalls + 1)
    if stalls == 0:
        return state, [WorkerStalled("reply"), StartTimer(Timer.REPLY, now + state.config.reply_timeout_s)]
    if stalls == 1:
        commands: list[Command] = []
        state = new_notice(state, commands)
        return await_reply(state, now, [*commands, FailTurn(state.turn, "llm")])
    return hang_up(state, EndReason.AGENT_FAILED, [])


def _silence_over(state: State, now: float) -> Advanced:
    if state.voiced or state.utterances or state.reply is not Reply.NONE:
        return state, []
    prompts = state.prompts + 1
    if prompts > state.config.silence_prompts:
        return hang_up(state, EndReason.SILENCE, [])
    commands: list[Command] = []
    state = new_notice(replace(state, prompts=prompts), commands)
    return await_reply(state, now, [*commands, SilencePrompt(state.turn, prompts)])


def _warning_due(state: State, now: float) -> Advanced:
    if state.disconnected or state.voiced or state.utterances or state.digits or state.reply is not Reply.NONE:
        # Nobody is talked over for it; a call that never falls silent ends without.
        return state, [StartTimer(Timer.WARNING, now + _WARN_AGAIN_S)]
    commands: list[Command] = [StopTimer(Timer.SILENCE)]
    state = new_notice(state, commands)
    return await_reply(state, now, [*commands, Warn(state.turn)])


def _limit_reached(state: State, now: float) -> Advanced:
    commands: list[Command] = []
    state = interrupt(replace(state, uninterruptible_now=False), "", commands)
    return hang_up(state, EndReason.TIME_LIMIT, [StopTimer(Timer.WARNING), *commands])


def _utterance_too_long(state: State, now: float) -> Advanced:
    if not state.utterances or state.utterances[-1].paused:
        return state, []
    last = state.utterances[-1]
    commands: list[Command] = [
        PauseUtterance(last.number, now),
        StartTimer(Timer.HEARD, now + state.config.heard_timeout_s),
    ]
    state = change(state, last.number, paused=True, speech_end=now)
    if state.voiced:
        state = open_utterance(state, now, now, commands)
    return state, commands


def _digits_over(state: State, now: float) -> Advanced:
    return digits_complete(state, now, [])


_TIMERS: dict[Timer, Callable[[State, float], Advanced]] = {
    Timer.PAUSE: _pause_over,
    Timer.BARGE_IN: _barge_in_due,
    Timer.DUCK: _duck_over,
    Timer.HALT: _halt_over,
    Timer.COMMIT: _commit_due,
    Timer.HEARD: _heard_overdue,
    Timer.REPLY: _reply_overdue,
    Timer.SILENCE: _silence_over,
    Timer.WARNING: _warning_due,
    Timer.LIMIT: _limit_reached,
    Timer.UTTERANCE: _utterance_too_long,
    Timer.DIGITS: _digits_over,
}
