"""What the SIP channel says to requests, by message: repeats, refusals, digests, transports, timers."""

import asyncio
import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from parley.v1 import events_pb2
from parley_core.bus.log import body_of, event_name
from parley_testing.servers import free_port
from parley_testing.simulated.sip import Phone, Rtp, credentials, line, offer, rtp
from parley_testing.workers import Workers

from .conftest import Sip, StartSip

SRTP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0\r\n"
VIDEO = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"


def reason(log: list[events_pb2.Event]) -> str:
    return next(body_of(event).reason for event in log if event_name(event) == "CallEnded")  # type: ignore[union-attr]


async def test_a_repeated_invite_is_one_call_and_a_200_comes_until_its_ack(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        invite = phone.send("INVITE", body=offer(audio.port))
        wire.send(invite)
        wire.send(invite)
        await phone.response(200, count=3)  # repeats of its own, as UDP may lose them
        phone.ack()
        bye = phone.send("BYE")
        await phone.response(200, "BYE")
        wire.send(bye)
        await phone.response(200, "BYE", count=2)
    assert len({one.one("To") for one in wire.received if one.status == 200 and "INVITE" in one.one("CSeq")}) == 1
    assert reason(await sip.ended(await sip.call())) == "caller_hung_up"
    assert sip.calls.empty()


async def test_a_lost_200_is_sent_again(sip: Sip, workers: Workers) -> None:
    lost: list[int] = []

    def drop(message: object) -> bool:
        status = getattr(message, "status", 0)
        if status == 200 and not lost:
            lost.append(status)
            return True
        return False

    async with line(sip.port) as wire, rtp() as audio:
        wire.drop = drop
        phone = Phone(wire)
        await phone.call(audio)
        await phone.hang_up()
    assert lost == [200]


async def test_a_cancelled_call_ends_before_anybody_answers(start_sip: StartSip, tenant: str) -> None:
    sip = await start_sip(default_tenant=tenant, claim_wait_s=5.0)  # nobody is there to claim it
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        phone.send("INVITE", body=offer(audio.port))
        await phone.response(180)
        branch, phone.to_tag = phone.branch, ""
        wire.send(phone.message("CANCEL", branch=branch))
        await phone.response(200, "CANCEL")
        await phone.response(487)
        phone.ack(branch=branch)
    assert reason(await sip.ended(await sip.call())) == "caller_hung_up"


async def test_nobody_free_is_503_with_a_time_to_come_back(sip: Sip) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        phone.send("INVITE", body=offer(audio.port))
        assert int((await phone.response(503)).one("Retry-After")) > 0


async def test_a_full_gateway_is_503_with_a_time_to_come_back(
    start_sip: StartSip, tenant: str, workers: Workers
) -> None:
    sip = await start_sip(default_tenant=tenant, capacity=1)
    async with line(sip.port) as wire, rtp() as audio:
        first, second = Phone(wire), Phone(wire)
        await first.call(audio)
        second.send("INVITE", body=offer(audio.port))
        assert int((await second.response(503)).one("Retry-After")) > 0
        await first.hang_up()


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        (offer(4000, "18", maps="a=rtpmap:18 G729/8000\r\n"), {}, 488),
        (SRTP, {}, 488),
        (offer(4000, host="224.0.0.1"), {}, 488),
        ("nonsense", {}, 488),
        (offer(4000), {"Require": "100rel"}, 420),
        (offer(4000), {"Session-Expires": "30", "Supported": "timer"}, 422),
        (offer(4000), {"Contact": ""}, 400),
    ],
)
async def test_an_invite_that_cannot_be_met_is_refused(sip: Sip, body: str, more: dict[str, str], status: int) -> None:
    async with line(sip.port) as wire:
        phone = Phone(wire)
        phone.send("INVITE", body=body, more=more)
        refused = await phone.response(status)
        assert refused.to_tag
        phone.ack(branch=phone.branch)
        if status == 420:
            assert refused.one("Unsupported") == "100rel"
        if status == 422:
            assert refused.one("Min-SE") == "90"
    assert sip.calls.empty()


async def test_numbers_reach_the_agents_of_the_routes(start_sip: StartSip, tenant: str, workers: Workers) -> None:
    sip = await start_sip(default_tenant=tenant, routes=f"200={tenant}/clinic +4930*=clinic 300=nobody")
    async with line(sip.port) as wire, rtp() as audio:
        for number, status in (("100", 404), ("300", 404), ("+4931", 404)):
            phone = Phone(wire, number)
            phone.send("INVITE", body=offer(audio.port))
            await phone.response(status)
            phone.ack(branch=phone.branch)
        for number in ("200", "+49301234"):
            phone = Phone(wire, number)
            await phone.call(audio)
            await phone.hang_up()


async def test_others_than_the_allowed_authenticate(start_sip: StartSip, tenant: str, workers: Workers) -> None:
    sip = await start_sip(default_tenant=tenant, sip_allow="10.0.0.0/8", sip_user="trunk", sip_password="not-a-secret")
    uri = "sip:100@127.0.0.1"
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        phone.send("INVITE", body=offer(audio.port))
        challenge = (await phone.response(401)).one("WWW-Authenticate")
        phone.ack(branch=phone.branch)
        wrong = credentials(challenge, user="trunk", password="wrong", method="INVITE", uri=uri)
        phone.send("INVITE", body=offer(audio.port), more={"Authorization": wrong})
        await phone.response(401)
        phone.ack(branch=phone.branch)
        right = credentials(challenge, user="trunk", password="not-a-secret", method="INVITE", uri=uri)
        await phone.call(audio, more={"Authorization": right})
        await phone.hang_up()
        other = Phone(wire)
        other.send("INVITE", body=offer(audio.port), more={"Authorization": right})
        assert "stale=true" in (await other.response(401)).one("WWW-Authenticate")  # it was overheard, and used up


async def test_a_denied_address_is_not_even_challenged(start_sip: StartSip, tenant: str) -> None:
    sip = await start_sip(
        default_tenant=tenant, deny_addresses="127.0.0.0/8", sip_allow="127.0.0.1", sip_user="trunk", sip_password="x"
    )
    async with line(sip.port) as wire:
        for method in ("INVITE", "OPTIONS"):
            phone = Phone(wire)
            phone.send(method, body=offer(4000) if method == "INVITE" else "")
            await phone.response(403, method)


async def test_strangers_may_not_call_where_nobody_has_a_password(start_sip: StartSip, tenant: str) -> None:
    sip = await start_sip(default_tenant=tenant, sip_allow="10.0.0.0/8")
    async with line(sip.port) as wire:
        for method in ("INVITE", "OPTIONS"):
            phone = Phone(wire)
            phone.send(method, body=offer(4000) if method == "INVITE" else "")
            await phone.response(403, method)


async def test_requests_without_a_call(sip: Sip) -> None:
    async with line(sip.port) as wire:
        phone = Phone(wire)
        phone.send("OPTIONS")
        assert "INVITE" in (await phone.response(200, "OPTIONS")).one("Allow")
        phone = Phone(wire)
        phone.send("REGISTER")
        assert "INVITE" in (await phone.response(405, "REGISTER")).one("Allow")
        for method in ("BYE", "INFO", "UPDATE", "CANCEL"):
            phone.send(method)
            await phone.response(481, method)
        phone.to_tag = "made-up"
        phone.send("BYE")
        await phone.response(481, "BYE")


async def test_a_request_of_a_call_needs_its_tags(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        stranger = Phone(wire)
        stranger.call_id, stranger.to_tag, stranger.cseq = phone.call_id, phone.to_tag, 5
        stranger.send("BYE")
        await stranger.response(481, "BYE")
        await phone.hang_up()


async def test_compact_headers_and_record_routes_are_kept(sip: Sip, workers: Workers) -> None:
    workers.llm.replies = [["Good bye"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        host, port = wire.local[:2]
        route = f"<sip:{host}:{port};lr>"
        invite = phone.message("INVITE", body=offer(audio.port), more={"Record-Route": route}, cseq=1).decode()
        phone.cseq = phone.invite_cseq = 1
        for name, short in (
            ("Via", "v"),
            ("From", "f"),
            ("To", "t"),
            ("Call-ID", "i"),
            ("Contact", "m"),
            ("Content-Type", "c"),
            ("Content-Length", "l"),
        ):
            invite = invite.replace(f"\r\n{name}: ", f"\r\n{short}: ")
        wire.send(invite.encode())
        answered = await phone.response(200)
        assert answered.one("Record-Route") == route
        assert answered.one("Contact")
        audio.remote = ("127.0.0.1", int(answered.body.split("m=audio ")[1].split()[0]))
        phone.ack()
        audio.digit("1")
        audio.digit("#")
        bye = await phone.request("BYE")
        phone.answer(bye)
    assert bye.one("Route") == route
    assert reason(await sip.ended(await sip.call())) == "agent_hung_up"


async def test_a_session_timer_is_agreed_on(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        more = {"Session-Expires": "120;refresher=uac", "Supported": "timer"}
        answered = await phone.call(audio, more=more)
        assert answered.one("Session-Expires") == "120;refresher=uac"
        assert answered.one("Require") == "timer"
        phone.send("UPDATE", more=more)
        assert (await phone.response(200, "UPDATE")).one("Session-Expires") == "120;refresher=uac"
        await phone.hang_up()


async def test_rport_and_received_say_where_the_request_came_from(sip: Sip) -> None:
    async with line(sip.port) as wire:
        phone = Phone(wire)
        data = phone.message("OPTIONS", cseq=1).replace(b"127.0.0.1:", b"192.0.2.7:", 1)
        wire.send(data)
        phone.cseq = 1
        via = (await phone.response(200, "OPTIONS")).one("Via")
    assert "received=127.0.0.1" in via
    assert f"rport={wire.local[1]}" in via


async def test_a_call_over_tcp_is_the_same(sip: Sip, workers: Workers) -> None:
    async with line(sip.port, "TCP") as wire, rtp() as audio:
        wire.send(b"\r\n\r\n")  # a keep-alive
        phone = Phone(wire)
        await phone.call(audio)
        await phone.hang_up()
    assert reason(await sip.ended(await sip.call())) == "caller_hung_up"


async def test_a_call_over_tls_is_the_same(start_sip: StartSip, tenant: str, workers: Workers, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    port = free_port()
    await start_sip(default_tenant=tenant, sip_tls_port=port, sip_tls_cert=str(cert), sip_tls_key=str(key))
    async with line(port, "TLS", ssl.create_default_context(cafile=str(cert))) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        await phone.hang_up()


async def test_a_stream_of_nonsense_is_closed_and_the_channel_stays_open(sip: Sip) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", sip.port)
    writer.write(b"INVITE x\r\nContent-Length: many\r\n\r\n")
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()
    async with line(sip.port, "TCP") as wire:
        phone = Phone(wire)
        phone.send("OPTIONS")
        await phone.response(200, "OPTIONS")


async def test_an_offer_in_the_ack_is_waited_for(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        phone.send("INVITE")
        answered = await phone.response(200)
        assert "PCMU" in answered.body
        audio.remote = ("127.0.0.1", int(answered.body.split("m=audio ")[1].split()[0]))
        phone.ack(body=offer(audio.port))
        await audio.until_heard(lambda coded: len(coded) > 1600)
        await phone.hang_up()


async def test_every_offered_medium_gets_a_line(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        body = VIDEO.join(offer(audio.port).partition("m=audio")[::2]).replace(VIDEO, VIDEO + "m=audio", 1)
        answered = await phone.call(audio, body=body)
        assert "m=video 0 " in answered.body
        await phone.hang_up()


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, private


async def test_a_phone_without_audio_is_hung_up_on(start_sip: StartSip, tenant: str, workers: Workers) -> None:
    sip = await start_sip(default_tenant=tenant, sip_rtp_timeout_s=1.5)
    async with line(sip.port) as wire:
        silent = Rtp(sending=False)
        phone = Phone(wire)
        silent.port = 4000
        await phone.call(silent)
        phone.answer(await phone.request("BYE"))
    assert reason(await sip.ended(await sip.call())) == "client_gone"
