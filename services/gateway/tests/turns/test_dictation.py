"""Thirty values, dictated in groups with pauses of up to 1.5 s, each one turn; sentences with breaths in them."""

import itertools
from dataclasses import replace

import pytest
from parley_gateway.turns import events as ev
from parley_gateway.turns.dictation import Ending, Expects
from parley_gateway.turns.endpointing import ending_of

from .scripted import CONFIG, Script, speech

DICTATED = [
    ("en", Expects.PHONE, "five five five | zero one four two"),
    ("en", Expects.PHONE, "it's four one five | eight six seven | five three zero nine"),
    ("en", Expects.PHONE, "six one seven five | five five | oh one two | three"),
    ("en", Expects.PHONE, "212 | 555 | 0198"),
    ("en", Expects.PHONE, "(303) 555 | 01 | 76"),
    ("en", Expects.PHONE, "area code | seven oh two | five five five | double oh | one nine"),
    ("en", Expects.PHONE, "plus one | six five oh | two five three | oh oh oh oh"),
    ("en", Expects.PHONE, "oh two oh | seven nine four six | oh nine five eight"),
    ("en", Expects.ANYTHING, "my number is | three one two | five five five | zero one eight eight"),
    ("en", Expects.PHONE, "yes it is | eight oh eight | five five five | twenty one | thirty three"),
    ("en", Expects.EMAIL, "maria | at example | dot com"),
    ("en", Expects.EMAIL, "j | o | h | n | at | example | dot org"),
    ("en", Expects.EMAIL, "john dot smith | at blue | hyphen | river | dot co | dot uk"),
    ("en", Expects.EMAIL, "it's info | at city dental | dot net"),
    ("en", Expects.ANYTHING, "my email is | peter | at hill school | dot edu"),
    ("en", Expects.EMAIL, "s u | e underscore | l e e | at mail | dot com"),
    ("en", Expects.EMAIL, "a n n a | nineteen eighty | at example | dot io"),
    ("es", Expects.PHONE, "seis uno dos | tres cuatro cinco | seis siete ocho"),
    ("es", Expects.PHONE, "seiscientos doce | treinta y cuatro | cincuenta y seis | setenta y ocho"),
    ("es", Expects.PHONE, "91 | 555 | 01 | 23"),
    ("es", Expects.EMAIL, "maría | arroba ejemplo | punto es"),
    ("es", Expects.EMAIL, "juan punto | garcía | arroba ejemplo | punto com | punto mx"),
    ("es", Expects.EMAIL, "jota | guion bajo | ruiz | arroba correo | punto org"),
    ("de", Expects.PHONE, "null eins sieben eins | fünf fünf fünf | null eins | zwei drei"),
    ("de", Expects.PHONE, "null dreißig | fünfundfünfzig | fünf eins | zwei drei | vier"),
    ("de", Expects.PHONE, "0171 | 555 | 01 23 4"),
    ("de", Expects.EMAIL, "hans | at beispiel | punkt de"),
    ("de", Expects.EMAIL, "h punkt | müller | ät web minus | haus | punkt de"),
    ("de", Expects.EMAIL, "k r a u | s | at beispiel | punkt com"),
    ("de", Expects.ANYTHING, "meine telefonnummer ist | null acht neun | zwei drei vier | fünf sechs sieben acht"),
]
PAUSES_S = (0.6, 1.1, 1.5, 0.8, 1.4)
MOST_CUT_OFF = 1


def committed(language: str, expects: Expects, parts: list[str], pauses_s: list[float], pause_s: float) -> list[str]:
    """The turns of a caller who says the parts with these pauses between them."""
    script = Script(config=replace(CONFIG, language=language, pause_s=pause_s))
    script.feed(0.1, ev.Expected(expects))
    at = 1.0
    for number, (part, pause) in enumerate(zip(parts, [*pauses_s, 9.0], strict=True), start=1):
        length_s = 0.3 * len(part.split())
        script.run(*speech(at, at + length_s))
        script.feed(at + length_s + pause_s + 0.05, ev.FinalTranscript(number, part))
        at += length_s + pause
    script.until(at + 5.0)
    return [text for _, text in script.committed]


def parts_of(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("|")]


def test_of_thirty_dictated_numbers_and_addresses_one_at_most_is_cut_off() -> None:
    assert len(DICTATED) == 30
    cut_off = []
    for place, (language, expects, text) in enumerate(DICTATED):
        parts = parts_of(text)
        pauses = list(itertools.islice(itertools.cycle(PAUSES_S[place % 5 :] + PAUSES_S[: place % 5]), len(parts) - 1))
        if committed(language, expects, parts, pauses, 0.5) != [" ".join(parts)]:
            cut_off.append(text)
    assert len(cut_off) <= MOST_CUT_OFF, cut_off


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "m a r | i | a"), ("en", "s c h | m i | d t"), ("es", "g a r | c i a"), ("de", "m e y | e r")],
)
@pytest.mark.parametrize("expects", [Expects.NAME, Expects.SPELLING])
def test_a_name_spelled_with_pauses_of_1100_ms_is_one_turn(language: str, expects: Expects, text: str) -> None:
    parts = parts_of(text)
    assert committed(language, expects, parts, [1.1] * (len(parts) - 1), 0.5) == [" ".join(parts)]


@pytest.mark.parametrize(
    ("language", "text", "pause_s"),
    [
        ("en", "what time do you | open on sunday", 0.45),
        ("en", "what time do you. | open on sunday.", 0.9),
        ("en", "my date of birth is january | the third | nineteen eighty two", 0.6),
        ("en", "Yes, | that's right.", 0.7),
        ("es", "quería saber si | abren mañana", 0.9),
        ("es", "mi fecha de nacimiento es el | tres de enero | de mil novecientos ochenta", 0.9),
        ("de", "können sie mir | einen termin geben", 0.9),
        ("de", "ich bin geboren am | dritten | mai achtundsechzig", 0.9),
    ],
)
def test_a_breath_in_a_sentence_that_goes_on_does_not_end_the_turn(language: str, text: str, pause_s: float) -> None:
    parts = parts_of(text)
    assert committed(language, Expects.ANYTHING, parts, [pause_s] * (len(parts) - 1), 0.4) == [" ".join(parts)]


# Examples of the IBAN registry.
ACCOUNTS = [
    "de89 3704 0044 0532 0130 00",
    "de 89 37 04 00 44 05 32 01 30 00",
    "d e 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0",
    "meine iban ist de89370400440532013000",
    "es91 2100 0418 4502 0005 1332",
    "gb29 nwbk 6016 1331 9268 19",
    "fr14 2004 1010 0505 0001 3m02 606",
]


@pytest.mark.parametrize("expects", [Expects.ANYTHING, Expects.NUMBER])
@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_account_number_whose_check_figures_fit_is_whole(account: str, expects: Expects) -> None:
    assert ending_of(account, expects, "de") is Ending.COMPLETE


@pytest.mark.parametrize("cut", [2, 4, 7])
def test_one_that_is_cut_or_misheard_is_waited_for(cut: int) -> None:
    for said in ("de89 3704 0044 0532 0130 00"[:-cut], "de89 3704 0044 0532 0130 01"):
        assert ending_of(said, Expects.NUMBER, "de") is not Ending.COMPLETE
