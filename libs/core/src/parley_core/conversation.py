"""A call's conversation as the fold of its log. Memory of the llm service, transcript of postcall, view of the cli.

Pure: the same events give the same conversation. Events of different sources may be folded in any order among
themselves; what one source appended is folded in its order.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from parley.v1 import events_pb2, session_pb2

Event = events_pb2.Event

WAITING_FOR_APPROVAL = "TOOL_STATUS_WAITING_FOR_APPROVAL"
FIRST_NOTICE = 900  # sentences from here on are the gateway's own: prompts, apologies, the last goodbye


@dataclass(slots=True)
class Sentence:
    """A sentence that the agent set out to say, and what was heard of it."""

    number: int
    text: str = ""
    kind: int = events_pb2.SAY_KIND_REPLY
    uninterruptible: bool = False
    language: str = ""  # BCP 47; "": the call's own
    heard: list[str] = field(default_factory=list)  # a part per take that was played
    complete: bool = False
    start_ms: int | None = None
    end_ms: int | None = None

    @property
    def heard_text(self) -> str:
        return " ".join(part for part in self.heard if part)

    @property
    def rest(self) -> str:
        """The words that were not heard; "" when all were."""
        if self.complete:
            return ""
        return " ".join(self.text.split()[len(self.heard_text.split()) :])


@dataclass(slots=True)
class ToolUse:
    tool_call: str
    tool: str
    arguments_json: str
    idempotency_key: str
    side_effects: bool
    status: str = ""  # "" until it returned
    result_json: str = ""
    error: str = ""
    took_ms: int = 0
    by_client: bool = False

    @property
    def returned(self) -> bool:
        return bool(self.status)


@dataclass(slots=True)
class Turn:
    """What the caller said (turn 0: nothing, the agent speaks first) and what the agent did about it."""

    number: int
    text: str = ""
    language: str = ""  # BCP 47; what the call was in when it was committed
    wish: str = ""  # BCP 47; it asks for this language and for nothing else
    committed: bool = False
    committed_us: int = 0  # Unix time of the commit
    draft: int = 0  # the draft that the commit made real; 0: none
    resumes: bool = False  # no words of the caller: the agent goes on with the turn that was cut off before it
    speech_start_ms: int = 0
    speech_end_ms: int = 0
    sentences: dict[int, Sentence] = field(default_factory=dict)
    tools: dict[str, ToolUse] = field(default_factory=dict)
    citations: list[events_pb2.Citation] = field(default_factory=list)
    replied: events_pb2.Replied | None = None
    failed: list[events_pb2.TurnFailed] = field(default_factory=list)
    interrupted: bool = False
    measured: events_pb2.TurnMeasured | None = None
    truncated: str | None = None  # what the client says was heard, where that is less than what was played

    @property
    def heard_text(self) -> str:
        """What the caller heard of the agent in this turn, in order."""
        if self.truncated is not None:
            return self.truncated
        ordered = (self.sentences[number] for number in sorted(self.sentences))
        return " ".join(sentence.heard_text for sentence in ordered if sentence.heard_text)

    @property
    def said_text(self) -> str:
        """What the agent set out to say in this turn."""
        ordered = (self.sentences[number] for number in sorted(self.sentences))
        return " ".join(sentence.text for sentence in ordered if sentence.text)


@dataclass(slots=True)
class Conversation:
    session: session_pb2.Session | None = None
    language: str = ""  # BCP 47; what the call is in now
    languages: list[events_pb2.LanguageChanged] = field(default_factory=list)
    languages_refused: list[events_pb2.LanguageRefused] = field(default_factory=list)
    started_us: int = 0
    turns: dict[int, Turn] = field(default_factory=dict)
    heard: dict[int, events_pb2.Heard] = field(default_factory=dict)  # by utterance
    flow: events_pb2.FlowAdvanced | None = None
    flow_turn: int = -1
    workers: dict[str, str] = field(default_factory=dict)  # role to worker
    handoffs: list[events_pb2.HandoffRequested] = field(default_factory=list)
    guardrails: list[events_pb2.GuardrailTripped] = field(default_factory=list)
    client: events_pb2.ClientConfigured | None = None
    client_results: dict[str, events_pb2.ClientToolReturned] = field(default_factory=dict)  # by tool call
    digits: list[events_pb2.DigitsEntered] = field(default_factory=list)
    usage: list[events_pb2.UsageMeasured] = field(default_factory=list)
    recording: events_pb2.RecordingStored | None = None
    consent: events_pb2.ConsentAnswered | None = None
    ended: events_pb2.CallEnded | None = None
    postcall: events_pb2.PostcallFinished | None = None
    seen: set[str] = field(default_factory=set)  # ids of the events folded so far

    def turn(self, number: int) -> Turn:
        return self.turns.setdefault(number, Turn(number))

    @property
    def spoken_languages(self) -> tuple[str, ...]:
        """Every language that the call was in, in the order in which it first was."""
        first = self.session.language if self.session is not None else ""
        changes = [(one.turn, getattr(one, "from"), one.language) for one in self.languages]
        if changes and changes[0][0] == 0:
            first = changes[0][2]  # it was in another one before a word was said
        spoken = [first, *(language for turn, _, language in changes if turn)]
        return tuple(dict.fromkeys(language for language in spoken if language))

    @property
    def newest_turn(self) -> int:
        """Number of the last committed turn; 0 before the caller's first."""
        return max((turn.number for turn in self.turns.values() if turn.committed), default=0)

    def apply(self, event: Event) -> bool:
        """Fold one event in; False when it was folded before."""
        if event.id in self.seen:
            return False
        self.seen.add(event.id)
        kind = event.WhichOneof("body")
        handle = _HANDLERS.get(kind or "")
        if handle is not None:
            handle(self, event)
        return True


_Handler = Callable[[Conversation, Event], None]


def fold(events: Iterable[Event]) -> Conversation:
    conversation = Conversation()
    for event in events:
        conversation.apply(event)
    return conversation


def _call_started(conversation: Conversation, event: Event) -> None:
    conversation.session = event.call_started.session
    conversation.language = conversation.language or event.call_started.session.language
    conversation.started_us = event.time_us


def _worker_claimed(conversation: Conversation, event: Event) -> None:
    conversation.workers[event.worker_claimed.role] = event.worker_claimed.worker


def _heard(conversation: Conversation, event: Event) -> None:
    # A recogniser that was taken for dead may still answer: the first final text of an utterance stands.
    conversation.heard.setdefault(event.heard.utterance, event.heard)


def _turn_committed(conversation: Conversation, event: Event) -> None:
    body = event.turn_committed
    turn = conversation.turn(body.turn)
    turn.text = body.text
    turn.language = conversation.language
    turn.wish = body.wish
    turn.committed = True
    turn.committed_us = event.time_us
    turn.draft = body.draft
    turn.resumes = body.reason == events_pb2.COMMIT_REASON_RESUME
    turn.speech_end_ms = body.speech_end_ms
    starts = [conversation.heard[number].start_ms for number in body.utterances if number in conversation.heard]
    turn.speech_start_ms = min(starts, default=body.speech_end_ms)


def _sentence(conversation: Conversation, turn: int, number: int) -> Sentence:
    return conversation.turn(turn).sentences.setdefault(number, Sentence(number))


def _sentence_said(conversation: Conversation, event: Event) -> None:
    body = event.sentence_said
    sentence = _sentence(conversation, body.turn, body.sentence)
    if sentence.text:
        return  # a worker that was taken for lost logs late what it meant to say
    sentence.text = body.text
    sentence.kind = body.kind
    sentence.uninterruptible = body.uninterruptible
    sentence.language = body.language


def _replied(conversation: Conversation, event: Event) -> None:
    conversation.turn(event.replied.turn).replied = event.replied


def _spoken(conversation: Conversation, event: Event) -> None:
    body = event.spoken
    sentence = _sentence(conversation, body.turn, body.sentence)
    sentence.heard.append(body.text)
    sentence.complete = sentence.complete or body.complete
    sentence.start_ms = body.start_ms if sentence.start_ms is None else min(sentence.start_ms, body.start_ms)
    sentence.end_ms = max(sentence.end_ms or 0, body.end_ms)


def _interrupted(conversation: Conversation, event: Event) -> None:
    conversation.turn(event.interrupted.turn).interrupted = True


def _turn_measured(conversation: Conversation, event: Event) -> None:
    conversation.turn(event.turn_measured.turn).measured = event.turn_measured


def _turn_failed(conversation: Conversation, event: Event) -> None:
    conversation.turn(event.turn_failed.turn).failed.append(event.turn_failed)


def _tool_called(conversation: Conversation, event: Event) -> None:
    body = event.tool_called
    tools = conversation.turn(body.turn).tools
    use = tools.setdefault(body.tool_call, ToolUse(body.tool_call, body.tool, "", "", side_effects=False))
    if not use.idempotency_key:  # first, or behind its return: another worker may have settled it
        use.arguments_json, use.idempotency_key = body.arguments_json, body.idempotency_key
        use.side_effects, use.by_client = body.side_effects, body.by_client


def _tool_returned(conversation: Conversation, event: Event) -> None:
    body = event.tool_returned
    use = conversation.turn(body.turn).tools.setdefault(
        body.tool_call, ToolUse(body.tool_call, body.tool, "", "", side_effects=False)
    )
    # A decision takes the place of the waiting for it; any other answer is the first one's.
    if use.status in ("", WAITING_FOR_APPROVAL):
        use.status, use.result_json, use.error, use.took_ms = body.status, body.result_json, body.error, body.took_ms


def _client_configured(conversation: Conversation, event: Event) -> None:
    conversation.client = event.client_configured


def _client_tool_returned(conversation: Conversation, event: Event) -> None:
    conversation.client_results.setdefault(event.client_tool_returned.tool_call, event.client_tool_returned)


def _reply_truncated(conversation: Conversation, event: Event) -> None:
    turn = conversation.turn(event.reply_truncated.turn)
    turn.truncated = event.reply_truncated.heard
    turn.interrupted = True


def _knowledge_searched(conversation: Conversation, event: Event) -> None:
    conversation.turn(event.knowledge_searched.turn).citations.extend(event.knowledge_searched.citations)


def _flow_advanced(conversation: Conversation, event: Event) -> None:
    # A worker that was replaced may have logged an older turn late.
    if event.flow_advanced.turn >= conversation.flow_turn:
        conversation.flow = event.flow_advanced
        conversation.flow_turn = event.flow_advanced.turn


def _language_changed(conversation: Conversation, event: Event) -> None:
    conversation.languages.append(event.language_changed)
    conversation.language = event.language_changed.language


def _append(name: str, field_name: str) -> _Handler:
    def handle(conversation: Conversation, event: Event) -> None:
        getattr(conversation, name).append(getattr(event, field_name))

    return handle


def _keep(name: str, field_name: str) -> _Handler:
    def handle(conversation: Conversation, event: Event) -> None:
        if getattr(conversation, name) is None:
            setattr(conversation, name, getattr(event, field_name))

    return handle


# Everything the fold knows, on one screen.
_HANDLERS: dict[str, _Handler] = {
    "call_started": _call_started,
    "worker_claimed": _worker_claimed,
    "heard": _heard,
    "turn_committed": _turn_committed,
    "sentence_said": _sentence_said,
    "replied": _replied,
    "spoken": _spoken,
    "interrupted": _interrupted,
    "turn_measured": _turn_measured,
    "turn_failed": _turn_failed,
    "tool_called": _tool_called,
    "tool_returned": _tool_returned,
    "client_configured": _client_configured,
    "client_tool_returned": _client_tool_returned,
    "reply_truncated": _reply_truncated,
    "knowledge_searched": _knowledge_searched,
    "flow_advanced": _flow_advanced,
    "language_changed": _language_changed,
    "language_refused": _append("languages_refused", "language_refused"),
    "guardrail_tripped": _append("guardrails", "guardrail_tripped"),
    "handoff_requested": _append("handoffs", "handoff_requested"),
    "digits_entered": _append("digits", "digits_entered"),
    "usage_measured": _append("usage", "usage_measured"),
    "recording_stored": _keep("recording", "recording_stored"),
    "consent_answered": _keep("consent", "consent_answered"),
    "call_ended": _keep("ended", "call_ended"),
    "postcall_finished": _keep("postcall", "postcall_finished"),
}
