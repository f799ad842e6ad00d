"""Holds back what a model states of the business and nothing in the call bears out. `generation` makes one for each
turn.

A sentence states amounts, times, days, names, that something is free, or what the business does. Each must stand in a
source (`evidence`): what the business is like, in the knowledge, a tool's result or the agent's document; what the
caller wishes, in the caller's words as well. A day and a time must stand together. A sentence that denies what its
nearest source says, or says what that denies, is held too. It also finds the passages that a sentence is spoken from.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from parley.v1 import events_pb2
from parley_core.languages.answers import folded
from parley_core.languages.registry import pack
from parley_core.text import load_json

from parley_llm.providers.base import ToolOutcome
from parley_llm.reply.claims import claims_in
from parley_llm.reply.context import TurnContext
from parley_llm.reply.evidence import Passage, Source, dates, document_texts, sources
from parley_llm.reply.facts import MONEY, PERCENT, PLAIN, TIME, UNIT, Amount, Facts, facts_in
from parley_llm.sentences import cut

RULE = "ungrounded"
_NEAR = 0.6  # share of a sentence's topics in a source that speaks of the same
_LEAST_TOPICS = 2
_KNOWN = 0.34  # share of the topics of a sentence about the business that its sources must have
_CITED = 0.5  # share of the topics from which a passage bears a sentence out
_MOST_CITED = 2
_HALF_DAY = 12
_FITS = {(MONEY, PLAIN), (PERCENT, PLAIN), (TIME, PLAIN), (UNIT, PLAIN)}


@dataclass(frozen=True, slots=True)
class Ungrounded:
    """Why a sentence is not said: what it states, in a few words, for the model."""

    what: str


class ReplyFacts:
    def __init__(self, turn: TurnContext) -> None:
        self._turn = turn
        self._language = turn.agent.language
        self._made: tuple[object, list[Source]] = (None, [])

    @property
    def known(self) -> bool:
        """Whether facts can be told in the turn's language."""
        return bool(pack(self._language).facts.denials)

    def ungrounded(self, sentence: str) -> Ungrounded | None:
        """The first thing that the sentence states and nothing bears out; None: it may be said."""
        stated = _statement(sentence, self._language)
        if not stated or not self.known:
            return None
        facts = facts_in(stated, self._language)
        return self._receipt_differs(stated, facts) or self._unborne(stated, facts)

    def citations(self, sentence: str) -> tuple[events_pb2.Citation, ...]:
        """The passages that bear the sentence out, best first."""
        facts = facts_in(sentence, self._language)
        if not (facts.topics or facts.stated):
            return ()
        best: dict[str, tuple[float, Passage]] = {}
        for source in self._sources():
            if source.passage is None:
                continue
            share = _share(facts.topics, source.facts.topics) if facts.topics else 0.0
            borne = bool(facts.stated) and all(_in(one, source.facts.amounts) for one in facts.stated)
            near = share + (1.0 if borne else 0.0)
            if share >= _CITED or (borne and facts.topics & source.facts.topics):
                chunk = source.passage.citation.chunk or source.passage.text
                if near > best.get(chunk, (0.0, source.passage))[0]:
                    best[chunk] = near, source.passage
        ranked = sorted(best.values(), key=lambda one: -one[0])
        return tuple(passage.citation for near, passage in ranked[:_MOST_CITED] if near >= ranked[0][0] * 0.8)

    def held(self) -> None:
        """A sentence was kept from being said: note it on the log, once in a turn."""
        number, known = self._turn.number, self._turn.memory.conversation.guardrails
        if not any(one.turn == number and one.rule == RULE for one in known):
            self._turn.output.append(
                events_pb2.GuardrailTripped(turn=number, rule=RULE, side="agent", action="replaced")
            )

    def note(self, held: Ungrounded, sentence: str) -> str:
        """For the model, which answers once more."""
        return (
            f"You were about to say: {sentence!r}. Nothing that was looked up in this call bears out {held.what}. It "
            "was not said. Look it up, say exactly what passages and tools' results say, or say that you do not know."
        )

    # -- the rules ---------------------------------------------------------------------------------------------------

    def _receipt_differs(self, sentence: str, facts: Facts) -> Ungrounded | None:
        """A sentence that claims an effect: its days and times must be those of the receipt, where that has any."""
        claims = [one for one in claims_in(sentence, self._language) if not one.promised]
        if not claims or not (facts.days or _times(facts)):
            return None
        receipts = [one for one in self._sources() if one.own and one.passage is None and one.receipt]
        dated = [one for one in receipts if one.facts.days or _times(one.facts)]
        if not dated:
            return None
        wanted = facts.days, _times(facts)
        if any(wanted[0] <= one.facts.days and _all_in(wanted[1], one.facts.amounts) for one in dated):
            return None
        return Ungrounded("the day or the time: the tool's result has another")

    def _unborne(self, sentence: str, facts: Facts) -> Ungrounded | None:
        states = pack(self._language).facts.states.search(folded(sentence)) is not None
        every = self._sources()
        own = [one for one in every if one.own]
        allowed = own if states else every
        if missing := [
            one for one in facts.stated if not _borne(one, facts, own if one.kind in (MONEY, PERCENT) else allowed)
        ]:
            return Ungrounded(f"the figure {missing[0].value:g}")
        known_words = frozenset().union(*(one.facts.words for one in allowed)) if allowed else frozenset()
        if unknown := [one for one in facts.names if not set(one.split("-")) <= known_words and one not in known_words]:
            return Ungrounded(f"the name {unknown[0]!r}")
        if facts.days - frozenset().union(*(one.facts.days for one in allowed)):
            return Ungrounded("the day")
        if facts.months - frozenset().union(*(one.facts.months for one in allowed)):
            return Ungrounded("the month")
        if any(not _dictated_in(run, every) for run in facts.dictated):
            return Ungrounded("the figures that were read out")
        vacant = facts.free_or_vacant and bool(self._turn.memory.outcomes())
        clauses = _clauses(sentence, self._language) if facts.free and not vacant else ()
        if any(not _free_in(clause, own, self._language) for clause in clauses):
            return Ungrounded("that it costs nothing")
        return (
            self._apart(facts, own)
            or _priced(facts, own)
            or self._contradicted(facts, own)
            or (self._unheard_of(facts, own, states))
        )

    def _apart(self, facts: Facts, own: Sequence[Source]) -> Ungrounded | None:
        """A day with a time that the sources name for other days."""
        times = _times(facts) or (facts.stated if facts.days else frozenset())
        if not (facts.days and times):
            return None
        of_days = [one for one in own if one.facts.days & facts.days and not one.whole]
        timed = [one for one in of_days if _times(one.facts) or one.facts.stated]
        if timed and not any(_all_in(times, one.facts.amounts) for one in timed):
            together = {one for source in timed for one in source.facts.amounts}
            if not (len(facts.days) > 1 and _all_in(times, frozenset(together))):
                return Ungrounded("that time on that day")
        return None

    def _contradicted(self, facts: Facts, own: Sequence[Source]) -> Ungrounded | None:
        """The sources that speak of the same all say the opposite."""
        if len(facts.topics) + len(facts.days) < _LEAST_TOPICS:
            return None
        near = _nearest(facts, own)
        if near and all(one.facts.denies != facts.denies for one in near):
            return Ungrounded("it: the passage says the opposite")
        return None

    def _unheard_of(self, facts: Facts, own: Sequence[Source], states: bool) -> Ungrounded | None:
        """What the business has or does, in a sentence of whose topics no source speaks."""
        if not states or len(facts.topics) < _LEAST_TOPICS:
            return None
        topics = frozenset().union(*(one.facts.topics for one in own)) if own else frozenset()
        if _share(facts.topics, topics) < _KNOWN:
            return Ungrounded("it")
        return None

    # -- the sources -------------------------------------------------------------------------------------------------

    def _sources(self) -> list[Source]:
        turn = self._turn
        outcomes = turn.memory.outcomes()
        key = (tuple(turn.context.retrieved.passages), tuple((one.tool_call, one.status) for one in outcomes.values()))
        if self._made[0] != key:
            self._made = key, list(self._read(outcomes.values()))
        return self._made[1]

    def _read(self, outcomes: Iterable[ToolOutcome]) -> Iterable[Source]:
        turn, language = self._turn, self._language
        for passage in turn.context.retrieved.passages.values():
            section = passage.citation.section
            whole = f"{section}. {passage.text}"
            yield Source(whole, facts_in(whole, language), passage=passage, whole=True)
            parts = (part for sentence in cut(passage.text, language) for part in sentence.split(";"))
            for sentence in filter(None, parts):
                yield Source(sentence, facts_in(sentence, language), passage=passage)
        for outcome in outcomes:
            done = outcome.status == "OK"
            texts = [*_leaves(outcome.result_json), *_leaves(outcome.arguments_json)]
            for text in texts:
                yield Source(text, facts_in(text, language), receipt=done and outcome.side_effects)
            joined = " ".join(texts)
            yield Source(joined, facts_in(joined, language), whole=True)
        yield from sources(document_texts(turn.agent), language, own=True)
        committed = turn.known.committed_us / 1e6
        if committed:
            now = datetime.fromtimestamp(committed, ZoneInfo(turn.context.agent.timezone))
            yield from dates(now, language)
        heard = [one.text for one in turn.memory.history(turn.number)]
        yield from sources([*heard, turn.known.text], language, own=False)


def _statement(sentence: str, language: str) -> str:
    """What of a sentence is said to be so: of a question, what stands before its last comma."""
    if not sentence.rstrip("\"')» ").endswith("?"):
        return sentence
    before, _, _ = sentence.rpartition(",")
    return before if pack(language).facts.states.search(folded(before)) else ""


def _times(facts: Facts) -> frozenset[Amount]:
    return frozenset(one for one in facts.amounts if one.kind == TIME)


def _share(of: frozenset[str], there: frozenset[str]) -> float:
    return len(of & there) / len(of) if of else 0.0


def _same(one: Amount, other: Amount) -> bool:
    fits = one.kind == other.kind or (one.kind, other.kind) in _FITS or (other.kind, one.kind) in _FITS
    if not fits:
        return False
    hour = {one.kind, other.kind} <= {TIME, PLAIN} and abs(one.value - other.value) == _HALF_DAY
    return abs(one.value - other.value) < 1e-6 or (hour and TIME in (one.kind, other.kind))


def _in(one: Amount, amounts: frozenset[Amount]) -> bool:
    if any(_same(one, other) for other in amounts):
        return True
    if not one.value % 1:
        return False
    # "45.50", where the source says "forty-five euros and fifty cents".
    parts = (float(int(one.value)), round(one.value % 1 * 100))
    return all(any(other.value == part for other in amounts) for part in parts)


def _all_in(wanted: Iterable[Amount], amounts: frozenset[Amount]) -> bool:
    return all(_in(one, amounts) for one in wanted)


def _clauses(sentence: str, language: str) -> list[str]:
    joins = "|".join(map(re.escape, sorted(pack(language).naming.joins)))
    parts = re.split(rf"[,;]| (?:{joins}) " if joins else r"[,;]", sentence)
    return [part for part in parts if part and facts_in(part, language).free]


def _free_in(clause: str, own: Sequence[Source], language: str) -> bool:
    """Whether a source says that the same costs nothing."""
    pattern = pack(language).facts.free
    topics = facts_in(pattern.sub(" ", folded(clause)), language).topics
    free = [one.facts.topics for one in own if one.facts.free and not one.whole]
    return any(not topics or _share(topics, others) > _CITED for others in free)


def _priced(facts: Facts, own: Sequence[Source]) -> Ungrounded | None:
    """An amount of money that the sources give for something else, where they have another for the same."""
    money = frozenset(one for one in facts.stated if one.kind == MONEY)
    near = [one for one in _nearest(facts, own) if any(other.kind == MONEY for other in one.facts.amounts)]
    if money and near and not any(_all_in(money, one.facts.amounts) for one in near):
        return Ungrounded("the price: the passage has another")
    return None


def _nearest(facts: Facts, own: Sequence[Source]) -> list[Source]:
    """The sentences of passages that speak of the same, as nearly as any does."""
    about = [
        (_share(facts.topics, one.facts.topics), one)
        for one in own
        if one.passage is not None and not one.whole and (not facts.days or facts.days <= one.facts.days)
    ]
    most = max((share for share, _ in about), default=0.0)
    return [one for share, one in about if share >= _NEAR and share == most]


def _borne(one: Amount, facts: Facts, among: Sequence[Source]) -> bool:
    """A bare number bears a price out only where it stands beside the same topic: in a table, for example."""
    if one.kind != MONEY:
        return any(_in(one, source.facts.amounts) for source in among)
    return any(
        _in(one, frozenset(other for other in source.facts.amounts if other.kind == MONEY))
        or (bool(facts.topics & source.facts.topics) and _in(one, source.facts.amounts))
        for source in among
    )


def _dictated_in(run: str, among: Sequence[Source]) -> bool:
    return any(
        run in "".join(filter(str.isdigit, source.text)) or any(run in other for other in source.facts.dictated)
        for source in among
    )


def _leaves(text: str) -> list[str]:
    """The texts and numbers of a JSON value, each with the name that it has."""
    try:
        value = load_json(text or "{}")
    except ValueError:
        return []
    found: list[str] = []
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting and len(found) < 400:
        name, one = waiting.pop()
        if isinstance(one, dict):
            waiting += [(str(key).replace("_", " "), part) for key, part in one.items()]
        elif isinstance(one, list):
            waiting += [(name, part) for part in one]
        elif isinstance(one, str | int | float) and not isinstance(one, bool):
            found.append(f"{name} {one}".strip())
    return found
