"""The words of turn-taking: what can happen (events) and what is to be done about it (commands). See `turns`."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from parley.v1 import events_pb2

from parley_gateway.endpoint import Expects


class Timer(StrEnum):
    """At most one of each runs; starting it again moves it."""

    PAUSE = "pause"  # the caller's silence ends the utterance
    BARGE_IN = "barge_in"  # the caller has spoken over the agent for so long that it is meant
    DUCK = "duck"  # voice over the agent in which no word was found for long
    COMMIT = "commit"  # the turn may be committed now
    HEARD = "heard"  # the final text is overdue
    REPLY = "reply"  # the agent's answer, or the rest of it, is overdue
    SILENCE = "silence"  # nobody has said anything for long
    WARNING = "warning"  # the call is about to reach its limit
    LIMIT = "limit"  # the call has lasted as long as it may
    UTTERANCE = "utterance"  # one utterance has lasted as long as it may
    DIGITS = "digits"  # no further digit came


class CommitReason(IntEnum):
    PAUSE = events_pb2.COMMIT_REASON_PAUSE
    COMPLETE = events_pb2.COMMIT_REASON_COMPLETE
    LIMIT = events_pb2.COMMIT_REASON_LIMIT
    DIGITS = events_pb2.COMMIT_REASON_DIGITS
    TYPED = events_pb2.COMMIT_REASON_TYPED
    RESUME = events_pb2.COMMIT_REASON_RESUME
    ASKED = events_pb2.COMMIT_REASON_ASKED

    @property
    def spoken(self) -> bool:
        return self in (CommitReason.PAUSE, CommitReason.COMPLETE, CommitReason.LIMIT, CommitReason.ASKED)


class Then(IntEnum):
    """What follows when the reply was heard to its end."""

    LISTEN = events_pb2.AFTER_REPLY_LISTEN
    HANG_UP = events_pb2.AFTER_REPLY_HANG_UP
    HAND_OFF = events_pb2.AFTER_REPLY_HAND_OFF


@dataclass(frozen=True, slots=True)
class TurnConfig:
    """The agent document's turn settings and the gateway's deadlines, in seconds."""

    pause_s: float = 0.5
    min_commit_s: float = 0.2
    max_commit_s: float = 2.5
    drafts: bool = False
    draft_after_s: float = 0.14  # silence after which the final text is asked for, when there are drafts
    barge_in_s: float = 0.25
    duck_s: float = 1.2  # voice without a word lowers the agent's voice for so long
    background_db: float = 12.0  # voices so far below the caller's own do not interrupt
    silence_prompt_s: float = 12.0
    silence_prompts: int = 2
    max_call_s: float = 1200.0
    warning_s: float = 0.0  # so long before the limit the caller is told; 0: not at all
    max_utterance_s: float = 30.0
    heard_timeout_s: float = 4.0
    reply_timeout_s: float = 12.0
    digits_wait_s: float = 2.0
    backchannels: frozenset[str] = frozenset()
    language: str = "en-US"  # whose rules tell the end of a turn


# Events


@dataclass(frozen=True, slots=True)
class Start:
    agent_first: bool


@dataclass(frozen=True, slots=True)
class VoiceStarted:
    at: float  # the first voiced sample


@dataclass(frozen=True, slots=True)
class VoiceEnded:
    last_sound: float  # the last voiced sample


@dataclass(frozen=True, slots=True)
class PartialHeard:
    """`playing`: the agent's words that were in the caller's ear meanwhile; `below_db`: how far the utterance's level
    lies below the caller's own; `echo`: it is the agent's voice that comes back."""

    utterance: int
    text: str
    playing: str = ""
    below_db: float = 0.0
    echo: bool = False


@dataclass(frozen=True, slots=True)
class FinalHeard:
    """See `PartialHeard`."""

    utterance: int
    text: str
    playing: str = ""
    below_db: float = 0.0
    echo: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """What the agent has asked for. `digits_only`: to be keyed in; what is said meanwhile is no answer."""

    what: Expects
    digits_only: bool = False


@dataclass(frozen=True, slots=True)
class InLanguage:
    """The call is in this language from here on."""

    language: str
    backchannels: frozenset[str]


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    """The agent's voice goes out on a line that was idle: at the start of the reply, and again after a gap in it."""

    turn: int


@dataclass(frozen=True, slots=True)
class ReplyStarved:
    """Everything there is of the reply has been played, and it is not at its end."""

    turn: int


@dataclass(frozen=True, slots=True)
class SentenceStarted:
    turn: int
    uninterruptible: bool


@dataclass(frozen=True, slots=True)
class ReplyFinished:
    turn: int
    then: Then = Then.LISTEN


@dataclass(frozen=True, slots=True)
class Digits:
    digits: str


@dataclass(frozen=True, slots=True)
class Typed:
    text: str


@dataclass(frozen=True, slots=True)
class VoiceCut:
    """A carrier that speaks for us has stopped the agent's voice: the caller talked over it."""


@dataclass(frozen=True, slots=True)
class BeepHeard:
    """An answering machine's tone has come to its end."""


@dataclass(frozen=True, slots=True)
class RoleLost:
    role: str


@dataclass(frozen=True, slots=True)
class RoleReplaced:
    role: str


@dataclass(frozen=True, slots=True)
class Floor:
    """What the client leaves to the turn logic. `answers`: the end of a turn is answered unasked; `interrupts`: the
    caller's words interrupt the agent."""

    answers: bool = True
    interrupts: bool = True


@dataclass(frozen=True, slots=True)
class CallerDone:
    """The client says that the caller has finished an utterance."""


@dataclass(frozen=True, slots=True)
class CallerCleared:
    """What the caller has said and nobody has answered is to be forgotten."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The client asks for an answer to what was said so far."""


@dataclass(frozen=True, slots=True)
class Hush:
    """The client wants the agent to stop."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """The caller could not be handed to a person, and is still here."""

    go_on: bool  # with the agent; else the call ends with an apology


@dataclass(frozen=True, slots=True)
class LegLost:
    """Nobody is there to hear and to be heard, until `LegTakenUp`."""


@dataclass(frozen=True, slots=True)
class LegTakenUp:
    """The caller is back. `elapsed_s`: of a call that another gateway has begun, how long it has lasted."""

    elapsed_s: float | None = None


@dataclass(frozen=True, slots=True)
class TimerFired:
    timer: Timer


Event = (
    Start
    | VoiceStarted
    | VoiceEnded
    | PartialHeard
    | FinalHeard
    | Expected
    | InLanguage
    | ReplyStarted
    | ReplyStarved
    | SentenceStarted
    | ReplyFinished
    | Digits
    | Typed
    | VoiceCut
    | BeepHeard
    | RoleLost
    | RoleReplaced
    | Floor
    | CallerDone
    | CallerCleared
    | Answer
    | Hush
    | TransferFailed
    | LegLost
    | LegTakenUp
    | TimerFired
)

# Consent to be recorded


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    """The agent document's, see `parley_core.agents.Consent`."""

    ask: str
    again: str
    accepted: str
    refused: str  # said to a refusal, whatever follows it
    on_refusal: str  # "continue_unrecorded", "hang_up" or "hand_off"
    keyed: bool  # words are no answer
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Questioning:
    """How far the question is."""

    terms: ConsentTerms
    asked: int = 1
    saying: bool = False  # the agent's voice is on the line
    answer: bool | None = None


# Commands


@dataclass(frozen=True, slots=True)
class OpenUtterance:
    number: int
    at: float  # the first voiced sample; the pre-roll lies before it


@dataclass(frozen=True, slots=True)
class PauseUtterance:
    number: int
    speech_end: float


@dataclass(frozen=True, slots=True)
class CancelUtterance:
    number: int


@dataclass(frozen=True, slots=True)
class Commit:
    turn: int
    text: str
    utterances: tuple[int, ...]
    reason: CommitReason
    speech_end: float
    draft: int = 0  # the draft that becomes real with it
    due: float = field(default=0.0, compare=False)  # when it would have come, had the text been there


@dataclass(frozen=True, slots=True)
class StartDraft:
    """Have an answer made that nobody may hear yet."""

    turn: int
    draft: int
    text: str


@dataclass(frozen=True, slots=True)
class DropDraft:
    turn: int
    draft: int


@dataclass(frozen=True, slots=True)
class Duck:
    """Lower the agent's voice, or bring it back up."""

    down: bool


@dataclass(frozen=True, slots=True)
class Interrupt:
    turn: int
    by: str


@dataclass(frozen=True, slots=True)
class StartTimer:
    timer: Timer
    at: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    timer: Timer


@dataclass(frozen=True, slots=True)
class Prompt:
    """Ask whether the caller is still there."""

    turn: int
    count: int


@dataclass(frozen=True, slots=True)
class Warn:
    """Say that the call is about to reach its time limit."""

    turn: int


@dataclass(frozen=True, slots=True)
class RoleStalled:
    """A worker beats but does not deliver; "reply": the model's or the speech service's, whoever owes."""

    role: str


@dataclass(frozen=True, slots=True)
class FailTurn:
    """Tell the caller that this did not work."""

    turn: int
    stage: str


@dataclass(frozen=True, slots=True)
class Apologise:
    """Say that nobody took the caller over."""

    turn: int


@dataclass(frozen=True, slots=True)
class HangUp:
    turn: int
    reason: str
    say: str = ""  # before the end


@dataclass(frozen=True, slots=True)
class SayConsent:
    """Ask for consent, or thank for the answer."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class SayFirst:
    """Say something of the gateway's own ahead of the conversation, or instead of one."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """Who answered an outgoing call: `human`, `machine`, `ivr` or `screening`."""

    answer: str
    why: str
    converse: bool  # the conversation may begin


@dataclass(frozen=True, slots=True)
class ConsentAnswered:
    given: bool
    how: str


@dataclass(frozen=True, slots=True)
class Converse:
    """Consent is out of the way: the conversation may begin."""


Command = (
    OpenUtterance
    | PauseUtterance
    | CancelUtterance
    | Commit
    | StartDraft
    | DropDraft
    | Duck
    | Interrupt
    | StartTimer
    | StopTimer
    | Prompt
    | Warn
    | RoleStalled
    | FailTurn
    | Apologise
    | HangUp
    | SayConsent
    | SayFirst
    | Answered
    | ConsentAnswered
    | Converse
)
