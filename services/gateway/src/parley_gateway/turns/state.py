"""The state of a call's turn-taking, and the steps that several events share. Pure; see `machine`.

Every step takes a state and a list of commands, adds what is to be done to the list and returns the next state.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from parley_core.languages.registry import pack
from parley_core.reasons import EndReason

from parley_gateway.turns.amd import Answering
from parley_gateway.turns.barge_in import (
    continues_answer,
    is_backchannel,
    is_filler,
    is_for_another,
    spoken_words,
)
from parley_gateway.turns.commands import (
    Command,
    Commit,
    DropDraft,
    Duck,
    GoOn,
    Halt,
    HangUp,
    Interrupt,
    OpenUtterance,
    StartDraft,
    StartTimer,
    StopTimer,
)
from parley_gateway.turns.config import ConsentPrompt, TurnConfig
from parley_gateway.turns.dictation import Ending, Expects
from parley_gateway.turns.endpointing import Waits, wait_s
from parley_gateway.turns.types import CommitReason, Phase, Sound, Timer


class Reply(StrEnum):
    NONE = "none"
    AWAITED = "awaited"
    PLAYING = "playing"


OVER_QUESTION_S = 1.5  # before the end of a question; who says "yes" earlier has not heard it
ASIDE_S = 2.0  # pauses in what is said to somebody else
MOMENT = 3  # silence prompts are so much later where the caller asked for a moment
LOOK_S = 0.152  # of voice over the agent, after which its sound is looked at
LOOK_AGAIN_S = 0.04
LOOKS_S = 0.6  # then there are words
CLOCK_S = 1e-4
HALT_S = (
    0.36  # of silence for a voice: with the beginning of a word less than the 0.5 s that a listener takes for a breath
)
GOES_ON_S = 1.5  # behind an answer; what begins within it may be its second half
KEYED = 0  # the number of an utterance that was keyed; the recogniser's begin at 1


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of the caller's speech between two pauses."""

    number: int
    speech_end: float = 0.0
    paused: bool = False  # the recogniser was asked for its final text
    text: str | None = None  # the final text; None until it came
    end_of_turn: float = 0.0  # how sure the recogniser was, with it, that the caller has finished
    partial: str = ""
    over: bool = False  # the agent's voice was in the caller's ear meanwhile
    sound: Sound = Sound.UNKNOWN
    movement: float = 0.0  # how much its sound is articulated; 0: unknown
    halted: bool = False  # the agent fell silent for this voice; once is enough without words
    began: float = 0.0  # the first voiced sample


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer in the making to a turn that is not committed."""

    turn: int
    number: int  # in the call: no two drafts share one
    text: str


@dataclass(frozen=True, slots=True)
class State:
    config: TurnConfig
    turn: int = 0  # the newest committed turn; 0: the greeting
    reply: Reply = Reply.NONE
    spoke: bool = False  # the agent has been heard
    cut: bool = False  # the newest turn was interrupted: nothing of it may be heard any more
    false_interruption: bool = False  # it was interrupted by a sound in which no word was found yet
    uninterruptible_now: bool = False  # the sentence that plays may not be interrupted
    reply_ended: float = 0.0  # when the agent's last word was heard
    question_now: bool = False  # the sentence that plays is a question
    questioned: bool = False  # the newest sentence was a question
    aside_until: float = 0.0  # when the voice in the background ended that was ignored since the newest turn; 0: none
    ducked: bool = False
    halted_at: float | None = None  # since when the agent has been silent for a voice without words
    barge_in_at: float = 0.0  # voice that goes on until then interrupts where no words come
    voiced: bool = False
    echoes: bool = False  # the line has been heard to carry the agent's own voice
    level_known: bool = False  # the caller has taken a turn by voice: how loud they are is known
    words_come: bool = False  # the recogniser has shown that it gives words while they are spoken
    utterances: tuple[Utterance, ...] = ()  # of the turn in the making
    newest_utterance: int = 0
    draft: Draft | None = None
    newest_draft: int = 0
    said: str = ""  # the words of the newest turn, and their end
    said_end: float = 0.0
    expects: Expects = Expects.ANYTHING
    digits_only: bool = False  # a value is to be keyed in: spoken words are none
    digits: str = ""
    keyed_at: float = 0.0  # when the first of them was keyed
    held: tuple[str, CommitReason] | None = None  # digits or typed text that wait for a protected sentence to end
    prompts: int = 0  # silences in a row
    heard_stalls: int = 0
    reply_stalls: int = 0
    answers: bool = True  # unasked; see `events.Floor`
    interrupts: bool = True
    asked: bool = False  # the client waits for an answer to what is said
    disconnected: bool = False  # the caller's connection is lost
    closing: bool = False
    answering: Answering | None = None  # an outgoing call: who it is that answered
    consent: ConsentPrompt | None = None  # what must be answered before anything else

    @property
    def before(self) -> bool:
        """Whether the conversation has not begun: what is heard is none of it."""
        return self.answering is not None or self.consent is not None

    @property
    def phase(self) -> Phase:
        if self.reply is Reply.PLAYING:
            return Phase.SPEAKING
        if self.reply is Reply.AWAITED:
            return Phase.COMMITTED
        if self.voiced:
            return Phase.LISTENING
        return Phase.PAUSING if self.utterances or self.digits else Phase.IDLE

    @property
    def shielded(self) -> bool:
        if not self.interrupts and self.reply is not Reply.NONE:
            return True
        return self.uninterruptible_now and self.reply is Reply.PLAYING

    @property
    def owed_texts(self) -> bool:
        """Whether a final text was asked for and has not come."""
        return any(one.paused and one.text is None for one in self.utterances)


Advanced = tuple[State, list[Command]]


def settle(state: State, now: float, commands: list[Command]) -> Advanced:
    """Commit what is complete, forget what was nothing, and watch over silence when both sides are silent."""
    if state.disconnected:
        return state, commands
    if state.held is not None and not state.shielded:
        text, reason = state.held
        state = replace(state, held=None)
        if state.utterances and reason is CommitReason.DIGITS and not state.digits_only:
            return settle(with_keys(state, text, now), now, commands)
        return hold_or_commit(state, text, reason, now, commands)
    if state.digits and not state.digits_only:
        return state, commands  # words beside keys are the same answer, and the keys are not at their end
    if state.utterances and not any(one.text is None for one in state.utterances):
        text = " ".join(one.text for one in state.utterances if one.text)
        if text and goes_on_with_answer(state, state.utterances[0], text):
            return unduck(replace(state, utterances=()), commands), commands
        if state.reply is Reply.PLAYING and _may_answer(state, text):
            return state, commands  # "yes" over a question: whether it is an answer shows at the question's end
        if not text or state.digits_only or _only_listens(state, text):
            state = unduck(replace(state, utterances=()), commands)
            if state.false_interruption and not state.voiced:
                return resume(state, now, commands)
        elif state.shielded:
            return state, commands
        elif state.answers and not state.asked and is_for_another(text, state.config.language):
            return _moment(state, text, now, commands)
        elif state.asked:
            return _asked(state, text, now, commands)
        elif not state.answers:
            return interrupt(replace(state, false_interruption=False), text, commands), commands
        else:
            return _end_of_turn(state, text, now, commands)
    if state.asked and not state.utterances:
        return _asked(state, "", now, commands)
    quiet = state.reply is Reply.NONE and not state.utterances and not state.voiced and not state.digits
    if quiet and state.answers:
        commands.append(StartTimer(Timer.SILENCE, now + state.config.silence_prompt_s))
    return state, commands


def _moment(state: State, text: str, now: float, commands: list[Command]) -> Advanced:
    """The caller asks for a moment, or somebody else for quiet: once the words have ended, the agent is silent."""
    state = interrupt(replace(state, false_interruption=False), text, commands)
    due = max(one.speech_end for one in state.utterances) + state.config.pause_s
    if now < due:
        return state, [*commands, StartTimer(Timer.COMMIT, due)]
    commands.append(StartTimer(Timer.SILENCE, now + MOMENT * state.config.silence_prompt_s))
    return replace(state, utterances=()), commands


def goes_on_with_answer(state: State, first: Utterance, text: str, *, so_far: bool = False) -> bool:
    """Whether words over the reply belong to the answer that it replies to, and say no more; `so_far`: or may do so."""
    soon = state.reply is not Reply.NONE and 0 <= first.began - state.said_end < GOES_ON_S
    return soon and continues_answer(state.said, text, state.config.language, so_far=so_far)


def _may_answer(state: State, text: str) -> bool:
    """Whether what may be a mere sign of listening is said over a question that it answers."""
    heard, known = spoken_words(text), pack(state.config.language).endings.answers
    return bool(heard) and state.question_now and known.issuperset(heard) and _backchannel(state, text)


def _only_listens(state: State, text: str) -> bool:
    if not _backchannel(state, text):
        return False
    before = state.reply_ended - OVER_QUESTION_S
    return state.reply is not Reply.NONE or all(
        one.over and one.speech_end < before for one in state.utterances if one.text
    )


def _backchannel(state: State, text: str) -> bool:
    return is_backchannel(text, state.config.backchannels) or is_filler(text, state.config.language)


def _end_of_turn(state: State, text: str, now: float, commands: list[Command]) -> Advanced:
    """All that was said so far has its text: commit it, or wait for more and have an answer drafted meanwhile."""
    state = interrupt(replace(state, false_interruption=False), text, commands)
    config = state.config
    waits = Waits(config.pause_s, config.min_commit_s, config.max_commit_s)
    sure = state.utterances[-1].end_of_turn
    wait, ending = wait_s(text, waits, state.expects, config.language, end_of_turn=sure)
    speech_end = max(one.speech_end for one in state.utterances)
    # Keys have come to their end already.
    due = now if state.utterances[-1].number == KEYED and not state.voiced else speech_end + wait
    if now < due:
        if ending is not Ending.UNFINISHED:
            state = start_draft(state, text, commands)
        return state, [*commands, StartTimer(Timer.COMMIT, due)]
    numbers = tuple(one.number for one in state.utterances if one.text and one.number != KEYED)
    if ending is Ending.COMPLETE and wait < config.pause_s:
        reason = CommitReason.COMPLETE
    else:
        reason = CommitReason.LIMIT if ending is Ending.UNFINISHED else CommitReason.PAUSE
    state = replace(state, utterances=())
    return commit(state, text, numbers, reason, speech_end, now, commands, due=due)


def _asked(state: State, text: str, now: float, commands: list[Command]) -> Advanced:
    numbers = tuple(one.number for one in state.utterances if one.text and one.number != KEYED)
    speech_end = max((one.speech_end for one in state.utterances), default=now)
    state = replace(state, utterances=())
    return commit(state, text, numbers, CommitReason.ASKED, speech_end, now, commands, due=now)


def resume(state: State, now: float, commands: list[Command]) -> Advanced:
    """A new turn without words of the caller has the agent go on: it was interrupted by nothing, or the line broke."""
    return commit(replace(state, false_interruption=False), "", (), CommitReason.RESUME, now, now, commands)


def with_keys(state: State, text: str, at: float) -> State:
    """Keys beside words are one answer, in the order of its parts."""
    keyed = Utterance(KEYED, speech_end=at, paused=True, text=text, began=at)
    parts = sorted((*state.utterances, keyed), key=lambda one: one.began)
    return replace(state, utterances=tuple(parts))


def hold_or_commit(state: State, text: str, reason: CommitReason, now: float, commands: list[Command]) -> Advanced:
    if state.shielded:
        before = state.held[0] + " " if state.held else ""
        return replace(state, held=(before + text, reason)), commands
    return commit(state, text, (), reason, now, now, commands)


def commit(
    state: State,
    text: str,
    utterances: tuple[int, ...],
    reason: CommitReason,
    speech_end: float,
    now: float,
    commands: list[Command],
    *,
    due: float = 0.0,
) -> Advanced:
    state = interrupt(state, text, commands)
    real = state.draft if state.draft is not None and state.draft.text == text and reason.spoken else None
    if real is None:
        state = drop_draft(state, commands)
    state = replace(
        state,
        turn=state.turn + 1,
        draft=None,
        cut=False,
        false_interruption=False,
        asked=False,
        prompts=0,
        aside_until=0.0,
        reply_stalls=0,
        said=text if reason.spoken else "",
        said_end=speech_end,
        level_known=state.level_known or reason.spoken,
        expects=Expects.ANYTHING,
        digits_only=False,
    )
    commands += [StopTimer(Timer.SILENCE), StopTimer(Timer.COMMIT)]
    state, commands = await_reply(state, now, commands)
    number = real.number if real is not None else 0
    return state, [*commands, Commit(state.turn, text, utterances, reason, speech_end, number, due)]


def await_reply(state: State, now: float, commands: list[Command]) -> Advanced:
    commands.append(StartTimer(Timer.REPLY, now + state.config.reply_timeout_s))
    return replace(state, reply=Reply.AWAITED, uninterruptible_now=False, question_now=False), commands


def interrupt(state: State, by: str, commands: list[Command]) -> State:
    if state.reply is Reply.NONE or state.shielded:
        return state
    commands += [
        Interrupt(state.turn, by),
        StopTimer(Timer.BARGE_IN),
        StopTimer(Timer.DUCK),
        StopTimer(Timer.HALT),
        StopTimer(Timer.REPLY),
    ]
    return replace(
        state,
        reply=Reply.NONE,
        uninterruptible_now=False,
        question_now=False,
        ducked=False,
        halted_at=None,
        cut=True,
    )


def duck(state: State, now: float, commands: list[Command]) -> State:
    """Lower the agent's voice while it is found out whether the caller says something."""
    if state.reply is not Reply.PLAYING or state.shielded or state.halted_at is not None:
        return state
    commands.append(StartTimer(Timer.DUCK, now + state.config.duck_s))
    if not state.ducked:
        commands.append(Duck(down=True))
    return replace(state, ducked=True)


def unduck(state: State, commands: list[Command]) -> State:
    """Speak as before: the caller says nothing that is meant."""
    if state.ducked:
        commands += [StopTimer(Timer.DUCK), Duck(down=False)]
    if state.halted_at is not None:
        commands += [StopTimer(Timer.HALT), GoOn()]
    return replace(state, ducked=False, halted_at=None)


def listen_over(state: State, began: float, now: float, commands: list[Command]) -> State:
    """Voice over the agent has begun: look at its sound before it has words."""
    commands.append(StartTimer(Timer.BARGE_IN, max(now, began + LOOK_S)))
    return replace(state, barge_in_at=began + state.config.barge_in_s)


def halt(state: State, utterance: int, now: float, commands: list[Command]) -> State:
    """Fall silent for a voice that sounds like the caller's speech: its words come later, and may say otherwise."""
    commands += [Halt(), StopTimer(Timer.DUCK), StartTimer(Timer.HALT, now + HALT_S)]
    return replace(change(state, utterance, halted=True), halted_at=now)


def start_draft(state: State, text: str, commands: list[Command]) -> State:
    if not state.config.drafts or state.reply is not Reply.NONE:
        return state
    if state.draft is not None and state.draft.text == text:
        return state
    state = drop_draft(state, commands)
    draft = Draft(state.turn + 1, state.newest_draft + 1, text)
    commands.append(StartDraft(draft.turn, draft.number, text))
    return replace(state, draft=draft, newest_draft=draft.number)


def drop_draft(state: State, commands: list[Command]) -> State:
    """Nothing of it was heard and nothing of it will be."""
    if state.draft is None:
        return state
    commands.append(DropDraft(state.draft.turn, state.draft.number))
    return replace(state, draft=None)


def new_notice(state: State, commands: list[Command]) -> State:
    """What the platform says itself needs a turn that was not cut off; such a turn has no words of the caller."""
    state = drop_draft(state, commands)
    return replace(state, turn=state.turn + 1, cut=False, false_interruption=False) if state.cut else state


def hang_up(state: State, reason: EndReason, commands: list[Command]) -> Advanced:
    state = new_notice(state, commands)
    return replace(state, closing=True), [*commands, HangUp(state.turn, reason)]


def open_utterance(state: State, at: float, now: float, commands: list[Command]) -> State:
    number = state.newest_utterance + 1
    commands += [
        OpenUtterance(number, at),
        StartTimer(Timer.UTTERANCE, now + state.config.max_utterance_s),
    ]
    opened = Utterance(number, began=at, speech_end=at, over=state.reply is Reply.PLAYING)
    return replace(state, newest_utterance=number, utterances=(*state.utterances, opened))


def change(state: State, number: int, **changes: object) -> State:
    changed = tuple(
        replace(one, **changes) if one.number == number else one  # type: ignore[arg-type]
        for one in state.utterances
    )
    return replace(state, utterances=changed)
