"""Spanish values in phrases that hold more than the value: all of it is read, or the reading is not sure."""

from datetime import UTC, date, datetime, time

import pytest
from parley_core.languages.registry import pack
from parley_llm.providers.rule_based.values.dates import find_when
from parley_llm.providers.rule_based.values.emails import read_email
from parley_llm.providers.rule_based.values.names import read_name
from parley_llm.providers.rule_based.values.numbers import read_number
from parley_llm.providers.rule_based.values.phones import spoken_digits

ES = pack("es")
SATURDAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "day", "at"),
    [
        ("el viernes a las diez y media", date(2026, 11, 27), time(10, 30)),
        ("mañana por la mañana a las diez", date(2026, 11, 22), time(10)),
        ("pasado mañana a las cinco menos cuarto", date(2026, 11, 23), time(16, 45)),
        ("pasado manana a las ocho de la tarde", date(2026, 11, 23), time(20)),
        ("el tres de mayo a la una", date(2027, 5, 3), time(13)),
        ("el viernes que viene a las once", date(2026, 11, 27), time(11)),
        ("el viernes 11 de diciembre a las 10", date(2026, 12, 11), time(10)),
        ("el 1 de diciembre de 2027 a las diez", date(2027, 12, 1), time(10)),
        ("el doce de mayo de mil novecientos ochenta y cinco", date(1985, 5, 12), None),
        ("dentro de dos semanas a las diez", date(2026, 12, 5), time(10)),
        ("el lunes, no, espera, el martes a las diez", date(2026, 11, 24), time(10)),
        ("el lunes, mejor el martes", date(2026, 11, 24), None),
        ("a las 17:30 el 4/12", date(2026, 12, 4), time(17, 30)),
        ("el martes a las tres y veinticinco", date(2026, 11, 24), time(15, 25)),
        ("el primero de enero a mediodía", date(2027, 1, 1), time(12)),
        ("esta tarde a las seis", date(2026, 11, 21), time(18)),
        ("el viernes diez de la mañana", date(2026, 11, 27), time(10)),
        ("el viernes pasado", date(2026, 11, 20), None),
        ("ayer", date(2026, 11, 20), None),
    ],
)
def test_moments_are_read_whole(said: str, day: date, at: time | None) -> None:
    found = find_when(said, SATURDAY, words=ES)
    assert (found.day, found.at, found.sure) == (day, at, True)


@pytest.mark.parametrize(
    "said",
    [
        "antes de las diez",
        "el lunes o el martes",
        "en quince días",  # two weeks, as people say it
        "en ocho días",
        "a las doce de la noche",
        "el viernes dentro de dos semanas",
        "el lunes no el martes",
        "no el lunes",
        "cualquier día menos el lunes",
        "el viernes doce",  # which is a Saturday
        "el treinta y uno de noviembre",
        "entre las diez y las doce",
    ],
)
def test_a_moment_that_is_not_plain_is_not_taken(said: str) -> None:
    found = find_when(said, SATURDAY, expected=True, words=ES)
    assert not found or not found.sure


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("me llamo José Luis de la Cruz", "José Luis de la Cruz"),
        ("soy Begoña Muñoz Ibáñez", "Begoña Muñoz Ibáñez"),
        ("Ana García, ge a erre ce i a", "Ana García"),
        ("Ana Nunez, ene u eñe e zeta", "Ana Nuñez"),
        ("Lucía Ibáñez, be de Barcelona, no, perdón, Lucía Vidal", "Lucía Vidal"),
        ("no Ana sino Eva Soto", "Eva Soto"),
    ],
)
def test_names_are_read_whole(said: str, name: str) -> None:
    found = read_name(said, expected=True, words=ES)
    assert (found.text, found.sure) == (name, True)


def test_other_kinds_are_read_whole() -> None:
    address = read_email("maria guion bajo lopez arroba mi guion empresa punto es", words=ES)
    assert (address.text, address.sure) == ("maria_lopez@mi-empresa.es", True)
    digits = spoken_digits("más treinta y cuatro seis doce veintitrés doble cero cuarenta y cinco siete", words=ES)
    assert (digits.digits, digits.sure) == ("+3461223004" + "57", True)
    said = ("tres mil doscientos cinco", "dos y media", "1.200,5", "una docena")
    assert [read_number(one, words=ES).text for one in said] == ["3205", "2.5", "1200.5", "12"]
    assert not spoken_digits("veinte cinco tres cero cero uno", words=ES).sure
    assert not read_email("maria lopez arroba gmail punto com", words=ES).sure
    assert not read_number("cinco o seis", words=ES)
