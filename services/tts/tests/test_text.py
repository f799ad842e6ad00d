import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_tts.figures import Dialect
from parley_tts.text import has_sound, prepare


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("at 10:30.", "at 10 30."),
        ("at 9:05 am", "at 9 oh 5 A M"),
        ("at 9:00", "at 9 o'clock"),
        ("at 5pm,", "at 5 P M,"),
        ("from 8:00am to 12:30 p.m.", "from 8 A M to 12 30 P M."),
        ("It costs $20.", "It costs 20 dollars."),
        ("It costs $1.50, or €3.", "It costs 1 dollar and 50 cents, or 3 euros."),
        ("$2.5 million!", "2.5 million dollars!"),
        ("Dr. Lopez on Elm Dr. today", "doctor Lopez on Elm drive. today"),
        ("Mr. and Mrs. Ito", "mister and missus Ito"),
        ("call 555-0142 now", "call 5 5 5, 0 1 4 2, now"),
        ("(212) 555-0142.", "2 1 2, 5 5 5, 0 1 4 2."),
        ("+12125550142", "plus 1 2 1 2 5 5 5 0 1 4 2,"),
        ("write to maria.lopez@clinic.com.", "write to maria dot lopez at clinic dot com."),
        ("see www.clinic.org/hours", "see w w w dot clinic dot org slash hours"),
        ("on 2026-03-02,", "on March 2nd, 2026,"),
        ("25% off & more", "25 percent off and more"),
        ("room #4", "room number 4"),
        ("the year 2026, 300 people", "the year 2026, 300 people"),
    ],
)
def test_text_is_written_out_for_speech(text: str, spoken: str) -> None:
    assert prepare(text).spoken == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        # telephone numbers
        ("Call 1-800-555-0199.", "Call 1, 8 0 0, 5 5 5, 0 1 9 9."),
        ("or 1 (800) 555-0199 today", "or 1, 8 0 0, 5 5 5, 0 1 9 9, today"),
        ("at 212.555.0142,", "at 2 1 2, 5 5 5, 0 1 4 2,"),
        ("call 1-800-FLOWERS", "call 1, 8 0 0, FLOWERS,"),
        ("fax +44 20 7946 0958", "fax plus 4 4, 2 0, 7 9 4 6, 0 9 5 8,"),
        # what is no telephone number
        ("from 2024-2025 on", "from 2024 to 2025 on"),
        ("order 4711", "order 4711"),
        # marks of markdown, pictures
        ("We open on **Saturday** at *nine*.", "We open on Saturday at nine."),
        ("See [our page](https://clinic.org/a) for `more`", "See our page for more"),
        ("# Opening hours\n- Monday\n- Tuesday", "Opening hours Monday Tuesday"),
        ("All set 🎉 see you ✅", "All set see you"),
        ("__Note:__ bring ~~two~~ three forms", "Note: bring two three forms"),
        # dates
        ("on 11/25/2026.", "on November 25th, 2026."),
        ("by 11/25", "by November 25th"),
        ("on 3/4/26, please", "on March 4th, 2026, please"),
        ("born 25/11/1982", "born November 25th, 1982"),
        ("about 1/2 cup", "about one half cup"),
        # clock times
        ("at 9 a.m.", "at 9 A M."),
        ("at 9 a.m. on Monday", "at 9 A M on Monday"),
        ("8am-5pm", "8 A M to 5 P M"),
        ("from 9:00-17:30", "from 9 o'clock to 17 30"),
        ("9-5, Mon-Fri", "9 to 5, Monday to Friday"),
        # codes, units, abbreviations, ordinary words
        ("code AB739.", "code A B 7 3 9."),
        ("flight UA-1205", "flight U A, 1 2 0 5"),
        ("gate B12", "gate B 12"),
        ("about 5 km from Main St.", "about 5 kilometers from Main street."),
        ("No. That is No. 5", "No. That is number 5"),
        ("a well-known doctor", "a well-known doctor"),
        ("$20-$30", "20 dollars to 30 dollars"),
        ("20 USD, 25 %", "20 dollars, 25 percent"),
    ],
)
def test_every_kind_of_figure_is_read_as_a_person_reads_it(text: str, spoken: str) -> None:
    assert prepare(text).spoken == spoken


@pytest.mark.parametrize(
    ("language", "text", "spoken"),
    [
        ("de-DE", "Der Termin ist am 3. Mai um 9.30 Uhr.", "Der Termin ist am dritten Mai um 9 Uhr 30."),
        ("de-DE", "Um 10:30 Uhr, 20,50 €, 25 %", "Um 10 Uhr 30, 20 Euro 50 Cent, 25 Prozent"),
        ("de-DE", "bis 25.11.2026, z.B. Dr. Maier", "bis fünfundzwanzigsten November 2026, zum Beispiel Doktor Maier"),
        ("de-DE", "Rufen Sie 030 1234567 an", "Rufen Sie 0 3 0, 1 2 3 4 5 6 7, an"),
        ("de-DE", "Der 16. Juni, Mo-Fr 9-17 Uhr", "Der sechzehnte Juni, Montag bis Freitag 9 bis 17 Uhr"),
        ("es-MX", "El 25/11/2026 a las 9:30 a.m.", "El 25 de noviembre de 2026 a las 9 y 30 de la mañana."),
        ("es-MX", "La Dra. Ruiz cobra $20.", "La doctora Ruiz cobra 20 dólares."),
        ("es-ES", "ana@correo.es, 25%", "ana arroba correo punto es, 25 por ciento"),
        ("fr-FR", "Le 1/12/2026 à 9h30", "Le premier décembre 2026 à 9 heures 30"),
        ("en-GB", "on 3/4/2026", "on April 3rd, 2026"),
        ("nl-NL", "op 3/4/2026 om 9:30 uur", "op 3 april 2026 om 9 uur 30"),
        ("pl-PL", "o 10:30, **jutro**", "o 10:30, jutro"),
    ],
)
def test_figures_are_read_in_the_language_of_the_text(language: str, text: str, spoken: str) -> None:
    assert prepare(text, language).spoken == spoken


TABLE = {"Nguyen": "/wɪn/", "Harbour Bistro": "/ˈhɑːrbər ˈbiːstroʊ/", "SQL": "sequel"}
MARKED = Dialect(sounds=lambda written, ipa: f"<{written}:{ipa}>")


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Dr. Nguyen's office", "doctor <Nguyen's:wɪnz> office"),
        ("Ask (NGUYEN), please", "Ask (<NGUYEN:wɪn>), please"),
        ("Welcome to Harbour Bistro!", "Welcome to <Harbour Bistro:ˈhɑːrbər ˈbiːstroʊ>!"),
        ("We use SQL.", "We use sequel."),
        ("Harbour View", "Harbour View"),
    ],
)
def test_the_agents_pronunciations_are_said(text: str, spoken: str) -> None:
    prepared = prepare(text, dialect=MARKED, pronunciations=TABLE)
    assert prepared.spoken == spoken
    assert prepared.tokens == tuple(text.split())


def test_an_engine_without_sounds_says_the_word_as_it_is_written() -> None:
    assert prepare("Dr. Nguyen", pronunciations=TABLE).spoken == "doctor Nguyen"


def test_every_character_belongs_to_the_token_it_came_from() -> None:
    prepared = prepare("Come at 10:30 to room 5")
    assert prepared.tokens == ("Come", "at", "10:30", "to", "room", "5")
    assert [prepared.token_at(prepared.spoken.index(part)) for part in ("Come", "10", "30", "to", "room")] == [
        0,
        2,
        2,
        3,
        4,
    ]


@given(st.text(max_size=200))
def test_the_tokens_are_always_the_words_of_the_text(text: str) -> None:
    prepared = prepare(text)
    assert list(prepared.tokens) == text.split() or " ".join(prepared.tokens) == " ".join(text.split())
    assert len(prepared.starts) == len(prepared.tokens)
    assert all(0 <= prepared.token_at(at) < len(prepared.tokens) for at in range(len(prepared.spoken)))


def test_marks_alone_have_no_sound() -> None:
    assert not has_sound(" – …!")
    assert has_sound("é")
