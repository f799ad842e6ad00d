"""What can happen in turn-taking. `machine` has a handler for each."""

from dataclasses import dataclass

from parley_gateway.turns.dictation import Expects
from parley_gateway.turns.types import Sound, Then, Timer


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
class InterimTranscript:
    """`playing`: the agent's words that were in the caller's ear meanwhile; `level_below_caller_db`: how far the
    utterance's level lies below the caller's own."""

    utterance: int
    text: str
    playing: str = ""
    level_below_caller_db: float = 0.0


@dataclass(frozen=True, slots=True)
class FinalTranscript:
    """See `InterimTranscript`. `end_of_turn`: how sure the recogniser is that the caller has finished, 0 to 1."""

    utterance: int
    text: str
    playing: str = ""
    level_below_caller_db: float = 0.0
    end_of_turn: float = 0.0


@dataclass(frozen=True, slots=True)
class SoundJudged:
    """Whose voice an utterance is, as far as its sound shows up to now. Comes before what would act on it: an interim
    transcript, the timer of a barge-in without words, the final transcript. `movement`: how much it is articulated, see
    `listening.bands.movement`; `level_below_caller_db` as in `InterimTranscript`."""

    utterance: int
    sound: Sound
    movement: float = 0.0
    level_below_caller_db: float = 0.0


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
    question: bool = False


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
class WorkerLost:
    role: str


@dataclass(frozen=True, slots=True)
class WorkerReplaced:
    role: str


@dataclass(frozen=True, slots=True)
class TurnControl:
    """What the client leaves to the turn logic. `answers`: the end of a turn is answered unasked; `interrupts`: the
    caller's words interrupt the agent."""

    answers: bool = True
    interrupts: bool = True


@dataclass(frozen=True, slots=True)
class CallerDone:
    """The client says that the caller has finished an utterance."""


@dataclass(frozen=True, slots=True)
class CallerCleared:
    """Discard what the caller has said and what has not been answered."""


@dataclass(frozen=True, slots=True)
class RequestReply:
    """The client asks for an answer to what was said so far."""


@dataclass(frozen=True, slots=True)
class CancelReply:
    """The client wants the agent to stop."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """The caller could not be handed to a person, and is still here."""

    go_on: bool  # with the agent; else the call ends with an apology


@dataclass(frozen=True, slots=True)
class LegLost:
    """Nobody is there to hear and to be heard, until `LegTakenUp`."""


@dataclass(frozen=True, slots=True)
class LegResumed:
    """The caller is back. `elapsed_s`: of a call that another gateway has begun, how long it has lasted."""

    elapsed_s: float | None = None


@dataclass(frozen=True, slots=True)
class TimerFired:
    timer: Timer


Event = (
    Start
    | VoiceStarted
    | VoiceEnded
    | InterimTranscript
    | FinalTranscript
    | SoundJudged
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
    | WorkerLost
    | WorkerReplaced
    | TurnControl
    | CallerDone
    | CallerCleared
    | RequestReply
    | CancelReply
    | TransferFailed
    | LegLost
    | LegResumed
    | TimerFired
)
