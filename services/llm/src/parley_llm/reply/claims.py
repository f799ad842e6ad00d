"""Holds back what a model claims and no receipt bears out. `generation` makes one for each turn of a language model.

What counts is the tool ledger, which is the call's log: a sentence that says "you are booked" needs a tool that books
and has said OK, with no cancellation behind it; one that promises a message needs a tool that can send it.

A sentence is cut into clauses. A clause claims what one of the pack's patterns finds in it, unless it is a question, or
something up to the claim in the same clause denies, conditions or offers it ("once you are booked", "I have not sent").
"""

from collections.abc import Iterable
from dataclasses import dataclass

from parley.v1 import events_pb2
from parley_core.languages.claim_words import ANYTHING, BOOKED, CANCELLED, MOVED, SENT
from parley_core.languages.registry import pack, sentences

from parley_llm.providers.base import ToolOutcome, ToolSpec
from parley_llm.reply.context import TurnContext

RULE = "unfounded_claim"
_BEARS_OUT = {BOOKED: {BOOKED, MOVED}, MOVED: {MOVED}}  # others: themselves
_UNDOES = {BOOKED: {CANCELLED}, MOVED: {CANCELLED}, CANCELLED: {BOOKED}}
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'"})


@dataclass(frozen=True, slots=True)
class Claim:
    effect: str  # of `parley_core.languages.claim_words`
    promised: bool = False


class ReplyClaims:
    def __init__(self, turn: TurnContext) -> None:
        self._turn = turn

    def unfounded(self, sentence: str) -> Claim | None:
        """The first claim of the sentence that nothing bears out; None: it may be said."""
        found = claims_in(sentence, self._turn.agent.language)
        return next((claim for claim in found if not self._founded(claim)), None)

    def held(self) -> None:
        """One was kept from being said: note it on the log, once in a turn."""
        number, known = self._turn.number, self._turn.memory.conversation.guardrails
        if not any(one.turn == number and one.rule == RULE for one in known):
            self._turn.output.append(
                events_pb2.GuardrailTripped(turn=number, rule=RULE, side="agent", action="replaced")
            )

    def truth(self, claim: Claim) -> str:
        """What is said in its place, in the turn's language."""
        says = sentences(self._turn.agent.language)
        if claim.promised:
            return says.not_promised
        last = next((one.status for one in reversed(self._outcomes()) if self._can(one.tool, claim.effect)), "")
        match last:
            case "":
                return says.not_done
            case "WAITING_FOR_APPROVAL":
                return says.not_decided
            case _:
                return says.did_not_work

    def note(self, claim: Claim, sentence: str) -> str:
        """For the model, which answers once more."""
        if claim.promised:
            why = "You have no tool that could do it, so it must not be promised"
        else:
            why = "No tool has done it in this call"
        return (
            f"You were about to say: {sentence!r}. {why}. It was not said. Call the tool that does it, if the caller "
            "has agreed to it, or tell the caller what is true."
        )

    def _founded(self, claim: Claim) -> bool:
        if claim.promised:
            offered = self._turn.context.toolbox.offered
            return any(_may(spec, claim.effect) for spec in offered if spec.side_effects)
        for outcome in reversed(self._outcomes()):
            if outcome.status != "OK":
                continue
            effects = self._effects(outcome)
            if effects & _UNDOES.get(claim.effect, set()):
                return False
            if claim.effect == ANYTHING and (effects or self._unknown(outcome.tool)):
                return True
            if effects & _BEARS_OUT.get(claim.effect, {claim.effect}) or self._unknown(outcome.tool):
                return True
        return False

    def _outcomes(self) -> list[ToolOutcome]:
        return list(self._turn.memory.outcomes().values())

    def _effects(self, outcome: ToolOutcome) -> set[str]:
        """A message that is still on its way is not sent: the result says so."""
        spec = self._spec(outcome.tool)
        effects = set(spec.effects) if spec is not None else set()
        return effects - {SENT} if outcome.state and outcome.state != SENT else effects

    def _unknown(self, tool: str) -> bool:
        """A tool that changes something and does not say what: its receipt may be of anything."""
        spec = self._spec(tool)
        return spec is not None and spec.side_effects and not spec.effects

    def _can(self, tool: str, effect: str) -> bool:
        spec = self._spec(tool)
        return spec is not None and _may(spec, effect)

    def _spec(self, tool: str) -> ToolSpec | None:
        known: Iterable[ToolSpec] = self._turn.context.toolbox.known
        return next((one for one in known if one.name == tool), None)


def _may(spec: ToolSpec, effect: str) -> bool:
    if effect == ANYTHING or not spec.effects:
        return spec.side_effects
    return effect in spec.effects or f"{effect}_later" in spec.effects


def claims_in(sentence: str, language: str) -> tuple[Claim, ...]:
    """In the order of the pack, each once. A language whose pack has no such words claims nothing."""
    words = pack(language).claims
    text = " ".join(sentence.translate(_APOSTROPHES).lower().split())
    if not words.done or text.rstrip("\"')").endswith("?"):
        return ()
    apologises = words.apology.search(text) is not None
    kinds = [(words.done, False), (words.promised, True)]
    if not apologises:
        kinds.append((words.excused, False))
    found: dict[Claim, None] = {}
    for clause in words.breaks.split(text):
        for patterns, promised in kinds:
            for effect, pattern in patterns.items():
                match = pattern.search(clause)
                if match is not None and words.unclaimed.search(clause, 0, match.end()) is None:
                    found.setdefault(Claim(effect, promised))
    return tuple(found)
