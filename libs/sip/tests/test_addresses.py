"""Who calls, by RFC 3261's grammar and as it is met: names, numbers, escapes, parameters; and no secret anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_core.errors import BadInput
from parley_sip import wire
from parley_sip.addresses import Address, Uri, members, parse_list
from parley_testing.simulated.sip import Line, Phone

# As it stands in a header: display name, number or user, tag.
ADDRESSES = {
    "<sip:+15550100@example.com>;tag=a": ("", "+15550100", "a"),
    "tel:+15550100;tag=a": ("", "+15550100", "a"),
    "<tel:+1-555-0100>;tag=a": ("", "+15550100", "a"),
    "<tel:+1(555)01.00;ext=12;isub=1>;tag=a": ("", "+15550100", "a"),
    "<TEL:7042;phone-context=example.com>;tag=a": ("", "7042", "a"),
    '"Ann" <tel:+15550100>;tag=a': ("Ann", "+15550100", "a"),
    '"a <b@c>" <sip:+15550100@example.com>;tag=a': ("a <b@c>", "+15550100", "a"),
    '"a <sip:b@c>;tag=b" <sip:+15550100@example.com>;tag=a': ("a <sip:b@c>;tag=b", "+15550100", "a"),
    "a <b@c> <sip:+15550100@example.com>;tag=a": ("a <b@c>", "+15550100", "a"),
    '"Lopez, Ann" <sip:ann@example.com>;tag=a': ("Lopez, Ann", "ann", "a"),
    "Lopez, Ann <sip:ann@example.com>;tag=a": ("Lopez, Ann", "ann", "a"),
    r'"Ann \"Bo\" \\ Lee" <sip:ann@example.com>;tag=a': (r'Ann "Bo" \ Lee', "ann", "a"),
    r'"\"" <sip:ann@example.com>;tag=a': ('"', "ann", "a"),
    "Ann Lee <sip:ann@example.com>;tag=a": ("Ann Lee", "ann", "a"),
    '"José García" <sip:jose@example.com>;tag=a': ("José García", "jose", "a"),
    "José <sip:jose@example.com>;tag=a": ("José", "jose", "a"),
    '"Ann"  \t <sip:ann@example.com>  ;  tag  =  a': ("Ann", "ann", "a"),
    "caller<sip:ann@example.com>;tag=a": ("caller", "ann", "a"),
    "sip:ann@example.com;tag=a": ("", "ann", "a"),
    "sip:ann@example.com:5080;x=y;tag=a": ("", "ann", "a"),
    "sip:+15550100;ext=1@example.com;tag=a": ("", "+15550100", "a"),
    '"Ann" sip:ann@example.com;tag=a': ("Ann", "ann", "a"),
    "Ann sip:ann@example.com;tag=a": ("Ann", "ann", "a"),
    "ann@example.com;tag=a": ("", "ann", "a"),
    "<ann@example.com>;tag=a": ("", "ann", "a"),
    '"Ann <sip:ann@example.com>;tag=a': ("Ann", "ann", "a"),
    "<sip:ann@example.com;tag=a": ("", "ann", "a"),
    "<sip:ann@example.com;tag=b>;tag=a": ("", "ann", "a"),
    '<sip:ann@example.com>;x="1;tag=b";tag=a': ("", "ann", "a"),
    '<sip:ann@example.com>;x="<sip:b@c>;tag=b, \\"";tag=a': ("", "ann", "a"),
    "<sip:ann@example.com?Subject=a;tag=b>;tag=a;tag=c": ("", "ann", "a"),
    "<sip:%2B15550100@example.com>;TAG=a": ("", "+15550100", "a"),
    "<sip:%61nn%40home@example.com>;tag=a": ("", "ann@home", "a"),
    "<sip:ann%0d%0aX@example.com>;tag=a": ("", "annX", "a"),
    "<sip:ann%00@example.com>;tag=a": ("", "ann", "a"),
    "<sip:+1-555-0100@example.com;user=phone>;tag=a": ("", "+15550100", "a"),
    "<sip:+1-555-0100@example.com>;tag=a": ("", "+15550100", "a"),
    "<sip:1-800-555-0199@example.com>;tag=a": ("", "1-800-555-0199", "a"),
    "<sip:+15550100;npdi;rn=+15559@example.com>;tag=a": ("", "+15550100", "a"),
    "<sip:ann:secret@example.com>;tag=a": ("", "ann", "a"),
    "<sip:+15550100:p%40ss@example.com>;tag=a": ("", "+15550100", "a"),
    "<sip:ann:p@ss@example.com>;tag=a": ("", "ann", "a"),
    "<sip:Ann Lee@example.com>;tag=a": ("", "Ann Lee", "a"),
    "<sips:ann@[2001:db8::1]:5061;transport=tls>;tag=a": ("", "ann", "a"),
    "<sip:example.com>;tag=a": ("", "", "a"),
    "<sip:anonymous@anonymous.invalid>;tag=a": ("", "anonymous", "a"),
    "<urn:service:sos>;tag=a": ("", "", "a"),
    '"" <sip:ann@example.com>;tag=a': ("", "ann", "a"),
}


@pytest.mark.parametrize(("text", "expected"), ADDRESSES.items(), ids=ADDRESSES)
def test_an_address_is_read_as_it_is_meant(text: str, expected: tuple[str, str, str]) -> None:
    address = Address.parse(text)
    assert (address.name, address.uri.who, address.tag) == expected


@pytest.mark.parametrize(
    "text", ["", "*", "<>", "nonsense", '""', '"Ann"', "Ann Lee", "<sip:>", "<sip:ann@>", "<sip:a@b:99999>"]
)
def test_what_names_nobody_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Address.parse(text)


@pytest.mark.parametrize(
    ("text", "host", "port", "address"),
    [
        ("sip:ann@example.com", "example.com", None, ("example.com", 5060)),
        ("sips:ann@example.com", "example.com", None, ("example.com", 5061)),
        ("sip:ann@example.com;transport=TLS", "example.com", None, ("example.com", 5061)),
        ("sip:ann@[2001:db8::1]:5070", "2001:db8::1", 5070, ("2001:db8::1", 5070)),
        ("sip:[::1]", "::1", None, ("::1", 5060)),
        ("sip:192.0.2.1:5080;lr", "192.0.2.1", 5080, ("192.0.2.1", 5080)),
        ("sip:user;par=u%40example.net@example.com", "example.com", None, ("example.com", 5060)),
        ("sip:ann:p@ss@example.com:5070;x=1", "example.com", 5070, ("example.com", 5070)),
        ("sip:example.com?to=b%40c", "example.com", None, ("example.com", 5060)),
        ("tel:+15550100", "", None, None),
    ],
)
def test_a_uri_says_where_it_is(text: str, host: str, port: int | None, address: tuple[str, int] | None) -> None:
    uri = Uri.parse(text)
    assert (uri.host, uri.port, uri.address) == (host, port, address)


def test_a_header_of_several_is_cut_where_one_ends() -> None:
    values = ['"Lopez, \\"A, B\\"" <sip:ann@a;x=1,2>;q=0.7, <tel:+15550100>', "sip:b@c", "nonsense, *"]
    assert [one.uri.who for one in parse_list(values)] == ["ann", "+15550100", "b"]
    assert members(["<sip:a;lr>, <sip:b;lr>", "<sip:c;lr>"]) == ["<sip:a;lr>", "<sip:b;lr>", "<sip:c;lr>"]


@pytest.mark.parametrize("text", [one for one in ADDRESSES if "secret" in one or "p@ss" in one or "p%40ss" in one])
def test_a_password_is_in_nothing_that_is_read_or_printed(text: str) -> None:
    address = Address.parse(text)
    printed = repr(address) + str(address.uri) + address.uri.host_port + address.uri.user + address.name
    assert not any(secret in printed for secret in ("secret", "p@ss", "p%40ss", "ss@"))
    assert address.uri.text in text  # what goes back to the peer is what came


@given(st.text(max_size=120) | st.text('"<>;=@:,\\ sipte', max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for parse in (Address.parse, Uri.parse):
        try:
            parse(text)
        except BadInput:
            continue
    parse_list([text, text])


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1, max_size=40))
def test_any_name_in_quotes_is_itself(name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    assert Address.parse(f'"{escaped}" <sip:ann@example.com>;tag=a').name == name


def invite(**headers: str) -> wire.Request:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    parsed = wire.parse(Phone(Line("UDP")).message("INVITE", more=more, cseq=1))
    assert isinstance(parsed, wire.Request)
    return parsed


WITHHELD = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=a'


@pytest.mark.parametrize(
    ("headers", "who", "name"),
    [
        ({"P_Asserted_Identity": "<tel:+15550177>"}, "+15550177", ""),
        ({"P_Asserted_Identity": '"Lopez, Ann" <sip:+15550177@trunk>'}, "+15550177", "Lopez, Ann"),
        ({"P_Asserted_Identity": '"Ann" <sip:ann@pbx>, <tel:+1-555-0177>'}, "+15550177", ""),
        ({"P_Asserted_Identity": "<sip:ann@pbx>"}, "ann", ""),
        ({"P_Asserted_Identity": "sip:+15550177@trunk"}, "+15550177", ""),
        ({"From": WITHHELD, "P_Asserted_Identity": "<tel:+15550177>"}, "+15550177", ""),
        ({"From": WITHHELD, "P_Asserted_Identity": "<tel:+15550177>", "Privacy": "none"}, "+15550177", ""),
        ({"From": WITHHELD, "P_Asserted_Identity": "<tel:+15550177>", "Privacy": "id"}, "anonymous", "Anonymous"),
        ({"From": WITHHELD, "P_Asserted_Identity": "<tel:+15550177>", "Privacy": "user;ID"}, "anonymous", "Anonymous"),
        ({"P_Asserted_Identity": "<sip:anonymous@anonymous.invalid>"}, "+15550100", "Phone"),
        ({"P_Asserted_Identity": "nonsense"}, "+15550100", "Phone"),
        ({"P_Asserted_Identity": "<sip:+15550177:secret@trunk>"}, "+15550177", ""),
    ],
)
def test_the_network_says_who_calls_unless_they_want_it_withheld(headers: dict[str, str], who: str, name: str) -> None:
    identity = invite(**headers).identity
    assert (identity.uri.who, identity.name) == (who, name)


def test_a_message_with_every_liberty_of_the_grammar_is_read() -> None:
    """After RFC 4475 §3.1.1.1: folded lines, blanks everywhere, escapes, compact and mixed-case names."""
    text = (
        "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\n"
        "TO :\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\n"
        'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>\n  ;\n  tag = 98asjd8\n'
        "MaX-fOrWaRdS: 0068\n"
        "Call-ID: wsinv.ndaksdj@192.0.2.1\n"
        "Content-Length   : 0\n"
        "cseq: 0009\n  INVITE\n"
        "Via  : SIP  /   2.0\n /UDP\n    192.0.2.2;branch=390skdjuw\n"
        "s :\n"
        "NewFangledHeader:   newfangled value\n continued newfangled value\n"
        "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\n  branch  =   z9hG4bK9ikj8  ,\n"
        " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\n z9hG4bK30239\n"
        'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =\n      newvalue ;\n'
        "  secondparam ; q = 0.33\n\n"
    )
    request = wire.parse(text.replace("\n", "\r\n").encode())
    assert isinstance(request, wire.Request)
    assert (request.caller.name, request.caller.uri.who, request.head.from_tag) == (
        'J Rosenberg \\"',
        "jdrosen",
        "98asjd8",
    )
    assert (request.called.uri.who, request.head.to_tag) == ("vivekg", "1918181833n")
    assert (request.head.branch, request.head.sent_by, request.head.cseq) == ("390skdjuw", "192.0.2.2:", 9)
    assert request.contact is not None
    assert (request.contact.name, request.contact.params["q"]) == ('Quoted string ""', "0.33")
    wire.stamp(request, ("192.0.2.9", 5060))
    assert request.message.headers.get("Via")[0].startswith("SIP/2.0/UDP 192.0.2.2;")
