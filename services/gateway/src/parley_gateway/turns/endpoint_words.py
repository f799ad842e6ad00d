"""The words by which `endpointing` knows the ends of sentences in languages other than English: Spanish and German.

They are fewer than for English and say nothing of what they do not know: it waits for the agent's usual pause.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class EndWords:
    fillers: frozenset[str] = frozenset()
    carry_on: frozenset[str] = frozenset()  # behind these a sentence goes on
    answers: frozenset[str] = frozenset()  # whole in up to three words
    asking: frozenset[str] = frozenset()  # a question begins with them
    verbs: frozenset[str] = frozenset()  # with one of these in it, five words are a sentence
    digits: Mapping[str, int] = field(default_factory=dict)  # a number's word to how many figures it stands for
    repeats: Mapping[str, int] = field(default_factory=dict)
    address: re.Pattern[str] = _NOTHING  # an e-mail address is being dictated
    asked: Mapping[str, re.Pattern[str]] = field(default_factory=dict)  # kind of value to how it is asked for


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _numbers(ones: str, twos: str) -> dict[str, int]:
    return {word: 1 for word in ones.split()} | {word: 2 for word in twos.split()}


WORDS = {
    "es": EndWords(
        fillers=_set("eh em este pues mmm hmm bueno o sea"),
        carry_on=_set(
            """el la los las un una unos unas mi mis su sus tu tus y o pero porque que si aunque cuando mientras como
            a de del al para por con sin en sobre entre hasta desde hacia según
            soy es son era está están estoy he ha hemos han quiero quisiera querría puedo puede podría necesito
            tengo tiene muy más menos cada otro otra señor señora doctor doctora llamo llama punto arroba guion"""
        )
        - _set("es está"),
        answers=_set(
            """sí si no vale claro gracias adiós adios hola correcto exacto perfecto bueno bien hoy mañana nunca siempre
            favor luego nada todo listo"""
        ),
        asking=_set("qué que cuál cual cuándo cuando cuánto cuanto cuánta dónde donde quién quien cómo como por"),
        verbs=_set(
            """quiero quisiera necesito tengo tiene puedo puede podría pueden hay es está son llamo llamar pedir
            reservar cancelar cambiar hablar saber ir venir gustaría duele busco"""
        ),
        digits=_numbers(
            "cero uno una dos tres cuatro cinco seis siete ocho nueve",
            """diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte treinta cuarenta
            cincuenta sesenta setenta ochenta noventa""",
        ),
        repeats={"doble": 2, "triple": 3},
        address=re.compile(r"\barroba\b|@|\bcorreo es\b"),
        asked={
            "phone": re.compile(r"\b(?:teléfono|telefono|móvil|celular)\b"),
            "email": re.compile(r"\bcorreo\b|\be-?mail\b"),
            "number": re.compile(r"\b(?:número|numero|código|codigo)\b"),
            "name": re.compile(r"\b(?:su|tu) (?:nombre|apellido)|se llama|deletrear\b"),
        },
    ),
    "de": EndWords(
        fillers=_set("äh ähm hm hmm öh naja tja also"),
        carry_on=_set(
            """der die das den dem des ein eine einen einem einer mein meine meinen meiner dein ihr ihre ihren sein
            seine und oder aber weil dass ob wenn obwohl während denn sondern
            zu von für mit bei in im am um auf aus nach über unter zwischen ohne gegen bis seit vor
            ich wir bin ist sind war habe hat haben hätte möchte würde will kann können könnte muss soll
            sehr ganz noch jeder jede jedes herr frau doktor heiße heißt punkt klammeraffe minus"""
        )
        - _set("ist hat kann muss mit ihr"),
        answers=_set(
            """ja nein danke bitte genau richtig gerne gern okay ok stimmt klar natürlich hallo tschüss tschüs heute
            morgen nie immer gut super passt wiederhören wiedersehen nichts alles"""
        ),
        asking=_set("was wann wo wer wie warum welche welcher welches wieviel haben hat kann können sind ist gibt"),
        verbs=_set(
            """möchte hätte brauche habe kann können gibt ist sind würde will muss soll buchen absagen verschieben
            sprechen kommen wissen suche vereinbaren"""
        ),
        digits=_numbers(
            "null eins ein zwei zwo drei vier fünf sechs sieben acht neun",
            """zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig dreißig vierzig
            fünfzig sechzig siebzig achtzig neunzig""",
        ),
        repeats={"doppel": 2},
        address=re.compile(r"\b(?:at|ät|klammeraffe)\b|@|\b(?:mail|adresse) (?:ist|lautet)\b"),
        asked={
            "phone": re.compile(r"\b(?:telefon|handy|rückruf)\w*"),
            "email": re.compile(r"\be-?mail|\bmailadresse"),
            "number": re.compile(r"\b(?:nummer|postleitzahl|geburtsdatum)|\bcode\b"),
            "name": re.compile(r"\b(?:ihr|dein|vor-?|nach)\s?name|\bheißen sie\b|\bbuchstabier"),
        },
    ),
}
