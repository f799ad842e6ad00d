"""What a call reports to its caller's channel through `Leg.send_event`, as it happens.

`call` sends these. A channel that speaks Parley's JSON writes them with `channels.event_json`; every other channel
translates those that its protocol has a word for. `CallEvent` is all of them: a channel that handles events one by one
ends its `match` with `assert_never`. Times are milliseconds since the call began.
"""

from dataclasses import dataclass

from parley.v1 import events_pb2, live_pb2
from parley_core.reasons import EndReason, RefusalReason

from parley_gateway.turns.types import CommitReason, Phase


@dataclass(frozen=True, slots=True)
class Ready:
    """The call is set up: audio is taken from here on. `resume`: the token that resumes the call on another
    connection; `resumed`: this connection has done so."""

    call: str
    session: str
    resume: str
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """There is no call. A spoken message may follow, then the leg is closed. `detail` is for people."""

    reason: RefusalReason
    detail: str


@dataclass(frozen=True, slots=True)
class CallFailed:
    """The call cannot go on. A spoken message may follow, then the leg is closed. `detail` is for people."""

    reason: EndReason
    detail: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event of a call."""

    reason: EndReason
    duration_ms: int


# The caller's side


@dataclass(frozen=True, slots=True)
class CallerStarted:
    """The caller's voice began."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class CallerStopped:
    """The caller's voice paused."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class PartialTranscript:
    """The interim text of an utterance that is being spoken."""

    utterance: int
    text: str


@dataclass(frozen=True, slots=True)
class UtteranceTranscript:
    """The final text of an utterance. `more`: the text of another one is on its way."""

    utterance: int
    text: str
    more: bool


@dataclass(frozen=True, slots=True)
class TurnTranscript:
    """The caller's turn is committed: this is what it says."""

    turn: int
    text: str
    reason: CommitReason


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """Who has the floor."""

    phase: Phase


@dataclass(frozen=True, slots=True)
class LanguageChanged:
    """The call is in this language from here on."""

    language: str
    reason: "events_pb2.LanguageReason.ValueType"


# The agent's side


@dataclass(frozen=True, slots=True)
class AgentSentence:
    """The agent is about to say this. A sentence whose voice was lost comes again, as another `take`."""

    turn: int
    sentence: int
    take: int
    text: str
    kind: "events_pb2.SayKind.ValueType"
    interruptible: bool

    @classmethod
    def of(cls, say: live_pb2.Say) -> "AgentSentence":
        return cls(say.turn, say.sentence, say.take, say.text, say.kind, interruptible=not say.uninterruptible)


@dataclass(frozen=True, slots=True)
class AgentStarted:
    """The agent's voice goes out."""

    turn: int


@dataclass(frozen=True, slots=True)
class AgentStopped:
    """What there is of the agent's voice was heard to its end."""

    turn: int


@dataclass(frozen=True, slots=True)
class AgentSpoken:
    """The caller has heard `text` of a sentence. `complete`: all of it."""

    turn: int
    sentence: int
    text: str
    complete: bool
    kind: "events_pb2.SayKind.ValueType"

    @classmethod
    def of(cls, spoken: events_pb2.Spoken) -> "AgentSpoken":
        return cls(spoken.turn, spoken.sentence, spoken.text, spoken.complete, spoken.kind)


@dataclass(frozen=True, slots=True)
class ReplyDone:
    """The whole answer to a turn was heard."""

    turn: int


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The agent's answer was cut off. `heard` is what the caller had heard of it."""

    turn: int
    heard: str


@dataclass(frozen=True, slots=True)
class LatencyMeasured:
    """From the caller's last sound to the agent's first, in milliseconds. The parts add up to the total."""

    turn: int
    total_ms: float
    pause_ms: float
    final_text_ms: float
    model_ms: float
    sentence_ms: float
    speech_ms: float
    bus_ms: float
    playout_ms: float

    @classmethod
    def of(cls, measured: events_pb2.TurnMeasured) -> "LatencyMeasured":
        return cls(
            turn=measured.turn,
            total_ms=measured.total_us / 1000,
            pause_ms=measured.pause_us / 1000,
            final_text_ms=measured.final_text_us / 1000,
            model_ms=measured.model_us / 1000,
            sentence_ms=measured.sentence_us / 1000,
            speech_ms=measured.speech_us / 1000,
            bus_ms=measured.bus_us / 1000,
            playout_ms=measured.playout_us / 1000,
        )


@dataclass(frozen=True, slots=True)
class ClientToolCalled:
    """A tool that the client brought is to be run with these arguments, a JSON object."""

    turn: int
    tool_call: str
    tool: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ClientToolDone:
    """Its result is in, or it failed or took too long (`ok` is False)."""

    turn: int
    tool_call: str
    ok: bool


@dataclass(frozen=True, slots=True)
class TransferStarted:
    """The agent hands the caller to a person. `address` (`tel:…`, `sip:…`, or empty) is where that person is."""

    target: str
    address: str


@dataclass(frozen=True, slots=True)
class WorkerFailover:
    """The worker of this role was lost; the call goes on with another one."""

    role: str


CallEvent = (
    Ready
    | Refusal
    | CallFailed
    | Ended
    | CallerStarted
    | CallerStopped
    | PartialTranscript
    | UtteranceTranscript
    | TurnTranscript
    | PhaseChanged
    | LanguageChanged
    | AgentSentence
    | AgentStarted
    | AgentStopped
    | AgentSpoken
    | ReplyDone
    | Interrupted
    | LatencyMeasured
    | ClientToolCalled
    | ClientToolDone
    | TransferStarted
    | WorkerFailover
)
