import pytest
from parley_core.errors import BadInput
from parley_tools.phone import PhoneBook


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("5550142", "+12125550142"),
        ("555-0142", "+12125550142"),
        ("(646) 555 0142", "+16465550142"),
        ("1 646 555 0142", "+16465550142"),
        ("+44 20 7946 0958", "+442079460958"),
    ],
)
def test_numbers_become_e164(said: str, stored: str) -> None:
    assert PhoneBook("US", "212").normalise(said, "phone") == stored


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("55501", "phone: has too few digits: 5"),
        ("646 555 0142 99", "phone: has too many digits: 12"),
        ("no number", "phone: is not a phone number"),
        ("+999 1234567", "phone: is not a phone number"),
    ],
)
def test_what_is_no_number_is_refused_without_quoting_it(said: str, problem: str) -> None:
    with pytest.raises(BadInput) as failure:
        PhoneBook("US", "212").normalise(said, "phone")
    assert str(failure.value) == problem


def test_a_local_number_needs_an_area() -> None:
    with pytest.raises(BadInput, match="needs an area code"):
        PhoneBook("US", "").normalise("5550142", "to")
