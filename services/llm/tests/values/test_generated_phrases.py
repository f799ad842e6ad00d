"""For thousands of generated phrases the value that is read is the value that is meant, or a question is asked."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from parley_core.agents import Flow, Slot
from parley_llm.providers.rule_based import slots
from parley_llm.providers.rule_based.values import phones

from . import phrases, templates
from .phrases import Generator, Moments, Phrase, Templates

COUNT = 1_000  # of each kind and each set of templates
READ = 0.95  # of plain phrases, without a question
NEW_YORK = ZoneInfo("America/New_York")
NOWS = [datetime(2026, 11, 21, 9, tzinfo=NEW_YORK) + timedelta(days=days) for days in (0, 1, 2, 9, 38, 98)]
ASKS = {
    "datetime": "What day and time would you like?",
    "person": "May I have your full name?",
    "email": "What is your e-mail address?",
    "number": "How many people are you?",
    "choice": "Which one would you like?",
    "phone": "And what is your phone number?",
}
SAYS: dict[str, tuple[Callable[[Random], tuple[str, object]], tuple[Templates, ...]]] = {
    "person": (phrases.name, templates.NAMES),
    "email": (phrases.email, templates.EMAILS),
    "number": (phrases.number, templates.NUMBERS),
    "choice": (phrases.choice, templates.CHOICES),
    "phone": (phrases.phone, templates.PHONES),
}


def judge(phrase: Phrase, kind: str, now: datetime) -> str:
    """ "read", "asked" or "wrong"."""
    choices = phrases.CHOICES if kind == "choice" else []
    slot = Slot(name="slot", kind=kind, ask=ASKS[kind], choices=choices)
    flow = Flow(name="booking", starts_on=["I would like to book an appointment"], slots=[slot])
    values = slots.read(phrase.text, flow, asking="slot", now=now)
    match kind:
        case "datetime":
            return _moment(phrase, values)
        case "person":
            first = str(phrase.meant).split(" ")[0]
            return _whole(phrase, values.name.text, values.name.sure, parts={first})
        case "phone":
            said = values.phone
            if said.sure and not phones.complete(said.digits, "US"):
                # The flow goes on collecting, or asks again for what can be no number.
                partial = not phones.may_grow(said.digits, "US") or str(phrase.meant).startswith(said.digits)
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


def judged(kind: str, which: int) -> list[tuple[Phrase, str]]:
    rng = Random(f"{kind} {which}")
    found: list[tuple[Phrase, str]] = []
    if kind == "datetime":
        for now in NOWS:
            made = Generator(Moments(now), templates.MOMENTS[which], rng).phrases(COUNT // len(NOWS) + 1)
            found += [(phrase, judge(phrase, kind, now)) for phrase in made]
        return found
    say, sets = SAYS[kind]
    return [(phrase, judge(phrase, kind, NOWS[0])) for phrase in Generator(say, sets[which], rng).phrases(COUNT)]


@pytest.mark.parametrize("which", [0, 1, 2], ids=["at hand", "held out", "held out again"])
@pytest.mark.parametrize("kind", ["datetime", *SAYS])
def test_no_value_is_wrong_without_a_question(kind, which):
    found = judged(kind, which)
    wrong = [phrase for phrase, verdict in found if verdict == "wrong"]
    assert not wrong, wrong[:5]
    plain = Counter(verdict for phrase, verdict in found if phrase.plain)
    asked = [phrase for phrase, verdict in found if phrase.plain and verdict != "read"]
    assert plain["read"] >= READ * plain.total(), (plain, asked[:10])
