"""Finds what cannot work in an agent document, before a caller does: after the fields' own checks, before publishing.

A document may be well formed and still lead nowhere: a slot that is no argument of its tool loses the caller's answer,
a flow without a tool collects for nobody, a sentence may promise what no tool can do. Pure; `parley agents` calls it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from parley_core.agents import AgentDocument, Flow
from parley_core.languages.registry import pack

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'"})


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """What is known of a tool."""

    arguments: frozenset[str] | None = None  # None: any
    effects: frozenset[str] = field(default_factory=frozenset)  # of `languages.claim_words`
    side_effects: bool = False

    def may(self, effect: str) -> bool:
        """Whether an OK of it can bear the effect out. One that names no effects may do anything."""
        return self.side_effects and (not self.effects or effect in self.effects or f"{effect}_later" in self.effects)


@dataclass(frozen=True, slots=True)
class Problem:
    place: str  # of the field, as in errors of the document: "flows.0.slots.2.name"
    reason: str


def problems(document: AgentDocument, tools: Mapping[str, ToolFacts] | None = None) -> list[Problem]:
    """`tools`: all that the platform has; None where that is not known: then nothing is said of them."""
    found = [*_flows(document), *_placeholders(document)]
    if tools is not None:
        found += [*_tools(document, tools), *_arguments(document, tools), *_promises(document, tools)]
    return found


def _flows(document: AgentDocument) -> Iterator[Problem]:
    for at, flow in enumerate(document.flows):
        place = f"flows.{at}"
        if flow.slots and not flow.call:
            yield Problem(place, f"flow {flow.name!r} collects {flow.slots[0].name!r} and calls no tool with it")
        if not (flow.slots or flow.call or flow.done):
            yield Problem(place, f"flow {flow.name!r} asks nothing, does nothing and says nothing")
        if flow.then_call and not flow.call:
            yield Problem(f"{place}.then_call", "follows a tool that the flow does not call")
        for number, slot in enumerate(flow.slots):
            if slot.kind == "choice" and not slot.choices:
                yield Problem(f"{place}.slots.{number}", f"slot {slot.name!r} is a choice of nothing")
            if slot.name in {one.name for one in flow.slots[:number]}:
                yield Problem(f"{place}.slots.{number}.name", f"slot {slot.name!r} is asked for twice")


def _placeholders(document: AgentDocument) -> Iterator[Problem]:
    for at, flow in enumerate(document.flows):
        slots = {slot.name for slot in flow.slots}
        for name in ("confirm", "done", "taken"):
            for wanted in _PLACEHOLDER.findall(getattr(flow, name)):
                if wanted not in slots and not (name != "confirm" and flow.call):  # a tool's result has fields too
                    yield Problem(f"flows.{at}.{name}", f"no slot is named {wanted!r}")


def _tools(document: AgentDocument, tools: Mapping[str, ToolFacts]) -> Iterator[Problem]:
    for at, name in enumerate(document.tools):
        if name not in tools:
            yield Problem(f"tools.{at}", f"no tool is named {name!r}; there are {', '.join(sorted(tools))}")
    if "hand_off" not in document.tools:
        for at, rule in enumerate(document.guardrails):
            if rule.then == "hand_off" and not document.handoff.address and not document.handoff.addresses:
                yield Problem(
                    f"guardrails.{at}.then", "nobody takes over: the agent has neither hand_off nor handoff.address"
                )


def _arguments(document: AgentDocument, tools: Mapping[str, ToolFacts]) -> Iterator[Problem]:
    for at, flow in enumerate(document.flows):
        known = tools.get(flow.call)
        if known is None or known.arguments is None:
            continue
        for number, slot in enumerate(flow.slots):
            if slot.name not in known.arguments:
                yield Problem(
                    f"flows.{at}.slots.{number}.name",
                    f"{slot.name!r} is no argument of {flow.call}; it has {', '.join(sorted(known.arguments))}",
                )


def _promises(document: AgentDocument, tools: Mapping[str, ToolFacts]) -> Iterator[Problem]:
    """Sentences of the document that promise or state an effect which no tool of the agent can have."""
    own = [tools[name] for name in document.tools if name in tools]
    for place, text, flow in _sentences(document):
        able = own if flow is None else [tools[name] for name in (flow.call, flow.then_call) if name in tools]
        for effect, promised in _claims(text, document.language):
            if promised and any(tool.may(effect) for tool in own):
                continue
            if not any(tool.may(effect) for tool in able):
                what = "promises" if promised else "says"
                yield Problem(place, f"it {what} {effect.replace('_', ' ')!r}, and no tool that is called can do it")


def _sentences(document: AgentDocument) -> Iterable[tuple[str, str, Flow | None]]:
    if document.greeting is not None:
        yield "greeting.text", document.greeting.text, None
    yield "goodbye", document.goodbye, None
    yield "outbound.voicemail", document.outbound.voicemail, None
    for at, flow in enumerate(document.flows):
        yield f"flows.{at}.done", flow.done, flow
    for at, rule in enumerate(document.guardrails):
        if rule.then != "hand_off":  # its words may speak of the transfer that follows
            yield f"guardrails.{at}.say", rule.say, None


def _claims(text: str, language: str) -> Iterator[tuple[str, bool]]:
    words = pack(language).claims
    for sentence in re.split(r"(?<=[.!?])\s+", text.translate(_APOSTROPHES).lower()):
        if not sentence or sentence.endswith("?"):
            continue
        for clause in words.breaks.split(sentence):
            for patterns, promised in ((words.done, False), (words.promised, True)):
                for effect, pattern in patterns.items():
                    match = pattern.search(clause or "")
                    if match is not None and words.unclaimed.search(clause, 0, match.end()) is None:
                        yield effect, promised
