"""The session description among the parts of a body, however legally odd it is packed."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_core.errors import BadInput
from parley_sip import sdp, wire
from parley_sip.bodies import UnreadableBody
from parley_sip.dtmf import INFO_TYPES
from parley_sip.framing import Framer
from parley_testing.simulated.sip import Line, Phone, offer

OFFER = offer(4000)
OTHER = offer(5000)
PIDF = (
    '<?xml version="1.0"?>\r\n<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:ann@example.com">'
    "<tuple id='a'><status/></tuple></presence>\r\n"
)
ISUP = "\x01\x00\x49\x00\x00\x03\x02\x00\x07\x04\x10\x00--\r\n\x00"


def request(content_type: str, body: str | bytes, *, method: str = "INVITE", **headers: str) -> wire.Request:
    """A request with that body, as bytes went over the wire."""
    content = body.encode("latin-1") if isinstance(body, str) else body
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    head = Phone(Line("UDP")).message(method, more=more, cseq=1).replace(b"Content-Length: 0\r\n\r\n", b"")
    if content_type:
        head += b"Content-Type: " + content_type.encode() + b"\r\n"
    parsed = wire.parse(head + b"Content-Length: %d\r\n\r\n" % len(content) + content)
    assert isinstance(parsed, wire.Request)
    return parsed


def part(kind: str, content: str, *headers: str) -> str:
    lines = "".join(f"{header}\r\n" for header in (f"Content-Type: {kind}" if kind else "", *headers) if header)
    return f"{lines}\r\n{content}"


def multipart(*parts: str, boundary: str = "b1", preamble: str = "", epilogue: str = "") -> str:
    joined = "".join(f"--{boundary}\r\n{one}\r\n" for one in parts)
    return f"{preamble}{joined}--{boundary}--\r\n{epilogue}"


SDP_PART = part("application/sdp", OFFER)
LOCATION = part("application/pidf+xml", PIDF, "Content-ID: <ann@example.com>")
MIXED = "multipart/mixed; boundary=b1"

BODIES = {
    "SDP and a location": (MIXED, multipart(SDP_PART, LOCATION)),
    "a location and SDP": (MIXED, multipart(LOCATION, SDP_PART)),
    "a location that must be handled": (
        MIXED,
        multipart(part("application/pidf+xml", PIDF, "Content-Disposition: render; handling=required"), SDP_PART),
    ),
    "ISUP": (
        "multipart/mixed;boundary=b1",
        multipart(
            SDP_PART,
            part(
                "application/isup; version=itu-t92+; base=itu-t92+",
                ISUP,
                "Content-Disposition: signal; handling=optional",
            ),
        ),
    ),
    "ISUP first, in binary": (
        MIXED,
        multipart(part("application/ISUP;version=ansi", ISUP, "Content-Transfer-Encoding: binary"), SDP_PART),
    ),
    "QSIG and a vCard": (
        MIXED,
        multipart(part("application/qsig", ISUP), part("text/vcard", "BEGIN:VCARD\r\nEND:VCARD"), SDP_PART),
    ),
    "recording metadata": (
        MIXED,
        multipart(
            SDP_PART, part("application/rs-metadata+xml", "<recording/>", "Content-Disposition: recording-session")
        ),
    ),
    "a picture in base64": (
        MIXED,
        multipart(
            part("image/png", base64.encodebytes(bytes(300)).decode(), "Content-Transfer-Encoding: base64"), SDP_PART
        ),
    ),
    "SDP in base64": (
        MIXED,
        multipart(
            part("application/sdp", base64.encodebytes(OFFER.encode()).decode(), "Content-Transfer-Encoding: base64")
        ),
    ),
    "SDP in quoted-printable": (
        MIXED,
        multipart(part("application/sdp", OFFER.replace("=", "=3D"), "Content-Transfer-Encoding: quoted-printable")),
    ),
    "preamble and epilogue": (
        MIXED,
        multipart(SDP_PART, LOCATION, preamble="This is MIME.\r\n\r\nv=0 of old\r\n", epilogue="\r\nbye --b1x\r\n"),
    ),
    "a quoted boundary with blanks": (
        'multipart/mixed; boundary="b 1:/?=()"',
        multipart(LOCATION, SDP_PART, boundary="b 1:/?=()"),
    ),
    "a boundary of dashes": (
        'multipart/mixed;boundary="----=_Part_1"',
        multipart(LOCATION, SDP_PART, boundary="----=_Part_1"),
    ),
    "a boundary with quotes that need none": ('Multipart/Mixed ; Boundary="b1" ; x=y', multipart(LOCATION, SDP_PART)),
    "a boundary with an equals sign, unquoted": (
        "multipart/mixed; boundary=a=b",
        multipart(LOCATION, SDP_PART, boundary="a=b"),
    ),
    "blanks behind the delimiters": (MIXED, multipart(LOCATION, SDP_PART).replace("--b1\r\n", "--b1 \t\r\n")),
    "no end": (MIXED, multipart(LOCATION, SDP_PART).removesuffix("--b1--\r\n")),
    "no line end behind the end": (MIXED, multipart(LOCATION, SDP_PART).removesuffix("\r\n")),
    "lines that end in a newline alone": (MIXED, multipart(LOCATION, SDP_PART).replace("\r\n", "\n")),
    "a header that names another boundary": ("multipart/mixed; boundary=b2", multipart(LOCATION, SDP_PART)),
    "a header that names no boundary": ("multipart/mixed", multipart(LOCATION, SDP_PART)),
    "alternatives": ("multipart/alternative; boundary=b1", multipart(part("application/sdpng", "<sdpng/>"), SDP_PART)),
    "alternatives in another order": (
        "multipart/alternative; boundary=b1",
        multipart(SDP_PART, part("application/sdpng", "<sdpng/>")),
    ),
    "the better of two alternatives": (
        "multipart/alternative; boundary=b1",
        multipart(part("application/sdp", OTHER), SDP_PART),
    ),
    "the first of two": (MIXED, multipart(SDP_PART, part("application/sdp", OTHER))),
    "an early session beside it": (
        MIXED,
        multipart(part("application/sdp", OTHER, "Content-Disposition: early-session"), SDP_PART),
    ),
    "a disposition of its own": (
        MIXED,
        multipart(part("application/sdp", OFFER, "Content-Disposition: session;handling=required"), LOCATION),
    ),
    "two dispositions": (
        MIXED,
        multipart(part("application/sdp", OFFER, "Content-Disposition: early-session", "Content-Disposition: session")),
    ),
    "nested parts": (
        MIXED,
        multipart(
            part("multipart/related; boundary=b1-inner", multipart(LOCATION, SDP_PART, boundary="b1-inner")),
            part("text/plain", "hello"),
        ),
    ),
    "nested alternatives": (
        MIXED,
        multipart(
            LOCATION,
            part("multipart/alternative;boundary=c", multipart(part("text/html", "<p>"), SDP_PART, boundary="c")),
        ),
    ),
    "a message in a part": (
        MIXED,
        multipart(
            part("message/sip", "INVITE sip:a@b SIP/2.0\r\nContent-Type: application/sdp\r\n\r\n" + OTHER), SDP_PART
        ),
    ),
    "a mail in a part": (
        MIXED,
        multipart(part("message/rfc822", "Content-Type: application/sdp\r\n\r\n" + OTHER), SDP_PART),
    ),
    "a part without a type": (MIXED, multipart(LOCATION, part("", OFFER))),
    "a part with a compact type": (MIXED, multipart(LOCATION, part("", OFFER, "c: application/sdp"))),
    "a type in capitals with parameters": (MIXED, multipart(part('Application/SDP; charset="utf-8"', OFFER), LOCATION)),
    "a folded type": (MIXED, multipart(part("application/sdp;\r\n\tx=y", OFFER), LOCATION)),
    "an empty part": (MIXED, multipart(part("application/sdp", ""), SDP_PART)),
    "no multipart": ("application/sdp", OFFER),
    "parameters and capitals": ("APPLICATION/SDP ;charset=utf-8", OFFER),
    "no type at all": ("", OFFER),
    "no type, and blank lines before": ("", "\r\n" + OFFER),
}


@pytest.mark.parametrize(("content_type", "body"), BODIES.values(), ids=BODIES)
def test_the_session_description_is_found(content_type: str, body: str) -> None:
    found = request(content_type, body, MIME_Version="1.0").sdp()
    assert found is not None
    assert [line.strip() for line in found.split("\n") if line.strip()] == OFFER.split("\r\n")[:-1]
    assert sdp.Local("127.0.0.1", 6000, 1, ("PCMU",)).answer(sdp.read(found))[1].remote == ("127.0.0.1", 4000)


@pytest.mark.parametrize("name", ["Content-Type", "Content-Length", "Content-Disposition"])
def test_headers_of_bodies_may_be_compact_or_folded(name: str) -> None:
    more = {"Content-Disposition": "session"} if name == "Content-Disposition" else {}
    data = Phone(Line("UDP")).message("INVITE", body=OFFER, more=more, cseq=1)
    short = {"Content-Type": b"c", "Content-Length": b"l"}.get(name, name.encode())
    for changed in (
        data.replace(f"\r\n{name}: ".encode(), b"\r\n" + short + b" : "),
        data.replace(f"\r\n{name}: ".encode(), f"\r\n{name}:\r\n  ".encode()),
        data.replace(f"\r\n{name}: ".encode(), f"\r\n{name.upper()}:".encode()),
    ):
        assert changed != data
        for message in (changed, *Framer().feed(changed)):
            parsed = wire.parse(message)
            assert isinstance(parsed, wire.Request)
            assert parsed.sdp() == OFFER


@pytest.mark.parametrize(
    ("content_type", "body", "headers"),
    [
        ("", "", {}),
        ("application/sdp", "", {}),
        ("application/sdp", "\r\n", {}),
        (MIXED, multipart(LOCATION), {}),
        (MIXED, multipart(part("application/sdp", OFFER, "Content-Disposition: early-session")), {}),
        ("application/sdp", OFFER, {"Content_Disposition": "early-session"}),
        ("application/isup;version=itu", ISUP, {"Content_Disposition": "signal ; handling=optional"}),
        ("application/pidf+xml", PIDF, {"Content_Disposition": 'render;handling="OPTIONAL"'}),
    ],
)
def test_a_body_without_a_session_description_leaves_the_offer_to_us(
    content_type: str, body: str, headers: dict[str, str]
) -> None:
    assert request(content_type, body, **headers).sdp() is None


@pytest.mark.parametrize(
    ("content_type", "body", "headers"),
    [
        ("text/plain", "hello", {}),
        ("application/isup", ISUP, {}),
        ("application/pidf+xml", PIDF, {"Content_Disposition": "render;handling=required"}),
        ("", "hello", {}),
        ("application/sdp", OFFER, {"Content_Encoding": "gzip"}),
        ("application/sdp", OFFER, {"e": "deflate"}),
        (MIXED, multipart(*[part("text/plain", "x")] * 70, SDP_PART), {}),
        (
            MIXED,
            "".join(f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(1, 400)),
            {},
        ),
    ],
)
def test_a_body_that_nobody_here_reads_is_refused(content_type: str, body: str, headers: dict[str, str]) -> None:
    with pytest.raises(UnreadableBody):
        request(content_type, body, **headers).sdp()


def test_an_identity_encoding_is_none() -> None:
    assert request("application/sdp", OFFER, Content_Encoding="identity").sdp() == OFFER


def test_a_key_is_found_in_a_multipart_info() -> None:
    body = multipart(
        part("text/plain", "a key"), part("application/dtmf-relay", "Signal=5\r\n", "Content-Disposition: signal")
    )
    assert request(MIXED, body, method="INFO").part(INFO_TYPES) == ("application/dtmf-relay", b"Signal=5\r\n")
    assert request("", "", method="INFO").part(INFO_TYPES) is None


@given(st.binary(max_size=400), st.text(max_size=40), st.integers(0, 600))
def test_any_body_is_read_or_refused(junk: bytes, boundary: str, at: int) -> None:
    whole = multipart(LOCATION, SDP_PART).encode()
    for content_type in (MIXED, "multipart/mixed", f"multipart/mixed; boundary={boundary}", ""):
        for body in (junk, whole[:at] + junk + whole[at + len(junk) :]):
            try:
                request(content_type, body).sdp()
            except BadInput:
                continue
