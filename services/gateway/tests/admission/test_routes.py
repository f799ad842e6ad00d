import pytest
from parley_core.errors import BadInput
from parley_gateway.admission.routes import Route, Routes

DEFAULT = Route("acme", "desk")
TABLE = "+15550100=clinic, +4930*=berlin/reception +493012*=berlin/doctor 100=acme/hotel"


@pytest.mark.parametrize(
    ("called", "route"),
    [
        ("+15550100", Route("acme", "clinic")),
        ("+49301", Route("berlin", "reception")),
        ("+49301299", Route("berlin", "doctor")),
        ("100", Route("acme", "hotel")),
        ("1000", None),
        ("", None),
    ],
)
def test_the_number_goes_before_the_longest_prefix_and_others_reach_no_agent(called: str, route: Route | None) -> None:
    assert Routes(TABLE, DEFAULT).find(called) == route


def test_a_star_alone_takes_all_other_numbers() -> None:
    routes = Routes("100=clinic *=night/watch", DEFAULT)
    assert (routes.find("100"), routes.find("200")) == (Route("acme", "clinic"), Route("night", "watch"))


def test_without_a_table_every_number_reaches_the_default_agent() -> None:
    assert Routes(" ", DEFAULT).find("+15550100") == DEFAULT


@pytest.mark.parametrize("table", ["100", "=clinic", "100=", "100=Clinic", "100=a/b/c", "1*0=clinic", "100=acme/"])
def test_what_is_no_entry_is_named(table: str) -> None:
    with pytest.raises(BadInput, match="PARLEY_GATEWAY_ROUTES"):
        Routes(table, DEFAULT)
