"""A call's log without the personal data that its agent document keeps out of what is stored of the call.

Everything after the log reads it through here: transcript, prompts to the model, CRM, warehouse, the live feed. What is
redacted is decided with the knowledge of the whole call (`parley_redaction`), so a card number that was dictated over
several turns or keyed is found as one. While a call runs, numbers that may become one are hidden until it is known.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from google.protobuf.message import Message as Proto
from parley.v1 import events_pb2, session_pb2
from parley_core.agents import Privacy
from parley_core.bus.log import Event, body_of
from parley_core.errors import BadInput, NotFound
from parley_core.text import load_json
from parley_redaction.detector import Call, masked
from parley_redaction.findings import Finding, Kind

from parley_postcall.ports import Agents, Logs

# What may hold words, by the event's field.
_TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "heard": ("text",),
    "turn_committed": ("text",),
    "sentence_said": ("text",),
    "replied": ("text",),
    "spoken": ("text",),
    "interrupted": ("heard", "by"),
    "knowledge_searched": ("query",),
    "handoff_requested": ("reason", "summary"),
    "digits_entered": ("digits",),
    "reply_truncated": ("heard",),
    "tool_attempted": ("error",),
    "tool_returned": ("error",),
    "client_tool_returned": ("error",),
    "client_configured": ("instructions",),
}
_JSONS: Final[dict[str, tuple[str, ...]]] = {
    "tool_called": ("arguments_json",),
    "tool_returned": ("result_json",),
    "client_tool_returned": ("result_json",),
    "flow_advanced": ("state_json",),
}
_CALLER: Final = {"heard": "text", "turn_committed": "text", "digits_entered": "digits"}
_KEPT: Final = 1000  # documents whose policy is remembered


class Redaction:
    """The policies of agent documents, and what they make of a log."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents
        self._policies: dict[tuple[str, str, int], frozenset[Kind]] = {}

    async def of(self, events: Sequence[Event], *, undecided: bool = False) -> list[Event]:
        """The log as it may be stored. `undecided`: the call runs, and numbers may go on in turns to come."""
        return redacted(events, await self._kinds(events), undecided=undecided)

    async def _kinds(self, events: Sequence[Event]) -> frozenset[Kind]:
        started = next((event for event in events if event.WhichOneof("body") == "call_started"), None)
        if started is None:
            return _kinds_of(Privacy())
        session = started.call_started.session
        key = (session.tenant, session.agent, session.agent_version)
        if key not in self._policies:
            if len(self._policies) >= _KEPT:
                self._policies.clear()
            self._policies[key] = await self._read(session)
        return self._policies[key]

    async def _read(self, session: session_pb2.Session) -> frozenset[Kind]:
        try:
            agent = await self._agents.get(session.tenant, session.agent, session.agent_version)
        except (NotFound, BadInput):
            return _kinds_of(Privacy())
        return _kinds_of(agent.privacy)


class RedactedLogs:
    """See `ports.Logs`: every log that is read is redacted."""

    def __init__(self, logs: Logs, redaction: Redaction) -> None:
        self._logs = logs
        self._redaction = redaction

    async def read(self, tenant: str, call: str) -> list[Event]:
        return await self._redaction.of(await self._logs.read(tenant, call))

    async def append_once(self, tenant: str, call: str, body: events_pb2.PostcallFinished, traceparent: str) -> str:
        return await self._logs.append_once(tenant, call, body, traceparent)


def _kinds_of(privacy: Privacy) -> frozenset[Kind]:
    return frozenset(Kind(name) for name in privacy.redact)


def redacted(events: Sequence[Event], kinds: Collection[Kind], *, undecided: bool = False) -> list[Event]:
    """The events with typed tokens (`[card]`) in place of what is personal; the others as they are."""
    if not kinds:
        return list(events)
    wanted = frozenset(kinds) | ({Kind.NUMBER} if undecided else frozenset())
    found = _Followed(events, undecided)
    return [_without(event, found, wanted) for event in events]


class _Followed:
    """The conversation, twice: in the caller's utterances as they were recognised, and in their turns. Keys that they
    pressed belong to both."""

    def __init__(self, events: Sequence[Event], undecided: bool) -> None:
        self._undecided = undecided
        self._heard, self._turns = Call("", undecided=undecided), Call("", undecided=undecided)
        self._lines: dict[str, list[tuple[Call, int]]] = {}
        for event in events:
            self._follow(event)

    def _follow(self, event: Event) -> None:
        kind = event.WhichOneof("body")
        both = (self._heard, self._turns)
        if kind == "call_started":
            for call in both:
                call.language = event.call_started.session.language
        elif kind == "language_changed":
            for call in both:
                call.language = event.language_changed.language
        elif kind == "sentence_said":
            for call in both:
                call.agent(event.sentence_said.text)
        elif kind == "heard":
            self._lines[event.id] = [(self._heard, self._heard.caller(event.heard.text))]
        elif kind == "turn_committed":
            self._lines[event.id] = [(self._turns, self._turns.caller(event.turn_committed.text))]
        elif kind == "digits_entered":
            self._lines[event.id] = [(call, call.caller(event.digits_entered.digits)) for call in both]

    def line(self, event: Event, text: str) -> list[Finding]:
        """The findings of what the caller said or keyed."""
        if event.WhichOneof("body") == "digits_entered" and self._undecided and text:
            return [Finding(0, len(text), Kind.NUMBER)]
        found = [one for call, number in self._lines.get(event.id, []) for one in call.line(number)]
        return [*found, *self.text(text)]

    def text(self, text: str) -> list[Finding]:
        return [*self._heard.text(text), *self._turns.text(text)]


def _without(event: Event, found: _Followed, kinds: frozenset[Kind]) -> Event:
    field = event.WhichOneof("body") or ""
    body = body_of(event)
    if body is None or (field not in _TEXTS and field not in _JSONS):
        return event
    changed: dict[str, str] = {}
    for name in _TEXTS.get(field, ()):
        text = getattr(body, name)
        findings = found.line(event, text) if _CALLER.get(field) == name else found.text(text)
        _note(changed, name, text, _masked(text, findings, kinds))
    for name in _JSONS.get(field, ()):
        text = getattr(body, name)
        _note(changed, name, text, masked_json(text, lambda value: _masked(value, found.text(value), kinds)))
    slots = dict(event.flow_advanced.slots) if field == "flow_advanced" else {}
    hidden = {slot: _masked(value, found.text(value), kinds) for slot, value in slots.items()}
    return _copy(event, field, changed, hidden) if changed or hidden != slots else event


def _copy(event: Event, field: str, changed: dict[str, str], slots: dict[str, str]) -> Event:
    copy = Event()
    copy.CopyFrom(event)
    body: Proto = getattr(copy, field)
    for name, text in changed.items():
        setattr(body, name, text)
    if field == "heard":
        del copy.heard.words[:]
    if slots:
        copy.flow_advanced.slots.update(slots)
    return copy


def _note(changed: dict[str, str], name: str, before: str, after: str) -> None:
    if after != before:
        changed[name] = after


def _masked(text: str, findings: Iterable[Finding], kinds: frozenset[Kind]) -> str:
    return masked(text, findings, kinds)


def masked_json(text: str, mask: Callable[[str], str]) -> str:
    """JSON with its texts and numbers masked; as plain text where it is none."""
    if not text:
        return text
    try:
        value = load_json(text)
    except (ValueError, BadInput):
        return mask(text)
    made = _masked_value(value, mask)
    return text if made == value else json.dumps(made, ensure_ascii=False)


def _masked_value(value: object, mask: Callable[[str], str]) -> object:
    if isinstance(value, dict):
        return {name: _masked_value(one, mask) for name, one in value.items()}
    if isinstance(value, list):
        return [_masked_value(one, mask) for one in value]
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, int) and not isinstance(value, bool):
        hidden = mask(str(value))
        return value if hidden == str(value) else hidden
    return value
