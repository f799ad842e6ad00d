"""What an agent may state facts from: passages that were retrieved in the call, what the caller said, what tools
returned, the agent's own document, the date. `grounding` compares sentences with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from parley.v1 import events_pb2
from parley_core.agents import AgentDocument

from parley_llm.reply.facts import Amount, Facts, facts_in

MOST_PASSAGES = 60  # of a call; the newest
_NEAR_DAYS = 1  # today and tomorrow are known


@dataclass(frozen=True, slots=True)
class Passage:
    text: str
    citation: events_pb2.Citation


@dataclass(slots=True)
class Retrieved:
    """The passages of one call, each once, in the order in which they were found last."""

    passages: dict[str, Passage] = field(default_factory=dict)

    def add(self, texts: Sequence[str], citations: Sequence[events_pb2.Citation]) -> None:
        for text, citation in zip(texts, citations, strict=False):
            key = citation.chunk or text
            self.passages.pop(key, None)
            self.passages[key] = Passage(text, citation)
        while len(self.passages) > MOST_PASSAGES:
            self.passages.pop(next(iter(self.passages)))


@dataclass(frozen=True, slots=True)
class Source:
    """A text and what it states. `own`: it says what the business is like, and not what the caller wishes."""

    text: str
    facts: Facts
    own: bool = True
    passage: Passage | None = None
    whole: bool = False  # of several sentences or values: what stands in it need not belong together
    receipt: bool = False  # of a tool that has done something


def sources(texts: Iterable[str], language: str, *, own: bool) -> list[Source]:
    return [Source(text, facts_in(text, language), own) for text in texts if text]


def document_texts(agent: AgentDocument) -> list[str]:
    """What the agent's document itself says."""
    said = [agent.name, agent.prompt, *agent.goals, agent.goodbye, agent.handoff.say]
    said += [agent.greeting.text] if agent.greeting is not None else []
    said += [rule.say for rule in agent.guardrails]
    for flow in agent.flows:
        said += [flow.goal, flow.confirm or "", flow.done or "", flow.taken or ""]
        for slot in flow.slots:
            said += [slot.ask, slot.name.replace("_", " "), *map(str, slot.choices)]
    return [one for one in said if one]


def dates(now: datetime, language: str) -> list[Source]:
    """Today and tomorrow. Of their figures the day and the year: the others are everywhere."""
    found = []
    for ahead in range(_NEAR_DAYS + 1):
        day = now + timedelta(days=ahead)
        text = day.strftime("%Y-%m-%d")
        facts = facts_in(text, language)
        amounts = frozenset({Amount(float(day.day)), Amount(float(day.year))})
        found.append(Source(text, replace(facts, amounts=amounts), own=False, whole=True))
    return found
