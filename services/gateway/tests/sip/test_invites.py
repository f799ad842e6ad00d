"""INVITEs as trunks and phones write them: who calls, what is stored of it, and bodies of many parts."""

import logging
import re

import pytest
from parley.v1 import events_pb2
from parley_core.bus.log import body_of, event_name
from parley_testing.simulated.sip import Phone, line, offer, rtp
from parley_testing.workers import Workers

from .conftest import Sip, StartSip

SECRET = "hunter2"
PIDF = '<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:a@b"/>'


def session_of(log: list[events_pb2.Event]) -> tuple[str, dict[str, str]]:
    """The caller's user, and what the session says of SIP."""
    started = next(body_of(event) for event in log if event_name(event) == "CallStarted")
    assert isinstance(started, events_pb2.CallStarted)
    session = started.session
    return session.user, {name: value for name, value in session.attributes.items() if name != "sip_call_id"}


@pytest.mark.parametrize(
    ("caller", "more", "user", "name"),
    [
        ("<tel:+1-555-0177>", {}, "+15550177", ""),
        ("tel:+15550177", {}, "+15550177", ""),
        ('"a <b@c>" <sip:+15550177@trunk.example>', {}, "+15550177", "a <b@c>"),
        (r'"Lopez, \"Ann\"" <sip:+15550177@trunk.example;user=phone>', {}, "+15550177", 'Lopez, "Ann"'),
        ("sip:+15550177@trunk.example", {}, "+15550177", ""),
        ("Ann <sip:%2B15550177@trunk.example>", {}, "+15550177", "Ann"),
        (f"<sip:+15550177:{SECRET}@trunk.example>", {}, "+15550177", ""),
        (
            '"Anonymous" <sip:anonymous@anonymous.invalid>',
            {"P-Asserted-Identity": f'"Ann" <sip:+15550177:{SECRET}@trunk.example>'},
            "+15550177",
            "Ann",
        ),
        (
            '"Anonymous" <sip:anonymous@anonymous.invalid>',
            {"P-Asserted-Identity": "<tel:+15550177>", "Privacy": "id"},
            "anonymous",
            "Anonymous",
        ),
    ],
)
async def test_the_caller_is_who_they_are(
    sip: Sip,
    workers: Workers,
    caplog: pytest.LogCaptureFixture,
    caller: str,
    more: dict[str, str],
    user: str,
    name: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    workers.llm.replies = [["Good bye"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio, more={"From": f"{caller};tag={phone.from_tag}", **more})
        for key in "1#":
            audio.digit(key)
        bye = await phone.request("BYE")
        phone.answer(bye)
    uri = re.findall(r"(?:sip|tel):[^>]*", caller)[-1]
    assert bye.one("To") == f"<{uri}>;tag={phone.from_tag}"
    log = await sip.ended(await sip.call())
    assert session_of(log) == (user, {"sip_called": "100"} | ({"sip_name": name} if name else {}))
    assert SECRET not in str(log)
    assert SECRET not in caplog.text + str([vars(record) for record in caplog.records])


@pytest.mark.parametrize(
    ("called", "route"),
    [
        ("sip:+1-555-0100@127.0.0.1;user=phone", "+15550100"),
        ("tel:+1-555-0100", "+15550100"),
        ("sip:+15550100;npdi;rn=+15559@127.0.0.1", "+15550100"),
        ("sip:%2B15550100@127.0.0.1", "+15550100"),
        (f"sip:reception:{SECRET}@127.0.0.1", "reception"),
        ("urn:service:sos", "urn:service:sos"),
    ],
)
async def test_a_call_reaches_the_agent_of_what_was_dialled(
    start_sip: StartSip, tenant: str, workers: Workers, called: str, route: str
) -> None:
    sip = await start_sip(default_tenant=tenant, routes=f"{route}=clinic")
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        phone.cseq = phone.invite_cseq = 1
        invite = phone.message("INVITE", body=offer(audio.port), cseq=1)
        wire.send(invite.replace(b"INVITE sip:100@127.0.0.1 ", f"INVITE {called} ".encode()))
        await phone.response(200)
        phone.ack()
        await phone.hang_up()
    log = await sip.ended(await sip.call())
    assert session_of(log)[1]["sip_called"] == route
    assert SECRET not in str(log)


async def test_requests_take_the_way_of_the_record_routes_in_their_order(sip: Sip, workers: Workers) -> None:
    workers.llm.replies = [["Good bye"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        host, port = wire.local[:2]
        near, far = f'"a, \\"b" <sip:{host}:{port};lr>', "<sip:192.0.2.1;lr>"
        contact = f'"Ann, \\"A\\"" <sip:ann@{host}:{port};x=1>;expires=60, <sip:b@192.0.2.9>'
        await phone.call(audio, more={"Record-Route": f"{near}, {far}", "Contact": contact})
        for key in "1#":
            audio.digit(key)
        bye = await phone.request("BYE")
        phone.answer(bye)
    assert bye.start == f"BYE sip:ann@{host}:{port};x=1 SIP/2.0"
    assert bye.all("Route") == [near, far]  # the proxy that is next to us first (RFC 3261 §12.1.1)


@pytest.mark.parametrize("contact", ["", "*", "<>", '"Ann"'])
async def test_an_invite_without_an_address_to_answer_to_is_refused(sip: Sip, contact: str) -> None:
    async with line(sip.port) as wire:
        phone = Phone(wire)
        phone.send("INVITE", body=offer(4000), more={"Contact": contact})
        await phone.response(400)


def parts(*bodies: tuple[str, str]) -> str:
    return "".join(f"--b1\r\nContent-Type: {kind}\r\n\r\n{body}\r\n" for kind, body in bodies) + "--b1--\r\n"


@pytest.mark.parametrize("first", [True, False])
async def test_an_emergency_calls_location_is_no_hindrance(sip: Sip, workers: Workers, first: bool) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        described = [("application/sdp", offer(audio.port)), ("application/pidf+xml", PIDF)]
        phone = Phone(wire)
        more = {"Geolocation": "<cid:a@b>", "MIME-Version": "1.0"}
        phone.send(
            "INVITE", body=parts(*described[:: 1 if first else -1]), kind="multipart/mixed;boundary=b1", more=more
        )
        answered = await phone.response(200)
        assert answered.one("Content-Type") == "application/sdp"
        audio.remote = ("127.0.0.1", int(answered.body.split("m=audio ")[1].split()[0]))
        phone.ack()
        await audio.until_heard(lambda coded: len(coded) > 1600)
        phone.send("INVITE", body=parts(*described), kind="multipart/mixed;boundary=b1")
        await phone.response(200)
        phone.ack()
        await phone.hang_up()


async def test_an_offer_of_no_type_is_answered(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        phone.send("INVITE", body=offer(audio.port), kind="")
        assert "PCMU" in (await phone.response(200)).body
        phone.ack()
        await phone.hang_up()


async def test_isup_alone_leaves_the_offer_to_us(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        more = {"Content-Disposition": "signal;handling=optional"}
        phone.send("INVITE", body="\x01\x00", kind="application/isup;version=itu", more=more)
        answered = await phone.response(200)
        audio.remote = ("127.0.0.1", int(answered.body.split("m=audio ")[1].split()[0]))
        phone.ack(body=parts(("application/sdp", offer(audio.port))), kind="multipart/mixed; boundary=b1")
        await audio.until_heard(lambda coded: len(coded) > 1600)
        await phone.hang_up()


@pytest.mark.parametrize(
    ("kind", "more"),
    [("text/plain", {}), ("application/sdp", {"Content-Encoding": "gzip"}), ("application/isup", {})],
)
async def test_a_body_that_cannot_be_read_is_415_and_says_what_can(sip: Sip, kind: str, more: dict[str, str]) -> None:
    async with line(sip.port) as wire:
        phone = Phone(wire)
        phone.send("INVITE", body=offer(4000), kind=kind, more=more)
        refused = await phone.response(415)
        phone.ack(branch=phone.branch)
    assert refused.one("Accept") == "application/sdp, multipart/mixed"
    assert refused.one("Accept-Encoding") == "identity"
