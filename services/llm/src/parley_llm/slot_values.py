"""Whether what a language model fills into a flow's slot can be a value of that slot, before a tool sees it.

Pure; `gate` asks it. The readers are those of the rule-based model. A reason is written for the model: what is wrong,
and what to do about it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time

from parley_core.agents import Flow, Slot
from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack

from parley_llm.providers.rule_based.values.birthdays import is_birthday
from parley_llm.providers.rule_based.values.emails import read_email
from parley_llm.providers.rule_based.values.money import is_money, read_money
from parley_llm.providers.rule_based.values.numbers import read_number
from parley_llm.providers.rule_based.values.postal import is_address
from parley_llm.providers.rule_based.words import plain

_LONGEST = 500  # characters
_LONGEST_NAME = 80
_SHORTEST_PHONE, _LONGEST_PHONE = 7, 15  # digits: a local number, and E.164
_PHONE = re.compile(r"(\+?[\d\s().\-/]+)(?:;ext=\d{1,7})?")
_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "datetime": (datetime.fromisoformat, "a day and a time such as 2026-11-24T10:30"),
    "date": (date.fromisoformat, "a day such as 2026-11-24"),
    "time": (time.fromisoformat, "a time of day such as 14:30"),
}


def problems_of(flow: Flow, tool: str, arguments: Mapping[str, object], words: Pack, *, today: date) -> str:
    """Why the arguments may not go to a tool of the flow; "" where they may. `words`: the call's language. `today`: the
    business's."""
    found = []
    for slot in flow.slots:
        value = arguments.get(slot.name)
        if tool not in (flow.call, slot.check) or value in (None, ""):
            continue
        if problem := problem_of(slot, value, words, today=today, looks_up=tool != flow.call):
            found.append(f"{slot.name} {problem}")
    return "; ".join(found)


def problem_of(slot: Slot, value: object, words: Pack, *, today: date, looks_up: bool = False) -> str:
    """What speaks against a value; "" for nothing. `looks_up`: of a moment the day alone is enough."""
    if isinstance(value, bool) and slot.kind == "yes_no":
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return "must be a plain text or number"
    said = str(value).strip()
    if not said or len(said) > _LONGEST:
        return f"must have 1 to {_LONGEST} characters"
    match slot.kind:
        case "datetime" | "date" | "time":
            return _moment(slot.kind, said, looks_up=looks_up)
        case "choice":
            return _choice(slot, said)
        case "phone":
            return _phone(said)
        case "email":
            return _email(said, words)
        case "number":
            return _number(said, words)
        case "person":
            return _person(said)
        case "money":
            return _money(said, words)
        case "yes_no":
            return "" if said in ("yes", "no") else "must be yes or no: ask the caller which"
        case "address":
            return "" if is_address(said) else "is no postal address: ask the caller for the street and its number"
        case "spelled" | "membership":
            return _code(slot, said)
        case "date_of_birth":
            return _born(said, today)
        case _:
            return ""


def _moment(kind: str, said: str, *, looks_up: bool) -> str:
    read, form = _FORMS[kind]
    try:
        read(said)
    except ValueError:
        return f"is not {form}: ask the caller which one is meant and write it like that"
    only_day = kind == "datetime" and len(said) <= len("2026-11-24")
    return "has no time of day: ask the caller for it" if only_day and not looks_up else ""


def _choice(slot: Slot, said: str) -> str:
    if folded(said) in {folded(choice) for choice in slot.choices}:
        return ""
    return f"is none of {', '.join(slot.choices)}: ask the caller which of them is meant"


def _phone(said: str) -> str:
    match = _PHONE.fullmatch(said)
    digits = sum(char.isdigit() for char in match.group(1)) if match else 0
    if match is None:
        return "is no phone number: write its digits, and +, where the caller said a country code"
    if digits < _SHORTEST_PHONE:
        return f"has only {digits} digits: ask the caller for the whole number"
    return f"has {digits} digits, which no number has: ask the caller again" if digits > _LONGEST_PHONE else ""


def _email(said: str, words: Pack) -> str:
    found = read_email(said, words=words)
    if found and found.sure and found.text == said.lower():
        return ""
    if found and found.sure:
        return f"must be written {found.text}: confirm that with the caller"
    return "is no whole e-mail address: ask the caller to spell it"


def _number(said: str, words: Pack) -> str:
    try:
        float(said)
    except ValueError:
        found = read_number(said, words=words)
        if found and found.sure:
            return f"must be written in figures: {found.text}"
        return "is no number: ask the caller how many"
    return ""


def _money(said: str, words: Pack) -> str:
    if is_money(said):
        return ""
    found = read_money(said, words=words)
    if found and found.sure:
        return f"must be written {found.text}"
    return "is no amount such as 12.50 EUR: ask the caller how much"


def _code(slot: Slot, said: str) -> str:
    if not said.isalnum():
        return "must be letters and figures only, without spaces and signs"
    if slot.pattern and re.fullmatch(slot.pattern, said) is None:
        return "has not the form of one: ask the caller to say it again, letter by letter and figure by figure"
    return ""


def _born(said: str, today: date) -> str:
    return (
        ""
        if is_birthday(said, today)
        else "is no date of birth such as 1985-05-03: ask the caller for day, month and year"
    )


def _person(said: str) -> str:
    if len(said) > _LONGEST_NAME or any(char.isdigit() or char in "@<>{}[]" for char in said):
        return "is no name of a person: ask the caller for it"
    return "" if any(char.isalpha() for char in plain(said)) else "is no name of a person: ask the caller for it"
