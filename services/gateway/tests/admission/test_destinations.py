"""Where outgoing calls may go: kinds by the numbering plans, hidden in any way that a trunk would dial; policies."""

import pytest
from parley_core.errors import BadInput
from parley_gateway.admission.destinations import Kind, OutgoingPolicy, check_address, check_caller, destination
from pydantic import ValidationError


def denied(address: str, **policy: object) -> str:
    return OutgoingPolicy.model_validate(policy).denial(destination(check_address(address, "to")))


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("+19005550123", Kind.PREMIUM_RATE),
        ("+33899123456", Kind.PREMIUM_RATE),
        ("+611900123456", Kind.PREMIUM_RATE),
        ("+97912345678", Kind.PREMIUM_RATE),
        ("+491801234567", Kind.SHARED_COST),
        ("+80812345678", Kind.SHARED_COST),
        ("+870773111234", Kind.SATELLITE),
        ("+8781012345678", Kind.SATELLITE),
        ("+881612345678", Kind.SATELLITE),
        ("+88213300655", Kind.SATELLITE),
        ("+883510001234567", Kind.SATELLITE),
        ("+447012345678", Kind.PERSONAL_NUMBER),
        ("+15550177", Kind.UNKNOWN),
        ("+1911", Kind.UNKNOWN),
        ("+112", Kind.UNKNOWN),
        ("+19765551234", Kind.UNKNOWN),
        ("+121255501420000", Kind.UNKNOWN),
        ("+999123456789", Kind.UNKNOWN),
        # The same behind a trunk's or a switchboard's name.
        ("sip:+19005550123@trunk.example.com", Kind.PREMIUM_RATE),
        ("sip:19005550123@trunk.example.com", Kind.PREMIUM_RATE),
        ("sip:0019005550123@trunk.example.com", Kind.PREMIUM_RATE),
        ("sips:01188213300655@trunk.example.com", Kind.SATELLITE),
        ("sip:88213300655@trunk.example.com", Kind.SATELLITE),
        ("sip:%2B19005550123@trunk.example.com", Kind.PREMIUM_RATE),
        ("sip:%31900%35550123@trunk.example.com", Kind.PREMIUM_RATE),
        ("sip:+1-900-555-0123@trunk.example.com", Kind.PREMIUM_RATE),
        ("sip:+1(900)555.0123;phone-context=x@trunk.example.com", Kind.PREMIUM_RATE),
        ("sip:%EF%BC%8B19005550123@trunk.example.com", Kind.PREMIUM_RATE),
        ("SIP:+19005550123@trunk.example.com;user=phone", Kind.PREMIUM_RATE),
        ("sip:9005550123@trunk.example.com", Kind.UNKNOWN),
        ("sip:*7219005550123@trunk.example.com", Kind.UNKNOWN),
        ("sip:911@trunk.example.com", Kind.EMERGENCY),
        ("sip:112@trunk.example.com", Kind.EMERGENCY),
        ("sip:9-1-1@trunk.example.com", Kind.EMERGENCY),
    ],
)
def test_costly_and_unknown_destinations_are_denied(address: str, kind: Kind) -> None:
    assert destination(check_address(address, "to")).kind is kind
    assert kind.value in denied(address)


@pytest.mark.parametrize(
    "address",
    [
        "+12125550142",
        "tel:+4930123456",
        "+447911123456",
        "+34612345678",
        "+18005550199",
        "+80012345678",
        "sip:ann@example.com",
        "sips:front-desk@[2001:db8::1]:5061;transport=tls",
        "sip:1001@pbx.example.com",
        "sip:0012125550142@trunk.example.com",
        "sip:4930123456@trunk.example.com",
    ],
)
def test_ordinary_destinations_are_allowed(address: str) -> None:
    assert denied(address) == ""


def test_a_policy_names_kinds_digits_countries_and_hosts() -> None:
    assert denied("+881612345678", allow=["+8816"]) == ""
    assert denied("+881712345678", allow=["+8816"])
    assert denied("+19005550123", allow=["premium_rate"]) == ""
    assert denied("+4930123456", only=["US"])
    assert denied("+12125550142", only=["US"]) == ""
    assert denied("+19005550123", only=["US"])  # a country's own numbers of that kind are not named with it
    assert denied("+18765551234", deny=["JM"])
    assert denied("+12125550142", allow=["US"], deny=["+1212"])
    assert denied("sip:2125550142@pbx.example.com", allow=["@pbx.example.com"]) == ""
    assert denied("sip:2125550142@pbx.example.org", allow=["@pbx.example.com"])
    assert denied("sip:+19005550123@pbx.example.com", allow=["@pbx.example.com"])
    assert denied("sip:911@pbx.example.com", allow=["@pbx.example.com"])
    assert denied("sip:1001@pbx.example.com", deny=["short"])


@pytest.mark.parametrize("name", ["sattelite", "+", "49", "+49-30", "ZZ", "@", "@a b", "+49\r\n"])
def test_a_policy_with_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        OutgoingPolicy(allow=(name,))


def test_the_longest_first_digits_price_a_minute() -> None:
    policy = OutgoingPolicy(prices_micros={"+49": 20_000, "+4915": 90_000, "*": 500_000})
    numbers = ("+4930123456", "+4915112345678", "+12125550142", "")
    assert [policy.price_micros(number) for number in numbers] == [20_000, 90_000, 500_000, 500_000]


_INJECTED = [
    "+12125550142\r\nTo: <sip:+19005550123@x>",
    "+12125550142\n",
    "\r+12125550142",
    "tel:+12125550142;ext=1",
    "sip:ann@example.com\r\nVia: x",
    "sip:ann%0d%0aRoute:@example.com",
    "sip:ann%00@example.com",
    "sip:ann@example.com?Replaces=1",
    "sip:ann@example.com>,<sip:bob@example.com",
    'sip:"ann"@example.com',
    "sip:ann bob@example.com",
    "sip:ann@example.com\u2028",
    "sip:änn@example.com",
    "sip:ann:secret@example.com",
    "sip:@example.com",
    "sip:example.com",
    "sip:",
    "javascript:alert(1)",
    "tel:12125550142",
    "tel:+0123456",
    "\uff0b12125550142",
]


@pytest.mark.parametrize("text", _INJECTED)
def test_an_address_that_could_become_something_else_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        check_address(text, "to")
    with pytest.raises(BadInput):
        check_caller(text if text != "tel:12125550142" else "tel:", "from")


@pytest.mark.parametrize("text", ["", "+12125550142", "2125550142", "tel:+12125550142", "sip:clinic@example.com"])
def test_a_number_to_show_is_a_number_or_an_address(text: str) -> None:
    assert check_caller(text, "from") == text
