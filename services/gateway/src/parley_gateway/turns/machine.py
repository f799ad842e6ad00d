"""Turn-taking: who has the floor, when the caller's turn is over, when the agent is interrupted.

A pure state machine: `advance(state, event, now)` returns the next state and what to do about it. No I/O and no clock
of its own; every time is in seconds on whatever clock the caller of `advance` uses. `driver` drives it in the gateway,
tests and simulations drive it with scripts.

Two things go on at once and are kept apart: the caller's side (`voiced`, `utterances`) and the agent's (`reply`).
`State.phase` folds them into the one word that people want to see. `events` has the events and commands,
`turn_state` the state and the steps that events share, `timers` the timers, `endpointing` and `barge_in` the judgement.
"""

from collections.abc import Callable
from dataclasses import replace

from parley_core.reasons import EndReason

from parley_gateway.turns import amd_stage, barge_in, consent, disconnected, push_to_talk
from parley_gateway.turns.commands import Apologise, CancelUtterance, Command, StartTimer, StopTimer
from parley_gateway.turns.dictation import Expects
from parley_gateway.turns.events import (
    BeepHeard,
    CallerCleared,
    CallerDone,
    CancelReply,
    Digits,
    Event,
    Expected,
    FinalTranscript,
    InLanguage,
    InterimTranscript,
    LegLost,
    LegResumed,
    ReplyFinished,
    ReplyStarted,
    ReplyStarved,
    RequestReply,
    SentenceStarted,
    SoundJudged,
    Start,
    TimerFired,
    TransferFailed,
    TurnControl,
    Typed,
    VoiceCut,
    VoiceEnded,
    VoiceStarted,
    WorkerLost,
    WorkerReplaced,
)
from parley_gateway.turns.state import (
    ASIDE_S,
    CLOCK_S,
    LOOK_S,
    Advanced,
    Reply,
    State,
    Utterance,
    await_reply,
    change,
    drop_draft,
    duck,
    goes_on_with_answer,
    halt,
    hang_up,
    hold_or_commit,
    interrupt,
    listen_over,
    new_notice,
    open_utterance,
    settle,
    unduck,
)
from parley_gateway.turns.timers import digits_complete, fired
from parley_gateway.turns.types import CommitReason, Phase, Sound, Then, Timer

__all__ = ["Advanced", "Phase", "Reply", "State", "advance"]


def advance(state: State, event: Event, now: float) -> Advanced:
    """Take one event in; `now` is when it is handled."""
    if state.closing and not isinstance(event, TransferFailed):
        return state, []
    if state.answering is not None:
        return amd_stage.advance(state, event, now)
    if state.consent is not None:
        return consent.advance(state, event, now)
    return HANDLERS[type(event)](state, event, now)


def _start(state: State, event: Start, now: float) -> Advanced:
    commands = _limits(state, now)
    if event.agent_first and not state.spoke:
        return await_reply(state, now, commands)
    # A greeting may have begun, and ended, while the call waited for its last worker.
    if state.reply is Reply.NONE:
        commands.append(StartTimer(Timer.SILENCE, now + state.config.silence_prompt_s))
    return state, commands


def _limits(state: State, began: float) -> list[Command]:
    config = state.config
    commands: list[Command] = [StartTimer(Timer.LIMIT, began + config.max_call_s)]
    if 0 < config.warning_s <= config.max_call_s / 2:
        commands.append(StartTimer(Timer.WARNING, began + config.max_call_s - config.warning_s))
    return commands


def _voice_started(state: State, event: VoiceStarted, now: float) -> Advanced:
    if state.disconnected:
        return state, []  # the last that came over the lost line
    commands: list[Command] = [StopTimer(Timer.SILENCE), StopTimer(Timer.PAUSE), StopTimer(Timer.COMMIT)]
    state = duck(state, now, commands)
    state = drop_draft(replace(state, voiced=True), commands)
    if not state.utterances or state.utterances[-1].paused:
        state = open_utterance(state, event.at, now, commands)
    elif state.halted_at is None:
        state = change(state, state.utterances[-1].number, halted=False)  # who begins again goes on
    if state.reply is Reply.PLAYING:
        # A closure inside a word does not make the voice begin anew.
        began = state.utterances[-1].began if state.utterances[-1].over else event.at
        state = listen_over(state, began, now, commands)
    return state, commands


def _voice_ended(state: State, event: VoiceEnded, now: float) -> Advanced:
    state = replace(state, voiced=False)
    if not state.utterances or state.utterances[-1].paused:
        return state, []
    config = state.config
    state = change(state, state.utterances[-1].number, speech_end=event.last_sound)
    wait = min(config.draft_after_s, config.pause_s) if config.drafts else config.pause_s
    return state, [StopTimer(Timer.BARGE_IN), StartTimer(Timer.PAUSE, event.last_sound + wait)]


def _interim_transcript(state: State, event: InterimTranscript, now: float) -> Advanced:
    known = _utterance(state, event.utterance)
    if known is None:
        return state, []
    state = change(state, event.utterance, partial=event.text)
    commands: list[Command] = []
    if event.text:
        state = replace(state, words_come=True)
        if _takes_floor(state, known, event):
            state = interrupt(state, event.text, commands)
            # A final text without a word would take it back.
            state = replace(state, false_interruption=state.false_interruption or bool(commands))
        elif state.halted_at is not None and not state.voiced:
            state = unduck(state, commands)
    return state, commands


def _final_transcript(state: State, event: FinalTranscript, now: float) -> Advanced:
    known = _utterance(state, event.utterance)
    if known is None or known.text is not None:
        return state, []
    text = event.text.strip()
    # Of what was said over the agent only what takes the floor is anything; a lone "mhm" is judged with the rest.
    background = event.level_below_caller_db >= state.config.background_db
    aside = background and not known.over and _is_aside(state, known)
    echo = known.sound is Sound.ECHO and _is_echo(state, known, event)
    ignored = echo or aside or barge_in.is_laughter(text, state.config.language)
    if known.over and not ignored:
        ignored = (background and state.reply is not Reply.NONE) or _is_echo(state, known, event)
        ignored = ignored or barge_in.is_only_sound(text, known.movement, state.config.language)
    if text and aside:
        state = replace(state, aside_until=known.speech_end)
    said = "" if ignored else text
    state = change(state, event.utterance, text=said, paused=True, end_of_turn=event.end_of_turn)
    commands: list[Command] = []
    if known.over and state.reply is Reply.PLAYING and not ignored and _takes_floor(state, known, event):
        # "Wait, …": the caller speaks on, and the rest of the words is not needed to fall silent.
        state = interrupt(replace(state, false_interruption=False), text, commands)
    if not state.owed_texts:
        state = replace(state, heard_stalls=0)
        commands.append(StopTimer(Timer.HEARD))
    return settle(state, now, commands)


def _is_aside(state: State, known: Utterance) -> bool:
    """Whether a voice in the background, after an answer that asks nothing back, is meant for somebody else.
    The second one is taken for the caller's: a handset that is held otherwise makes every voice softer."""
    goes_on = not state.aside_until or known.began < state.aside_until + ASIDE_S
    return state.reply is Reply.NONE and state.turn > 0 and not state.questioned and goes_on


def _takes_floor(state: State, known: Utterance, event: InterimTranscript | FinalTranscript) -> bool:
    """A real word does: no sign of listening, no echo, and no voice well below the caller's own."""
    if barge_in.is_backchannel(event.text, state.config.backchannels) or _is_echo(state, known, event):
        return False
    if barge_in.is_laughter(event.text, state.config.language) or barge_in.is_filler(event.text, state.config.language):
        return False
    if goes_on_with_answer(state, known, event.text, so_far=True):
        return False
    if barge_in.is_only_sound(event.text, known.movement, state.config.language):
        return False
    return event.level_below_caller_db < state.config.background_db


def _is_echo(state: State, known: Utterance, event: InterimTranscript | FinalTranscript) -> bool:
    return barge_in.is_echo(event.text, event.playing, known.sound, state.config.language)


def _sound_judged(state: State, event: SoundJudged, now: float) -> Advanced:
    known = _utterance(state, event.utterance)
    movement = max(event.movement, known.movement) if known is not None else event.movement
    state = change(state, event.utterance, sound=event.sound, movement=movement)
    state = replace(state, echoes=state.echoes or event.sound is Sound.ECHO)
    commands: list[Command] = []
    if _sounds_like_speech(state, event, now):
        state = halt(state, event.utterance, now, commands)
    return state, commands


def _sounds_like_speech(state: State, event: SoundJudged, now: float) -> bool:
    """Whether the caller speaks over the agent, as far as it shows before any word. A hum, a cough or laughter are not
    articulated; somebody else in the room is softer; an echo is no caller."""
    newest = state.utterances[-1] if state.utterances else None
    if newest is None or newest.number != event.utterance or newest.paused or newest.halted or not state.voiced:
        return False
    if state.reply is not Reply.PLAYING or state.shielded or state.halted_at is not None:
        return False
    # A moment of sound seldom shows whose it is. On a line without echoes, what is as loud as the caller is none.
    known = event.sound is Sound.CALLER or (event.sound is Sound.UNKNOWN and state.level_known and not state.echoes)
    return (
        known
        and now - newest.began >= LOOK_S - CLOCK_S
        and event.movement >= barge_in.ARTICULATED
        and event.level_below_caller_db < state.config.background_db * barge_in.NEAR
    )


def _utterance(state: State, number: int) -> Utterance | None:
    return next((one for one in state.utterances if one.number == number), None)


def _expected(state: State, event: Expected, now: float) -> Advanced:
    # The flow and the words of its question both tell; what one of them knows the other does not take back.
    what = state.expects if event.what is Expects.ANYTHING else event.what
    return replace(state, expects=what, digits_only=state.digits_only or event.digits_only), []


def _in_language(state: State, event: InLanguage, now: float) -> Advanced:
    return replace(state, config=replace(state.config, language=event.language, backchannels=event.backchannels)), []


def _reply_started(state: State, event: ReplyStarted, now: float) -> Advanced:
    if event.turn != state.turn:
        return state, []
    commands: list[Command] = [StopTimer(Timer.REPLY), StopTimer(Timer.SILENCE)]
    began = state.reply is not Reply.PLAYING
    state = replace(state, reply=Reply.PLAYING, reply_stalls=0, spoke=True)
    if began and state.voiced:
        state = duck(listen_over(state, now, now, commands), now, commands)
        if state.utterances:
            state = change(state, state.utterances[-1].number, over=True)
    return state, commands


def _reply_starved(state: State, event: ReplyStarved, now: float) -> Advanced:
    if event.turn != state.turn or state.reply is Reply.NONE:
        return state, []
    return state, [StartTimer(Timer.REPLY, now + state.config.reply_timeout_s)]


def _sentence_started(state: State, event: SentenceStarted, now: float) -> Advanced:
    if event.turn != state.turn:
        return state, []
    commands: list[Command] = []
    state = replace(
        state, uninterruptible_now=event.uninterruptible, question_now=event.question, questioned=event.question
    )
    return settle(unduck(state, commands) if event.uninterruptible else state, now, commands)


def _reply_finished(state: State, event: ReplyFinished, now: float) -> Advanced:
    if event.turn != state.turn:
        return state, []
    commands: list[Command] = [StopTimer(Timer.REPLY), StopTimer(Timer.BARGE_IN)]
    state = replace(state, reply=Reply.NONE, uninterruptible_now=False, question_now=False, reply_stalls=0)
    state = unduck(replace(state, reply_ended=now), commands)
    if event.then is Then.LISTEN:
        return settle(state, now, commands)
    reason = EndReason.AGENT_HUNG_UP if event.then is Then.HANG_UP else EndReason.HANDED_OFF
    return hang_up(state, reason, commands)


def _digits(state: State, event: Digits, now: float) -> Advanced:
    ended = "#" in event.digits
    if not (state.digits or event.digits.strip("#")):
        return state, []  # ends an answer that nobody gave: the agent is not cut off for it
    keyed_at = state.keyed_at if state.digits else now
    state = replace(state, digits=state.digits + event.digits.partition("#")[0], keyed_at=keyed_at)
    commands: list[Command] = [StopTimer(Timer.SILENCE)]
    state = interrupt(replace(state, false_interruption=False), "", commands)
    if not ended:
        return state, [*commands, StartTimer(Timer.DIGITS, now + state.config.digits_wait_s)]
    commands.append(StopTimer(Timer.DIGITS))
    return digits_complete(state, now, commands)


def _typed(state: State, event: Typed, now: float) -> Advanced:
    text = event.text.strip()
    return hold_or_commit(state, text, CommitReason.TYPED, now, []) if text else (state, [])


def _voice_cut(state: State, event: VoiceCut, now: float) -> Advanced:
    commands: list[Command] = []
    state = interrupt(replace(state, false_interruption=False), "", commands)
    return state, [*commands, StartTimer(Timer.SILENCE, now + state.config.silence_prompt_s)]


def _beep_heard(state: State, event: BeepHeard, now: float) -> Advanced:
    return state, []  # it was settled before who answered (`amd_stage`)


def _worker_lost(state: State, event: WorkerLost, now: float) -> Advanced:
    # Finding another worker has a deadline of its own. What the lost one drafted is not trusted to be complete.
    commands: list[Command] = [StopTimer(Timer.HEARD if event.role == "asr" else Timer.REPLY)]
    return (state if event.role == "asr" else drop_draft(state, commands)), commands


def _worker_replaced(state: State, event: WorkerReplaced, now: float) -> Advanced:
    if event.role == "asr":
        if state.owed_texts and not state.disconnected:
            return state, [StartTimer(Timer.HEARD, now + state.config.heard_timeout_s)]
    elif state.reply is not Reply.NONE:
        return state, [StartTimer(Timer.REPLY, now + state.config.reply_timeout_s)]
    return state, []


def _transfer_failed(state: State, event: TransferFailed, now: float) -> Advanced:
    # What was said meanwhile was said to a line that rang.
    commands: list[Command] = [CancelUtterance(one.number) for one in state.utterances]
    state = replace(state, closing=False, voiced=False, utterances=(), digits="", held=None)
    if not event.go_on:
        return hang_up(state, EndReason.HAND_OFF_FAILED, commands)
    state = new_notice(state, commands)
    return await_reply(state, now, [*commands, Apologise(state.turn)])


def _leg_lost(state: State, event: LegLost, now: float) -> Advanced:
    return disconnected.lost(state, now)


def _leg_resumed(state: State, event: LegResumed, now: float) -> Advanced:
    commands = [] if event.elapsed_s is None else _limits(state, now - event.elapsed_s)
    return disconnected.over(state, now, commands)


def _timer_fired(state: State, event: TimerFired, now: float) -> Advanced:
    return fired(state, event.timer, now)


# Everything that can happen, on one screen; a test compares it with `Event`.
HANDLERS: dict[type[Event], Callable[..., Advanced]] = {
    Start: _start,
    VoiceStarted: _voice_started,
    VoiceEnded: _voice_ended,
    InterimTranscript: _interim_transcript,
    FinalTranscript: _final_transcript,
    SoundJudged: _sound_judged,
    Expected: _expected,
    InLanguage: _in_language,
    ReplyStarted: _reply_started,
    ReplyStarved: _reply_starved,
    SentenceStarted: _sentence_started,
    ReplyFinished: _reply_finished,
    Digits: _digits,
    Typed: _typed,
    VoiceCut: _voice_cut,
    BeepHeard: _beep_heard,
    WorkerLost: _worker_lost,
    WorkerReplaced: _worker_replaced,
    TurnControl: push_to_talk.set_turn_control,
    CallerDone: push_to_talk.caller_done,
    CallerCleared: push_to_talk.caller_cleared,
    RequestReply: push_to_talk.answer,
    CancelReply: push_to_talk.cancel_reply,
    TransferFailed: _transfer_failed,
    LegLost: _leg_lost,
    LegResumed: _leg_resumed,
    TimerFired: _timer_fired,
}
