"""Values in phrases that hold more than the value: all of it is read, or the reading says that it is not sure."""

from datetime import UTC, date, datetime, time

import pytest
from parley_llm.providers.rule_based.values.choices import read_choice
from parley_llm.providers.rule_based.values.dates import find_when
from parley_llm.providers.rule_based.values.emails import read_email
from parley_llm.providers.rule_based.values.names import read_name
from parley_llm.providers.rule_based.values.numbers import read_number
from parley_llm.providers.rule_based.values.phones import spoken_digits

SATURDAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SIZES = ("small", "extra small", "large")


@pytest.mark.parametrize(
    ("said", "day", "at"),
    [
        ("two weeks from today", "2026-12-05", None),
        ("three days from tomorrow at noon", "2026-11-25", "12:00"),
        ("two months from today", "2027-01-21", None),
        ("a week from this friday at ten", "2026-12-04", "10:00"),
        ("in a month at ten", "2026-12-21", "10:00"),
        ("december 1st 2027 at ten", "2027-12-01", "10:00"),
        ("december first twenty twenty seven at half past two", "2027-12-01", "14:30"),
        ("the first of december two thousand and twenty seven", "2027-12-01", None),
        ("december first next year at ten", "2027-12-01", "10:00"),
        ("the 5th of next month at 3pm", "2026-12-05", "15:00"),
        ("11/25/2026 at 9 a.m.", "2026-11-25", "09:00"),
        ("friday the 11th at ten", "2026-12-11", "10:00"),
        ("friday the eleventh of december at ten", "2026-12-11", "10:00"),
        ("monday no wait tuesday at ten", "2026-11-24", "10:00"),
        ("monday, sorry, I mean tuesday at ten", "2026-11-24", "10:00"),
        ("not monday but tuesday at ten", "2026-11-24", "10:00"),
        ("wednesday instead of monday at nine", "2026-11-25", "09:00"),
        ("monday at ten make it eleven", "2026-11-23", "11:00"),
        ("friday at ten, sorry, make that half past eleven", "2026-11-27", "11:30"),
        ("friday at ten not eleven", "2026-11-27", "10:00"),
        ("tuesday morning at ten, no, wednesday", "2026-11-25", "10:00"),
        ("monday the 23rd no tuesday the 24th at ten", "2026-11-24", "10:00"),
        ("tonight at eight", "2026-11-21", "20:00"),
    ],
)
def test_every_word_of_a_moment_counts(said, day, at):
    when = find_when(said, SATURDAY, expected=True)
    assert (when.day, when.at) == (date.fromisoformat(day), time.fromisoformat(at) if at else None)
    assert when.sure


@pytest.mark.parametrize(
    "said",
    [
        "friday the 12th at ten",
        "tuesday december second at ten",
        "last friday at ten",
        "two weeks ago",
        "three days after christmas",
        "monday or tuesday at ten",
        "ten or eleven on monday",
        "between ten and twelve on friday",
        "friday after five",
        "every monday at ten",
        "monday no wait",
        "friday january eighth no the ninth",
        "in two weeks on friday at ten",
        "friday at eleven in the afternoon",
        "in two hours",
        "half an hour before noon",
        "february thirtieth at ten",
    ],
)
def test_a_moment_that_is_not_plain_is_not_sure(said):
    assert not find_when(said, SATURDAY, expected=True).sure


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("my name is José García", "José García"),
        ("Zoë Müller", "Zoë Müller"),
        ("Will Smith", "Will Smith"),
        ("it's Doris Day", "Doris Day"),
        ("Kowalski, K O W A L S K I", "Kowalski"),
        ("Anna Kowalski, k as in kilo, o w a l s k i", "Anna Kowalski"),
        ("Pamela P-A-M-E-L-A", "Pamela"),
        ("kelly k e double l y", "Kelly"),
        ("my name is maria no sorry marta lopez", "Marta Lopez"),
        ("maria lopez not lopes", "Maria Lopez"),
        ("my first name is maria and my last name is lopez", "Maria Lopez"),
        ("last name lopez first name maria", "Maria Lopez"),
        ("pat o brien", "Pat O'Brien"),
        ("john f kennedy", "John F Kennedy"),
    ],
)
def test_names_are_read_whole(said, name):
    found = read_name(said, expected=True)
    assert (found.text, found.sure) == (name, True)


@pytest.mark.parametrize(
    "said",
    [
        "maria lopez with a z",
        "maria and john smith",
        "my last name is lopez",
        "maria l o p e z",
        "john smith k o w a l s k i",
        "my name is maria lopez but call me mary",
        "maria lopez no marta",
    ],
)
def test_a_name_that_is_not_plain_is_not_taken(said):
    found = read_name(said, expected=True)
    assert not found or not found.sure


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("m a r i a at gmail dot com", "maria@gmail.com"),
        ("maria dash lopez at gmail dot com", "maria-lopez@gmail.com"),
        ("maria at example dot co dot uk", "maria@example.co.uk"),
        ("maria_lopez@example.com", "maria_lopez@example.com"),
        ("you can reach me at maria plus news at example dot com", "maria+news@example.com"),
        ("m as in mike a r i a one nine at g mail dot com please", "maria19@gmail.com"),
        ("maria lopez all one word at example dot org", "marialopez@example.org"),
        ("maria at gmail dot com no wait maria at yahoo dot com", "maria@yahoo.com"),
    ],
)
def test_addresses_are_read_whole(said, address):
    found = read_email(said)
    assert (found.text, found.sure) == (address, True)


@pytest.mark.parametrize(
    "said",
    [
        "maria lopez at gmail dot com",
        "maria at gmail",
        "maria at gmail com",
        "maria at gmail dot com no hotmail dot com",
        "not maria at gmail dot com",
        "my wife's is anna at gmail dot com",
        "maria nineteen at gmail dot com",
        "maria at example dot com dot",
        "maria@example.com or lopez@example.com",
    ],
)
def test_an_address_that_is_not_plain_is_not_taken(said):
    found = read_email(said)
    assert not found or not found.sure


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("one hundred and twenty", "120"),
        ("twenty five hundred", "2500"),
        ("two thousand and five", "2005"),
        ("1,200", "1200"),
        ("a dozen", "12"),
        ("two and a half", "2.5"),
        ("three point five", "3.5"),
        ("minus five", "-5"),
        ("five no six", "6"),
        ("not five but six please", "6"),
        ("one hundred twenty three thousand four hundred and fifty six", "123456"),
    ],
)
def test_numbers_are_read_whole(said, number):
    found = read_number(said)
    assert (found.text, found.sure) == (number, True)


@pytest.mark.parametrize("said", ["one two three", "two or three", "nineteen ninety nine", "more than five", "five no"])
def test_a_number_that_is_not_plain_is_not_taken(said):
    found = read_number(said)
    assert not found or not found.sure


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("extra small", "extra small"),
        ("the small one please", "small"),
        ("not the large one, the small", "small"),
        ("the large no wait extra small please", "extra small"),
        ("large instead of small", "large"),
    ],
)
def test_choices_are_read_whole(said, choice):
    found = read_choice(said, SIZES)
    assert (found.text, found.sure) == (choice, True)


@pytest.mark.parametrize("said", ["extra large", "small or large", "anything but small", "smaller than large"])
def test_a_choice_that_is_not_plain_is_not_taken(said):
    found = read_choice(said, SIZES)
    assert not found or not found.sure


@pytest.mark.parametrize(
    ("said", "digits", "extension"),
    [
        ("five five five zero one four two extension twelve", "5550142", "12"),
        ("double five five oh one four two", "5550142", ""),
        ("five five five oh one four two ext 7", "5550142", "7"),
        ("five five five one one one one no wait five five five zero one four two", "5550142", ""),
    ],
)
def test_numbers_and_extensions_are_kept_apart(said, digits, extension):
    found = spoken_digits(said)
    assert (found.digits, found.extension, found.sure) == (digits, extension, True)


@pytest.mark.parametrize(
    "said",
    [
        "five five five zero one four two or four three",
        "five five five zero one four two no four three",
        "five hundred and twelve zero one four two",
        "five five five star one four two",
        "it's not five five five zero one four two",
    ],
)
def test_a_phone_number_that_is_not_plain_is_not_taken(said):
    found = spoken_digits(said)
    assert not found.digits or not found.sure
