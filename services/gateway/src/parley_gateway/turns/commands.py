"""What the turn logic asks for. `call.turn_commands` carries each out, but for the timers, which are `driver`'s."""

from dataclasses import dataclass, field

from parley_core.reasons import EndReason

from parley_gateway.turns.types import CommitReason, Timer


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
    """Prepare a reply that is not played yet."""

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
class Halt:
    """Fall silent at once, and keep what was being said."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Say on what was halted, from the beginning of the word that was cut."""


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
class SilencePrompt:
    """Ask whether the caller is still there."""

    turn: int
    count: int


@dataclass(frozen=True, slots=True)
class Warn:
    """Say that the call is about to reach its time limit."""

    turn: int


@dataclass(frozen=True, slots=True)
class WorkerStalled:
    """A worker sends heartbeats but no results; "reply": llm or tts, whichever is late."""

    role: str


@dataclass(frozen=True, slots=True)
class FailTurn:
    """Tell the caller that this did not work."""

    turn: int
    stage: str


@dataclass(frozen=True, slots=True)
class Apologise:
    """Say that the hand-off failed."""

    turn: int


@dataclass(frozen=True, slots=True)
class HangUp:
    turn: int
    reason: EndReason
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
    | Halt
    | GoOn
    | Interrupt
    | StartTimer
    | StopTimer
    | SilencePrompt
    | Warn
    | WorkerStalled
    | FailTurn
    | Apologise
    | HangUp
    | SayConsent
    | SayFirst
    | Answered
    | ConsentAnswered
    | Converse
)
