"""Answers to "may this call be recorded?", in the words of each language pack: only a whole yes is consent."""

from dataclasses import replace

import pytest
from parley_gateway.turns.config import ConsentTerms
from parley_gateway.turns.consent import answer_of

TERMS = ConsentTerms("may we record", "say yes or no", "thanks", "as you like", "continue_unrecorded", keyed=False)

GIVEN = {
    "en": [
        "yes",
        "sure why not",
        "no I don't mind",
        "no problem at all",
        "yeah go ahead and record",
        "that's fine with me",
        "one",
        "I agree",
        "yes you may record this call",
        "no objections",
    ],
    "es": [
        "sí",
        "claro, no hay problema",
        "sí, pueden grabar la llamada",
        "uno",
        "no me importa",
        "de acuerdo",
        "doy mi consentimiento",
        "adelante, grabe",
        "por supuesto que sí",
        "vale",
    ],
    "de": [
        "ja",
        "ja gerne",
        "kein Problem",
        "ich habe nichts dagegen",
        "eins",
        "einverstanden",
        "ja, Sie dürfen das Gespräch aufzeichnen",
        "nein, das stört mich nicht",
        "na klar",
        "meinetwegen",
    ],
}
REFUSED = {
    "en": ["no", "I don't agree", "please don't record me", "no recording please", "two", "I do not consent"],
    "es": ["no", "no graben, por favor", "prefiero que no", "dos", "no doy mi consentimiento", "claro que no"],
    "de": ["nein", "lieber nicht", "zwei", "ich stimme nicht zu", "keine Aufnahme bitte", "auf keinen Fall"],
}
ASKED_AGAIN = {
    "en": [
        "why not",
        "yeah no",
        "why",
        "yes but only for training",
        "hold on",
        "what for?",
        "maybe",
        "sí",
        "I guess so",
    ],
    "es": ["por qué no", "sí y no", "para qué", "sí pero no la compartan", "un momento", "¿por qué?", "quizás", "yes"],
    "de": ["warum nicht", "ja nein", "wozu", "ja aber nur intern", "Moment", "warum?", "vielleicht", "yes", "jein"],
}


def cases(phrases: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, text) for language, texts in phrases.items() for text in texts]


@pytest.mark.parametrize(("language", "text"), cases(GIVEN))
def test_a_whole_yes_is_consent(language: str, text: str) -> None:
    assert answer_of(text, replace(TERMS, language=language)) is True


@pytest.mark.parametrize(("language", "text"), cases(REFUSED))
def test_a_no_is_a_refusal(language: str, text: str) -> None:
    assert answer_of(text, replace(TERMS, language=language)) is False


@pytest.mark.parametrize(("language", "text"), cases(ASKED_AGAIN))
def test_what_is_neither_is_asked_again(language: str, text: str) -> None:
    assert answer_of(text, replace(TERMS, language=language)) is None
