"""When a call changes its language, and when it does not: judged by the real text model, without any I/O."""

import pytest
from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, Greeting, Language
from parley_gateway.language.identification import identify
from parley_gateway.language.wishes import LanguageSense
from parley_gateway.turns.dictation import Ending, Expects
from parley_gateway.turns.endpointing import ending_of, expected_by

AGENT = AgentDocument(
    agent="clinic",
    greeting=Greeting(text="Hello"),
    languages=[
        Language(tag="es-ES", key="2", asked_with=["número dos"]),
        Language(tag="de-DE", key="3"),
        Language(tag="en-US", key="1"),
    ],
)
DETECTED = events_pb2.LANGUAGE_REASON_DETECTED
ASKED = events_pb2.LANGUAGE_REASON_ASKED


def sense(current: str = "en-US") -> LanguageSense:
    return LanguageSense(AGENT, current, identify)


def told(by: LanguageSense, *texts: str, detected: str = "") -> str:
    """What the call is in after these texts."""
    for text in texts:
        wanted = by.said(text, detected=detected)
        if wanted is not None and wanted.language != by.current:
            by.changed(wanted.language, detected=wanted.reason == DETECTED)
    return by.current


@pytest.mark.parametrize(
    ("text", "language", "alone"),
    [
        ("Spanish please", "es-ES", True),
        ("español por favor", "es-ES", True),
        ("in German please", "de-DE", True),
        ("können wir bitte Deutsch sprechen", "de-DE", True),
        ("do you speak Spanish", "es-ES", True),
        ("auf Deutsch bitte", "de-DE", True),
        ("english", "en-US", True),
        ("número dos", "es-ES", True),
        ("can we speak Spanish I need an appointment", "es-ES", False),
        ("please tell me the hours in german", "de-DE", False),
        ("no, Spanish please", "es-ES", True),
        ("no I want to speak Spanish", "es-ES", False),
        ("not English, Spanish please", "es-ES", False),
        ("I don't speak English, only Spanish", "es-ES", False),
        ("English not Spanish", "en-US", False),
        ("Can we switch to Spanish because my mother is listening", "es-ES", False),
        ("en español, por favor", "es-ES", True),
        ("¿habla español?", "es-ES", True),
        ("podemos hablar en inglés", "en-US", True),
        ("no hablo inglés, ¿hablan español?", "es-ES", False),
        ("prefiero seguir en alemán", "de-DE", True),
        ("sprechen Sie Spanisch", "es-ES", True),
        ("nein, auf Englisch bitte", "en-US", True),
        ("kein Englisch, lieber Deutsch", "de-DE", False),
        ("Ich möchte lieber auf Spanisch weitersprechen", "es-ES", False),
        ("uh Spanish please thank you", "es-ES", True),
    ],
)
def test_an_explicit_wish_is_obeyed_at_once(text: str, language: str, alone: bool) -> None:
    wanted = sense().said(text)
    assert wanted is not None
    assert (wanted.language, wanted.reason, wanted.alone) == (language, ASKED, alone)
    assert sense().wish(text) == (language if alone else "")


@pytest.mark.parametrize(
    "text",
    [
        "do you have a doctor who is Spanish or Italian",
        "I do not speak German very well",
        "my daughter has a german shepherd",
        "I need the english translation of my form",
        "a spanish omelette please",
        "Spanish omelette",
        "can I have the english breakfast please",
        "I would like to change to the german apple cake",
        "we live on German Street",
        "my address is twelve Spanish Fork road",
        "is the German embassy near you",
        "continue with the english breakfast please",
        "una tortilla de patatas y un inglés de pepino por favor",
        "tiene cerveza alemán tostada",
        "vivo en el barrio alemán de la ciudad",
        "einen Deutsch Drahthaar habe ich",
        "ich wohne am englisch Garten",
        "do you prefer german potato salad or fries",
    ],
)
def test_the_name_of_a_language_alone_is_no_wish(text: str) -> None:
    wanted = sense().said(text)
    assert wanted is None or wanted.reason == DETECTED


@pytest.mark.parametrize(
    "text",
    [
        "no spanish please",
        "no Spanish",
        "please no german",
        "I don't want Spanish",
        "don't switch to Spanish please",
        "we can't speak German",
        "not in Spanish please",
        "without Spanish please",
        "never speak German to me",
        "no more Spanish please",
        "no hablo alemán",
        "no quiero alemán por favor",
        "no en alemán por favor",
        "kein Spanisch bitte",
        "nicht auf Spanisch bitte",
        "ich spreche kein Spanisch",
        "bitte nicht Spanisch",
    ],
)
def test_a_denied_language_is_no_wish(text: str) -> None:
    wanted = sense().said(text)
    assert wanted is None or wanted.reason == DETECTED


@pytest.mark.parametrize("text", ["Spanish or German please", "do you speak Spanish or German", "español o alemán"])
def test_two_languages_at_once_are_no_wish(text: str) -> None:
    assert sense().wish(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "hola buenos días",
        "quisiera pedir una cita para el martes",
        "no hablo inglés, ¿puede ayudarme?",
        "hola, quería saber el horario",
    ],
)
def test_the_first_clear_sentence_tells_the_language(text: str) -> None:
    wanted = sense().said(text)
    assert wanted is not None
    assert (wanted.language, wanted.reason) == ("es-ES", DETECTED)


@pytest.mark.parametrize(
    "text",
    [
        "Jose Garcia",
        "Maria Lopez Hernandez",
        "my name is Jose Luis Garcia",
        "okay",
        "vale",
        "hola, I need an appointment",
    ],
)
def test_a_foreign_name_or_word_changes_nothing(text: str) -> None:
    assert sense().said(text) is None


def test_an_answer_to_a_question_for_the_name_is_no_sign() -> None:
    assert sense().said("karl heinz schmidt", name_expected=True) is None
    assert sense().said("German", name_expected=True) is None


def test_later_in_the_call_one_sentence_is_not_enough() -> None:
    english = ["what are your opening hours", "do you take my insurance", "I would like an appointment"]
    assert told(sense(), *english, "quisiera pedir una cita", "sorry I mean an appointment please") == "en-US"
    assert told(sense(), *english, "quisiera pedir una cita", "para el martes por la mañana") == "es-ES"


def test_two_people_who_take_turns_do_not_make_the_call_reel() -> None:
    by, changes = sense(), 0
    for text in ["quisiera pedir una cita para hoy", "I would like to come on Tuesday please"] * 20:
        before = by.current
        changes += told(by, text) != before
    assert changes == 1


def test_what_the_recogniser_tells_counts_more_than_the_text() -> None:
    assert told(sense(), "una cita para mañana", detected="en") == "en-US"
    assert told(sense(), "I need an appointment", detected="de") == "de-DE"


def test_a_text_in_none_of_the_agents_languages_is_no_sign() -> None:
    assert sense().said("bonjour je voudrais un rendez-vous pour demain") is None


def test_a_key_asks_for_its_language() -> None:
    wanted = sense().keyed("2")
    assert wanted is not None
    assert wanted.language == "es-ES"
    assert sense().keyed("9") is None


@pytest.mark.parametrize(
    ("text", "language", "ending"),
    [
        ("quisiera una cita para el", "es-ES", Ending.UNFINISHED),
        ("quisiera pedir una cita mañana", "es-ES", Ending.COMPLETE),
        ("sí gracias", "es-ES", Ending.COMPLETE),
        ("cinco cinco cinco cero", "es-ES", Ending.UNFINISHED),
        ("¿cuál es el horario?", "es-ES", Ending.COMPLETE),
        ("ich hätte gerne einen", "de-DE", Ending.UNFINISHED),
        ("ich möchte am dienstag kommen", "de-DE", Ending.COMPLETE),
        ("null eins sieben zwei", "de-DE", Ending.UNFINISHED),
        ("ja bitte", "de-DE", Ending.COMPLETE),
        ("je voudrais un", "fr-FR", Ending.OPEN),
        ("can i", "es-ES", Ending.OPEN),
    ],
)
def test_the_end_of_a_turn_is_judged_by_the_rules_of_its_language(text: str, language: str, ending: Ending) -> None:
    assert ending_of(text, language=language) is ending


def test_what_a_question_asks_for_is_known_in_its_language() -> None:
    assert expected_by("¿Cuál es su número de teléfono?", "es-ES") is Expects.PHONE
    assert expected_by("Wie ist Ihr Name, bitte?", "de-DE") is Expects.NAME
    assert ending_of("cero uno siete", Expects.PHONE, "es-ES") is Ending.UNFINISHED
