"""Rules on both sides of a conversation, whatever the model: what a caller's words trip, what a reply may not say.

Pure: an agent document and a text in, a verdict out. `reply.guard` acts on the verdict and logs it.
"""

import re
from dataclasses import dataclass
from typing import Literal

from parley_core.agents import AgentDocument, Guardrail
from parley_core.languages.registry import PACKS, pack

from parley_llm.providers.rule_based.values.phones import digit_runs
from parley_llm.providers.rule_based.words import bare

EMERGENCY = "emergency"
NO_DIAGNOSIS = "no_diagnosis"
NO_CARD_NUMBERS = "no_card_numbers"
NO_INJECTION = "no_injection"
# Rules that are patterns of the language packs' `guard`, by what they listen for on the caller's and the agent's side.
_LISTENS = {
    NO_INJECTION: ("injection", "leaks"),
    "no_abuse": ("abuse", ""),
    "no_advice": ("asks_advice", "gives_advice"),
    "off_topic": ("off_topic", ""),
}
LEFT_OUT = "(left out: it held orders to the agent)"

_FIGURE_RUN = re.compile(r"(?:\d[ \-.]?){12,18}\d")


@dataclass(frozen=True, slots=True)
class Tripped:
    rule: str
    side: Literal["caller", "agent"]
    action: Literal["replaced", "escalated", "refused", "redacted", "noted"]
    say: str
    then: Literal["continue", "hand_off", "hang_up", "note"]


def check_caller(agent: AgentDocument, text: str) -> Tripped | None:
    """The first rule that the caller's words trip; emergencies come first, whatever the document's order."""
    for rule in sorted(agent.guardrails, key=lambda one: one.rule != EMERGENCY):
        if not _caller_trips(agent, rule, text):
            continue
        action: Literal["replaced", "escalated", "refused", "redacted", "noted"] = "refused"
        if rule.then == "note":
            action = "noted"
        elif rule.then == "hand_off":
            action = "escalated"
        elif rule.rule == NO_CARD_NUMBERS:
            action = "redacted"
        return Tripped(rule.rule, "caller", action, rule.say, rule.then)
    return None


def check_sentence(agent: AgentDocument, sentence: str) -> Tripped | None:
    """The first rule that a sentence of the agent breaks: it is replaced before it is played."""
    for rule in agent.guardrails:
        if rule.say and sentence.strip() == rule.say.strip():
            return None
        said = bare(sentence)
        if (
            (rule.rule == NO_DIAGNOSIS and _any(agent, "gives_diagnosis", said))
            or (rule.rule == NO_CARD_NUMBERS and has_card_number(sentence))
            or _hears(agent, _LISTENS.get(rule.rule, ("", ""))[1], said)
        ):
            return Tripped(rule.rule, "agent", "noted" if rule.then == "note" else "replaced", rule.say, rule.then)
    return None


def has_card_number(text: str) -> bool:
    """Whether the digits said or written in the text hold a payment card's number (13 to 19 digits, Luhn)."""
    if any(_is_card(re.sub(r"\D", "", run)) for run in _FIGURE_RUN.findall(text)):
        return True
    # A date or a phone number elsewhere in the sentence is no part of a card's digits.
    runs = digit_runs(text)
    if any(_is_card(run) for run in runs):
        return True
    # Its date may follow the card without a word between: a card is 16 digits, or 15 for Amex.
    return any(
        _is_card(run[at : at + length])
        for run in runs
        if len(run) > 16 or _about_card(bare(text))
        for length in (16, 15)
        for at in range(len(run) - length + 1)
    )


def without_card_digits(text: str) -> str:
    """The text with its digits left out where it holds a card number: what a model may be shown."""
    return "(the caller said a card number)" if has_card_number(text) else text


def luhn(digits: str) -> bool:
    """ISO/IEC 7812 check digit."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_card(digits: str) -> bool:
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and luhn(digits)


def _caller_trips(agent: AgentDocument, rule: Guardrail, text: str) -> bool:
    said = bare(text)
    if any(f" {bare(phrase)} " in f" {said} " for phrase in rule.phrases):
        return True
    if rule.rule == EMERGENCY:
        return any(one.safety.emergency.search(said) for one in PACKS.values())  # in whatever language it comes
    if rule.rule == NO_DIAGNOSIS:
        return _any(agent, "asks_diagnosis", said)
    if rule.rule == NO_CARD_NUMBERS:
        return has_card_number(text)
    return _hears(agent, _LISTENS.get(rule.rule, ("", ""))[0], said)


def _any(agent: AgentDocument, field: str, said: str) -> bool:
    """Whether it is said in any of the agent's languages."""
    return any(getattr(pack(tag).safety, field).search(said) for tag in agent.tags)


def without_orders(text: str) -> str:
    """What a language model is shown of a passage or of a tool's result: data of which none gives it orders."""
    return "\n".join(LEFT_OUT if gives_orders(line) else line for line in text.split("\n"))


def gives_orders(text: str) -> bool:
    """In whatever language it comes: who writes a document chooses it."""
    said = bare(text)
    return any(one.guard.injection.search(said) for one in PACKS.values())


def _hears(agent: AgentDocument, field: str, said: str) -> bool:
    return bool(field) and any(getattr(pack(tag).guard, field).search(said) for tag in agent.tags)


def _about_card(said: str) -> bool:
    return any(one.safety.card.search(said) for one in PACKS.values())
