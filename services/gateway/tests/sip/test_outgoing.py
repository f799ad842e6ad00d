"""Calls that the gateway places, to a simulated phone behind a simulated trunk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from parley_core.errors import BadInput, Unavailable
from parley_gateway.channels.sip.leg import SipLeg
from parley_gateway.channels.sip.outgoing import NotAnswered
from parley_testing.servers import free_port
from parley_testing.simulated.sip import Message, Rtp, credentials, offer, remote_of, rtp

from .conftest import Sip, StartSip
from .trunk import Trunk, trunk_at

REALM = 'Digest realm="trunk", nonce="n1", algorithm=MD5, qop="auth"'


class Callee:
    """Who is attached to the leg."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.keyed = asyncio.Event()
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.caller = self

    def audio(self, pcm: bytes) -> None:
        self.heard.set()

    def digits(self, digits: str) -> None:
        self.keyed.set()

    def hold(self, *, on: bool) -> None:
        """Nothing is said."""

    def hang_up(self, reason: str, detail: str = "") -> None:
        if not self.ended.done():
            self.ended.set_result(reason)


@dataclass
class Placed:
    trunk: Trunk
    sip: Sip
    audio: Rtp
    progress: list[int] = field(default_factory=list)
    rang: asyncio.Event = field(default_factory=asyncio.Event)

    def told(self, status: int) -> None:
        self.progress.append(status)
        self.rang.set()

    def dial(self, to: str = "+15550123", timeout_s: float = 10.0) -> "asyncio.Task[SipLeg]":
        return asyncio.create_task(
            self.sip.channel.place_call(to, "+15550100", timeout_s=timeout_s, on_progress=self.told), name="dial"
        )


@pytest.fixture
async def placed(start_sip: StartSip) -> AsyncIterator[Placed]:
    port = free_port()
    sip = await start_sip(sip_trunk=f"udp:127.0.0.1:{port}", sip_trunk_user="parley", sip_trunk_password="not-a-secret")
    async with trunk_at(port) as trunk, rtp() as audio:
        yield Placed(trunk, sip, audio)


async def test_a_call_is_placed_with_credentials_and_talks_both_ways(placed: Placed) -> None:
    trunk, audio = placed.trunk, placed.audio
    dialling = placed.dial()
    first = await trunk.request("INVITE")
    assert first.start.startswith(f"INVITE sip:+15550123@127.0.0.1:{trunk.port} ")
    trunk.answer(first, 407, more={"Proxy-Authenticate": REALM})
    ack = await trunk.request("ACK")
    assert ack.one("CSeq") == first.one("CSeq").replace("INVITE", "ACK")
    second = await trunk.line.until(lambda one: bool(one.one("Proxy-Authorization")))
    uri = second.start.split()[1]
    given = second.one("Proxy-Authorization")
    cnonce = given.split('cnonce="')[1].split('"')[0]
    wanted = credentials(REALM, user="parley", password="not-a-secret", method="INVITE", uri=uri)
    assert cnonce
    assert 'username="parley"' in given
    assert wanted.split("response=")[0].split("uri=")[1] in given
    trunk.answer(second, 183)
    trunk.answer(second, 180)
    trunk.answer(second, 200, body=offer(audio.port))
    leg = await dialling
    assert placed.progress == [183, 180]
    callee = Callee()
    leg.attach(callee)
    audio.remote = remote_of(second.body)
    async with asyncio.timeout(10):
        await callee.heard.wait()
        audio.digit("1")
        await callee.keyed.wait()
    leg.send_audio(b"\x00\x40" * 320)
    await audio.until_heard(lambda coded: len(coded) > 1600)
    trunk.bye(second)
    async with asyncio.timeout(10):
        assert await callee.ended == "caller_hung_up"
    assert placed.sip.channel.endpoint.owners == []


async def test_the_gateway_hangs_up_with_a_bye(placed: Placed) -> None:
    dialling = placed.dial()
    invite = await placed.trunk.request("INVITE")
    placed.trunk.answer(invite, 200, body=offer(placed.audio.port))
    leg = await dialling
    await placed.trunk.request("ACK")
    placed.trunk.answer(invite, 200, body=offer(placed.audio.port))  # the ACK was lost
    await placed.trunk.request("ACK", count=2)
    leg.close("agent_hung_up")
    placed.trunk.answer(await placed.trunk.request("BYE"), 200)


@pytest.mark.parametrize(
    ("status", "reason"), [(486, "busy"), (404, "unknown_number"), (603, "rejected"), (500, "unavailable")]
)
async def test_a_refusal_says_why(placed: Placed, status: int, reason: str) -> None:
    dialling = placed.dial()
    placed.trunk.answer(await placed.trunk.request("INVITE"), status)
    with pytest.raises(NotAnswered) as refused:
        await dialling
    assert (refused.value.reason, refused.value.status) == (reason, status)
    await placed.trunk.request("ACK")
    assert placed.sip.channel.endpoint.owners == []


async def test_a_phone_that_rings_for_too_long_is_cancelled(placed: Placed) -> None:
    dialling = placed.dial(timeout_s=0.5)
    invite = await placed.trunk.request("INVITE")
    placed.trunk.answer(invite, 180)
    with pytest.raises(NotAnswered) as refused:
        await dialling
    assert refused.value.reason == "no_answer"
    cancel = await placed.trunk.request("CANCEL")
    assert cancel.one("Via") == invite.one("Via")
    placed.trunk.answer(cancel, 200)
    placed.trunk.answer(invite, 487)
    await placed.trunk.request("ACK")


async def test_a_phone_that_answers_too_late_is_hung_up_on(placed: Placed) -> None:
    dialling = placed.dial(timeout_s=0.3)
    invite = await placed.trunk.request("INVITE")
    with pytest.raises(NotAnswered):
        await dialling
    placed.trunk.answer(invite, 200, body=offer(placed.audio.port))
    await placed.trunk.request("ACK")
    placed.trunk.answer(await placed.trunk.request("BYE"), 200)


async def test_a_second_phone_that_answers_is_hung_up_on(placed: Placed) -> None:
    dialling = placed.dial()
    invite = await placed.trunk.request("INVITE")
    placed.trunk.answer(invite, 200, body=offer(placed.audio.port))
    leg = await dialling
    placed.trunk.answer(invite, 200, body=offer(placed.audio.port), tag="other")
    bye = await placed.trunk.request("BYE")
    assert "tag=other" in bye.one("To")
    placed.trunk.answer(bye, 200)
    leg.close("agent_hung_up")
    placed.trunk.answer(await placed.trunk.request("BYE", count=2), 200)


async def test_an_invite_that_is_lost_is_sent_again(placed: Placed) -> None:
    lost: list[Message] = []

    def drop(message: Message) -> bool:
        if message.method == "INVITE" and not lost:
            lost.append(message)
            return True
        return False

    placed.trunk.line.drop = drop
    dialling = placed.dial()
    placed.trunk.answer(await placed.trunk.request("INVITE"), 486)
    with pytest.raises(NotAnswered):
        await dialling
    assert lost


async def test_dialling_needs_a_trunk_and_a_number(sip: Sip, placed: Placed) -> None:
    with pytest.raises(Unavailable):
        await sip.channel.place_call("+15550123", "+15550100")
    with pytest.raises(BadInput):
        await placed.sip.channel.place_call("no number\r\nX: y", "+15550100")


async def test_a_cancelled_dial_cancels_the_ringing(placed: Placed) -> None:
    dialling = placed.dial()
    placed.trunk.answer(await placed.trunk.request("INVITE"), 180)
    async with asyncio.timeout(10):
        await placed.rang.wait()
    dialling.cancel()
    with suppress(asyncio.CancelledError):
        await dialling
    await placed.trunk.request("CANCEL")
