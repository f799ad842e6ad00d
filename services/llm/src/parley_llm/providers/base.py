"""What every model offers: a provider streams one part of one turn as text, tool calls and an end.

`router` and `summaries` call it. Each vendor is one file (or folder) beside this one; all pass the same contract test,
`tests/contract/test_providers.py`.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, ModelChoice
from parley_core.languages.registry import primary
from parley_core.providers.choices import Server
from parley_core.text import load_json
from pydantic import JsonValue

END_CALL = "end_call"  # the conversation's own tool


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ToolCallRequest:
    name: str
    arguments_json: str


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """A part of a tool call has come: the stream is alive, though nothing can be said or done yet."""


@dataclass(frozen=True, slots=True)
class FlowMoved:
    """Where the flow stands now; the conversation logs it as FlowAdvanced."""

    flow: str
    step: str
    slots: Mapping[str, str]
    state_json: str


@dataclass(frozen=True, slots=True)
class Searched:
    """The provider looked something up in the agent's knowledge; logged as KnowledgeSearched."""

    query: str
    citations: tuple[events_pb2.Citation, ...]
    took_ms: int
    texts: tuple[str, ...] = ()  # what was found


@dataclass(frozen=True, slots=True)
class LookUpFailed:
    """The provider could not reach the agent's knowledge, and says so; logged as TurnFailed."""

    error: str  # an error class


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of one stream. `input_tokens` and `output_tokens` are what this stream used."""

    finish: str = "stop"  # "stop", "length", "tool_calls"
    input_tokens: int = 0
    output_tokens: int = 0
    then: events_pb2.AfterReply.ValueType = events_pb2.AFTER_REPLY_LISTEN
    handoff_reason: str = ""
    cached_tokens: int = 0  # of the input, from the vendor's cache of prompts


ModelEvent = TextDelta | ToolCallPart | ToolCallRequest | FlowMoved | Searched | LookUpFailed | Finished


@dataclass(frozen=True, slots=True)
class ToolSpec:
    name: str
    description: str = ""
    parameters_schema: str = "{}"  # JSON Schema
    side_effects: bool = False
    by_client: bool = False  # the caller's client runs it
    effects: tuple[str, ...] = ()  # what an OK of it bears out, see `parley_core.languages.claim_words`; none: unknown


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """A tool call of this conversation and what came of it."""

    tool_call: str
    tool: str
    arguments_json: str
    status: str  # a ToolStatus name without its prefix, for example "OK"; "" while it runs
    result_json: str = ""
    error: str = ""
    took_ms: int = 0
    side_effects: bool = False
    note: str = ""  # for the model, beside the result

    @property
    def state(self) -> str:
        """Of what the tool has set going, where its result has a `state`: a message may be queued and not sent."""
        try:
            found = load_json(self.result_json) if self.result_json else None
        except ValueError:
            return ""
        state = found.get("state") if isinstance(found, dict) else None
        return state if isinstance(state, str) else ""


WITHDRAWN = "withdrawn"  # the error of a call that the caller took back before it was sent
FAULTS = ("FAILED", "TIMED_OUT", "RATE_LIMITED")  # statuses that say nothing of what was asked: a fault


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One side of one turn. An agent's `text` is what the caller heard; `said` is all it set out to say; `tools` are
    the turn's calls, in order, whether or not the caller heard of them."""

    role: Literal["caller", "agent"]
    text: str
    said: str = ""
    interrupted: bool = False
    tools: tuple[ToolOutcome, ...] = ()

    @property
    def rest(self) -> str:
        """What the caller did not hear of it."""
        return " ".join(self.said.split()[len(self.text.split()) :]) if self.interrupted else ""


@dataclass(frozen=True, slots=True)
class Asker:
    """In whose name the knowledge is asked. `groups`: of whose documents the caller may hear, beside the public
    ones."""

    tenant: str
    agent: str
    groups: tuple[str, ...] = ()
    language: str = ""  # of the question; primary tag


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """All that a provider may know for one stream of one turn.

    `turn_tools` are the calls of this turn that have returned, in order: a stream after a tool call gets what the one
    before asked for. `said` is what the agent has already said in this turn.
    """

    tenant: str
    call: str
    turn: int
    agent: AgentDocument
    text: str
    now: datetime  # when the turn was committed, in the agent's time zone
    history: tuple[ChatMessage, ...] = ()  # turns before this one, as they were heard
    said: str = ""
    flow: events_pb2.FlowAdvanced | None = None
    tools: tuple[ToolSpec, ...] = ()
    turn_tools: tuple[ToolOutcome, ...] = ()
    outcomes: Mapping[str, ToolOutcome] = field(default_factory=dict)  # of the whole call, by tool_call
    knowledge: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()  # of whose documents the caller may hear
    user: str = ""
    instructions: str = ""  # the client's, behind the agent's own
    notes: tuple[str, ...] = ()  # for the model, not for the caller
    model: str = ""
    temperature: float = 0.3
    max_tokens: int = 300
    endpoint: str = ""  # see `ModelChoice`, also the next two
    server: Server = ""
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    written_in: str = ""  # the language of the document's own sentences; "": the agent's language

    @property
    def asker(self) -> Asker:
        return Asker(self.tenant, self.agent.agent, self.groups, primary(self.agent.language))


class ModelProvider(Protocol):
    """Errors are Parley's: Rejected, Unavailable (Throttled and BadReply among them), TimedOut, LimitReached.

    `replays`: the same request always gives the same stream, so that a turn which was broken off can be made again from
    its start; the stream after a tool call then runs with the tool's result and yields only what follows.
    `wants_knowledge`: its answers are from the knowledge: by the tool `search_knowledge` where it is a `ToolModel`;
    else the conversation looks the caller's words up and gives the hits.
    """

    @property
    def name(self) -> str:
        """As agent documents, the log and the bill call it."""
        ...

    @property
    def replays(self) -> bool: ...

    @property
    def wants_knowledge(self) -> bool: ...

    async def start(self) -> None:
        """Make ready; called once, before anything else."""
        ...

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Yield the answer as it comes, `Finished` behind it. Closing the generator ends the work at once.

        A stream that ends without `Finished` has broken off, whatever it said before.
        """
        ...

    async def close(self) -> None:
        """Give back what is held. May be called twice, and without `start`."""
        ...


@runtime_checkable
class HasEndpoints(Protocol):
    """A provider of several endpoints, of which a process may lack some."""

    def has_endpoint(self, name: str) -> bool: ...


@runtime_checkable
class ToolModel(Protocol):
    """A provider whose models choose tools, unless one is known to refuse them."""

    def takes_tools(self, agent: AgentDocument) -> bool:
        """Whether the agent's model does: then it asks the knowledge by a tool."""
        ...


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    content: Mapping[str, object]
    model: str
    input_tokens: int = 0
    output_tokens: int = 0


@runtime_checkable
class JsonModel(Protocol):
    """A provider that can also answer once, with a JSON object."""

    @property
    def name(self) -> str: ...

    async def complete_json(self, system: str, text: str, choice: ModelChoice) -> JsonAnswer:
        """Answer once, as the choice says; an empty `model` is the provider's own. Raises BadReply for an answer that
        is no JSON object."""
        ...
