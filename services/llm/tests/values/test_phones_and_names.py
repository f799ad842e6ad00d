import pytest
from parley_llm.providers.rule_based.values.emails import read_email
from parley_llm.providers.rule_based.values.names import read_name
from parley_llm.providers.rule_based.values.phones import complete, may_grow, region_of, spoken_digits


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("five five five zero one four two", "5550142"),
        ("my phone number is five five five zero one four two", "5550142"),
        ("five five five oh one four two", "5550142"),
        ("triple five oh one four two", "5550142"),
        ("double five five oh one for two", "5550142"),
        ("five five five zero one four to", "5550142"),
        ("it's two one two five fifty five oh one forty two", "2125550142"),
        ("two one two five five five zero one four two", "2125550142"),
        ("my number is 212 555 0142", "2125550142"),
        ("212-555-0142", "2125550142"),
        ("(212) 555-0142", "2125550142"),
        ("plus one two one two five five five zero one four two", "+12125550142"),
        ("eight hundred five five five one two one two", "8005551212"),
        ("um five five five and then zero one four two", "5550142"),
        ("nine nine nine nineteen ninety nine twelve", "999199912"),
        ("five five five", "555"),
        ("i want to book for tomorrow", ""),
        ("oh i see", ""),
    ],
)
def test_digits_as_they_are_said(said, digits):
    found = spoken_digits(said)
    assert found.digits == digits
    assert found.sure or not digits


@pytest.mark.parametrize(
    ("digits", "whole", "grows"),
    [
        ("555", False, True),
        ("5550142", True, True),
        ("212555", False, True),
        ("2125550142", True, True),
        ("21255501421234", False, False),
        ("+442079460000", True, True),
    ],
)
def test_knows_when_a_number_is_whole(digits, whole, grows):
    assert complete(digits, "US") is whole
    assert may_grow(digits, "US") is grows


def test_region_comes_from_the_language():
    assert region_of("en-GB") == "GB"
    assert region_of("en") == "US"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("my name is maria lopez", "Maria Lopez"),
        ("my full name is maria lopez", "Maria Lopez"),
        ("the name is john smith", "John Smith"),
        ("it's john smith speaking", "John Smith"),
        ("john smith speaking", "John Smith"),
        ("this is anna o'neil here", "Anna O'Neil"),
        ("yes my name is peter van der berg", "Peter Van Der Berg"),
        ("my name is maria lopez and my phone number is five five five", "Maria Lopez"),
        ("hi this is maria lopez calling about my visit", "Maria Lopez"),
        ("my name is jean-luc picard", "Jean Luc Picard"),
    ],
)
def test_introductions_are_names_whether_asked_for_or_not(said, name):
    for expected in (True, "name" not in said and "speaking" not in said):
        found = read_name(said, expected=expected)
        assert (found.text, found.sure) == (name, True)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("maria lopez", "Maria Lopez"),
        ("uh maria lopez", "Maria Lopez"),
        ("maria lopez thank you", "Maria Lopez"),
        ("sure it's maria", "Maria"),
        ("maria", "Maria"),
        ("m a r i a", "Maria"),
        ("maria lopes l o p e z", "Maria Lopez"),
        ("maria lopez spelled l o p e z", "Maria Lopez"),
        ("june carter", "June Carter"),
        ("i'm sam taylor", "Sam Taylor"),
    ],
)
def test_bare_names_count_where_one_was_asked_for(said, name):
    found = read_name(said, expected=True)
    assert (found.text, found.sure) == (name, True)


@pytest.mark.parametrize(
    "said",
    [
        "yes",
        "what do you mean",
        "no that is wrong",
        "i would like to book an appointment",
        "i am sick",
        "tomorrow at nine",
        "sorry can you repeat that",
        "i don't know",
        "how much does it cost",
        "okay",
        "five five five",
        "",
        "thank you",
        "is there parking",
        "i need to talk to a person",
    ],
)
def test_other_words_are_no_names(said):
    assert not read_name(said, expected=True)


def test_email_addresses():
    assert read_email("it is maria dot lopez at example dot com").text == "maria.lopez@example.com"
    assert read_email("maria.lopez@example.com").text == "maria.lopez@example.com"
    assert read_email("none").text == ""
