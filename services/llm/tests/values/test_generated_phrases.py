"""For thousands of generated phrases the value that is read is the value that is meant, or a question is asked."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from parley_core.agents import Flow, Slot
from parley_core.languages.registry import pack
from parley_llm.providers.rule_based import slots
from parley_llm.providers.rule_based.values import phones

from . import detail_templates, details, german, phrases, spanish, templates
from .phrases import Generator, Moments, Phrase, Templates

READ = 0.95  # of plain phrases, without a question
NEW_YORK = ZoneInfo("America/New_York")
NOWS = [datetime(2026, 11, 21, 9, tzinfo=NEW_YORK) + timedelta(days=days) for days in (0, 1, 2, 9, 38, 98)]
Says = dict[str, tuple[Callable[[Random], tuple[str, object]], tuple[Templates, ...]]]
ASKS = {
    "datetime": "What day and time would you like?",
    "person": "May I have your full name?",
    "email": "What is your e-mail address?",
    "number": "How many people are you?",
    "choice": "Which one would you like?",
    "phone": "And what is your phone number?",
    "money": "How much would you like to pay?",
    "yes_no": "Have you been here before?",
    "address": "What is your address?",
    "spelled": "Could you spell that?",
    "membership": "What is your membership number?",
    "date_of_birth": "What is your date of birth?",
}
SAYS: Says = {
    "person": (phrases.name, templates.NAMES),
    "email": (phrases.email, templates.EMAILS),
    "number": (phrases.number, templates.NUMBERS),
    "choice": (phrases.choice, templates.CHOICES),
    "phone": (phrases.phone, templates.PHONES),
    **details.says(details.ENGLISH, detail_templates.ENGLISH),
}


SPANISH_SAYS: Says = {**spanish.SAYS, **details.says(details.SPANISH, detail_templates.SPANISH)}
GERMAN_SAYS: Says = {**german.SAYS, **details.says(details.GERMAN, detail_templates.GERMAN)}


@dataclass(frozen=True)
class Language:
    """What is generated in a language: its moments, and the other kinds with their templates."""

    moments: Callable[[datetime], Callable[[Random], tuple[str, object]]]
    templates: tuple[Templates, ...]
    asks: dict[str, str]
    says: Says
    starts_on: str
    choices: list[str]
    region: str

    def sets(self, kind: str) -> tuple[Templates, ...]:
        return self.says[kind][1] if kind in self.says else self.templates


LANGUAGES = {
    "en": Language(
        Moments, templates.MOMENTS, ASKS, SAYS, "I would like to book an appointment", phrases.CHOICES, "US"
    ),
    "es": Language(
        spanish.Moments, spanish.MOMENTS, spanish.ASKS, SPANISH_SAYS, "Quiero pedir una cita", spanish.CHOICES, "ES"
    ),
    "de": Language(
        german.Moments, german.MOMENTS, german.ASKS, GERMAN_SAYS, "Ich möchte einen Termin", german.CHOICES, "DE"
    ),
}
CASES = [
    (tag, kind, which)
    for tag, language in LANGUAGES.items()
    for kind in ("datetime", *language.says)
    for which in range(len(language.sets(kind)))
]


def judge(phrase: Phrase, kind: str, now: datetime, tag: str) -> str:
    """ "read", "asked" or "wrong"."""
    language = LANGUAGES[tag]
    choices = language.choices if kind == "choice" else []
    slot = Slot(name="slot", kind=kind, ask=language.asks[kind], choices=choices)
    flow = Flow(name="booking", starts_on=[language.starts_on], slots=[slot])
    values = slots.read(phrase.text, flow, asking="slot", now=now, words=pack(tag))
    match kind:
        case "datetime":
            return _moment(phrase, values)
        case "person":
            first = str(phrase.meant).split(" ")[0]
            return _whole(phrase, values.name.text, values.name.sure, parts={first})
        case "phone":
            said = values.phone
            if said.sure and not phones.complete(said.digits, language.region):
                # The flow goes on collecting, or asks again for what can be no number.
                partial = not phones.may_grow(said.digits, language.region) or str(phrase.meant).startswith(said.digits)
                return "asked" if partial else "wrong"
            return _whole(phrase, phones.with_extension(said.digits, said.extension), said.sure)
        case _:
            known = dict(values.others)
            return _whole(phrase, known.get("slot", ""), "slot" not in values.unsure)


def _whole(phrase: Phrase, value: str, sure: bool, parts: frozenset[str] | set[str] = frozenset()) -> str:
    if not value or not sure or value in parts:
        return "asked"
    return "read" if value == phrase.meant else "wrong"


def _moment(phrase: Phrase, values: slots.Values) -> str:
    when = values.when
    if not when or not when.sure:
        return "asked"
    if phrase.meant is None:
        # A half is asked about, and read back with the other half.
        return "wrong" if when.day and when.at else "asked"
    day, at = phrase.meant
    if when.day not in (None, day) or when.at not in (None, at):
        return "wrong"
    return "read" if when.day and when.at else "asked"


def judged(tag: str, kind: str, which: int, count: int) -> list[tuple[Phrase, str]]:
    language = LANGUAGES[tag]
    rng = Random(f"{kind} {which}")
    found: list[tuple[Phrase, str]] = []
    if kind == "datetime":
        for now in NOWS:
            made = Generator(language.moments(now), language.templates[which], rng).phrases(count // len(NOWS) + 1)
            found += [(phrase, judge(phrase, kind, now, tag)) for phrase in made]
        return found
    say, sets = language.says[kind]
    made = Generator(say, sets[which], rng).phrases(count)
    return [(phrase, judge(phrase, kind, NOWS[0], tag)) for phrase in made]


@pytest.mark.parametrize(("tag", "kind", "which"), CASES)
def test_no_value_is_wrong_without_a_question(tag: str, kind: str, which: int, count: int) -> None:
    """The first set of each kind was at hand while the parsers were written; the others were written afterwards."""
    found = judged(tag, kind, which, count)
    wrong = [phrase for phrase, verdict in found if verdict == "wrong"]
    assert not wrong, wrong[:5]
    plain = Counter(verdict for phrase, verdict in found if phrase.plain)
    asked = [phrase for phrase, verdict in found if phrase.plain and verdict != "read"]
    assert plain["read"] >= READ * plain.total(), (plain, asked[:10])
