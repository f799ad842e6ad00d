"""A flow over money, yes or no, an address, a membership number and a birthday: filled, corrected at the read-back, and
handed to the tool as its schema has them."""

from typing import Any

import pytest
from parley_core.agents import Flow
from parley_llm.providers.base import ToolSpec

from .test_brain import Talk

KINDS = {"member": "membership", "born": "date_of_birth", "home": "address", "amount": "money", "again": "yes_no"}
WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "language": "en-US",
        "starts": "I want to file a claim",
        "asks": {
            "member": "What is your membership number?", "born": "What is your date of birth?",
            "home": "What is your address?", "amount": "How much is it?", "again": "Did you claim before?",
        },
        "says": ("i want to file a claim", "a b seven three nine two two one", "may third nineteen eighty five",
                 "12 main street, springfield", "twelve hundred dollars", "no"),
        "changes": [
            ("no, the amount is fifty euros", "amount", "50.00 EUR"),
            ("no, my membership number is a b 7 3 9 2 2 2", "member", "AB739222"),
            ("no, my date of birth is june third 1985", "born", "1985-06-03"),
            ("no, the address is 14 elm street, boston", "home", "14 Elm Street, Boston"),
        ],
        "yes": "yes that is right",
    },
    "es": {
        "language": "es-ES",
        "starts": "Quiero dar un parte",
        "asks": {
            "member": "¿Cuál es su número de socio?", "born": "¿Cuál es su fecha de nacimiento?",
            "home": "¿Cuál es su dirección?", "amount": "¿Cuál es el importe?", "again": "¿Es la primera vez?",
        },
        "says": ("quiero dar un parte", "AB739221", "el tres de mayo de mil novecientos ochenta y cinco",
                 "calle mayor 12, madrid", "mil doscientos euros", "sí"),
        "changes": [
            ("no, el importe es de cincuenta euros", "amount", "50.00 EUR"),
            ("no, mi número de socio es AB739222", "member", "AB739222"),
            ("no, mi fecha de nacimiento es el 3 de junio de 1985", "born", "1985-06-03"),
        ],
        "yes": "sí, es correcto",
    },
    "de": {
        "language": "de-DE",
        "starts": "Ich möchte einen Schaden melden",
        "asks": {
            "member": "Wie ist Ihre Mitgliedsnummer?", "born": "Wie ist Ihr Geburtsdatum?",
            "home": "Wie lautet Ihre Adresse?", "amount": "Wie hoch ist der Betrag?", "again": "Ist es das erste Mal?",
        },
        "says": ("ich möchte einen Schaden melden", "A B sieben drei neun zwei zwei eins", "am 3. Mai 1985",
                 "Hauptstraße 12, Berlin", "zwölfhundert Euro", "nein"),
        "changes": [
            ("nein, der Betrag ist fünfzig Euro", "amount", "50.00 EUR"),
            ("nein, meine Mitgliedsnummer ist AB739222", "member", "AB739222"),
            ("nein, mein Geburtsdatum ist der 3. Juni 1985", "born", "1985-06-03"),
        ],
        "yes": "ja, das stimmt",
    },
}  # fmt: skip
SCHEMA = """{"type":"object","properties":{"member":{"type":"string"},"born":{"type":"string"},"home":{"type":"string"},
"amount":{"type":"number"},"again":{"type":"boolean"}}}"""


@pytest.fixture(params=list(WORDS))
def claim(request, clinic, knowledge, tools) -> tuple[Talk, dict[str, Any]]:
    words = WORDS[request.param]
    slots = [
        {
            "name": name,
            "kind": kind,
            "ask": words["asks"][name],
            "pattern": "[A-Z]{2}[0-9]{6}" if name == "member" else "",
        }
        for name, kind in KINDS.items()
    ]
    flow = Flow.model_validate(
        {
            "name": "file_claim",
            "starts_on": [words["starts"]],
            "slots": slots,
            "confirm": "{member}, {born}, {home}, {amount}, {again}: ok?",
            "call": "file_claim",
            "done": "Done.",
        }
    )
    tools.run = {**tools.run, "file_claim": lambda given: ("OK", {"claim_id": "c-1"})}
    tools.specs = (*tools.specs, ToolSpec("file_claim", "", SCHEMA, side_effects=True))
    agent = clinic.model_copy(update={"flows": [flow], "language": words["language"]})
    return Talk(agent, knowledge, tools), words


async def test_each_kind_is_asked_for_and_read_back(claim) -> None:
    talk, words = claim
    for line, name in zip(words["says"], KINDS, strict=False):
        assert words["asks"][name] in await talk.say(line)
    await talk.say(words["says"][-1])
    assert talk.flow.step == "confirm"
    assert dict(talk.flow.slots) == {
        "member": "AB739221",
        "born": "1985-05-03",
        "home": talk.flow.slots["home"],
        "amount": talk.flow.slots["amount"],
        "again": "yes" if words["language"] == "es-ES" else "no",
    }
    assert talk.flow.slots["amount"].startswith("1200.00")


async def test_each_kind_is_corrected_at_the_read_back(claim) -> None:
    talk, words = claim
    for line in words["says"]:
        await talk.say(line)
    for said, name, value in words["changes"]:
        await talk.say(said)
        assert talk.flow.slots[name] == value
        assert talk.flow.step == "confirm"
    await talk.say(words["yes"])
    (_, given) = talk.tools.executed[-1]
    assert given["amount"] == 50
    assert given["again"] is (words["language"] == "es-ES")


async def test_a_number_of_another_form_is_asked_for_again(claim) -> None:
    talk, words = claim
    await talk.say(words["says"][0])
    assert words["asks"]["member"] in await talk.say("AB73")
    assert "member" not in talk.flow.slots
