"""Flows of the rule-based model in Spanish and German: the document's sentences, and the pack's around them."""

from typing import Any

import pytest
from parley_core.agents import AgentDocument

from .test_brain import Talk

SPANISH: dict[str, Any] = {
    "language": "es-ES",
    "goodbye": "Gracias por llamar. Adiós.",
    "flow": {
        "goal": "reservar una cita",
        "starts_on": ["Quiero pedir una cita", "Me gustaría reservar una visita"],
        "asks": {
            "when": "¿Qué día y a qué hora le viene bien?",
            "name": "¿Me dice su nombre completo?",
            "phone": "¿Y su número de teléfono?",
        },
        "confirm": "Tengo a {name} para el {when}, teléfono {phone}. ¿Es correcto?",
        "done": "Su cita es el {when}.",
    },
}
GERMAN: dict[str, Any] = {
    "language": "de-DE",
    "goodbye": "Danke für Ihren Anruf. Auf Wiederhören.",
    "flow": {
        "goal": "einen Termin vereinbaren",
        "starts_on": ["Ich möchte einen Termin vereinbaren", "Ich hätte gern einen Termin"],
        "asks": {
            "when": "An welchem Tag und um wie viel Uhr?",
            "name": "Wie ist Ihr vollständiger Name?",
            "phone": "Und Ihre Telefonnummer?",
        },
        "confirm": "Ich habe {name} für {when}, Telefon {phone}. Ist das richtig?",
        "done": "Ihr Termin ist {when}.",
    },
}


def in_words(clinic: AgentDocument, words: dict[str, Any]) -> AgentDocument:
    document = clinic.model_dump()
    flow = document["flows"][0]
    flow |= {name: value for name, value in words["flow"].items() if name != "asks"}
    for slot in flow["slots"]:
        slot["ask"] = words["flow"]["asks"][slot["name"]]
    document |= {"language": words["language"], "goodbye": words["goodbye"], "languages": [], "flows": [flow]}
    return AgentDocument.model_validate(document)


async def told(talk: Talk, *turns: tuple[str, str]) -> None:
    for said, part in turns:
        reply = await talk.say(said)
        assert part in reply, (said, reply)


async def test_a_spanish_caller_books_with_corrections(clinic, knowledge, tools) -> None:
    talk = Talk(in_words(clinic, SPANISH), knowledge, tools)
    await told(
        talk,
        ("hola, quería pedir una cita", "¿Qué día y a qué hora le viene bien?"),
        ("el lunes, no, espera, el martes a las diez y media", "¿Me dice su nombre completo?"),
        ("me llamo José García, ge a erre ce i a", "¿Y su número de teléfono?"),
        ("seis doce veintitrés cuarenta y cinco", "De momento tengo"),
        (
            "sesenta y siete",
            "Tengo a José García para el martes veinticuatro de noviembre a las diez y media de la mañana, teléfono "
            "seis uno dos, dos tres cuatro, cinco seis siete. ¿Es correcto?",
        ),
        ("sí, pero mejor a las nueve y cuarto", "a las nueve y cuarto de la mañana, teléfono"),
        ("el número está mal", "De acuerdo. ¿Y su número de teléfono?"),
        ("seis doce doble cero cuarenta y cinco sesenta y ocho", "seis uno dos, cero cero cuatro, cinco seis ocho"),
        ("espere un momento", "Tómese su tiempo."),
        ("sí, así es", "Su cita es el martes veinticuatro de noviembre a las nueve y cuarto de la mañana."),
        ("no, gracias", "Gracias por llamar. Adiós."),
    )
    booked = dict(talk.tools.executed)["book_appointment"]
    assert (booked["when"], booked["name"], booked["phone"]) == ("2026-11-24T09:15", "José García", "612004568")


async def test_a_german_caller_books_with_corrections(clinic, knowledge, tools) -> None:
    talk = Talk(in_words(clinic, GERMAN), knowledge, tools)
    await told(
        talk,
        ("guten Tag, ich hätte gern einen Termin", "An welchem Tag und um wie viel Uhr?"),
        ("am Montag, nein, warte, am Dienstag um halb elf", "Wie ist Ihr vollständiger Name?"),
        ("ich heiße Jürgen Weiß", "Und Ihre Telefonnummer?"),
        (
            "null eins sieben eins dreiundzwanzig doppelfünf siebenundsechzig",
            "Ich habe Jürgen Weiß für Dienstag, den vierundzwanzigsten November, um zehn Uhr dreißig, Telefon null",
        ),
        ("ja, aber lieber um Viertel nach neun", "um neun Uhr fünfzehn, Telefon"),
        ("der Name ist falsch", "In Ordnung. Wie ist Ihr vollständiger Name?"),
        ("Jörg Weiß", "Ich habe Jörg Weiß für Dienstag"),
        ("Moment bitte", "Lassen Sie sich Zeit."),
        ("genau, das stimmt", "Ihr Termin ist Dienstag, den vierundzwanzigsten November, um neun Uhr fünfzehn."),
        ("nein danke", "Danke für Ihren Anruf. Auf Wiederhören."),
    )
    booked = dict(talk.tools.executed)["book_appointment"]
    assert (booked["when"], booked["name"], booked["phone"]) == ("2026-11-24T09:15", "Jörg Weiß", "0171235567")


@pytest.mark.parametrize(
    ("words", "start", "unclear", "question"),
    [
        (SPANISH, "quiero pedir una cita", "el lunes no el martes a las diez", "¿Quiere decir"),
        (
            SPANISH,
            "quiero pedir una cita",
            "en quince días a las diez",
            "¿Quiere decir sábado cinco de",
        ),
        (
            GERMAN,
            "ich möchte einen Termin vereinbaren",
            "in acht Tagen um zehn",
            "Meinen Sie Samstag, den achtundzwanzigsten",
        ),
    ],
)
async def test_what_is_not_plain_is_asked_about(clinic, knowledge, tools, words, start, unclear, question) -> None:
    talk = Talk(in_words(clinic, words), knowledge, tools)
    await told(talk, (start, words["flow"]["asks"]["when"]), (unclear, question))


@pytest.mark.parametrize(
    ("words", "start", "day", "offer", "choice", "asks"),
    [
        (SPANISH, "quiero pedir una cita", "el viernes", "El viernes veintisiete de noviembre tengo las nueve",
         "la segunda", "¿Me dice su nombre completo?"),
        (GERMAN, "ich hätte gern einen Termin", "am Freitag",
         "Am Freitag, den siebenundzwanzigsten November habe ich neun Uhr",
         "der zweite", "Wie ist Ihr vollständiger Name?"),
    ],
)  # fmt: skip
async def test_a_day_alone_is_answered_with_what_is_free(
    clinic, knowledge, tools, words, start, day, offer, choice, asks
) -> None:
    talk = Talk(in_words(clinic, words), knowledge, tools)
    await told(talk, (start, words["flow"]["asks"]["when"]), (day, offer), (choice, asks))


@pytest.mark.parametrize(
    ("words", "start", "leave", "says"),
    [
        (SPANISH, "quiero pedir una cita", "déjelo, he cambiado de idea", "De acuerdo, lo dejamos."),
        (GERMAN, "ich hätte gern einen Termin", "vergessen Sie es", "In Ordnung, das lassen wir."),
    ],
)
async def test_a_caller_leaves_a_flow(clinic, knowledge, tools, words, start, leave, says) -> None:
    talk = Talk(in_words(clinic, words), knowledge, tools)
    await told(talk, (start, words["flow"]["asks"]["when"]), (leave, says))
    assert "book_appointment" not in dict(talk.tools.executed)
