"""The first part of an outgoing call: finding out who answered, and what to do about it. Pure; see `machine`.

While `State.answering` stands, events come here instead of to the conversation's turns. A person is greeted: the
conversation begins. On a machine the message is left after its beep, a menu is left or talked to, a screening assistant
is told who is calling. What is heard meanwhile is no turn and is not put on the log.
"""

from dataclasses import replace

from parley_core.reasons import EndReason

from parley_gateway.turns.amd import AnsweredBy, Answering, listen
from parley_gateway.turns.commands import (
    Answered,
    CancelUtterance,
    Command,
    HangUp,
    PauseUtterance,
    SayFirst,
    StartTimer,
    StopTimer,
)
from parley_gateway.turns.events import (
    BeepHeard,
    Event,
    FinalTranscript,
    InterimTranscript,
    LegLost,
    ReplyFinished,
    Start,
    TimerFired,
    VoiceEnded,
    VoiceStarted,
)
from parley_gateway.turns.state import Advanced, State, change, open_utterance
from parley_gateway.turns.types import Timer

QUIET_S = 2.5  # after which a machine without a beep records
LONGEST_S = 45.0  # of a machine's own words
SAID_S = 60.0  # a message that has not been heard by then is taken as left
_PAUSE_S = 0.4
_TIMERS = (Timer.SILENCE, Timer.PAUSE, Timer.HEARD, Timer.UTTERANCE)
_SCREENINGS = 2  # answered; then whoever is there is talked to


def advance(state: State, event: Event, now: float) -> Advanced:
    """Take one event in. `Answered` with `converse`: the conversation begins with the next `Start`."""
    answering = state.answering
    if answering is None:
        return state, []
    match event:
        case Start():
            detector = listen(now, state.config.language)
            state = replace(state, answering=replace(answering, detector=detector))
            return state, [StartTimer(Timer.SILENCE, detector.due)]
        case LegLost():
            return replace(state, closing=True), [HangUp(state.turn, EndReason.CALLEE_HUNG_UP)]
        case ReplyFinished() if answering.saying:
            return _said(state, answering, now)
        case TimerFired(timer):
            return _fired(state, answering, timer, now)
        case BeepHeard() | VoiceStarted() | VoiceEnded() | InterimTranscript() | FinalTranscript() if (
            not answering.saying
        ):
            return _heard(state, answering, event, now)
    return state, []


def _heard(
    state: State,
    answering: Answering,
    event: BeepHeard | VoiceStarted | VoiceEnded | InterimTranscript | FinalTranscript,
    now: float,
) -> Advanced:
    detector = answering.detector
    if detector is None:
        return state, []
    commands: list[Command] = []
    match event:
        case BeepHeard():
            if answering.leaving is not None:
                return _leave_message(state, answering, now)
            detector = detector.beep()
        case VoiceStarted():
            state = replace(state, voiced=True)
            commands.append(StopTimer(Timer.PAUSE))
            if not state.utterances or state.utterances[-1].paused:
                state = open_utterance(state, event.at, now, commands)
            detector = detector.voice(event.at)
        case VoiceEnded():
            state = replace(state, voiced=False)
            if state.utterances and not state.utterances[-1].paused:
                state = change(state, state.utterances[-1].number, speech_end=event.last_sound)
                commands.append(StartTimer(Timer.PAUSE, event.last_sound + _PAUSE_S))
            detector = detector.quiet(event.last_sound)
        case _:
            detector = detector.words(event.utterance, event.text)
            if isinstance(event, FinalTranscript):
                left = tuple(one for one in state.utterances if one.number != event.utterance)
                state = replace(state, utterances=left)
                commands.append(StopTimer(Timer.HEARD))
    if answering.leaving is not None:
        wait = min(now + QUIET_S, answering.leaving) if not state.voiced else answering.leaving
        return state, [*commands, StartTimer(Timer.SILENCE, wait)]
    state, more = _judge(state, replace(answering, detector=detector), now)
    return state, [*commands, *more]


def _fired(state: State, answering: Answering, timer: Timer, now: float) -> Advanced:
    if timer in (Timer.PAUSE, Timer.UTTERANCE) and state.utterances and not state.utterances[-1].paused:
        last = state.utterances[-1]
        state = change(state, last.number, paused=True)
        return state, [PauseUtterance(last.number, last.speech_end), StopTimer(Timer.UTTERANCE)]
    if timer is not Timer.SILENCE or answering.detector is None:
        return state, []
    if answering.saying:
        return _said(state, answering, now)
    if answering.leaving is not None:
        return _leave_message(state, answering, now)
    return _judge(state, replace(answering, detector=answering.detector.waited(now)), now)


def _judge(state: State, answering: Answering, now: float) -> Advanced:
    state = replace(state, answering=answering)
    detector = answering.detector
    if detector is None or detector.detected is None:
        return state, [] if detector is None else [StartTimer(Timer.SILENCE, max(detector.due, now + 0.02))]
    detected = detector.detected
    told = Answered(detected.answer.value, detected.why, converse=False)
    match detected.answer:
        case AnsweredBy.MACHINE if not answering.terms.voicemail:
            return _end(state, EndReason.MACHINE, told)
        case AnsweredBy.MACHINE:
            if detected.why == "beep":
                state, commands = _leave_message(state, answering, now)
                return state, [told, *commands]
            latest = now + LONGEST_S
            wait = latest if state.voiced else now + QUIET_S
            return replace(state, answering=replace(answering, leaving=latest)), [
                told,
                StartTimer(Timer.SILENCE, wait),
            ]
        case AnsweredBy.IVR if answering.terms.on_ivr == "hang_up":
            return _end(state, EndReason.IVR, told)
        case AnsweredBy.SCREENING if answering.terms.screening and answering.screenings < _SCREENINGS:
            answering = replace(answering, saying=True, screenings=answering.screenings + 1)
            state, commands = _still(replace(state, answering=answering))
            said = SayFirst(state.turn, answering.terms.screening)
            return state, [told, *commands, said, StartTimer(Timer.SILENCE, now + SAID_S)]
    state, commands = _still(replace(state, answering=None))
    return state, [*commands, replace(told, converse=True)]


def _leave_message(state: State, answering: Answering, now: float) -> Advanced:
    state, commands = _still(replace(state, answering=replace(answering, saying=True, leaving=now)))
    message = SayFirst(state.turn, answering.terms.voicemail)
    return state, [*commands, message, StartTimer(Timer.SILENCE, now + SAID_S)]


def _said(state: State, answering: Answering, now: float) -> Advanced:
    if answering.leaving is not None:
        return _end(state, EndReason.VOICEMAIL_LEFT)
    # The assistant has been told who calls: whoever comes next is listened to anew.
    detector = listen(now, state.config.language)
    state = replace(state, answering=replace(answering, saying=False, detector=detector))
    return state, [StartTimer(Timer.SILENCE, detector.due)]


def _end(state: State, reason: EndReason, *commands: Command) -> Advanced:
    state, more = _still(state)
    return replace(state, closing=True), [*commands, *more, HangUp(state.turn, reason)]


def _still(state: State) -> tuple[State, list[Command]]:
    """Nothing of what was heard is waited for any more."""
    commands: list[Command] = [CancelUtterance(one.number) for one in state.utterances]
    commands += [StopTimer(timer) for timer in _TIMERS]
    return replace(state, utterances=(), voiced=False), commands
