"""Asking for consent to be recorded, before anything of the conversation begins. Pure; see `machine`.

While `State.consent` stands, events come here instead of to the conversation's turns: a question, an answer by word or
key, the question once more, and the policy after a refusal. Silence and what is not understood are no
consent. Nothing the caller says here is put on the log: `call.turn_commands` has the recogniser keep it off.
"""

from dataclasses import replace

from parley_core.languages.answers import Answer, for_consent, judge
from parley_core.languages.registry import pack
from parley_core.reasons import EndReason

from parley_gateway.turns.commands import (
    Apologise,
    CancelUtterance,
    Command,
    ConsentAnswered,
    Converse,
    HangUp,
    PauseUtterance,
    SayConsent,
    StartTimer,
    StopTimer,
)
from parley_gateway.turns.config import ConsentPrompt, ConsentTerms
from parley_gateway.turns.events import (
    Digits,
    Event,
    FinalTranscript,
    LegLost,
    LegResumed,
    ReplyFinished,
    SoundJudged,
    Start,
    TimerFired,
    TransferFailed,
    Typed,
    VoiceEnded,
    VoiceStarted,
)
from parley_gateway.turns.state import Advanced, State, change, open_utterance
from parley_gateway.turns.types import Sound, Timer

ANSWER_S = 6.0  # from the question's end
QUESTION_S = 30.0  # a question that has not been heard by then is taken as asked
_ASKED = 2  # times at the most
_TIMERS = (Timer.SILENCE, Timer.PAUSE, Timer.HEARD, Timer.UTTERANCE)

_GIVEN = {Answer.YES: True, Answer.NO: False}


def answer_of(text: str, terms: ConsentTerms) -> bool | None:
    """What an answer says; None where that is not certain: a change, a question, a moment's wait."""
    return _GIVEN.get(judge(text, for_consent(pack(terms.language).answers, terms.yes, terms.no)))


def advance(state: State, event: Event, now: float) -> Advanced:
    """Take one event in. `Converse`: the conversation begins with the next `Start`."""
    asking = state.consent
    if asking is None:
        return state, []
    match event:
        case TransferFailed():
            return _not_handed_over(state, event)
        case Start() | LegResumed():
            return _ask(replace(state, disconnected=False), now, again=False)
        case LegLost():
            commands: list[Command] = [CancelUtterance(one.number) for one in state.utterances]
            commands += [StopTimer(timer) for timer in _TIMERS]
            return replace(state, disconnected=True, voiced=False, utterances=()), commands
        case ReplyFinished():
            return _said(state, asking, now)
        case Digits(digits) if keyed := [key for key in digits if key in "12"]:
            return _answered(state, asking, keyed[0] == "1", "keyed", now)
        case Typed(text) if not asking.terms.keyed:
            return _understood(state, asking, text, "typed", now)
        case TimerFired(timer):
            return _fired(state, asking, timer, now)
        case SoundJudged(utterance, sound):
            return change(state, utterance, sound=sound), []
        case VoiceStarted() | VoiceEnded() | FinalTranscript() if not asking.terms.keyed and not state.disconnected:
            return _voice(state, asking, event, now)
    return state, []


def _ask(state: State, now: float, *, again: bool) -> Advanced:
    asking = state.consent
    if asking is None:
        return state, []
    text = asking.terms.again if again else asking.terms.ask
    state = replace(state, consent=replace(asking, asked=asking.asked + (1 if again else 0), saying=True))
    return state, [SayConsent(state.turn, text), StartTimer(Timer.SILENCE, now + QUESTION_S)]


def _said(state: State, asking: ConsentPrompt, now: float) -> Advanced:
    state = replace(state, consent=replace(asking, saying=False))
    if asking.answer is not None:
        return _conclude(state, asking, now)
    return state, [] if state.utterances or state.disconnected else [StartTimer(Timer.SILENCE, now + ANSWER_S)]


def _voice(
    state: State, asking: ConsentPrompt, event: VoiceStarted | VoiceEnded | FinalTranscript, now: float
) -> Advanced:
    if isinstance(event, VoiceStarted):
        commands: list[Command] = [StopTimer(Timer.SILENCE), StopTimer(Timer.PAUSE)]
        state = replace(state, voiced=True)
        if not state.utterances or state.utterances[-1].paused:
            state = open_utterance(state, event.at, now, commands)
        return state, commands
    if isinstance(event, VoiceEnded):
        state = replace(state, voiced=False)
        if not state.utterances or state.utterances[-1].paused:
            return state, []
        state = change(state, state.utterances[-1].number, speech_end=event.last_sound)
        return state, [StartTimer(Timer.PAUSE, event.last_sound + state.config.pause_s)]
    known = next((one for one in state.utterances if one.number == event.utterance), None)
    if known is None:
        return state, []
    left = tuple(one for one in state.utterances if one.number != event.utterance)
    state = replace(state, utterances=left)
    if not event.text.strip() or known.sound is Sound.ECHO:
        # The question's own "yes or no" that comes back is no consent.
        return state, [StopTimer(Timer.HEARD), StartTimer(Timer.SILENCE, now + ANSWER_S)]
    state, commands = _understood(state, asking, event.text, "spoken", now)
    return state, [StopTimer(Timer.HEARD), *commands]


def _fired(state: State, asking: ConsentPrompt, timer: Timer, now: float) -> Advanced:
    if timer is Timer.SILENCE:
        return _not_answered(state, asking, "silence", now)
    if timer is Timer.HEARD:
        cancelled: list[Command] = [CancelUtterance(one.number) for one in state.utterances if one.paused]
        state, commands = _not_answered(replace(state, utterances=()), asking, "unclear", now)
        return state, [*cancelled, *commands]
    if timer in (Timer.PAUSE, Timer.UTTERANCE) and state.utterances and not state.utterances[-1].paused:
        last = state.utterances[-1]
        state = change(state, last.number, paused=True)
        wait = StartTimer(Timer.HEARD, now + state.config.heard_timeout_s)
        return state, [PauseUtterance(last.number, last.speech_end), StopTimer(Timer.UTTERANCE), wait]
    return state, []


def _understood(state: State, asking: ConsentPrompt, text: str, how: str, now: float) -> Advanced:
    answer = answer_of(text, asking.terms)
    if answer is None:
        return _not_answered(state, asking, "unclear", now)
    return _answered(state, asking, answer, how, now)


def _not_answered(state: State, asking: ConsentPrompt, how: str, now: float) -> Advanced:
    if asking.answer is not None:
        return _conclude(state, asking, now)  # thanks that were never heard
    if asking.saying and how != "silence":
        return state, []  # the question is still being put
    if asking.asked < _ASKED:
        return _ask(state, now, again=True)
    return _answered(state, asking, False, how, now)


def _answered(state: State, asking: ConsentPrompt, given: bool, how: str, now: float) -> Advanced:
    if asking.answer is not None:
        return state, []
    terms = asking.terms
    commands: list[Command] = [CancelUtterance(one.number) for one in state.utterances]
    commands += [StopTimer(timer) for timer in _TIMERS]
    commands.append(ConsentAnswered(given, how))
    asking = replace(asking, answer=given)
    state = replace(state, consent=asking, utterances=(), voiced=False)
    text = terms.accepted if given else terms.refused
    if not given and terms.on_refusal == "hang_up":
        return replace(state, closing=True), [*commands, HangUp(state.turn, EndReason.CONSENT_REFUSED, text)]
    if text:
        commands.append(SayConsent(state.turn, text))
        return state, [*commands, StartTimer(Timer.SILENCE, now + QUESTION_S)]
    if asking.saying:
        return state, commands  # the question is heard to its end
    state, more = _conclude(state, asking, now)
    return state, [*commands, *more]


def _conclude(state: State, asking: ConsentPrompt, now: float) -> Advanced:
    if asking.answer is False and asking.terms.on_refusal == "hand_off":
        return replace(state, closing=True), [StopTimer(Timer.SILENCE), HangUp(state.turn, EndReason.HANDED_OFF)]
    return replace(state, consent=None), [StopTimer(Timer.SILENCE), Converse()]


def _not_handed_over(state: State, event: TransferFailed) -> Advanced:
    if event.go_on:
        return replace(state, closing=False, consent=None), [Apologise(state.turn), Converse()]
    return state, [HangUp(state.turn, EndReason.HAND_OFF_FAILED)]
