"""German values in phrases that hold more than the value: all of it is read, or the reading is not sure."""

from datetime import UTC, date, datetime, time

import pytest
from parley_core.languages.registry import pack
from parley_llm.providers.rule_based.values.dates import find_when
from parley_llm.providers.rule_based.values.emails import read_email
from parley_llm.providers.rule_based.values.names import read_name
from parley_llm.providers.rule_based.values.numbers import read_number
from parley_llm.providers.rule_based.values.phones import spoken_digits

DE = pack("de")
SATURDAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "day", "at"),
    [
        ("am Freitag um halb elf", date(2026, 11, 27), time(10, 30)),
        ("übermorgen um Viertel vor fünf", date(2026, 11, 23), time(16, 45)),
        ("am dritten Mai um acht Uhr abends", date(2027, 5, 3), time(20)),
        ("der dritte Mai", date(2027, 5, 3), None),
        ("kommenden Freitag um elf", date(2026, 11, 27), time(11)),
        ("am einundzwanzigsten Dezember um neunzehn Uhr dreißig", date(2026, 12, 21), time(19, 30)),
        ("Freitag, den 11. Dezember um 10 Uhr", date(2026, 12, 11), time(10)),
        ("am 1. Dezember 2027 um zehn", date(2027, 12, 1), time(10)),
        ("am zwölften Mai neunzehnhundertfünfundachtzig", date(1985, 5, 12), None),
        ("in zwei Wochen um zehn", date(2026, 12, 5), time(10)),
        ("am Montag, nein, warte, am Dienstag um zehn", date(2026, 11, 24), time(10)),
        ("nicht Montag, sondern Dienstag um zehn", date(2026, 11, 24), time(10)),
        ("Montag, Moment, doch Dienstag", date(2026, 11, 24), None),
        ("am Donnerstagnachmittag um drei", date(2026, 11, 26), time(15)),
        ("um 17:30 am 4.12.", date(2026, 12, 4), time(17, 30)),
        ("am Dienstag um fünf vor halb acht", date(2026, 11, 24), time(7, 25)),
        ("morgen früh um acht", date(2026, 11, 22), time(8)),
        ("um zehn morgen", date(2026, 11, 22), time(10)),
        ("am vierten zwölften um zehn", date(2026, 12, 4), time(10)),
        ("letzten Freitag", date(2026, 11, 20), None),
    ],
)
def test_moments_are_read_whole(said: str, day: date, at: time | None) -> None:
    found = find_when(said, SATURDAY, words=DE)
    assert (found.day, found.at, found.sure) == (day, at, True)


@pytest.mark.parametrize(
    "said",
    [
        "vor zehn Uhr",
        "am Montag oder Dienstag",
        "in acht Tagen",  # a week, as people say it
        "um viertel acht",  # a quarter past seven, where people say it
        "um zwölf Uhr nachts",
        "jeden Montag um zehn",
        "am Freitag, den zwölften",  # which is a Saturday
        "am einunddreißigsten November",
        "zwischen zehn und zwölf Uhr",
        "am Montag kann ich nicht",
    ],
)
def test_a_moment_that_is_not_plain_is_not_taken(said: str) -> None:
    found = find_when(said, SATURDAY, expected=True, words=DE)
    assert not found or not found.sure


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Jürgen Weiß", "Jürgen Weiß"),
        ("ich heiße Anna von der Heide", "Anna von der Heide"),
        ("mein Name ist Karl Müller-Lüdenscheidt", "Karl Müller Lüdenscheidt"),
        ("Maria Kowalski, K wie Kaufmann, O wie Otto, W wie Wilhelm, A L S K I", "Maria Kowalski"),
        ("Peter Meyer, em e ypsilon e er", "Peter Meyer"),
        ("Anna Meier, nein, warte, Anna Bauer", "Anna Bauer"),
    ],
)
def test_names_are_read_whole(said: str, name: str) -> None:
    found = read_name(said, expected=True, words=DE)
    assert (found.text, found.sure) == (name, True)


def test_other_kinds_are_read_whole() -> None:
    address = read_email("maria Punkt mueller Klammeraffe t Minus online Punkt de", words=DE)
    assert (address.text, address.sure) == ("maria.mueller@t-online.de", True)
    digits = spoken_digits("null eins sieben eins dreiundzwanzig doppelfünf zwo acht Durchwahl zwölf", words=DE)
    assert (digits.digits, digits.extension, digits.sure) == ("0171235528", "12", True)
    assert [
        read_number(said, words=DE).text for said in ("siebzehntausenddreihundertfünf", "zweieinhalb", "1.200,5")
    ] == [
        "17305",
        "2.5",
        "1200.5",
    ]
    assert not spoken_digits("zwanzig fünf drei null null eins", words=DE).sure
    assert not read_email("maria müller at web Punkt de", words=DE).sure
    assert not read_number("fünf oder sechs", words=DE)
