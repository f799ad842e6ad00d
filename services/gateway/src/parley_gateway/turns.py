"""Turn-taking: who has the floor, when the caller's turn is over, when the agent is interrupted.

A pure state machine: `advance(state, event, now)` returns the next state and what to do about it. No I/O and no clock
of its own; every time is in seconds on whatever clock the caller of `advance` uses. `call` drives it in the gateway,
tests and simulations drive it with scripts.

Two things go on at once and are kept apart: the caller's side (`voiced`, `utterances`) and the agent's (`reply`).
`State.phase` folds them into the one word that people want to see.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from parley_gateway.turn_types import (
    CancelUtterance,
    Command,
    Commit,
    CommitReason,
    Digits,
    Event,
    FailTurn,
    FinalHeard,
    HangUp,
    Interrupt,
    OpenUtterance,
    PartialHeard,
    PauseUtterance,
    Prompt,
    ReplyFinished,
    ReplyStarted,
    ReplyStarved,
    RoleLost,
    RoleReplaced,
    RoleStalled,
    SentenceStarted,
    Start,
    StartTimer,
    StopTimer,
    Then,
    Timer,
    TimerFired,
    TurnConfig,
    Typed,
    VoiceEnded,
    VoiceStarted,
)

_WORD = re.compile(r"[\w']+")
_HEARD_STALLS = 2  # final texts that did not come before the caller is asked to say it again


class Phase(StrEnum):
    IDLE = "idle"  # nobody speaks
    LISTENING = "listening"  # the caller speaks
    PAUSING = "pausing"  # the caller is silent, the turn may be over
    COMMITTED = "committed"  # the turn is over, the agent has not begun
    SPEAKING = "speaking"  # the agent speaks


class Reply(StrEnum):
    NONE = "none"
    AWAITED = "awaited"
    PLAYING = "playing"


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of the caller's speech between two pauses."""

    number: int
    speech_end: float = 0.0
    paused: bool = False  # the recogniser was asked for its final text
    text: str | None = None  # the final text; None until it came
    partial: str = ""


@dataclass(frozen=True, slots=True)
class State:
    config: TurnConfig
    turn: int = 0  # the newest committed turn; 0: the greeting
    reply: Reply = Reply.NONE
    cut: bool = False  # the newest turn was interrupted: nothing of it may be heard any more
    protected: bool = False  # the sentence that plays may not be interrupted
    voiced: bool = False
    utterances: tuple[Utterance, ...] = ()  # of the turn in the making
    newest_utterance: int = 0
    digits: str = ""
    held: tuple[str, CommitReason] | None = None  # digits or typed text that wait for a protected sentence to end
    prompts: int = 0  # silences in a row
    heard_stalls: int = 0
    reply_stalls: int = 0
    closing: bool = False

    @property
    def phase(self) -> Phase:
        if self.reply is Reply.PLAYING:
            return Phase.SPEAKING
        if self.reply is Reply.AWAITED:
            return Phase.COMMITTED
        if self.voiced:
            return Phase.LISTENING
        return Phase.PAUSING if self.utterances or self.digits else Phase.IDLE


Advanced = tuple[State, list[Command]]


def advance(state: State, event: Event, now: float) -> Advanced:
    """Take one event in; `now` is when it is handled."""
    if state.closing:
        return state, []
    return _HANDLERS[type(event)](state, event, now)


def is_backchannel(text: str, backchannels: frozenset[str]) -> bool:
    """Say whether `text` has no word beyond "mhm", "okay" and their like. Text without any word is one, too."""
    known = {" ".join(_words(one)) for one in backchannels}
    heard = _words(text)
    return " ".join(heard) in known or all(word in known for word in heard)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _start(state: State, event: Start, now: float) -> Advanced:
    commands: list[Command] = [StartTimer(Timer.LIMIT, now + state.config.max_call_s)]
    if event.agent_first:
        return _await_reply(state, now, commands)
    return state, [*commands, StartTimer(Timer.SILENCE, now + state.config.silence_prompt_s)]


def _voice_started(state: State, event: VoiceStarted, now: float) -> Advanced:
    commands: list[Command] = [StopTimer(Timer.SILENCE), StopTimer(Timer.PAUSE), StopTimer(Timer.COMMIT)]
    state = replace(state, voiced=True)
    if not state.utterances or state.utterances[-1].paused:
        state = _open(state, event.at, now, commands)
    if state.reply is Reply.PLAYING:
        commands.append(StartTimer(Timer.BARGE_IN, event.at + state.config.barge_in_s))
    return state, commands


def _voice_ended(state: State, event: VoiceEnded, now: float) -> Advanced:
    state = replace(state, voiced=False)
    if not state.utterances or state.utterances[-1].paused:
        return state, []
    state = _change(state, state.utterances[-1].number, speech_end=event.last_sound)
    return state, [StopTimer(Timer.BARGE_IN), StartTimer(Timer.PAUSE, event.last_sound + state.config.pause_s)]


def _partial_heard(state: State, event: PartialHeard, now: float) -> Advanced:
    if all(one.number != event.utterance for one in state.utterances):
        return state, []
    state = _change(state, event.utterance, partial=event.text)
    commands: list[Command] = []
    if event.text and not is_backchannel(event.text, state.config.backchannels):
        state = _interrupt(state, event.text, commands)
    return state, commands


def _final_heard(state: State, event: FinalHeard, now: float) -> Advanced:
    known = [one for one in state.utterances if one.number == event.utterance and one.text is None]
    if not known:
        return state, []
    state = _change(state, event.utterance, text=event.text.strip(), paused=True)
    commands: list[Command] = []
    if not any(one.paused and one.text is None for one in state.utterances):
        state = replace(state, heard_stalls=0)
        commands.append(StopTimer(Timer.HEARD))
    return _settle(state, now, commands)


def _reply_started(state: State, event: ReplyStarted, now: float) -> Advanced:
    if event.turn != state.turn:
        return state, []
    commands: list[Command] = [StopTimer(Timer.REPLY), StopTimer(Timer.SILENCE)]
    if state.reply is not Reply.PLAYING and state.voiced:
        commands.append(StartTimer(Timer.BARGE_IN, now + state.config.barge_in_s))
    return replace(state, reply=Reply.PLAYING, reply_stalls=0), commands


def _reply_starved(state: State, event: ReplyStarved, now: float) -> Advanced:
    if event.turn != state.turn or state.reply is Reply.NONE:
        return state, []
    return state, [StartTimer(Timer.REPLY, now + state.config.reply_timeout_s)]


def _sentence_started(state: State, event: SentenceStarted, now: float) -> Advanced:
    if event.turn != state.turn:
        return state, []
    return _settle(replace(state, protected=event.uninterruptible), now, [])


def _reply_finished(state: State, event: ReplyFinished, now: float) -> Advanced:
    if event.turn != state.turn:
        return state, []
    commands: list[Command] = [StopTimer(Timer.REPLY), StopTimer(Timer.BARGE_IN)]
    state = replace(state, reply=Reply.NONE, protected=False, reply_stalls=0)
    if event.then is Then.LISTEN:
        return _settle(state, now, commands)
    reason = "agent_hung_up" if event.then is Then.HANG_UP else "handed_off"
    return _hang_up(state, reason, commands)


def _digits(state: State, event: Digits, now: float) -> Advanced:
    ended = "#" in event.digits
    state = replace(state, digits=state.digits + event.digits.partition("#")[0])
    commands: list[Command] = [StopTimer(Timer.SILENCE)]
    state = _interrupt(state, "", commands)
    if not ended:
        return state, [*commands, StartTimer(Timer.DIGITS, now + state.config.digits_wait_s)]
    commands.append(StopTimer(Timer.DIGITS))
    return _digits_complete(state, now, commands)


def _typed(state: State, event: Typed, now: float) -> Advanced:
    text = event.text.strip()
    return _hold_or_commit(state, text, CommitReason.TYPED, now, []) if text else (state, [])


def _role_lost(state: State, event: RoleLost, now: float) -> Advanced:
    # Finding another worker has a deadline of its own.
    return state, [StopTimer(Timer.HEARD if event.role == "asr" else Timer.REPLY)]


def _role_replaced(state: State, event: RoleReplaced, now: float) -> Advanced:
    if event.role == "asr":
        if any(one.paused and one.text is None for one in state.utterances):
            return state, [StartTimer(Timer.HEARD, now + state.config.heard_timeout_s)]
    elif state.reply is not Reply.NONE:
        return state, [StartTimer(Timer.REPLY, now + state.config.reply_timeout_s)]
    return state, []


def _timer_fired(state: State, event: TimerFired, now: float) -> Advanced:
    return _TIMERS[event.timer](state, now)


def _pause_over(state: State, now: float) -> Advanced:
    if state.voiced or not state.utterances or state.utterances[-1].paused:
        return state, []
    last = state.utterances[-1]
    commands: list[Command] = [
        PauseUtterance(last.number, last.speech_end),
        StopTimer(Timer.UTTERANCE),
        StartTimer(Timer.HEARD, now + state.config.heard_timeout_s),
    ]
    return _change(state, last.number, paused=True), commands


def _barge_in_due(state: State, now: float) -> Advanced:
    commands: list[Command] = []
    if state.voiced and state.reply is Reply.PLAYING:
        state = _interrupt(state, state.utterances[-1].partial if state.utterances else "", commands)
    return state, commands


def _commit_due(state: State, now: float) -> Advanced:
    return _settle(state, now, [])


def _heard_overdue(state: State, now: float) -> Advanced:
    if not any(one.paused and one.text is None for one in state.utterances):
        return state, []
    if state.heard_stalls < _HEARD_STALLS:
        # The recogniser is taken as lost; its replacement gets the audio again.
        return replace(state, heard_stalls=state.heard_stalls + 1), [
            RoleStalled("asr"),
            StartTimer(Timer.HEARD, now + state.config.heard_timeout_s),
        ]
    gone: list[Command] = [CancelUtterance(one.number) for one in state.utterances if one.text is None and one.paused]
    left = tuple(one for one in state.utterances if one.text is not None or not one.paused)
    state = replace(state, utterances=left, heard_stalls=0)
    if any(one.text for one in left):
        return _settle(state, now, gone)
    state = _new_notice(state)
    return _await_reply(state, now, [*gone, FailTurn(state.turn, "asr")])


def _reply_overdue(state: State, now: float) -> Advanced:
    if state.reply is Reply.NONE:
        return state, []
    stalls = state.reply_stalls
    state = replace(state, reply_stalls=stalls + 1)
    if stalls == 0:
        return state, [RoleStalled("reply"), StartTimer(Timer.REPLY, now + state.config.reply_timeout_s)]
    if stalls == 1:
        state = _new_notice(state)
        return _await_reply(state, now, [FailTurn(state.turn, "llm")])
    return _hang_up(state, "agent_failed", [])


def _silence_over(state: State, now: float) -> Advanced:
    if state.voiced or state.utterances or state.reply is not Reply.NONE:
        return state, []
    prompts = state.prompts + 1
    if prompts > state.config.silence_prompts:
        return _hang_up(state, "silence", [])
    state = _new_notice(replace(state, prompts=prompts))
    return _await_reply(state, now, [Prompt(state.turn, prompts)])


def _limit_reached(state: State, now: float) -> Advanced:
    commands: list[Command] = []
    state = _interrupt(replace(state, protected=False), "", commands)
    return _hang_up(state, "time_limit", commands)


def _utterance_too_long(state: State, now: float) -> Advanced:
    if not state.utterances or state.utterances[-1].paused:
        return state, []
    last = state.utterances[-1]
    commands: list[Command] = [
        PauseUtterance(last.number, now),
        StartTimer(Timer.HEARD, now + state.config.heard_timeout_s),
    ]
    state = _change(state, last.number, paused=True, speech_end=now)
    if state.voiced:
        state = _open(state, now, now, commands)
    return state, commands


def _digits_over(state: State, now: float) -> Advanced:
    return _digits_complete(state, now, [])


def _digits_complete(state: State, now: float, commands: list[Command]) -> Advanced:
    text, state = state.digits, replace(state, digits="")
    if not text:
        return _settle(state, now, commands)
    return _hold_or_commit(state, text, CommitReason.DIGITS, now, commands)


def _settle(state: State, now: float, commands: list[Command]) -> Advanced:
    """Commit what is complete, forget what was nothing, and watch over silence when nobody has anything to say."""
    if state.held is not None and not _shielded(state):
        text, reason = state.held
        return _hold_or_commit(replace(state, held=None), text, reason, now, commands)
    if state.utterances and not any(one.text is None for one in state.utterances):
        text = " ".join(one.text for one in state.utterances if one.text)
        agent_has_floor = state.reply is not Reply.NONE
        if not text or (agent_has_floor and is_backchannel(text, state.config.backchannels)):
            state = replace(state, utterances=())
        elif _shielded(state):
            return state, commands
        else:
            speech_end = max(one.speech_end for one in state.utterances)
            due = speech_end + state.config.min_commit_s
            if now < due:
                return state, [*commands, StartTimer(Timer.COMMIT, due)]
            numbers = tuple(one.number for one in state.utterances if one.text)
            state = replace(state, utterances=())
            return _commit(state, text, numbers, CommitReason.PAUSE, speech_end, now, commands)
    if state.reply is Reply.NONE and not state.utterances and not state.voiced and not state.digits:
        commands.append(StartTimer(Timer.SILENCE, now + state.config.silence_prompt_s))
    return state, commands


def _hold_or_commit(state: State, text: str, reason: CommitReason, now: float, commands: list[Command]) -> Advanced:
    if _shielded(state):
        before = state.held[0] + " " if state.held else ""
        return replace(state, held=(before + text, reason)), commands
    return _commit(state, text, (), reason, now, now, commands)


def _commit(
    state: State,
    text: str,
    utterances: tuple[int, ...],
    reason: CommitReason,
    speech_end: float,
    now: float,
    commands: list[Command],
) -> Advanced:
    state = _interrupt(state, text, commands)
    state = replace(state, turn=state.turn + 1, cut=False, prompts=0, reply_stalls=0)
    commands += [
        StopTimer(Timer.SILENCE),
        StopTimer(Timer.COMMIT),
        Commit(state.turn, text, utterances, reason, speech_end),
    ]
    return _await_reply(state, now, commands)


def _await_reply(state: State, now: float, commands: list[Command]) -> Advanced:
    commands.append(StartTimer(Timer.REPLY, now + state.config.reply_timeout_s))
    return replace(state, reply=Reply.AWAITED, protected=False), commands


def _interrupt(state: State, by: str, commands: list[Command]) -> State:
    if state.reply is Reply.NONE or _shielded(state):
        return state
    commands += [Interrupt(state.turn, by), StopTimer(Timer.BARGE_IN), StopTimer(Timer.REPLY)]
    return replace(state, reply=Reply.NONE, protected=False, cut=True)


def _new_notice(state: State) -> State:
    """What the platform says itself needs a turn that was not cut off; such a turn has no words of the caller."""
    return replace(state, turn=state.turn + 1, cut=False) if state.cut else state


def _hang_up(state: State, reason: str, commands: list[Command]) -> Advanced:
    state = _new_notice(state)
    return replace(state, closing=True), [*commands, HangUp(state.turn, reason)]


def _shielded(state: State) -> bool:
    return state.protected and state.reply is Reply.PLAYING


def _open(state: State, at: float, now: float, commands: list[Command]) -> State:
    number = state.newest_utterance + 1
    commands += [
        OpenUtterance(number, at),
        StartTimer(Timer.UTTERANCE, now + state.config.max_utterance_s),
    ]
    return replace(state, newest_utterance=number, utterances=(*state.utterances, Utterance(number, speech_end=at)))


def _change(state: State, number: int, **changes: object) -> State:
    changed = tuple(
        replace(one, **changes) if one.number == number else one  # type: ignore[arg-type]
        for one in state.utterances
    )
    return replace(state, utterances=changed)


# Everything that can happen, on one screen.
_HANDLERS: dict[type[object], Callable[..., Advanced]] = {
    Start: _start,
    VoiceStarted: _voice_started,
    VoiceEnded: _voice_ended,
    PartialHeard: _partial_heard,
    FinalHeard: _final_heard,
    ReplyStarted: _reply_started,
    ReplyStarved: _reply_starved,
    SentenceStarted: _sentence_started,
    ReplyFinished: _reply_finished,
    Digits: _digits,
    Typed: _typed,
    RoleLost: _role_lost,
    RoleReplaced: _role_replaced,
    TimerFired: _timer_fired,
}

_TIMERS: dict[Timer, Callable[[State, float], Advanced]] = {
    Timer.PAUSE: _pause_over,
    Timer.BARGE_IN: _barge_in_due,
    Timer.COMMIT: _commit_due,
    Timer.HEARD: _heard_overdue,
    Timer.REPLY: _reply_overdue,
    Timer.SILENCE: _silence_over,
    Timer.LIMIT: _limit_reached,
    Timer.UTTERANCE: _utterance_too_long,
    Timer.DIGITS: _digits_over,
}
