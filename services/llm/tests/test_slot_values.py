"""What a language model fills into slots: a tool sees it only where it can be a value of its slot."""

from datetime import date

import pytest
from parley_core.agents import ModelChoice, Slot
from parley_core.languages.registry import pack
from parley_llm.slot_values import problem_of

from .test_gate import ARGUMENTS, Eager

TODAY = date(2026, 11, 21)


def problem(kind: str, value: object, language: str = "en", *, looks_up: bool = False) -> str:
    choices = ["small", "extra small", "large"] if kind == "choice" else []
    pattern = "[A-Z]{2}[0-9]{6}" if kind == "membership" else ""
    slot = Slot(name="slot", kind=kind, ask="?", choices=choices, pattern=pattern)
    return problem_of(slot, value, pack(language), today=TODAY, looks_up=looks_up)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("datetime", "2026-11-24T10:30"),
        ("datetime", "2026-11-24T10:30:00+01:00"),
        ("date", "2026-11-24"),
        ("time", "14:30"),
        ("choice", "Extra small"),
        ("phone", "+34 612 34 56 78"),
        ("phone", "(212) 555-0142;ext=12"),
        ("email", "maria.lopez@example.com"),
        ("number", 4),
        ("number", "2.5"),
        ("person", "María de la Cruz"),
        ("person", "O'Brien"),
        ("text", "anything at all"),
        ("money", "12.50 EUR"),
        ("money", "1200.00"),
        ("yes_no", "no"),
        ("yes_no", True),
        ("address", "Hauptstraße 12, 10115 Berlin"),
        ("spelled", "KOWALSKI"),
        ("membership", "AB739221"),
        ("date_of_birth", "1985-05-03"),
    ],
)
def test_a_value_of_its_kind_passes(kind: str, value: object) -> None:
    assert problem(kind, value) == ""


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("datetime", "friday at ten", "such as 2026-11-24T10:30"),
        ("datetime", "2026-11-24", "has no time of day"),
        ("datetime", "2026-02-30T10:00", "such as 2026-11-24T10:30"),
        ("date", "24.11.2026", "such as 2026-11-24"),
        ("time", "half ten", "such as 14:30"),
        ("choice", "medium", "none of small, extra small, large"),
        ("phone", "555", "only 3 digits"),
        ("phone", "five five five", "no phone number"),
        ("phone", "1234567890123456", "16 digits"),
        ("email", "maria at example dot com", "must be written maria@example.com"),
        ("email", "maria@example", "no whole e-mail address"),
        ("email", "maria@example.com or anna@example.com", "no whole e-mail address"),
        ("number", "one hundred and twenty", "in figures: 120"),
        ("number", "a few", "no number"),
        ("person", "customer 17", "no name"),
        ("person", "...", "no name"),
        ("money", "twelve dollars fifty", "must be written 12.50 USD"),
        ("money", "quite a lot", "no amount"),
        ("yes_no", "maybe", "yes or no"),
        ("address", "somewhere in town", "no postal address"),
        ("spelled", "K O W", "without spaces"),
        ("membership", "AB-739221", "without spaces and signs"),
        ("membership", "AB7392", "not the form"),
        ("date_of_birth", "03/05/1985", "such as 1985-05-03"),
        ("date_of_birth", "2031-01-01", "no date of birth"),
        ("date_of_birth", "1802-01-01", "no date of birth"),
        ("text", "x" * 501, "characters"),
        ("text", ["a"], "plain text"),
        ("number", True, "plain text"),
    ],
)
def test_another_value_is_refused_with_what_to_do(kind: str, value: object, told: str) -> None:
    assert told in problem(kind, value)


def test_numbers_and_addresses_are_read_in_the_calls_language() -> None:
    assert "in figures: 25" in problem("number", "fünfundzwanzig", "de")
    assert "maria@web.de" in problem("email", "maria Klammeraffe web Punkt de", "de")
    assert "in figures: 25" in problem("number", "veinticinco", "es")


def test_a_look_up_may_have_the_day_alone() -> None:
    assert problem("datetime", "2026-11-24", looks_up=True) == ""


async def test_a_model_is_told_what_is_wrong_and_the_tool_never_sees_it(house) -> None:
    eager = Eager()
    house.providers = {"eager": eager}
    await house.publish(house.agent.model_copy(update={"models": [ModelChoice(provider="eager")]}))
    async with house.caller() as caller:
        eager.arguments = {**ARGUMENTS, "phone": "555"}
        await caller.ask("book me in")
        await caller.ask("yes")
        assert house.tools.executed == []
        assert eager.told[0] == "phone has only 3 digits: ask the caller for the whole number"
        eager.arguments = dict(ARGUMENTS)
        await caller.ask("five five five zero one four two")
        await caller.ask("yes")
        assert house.tools.executed[0][1]["phone"] == ARGUMENTS["phone"]
