"""Whether a caller who sends no voice is still there: RTCP and keep-alives say yes, nothing at all says no."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from parley_core.bus.log import body_of, event_name
from parley_core.tasks import Tasks
from parley_gateway.channels.sip.leg import SipLeg
from parley_gateway.channels.sip.settings import SipSettings
from parley_gateway.channels.sip.stack import Stack
from parley_gateway.channels.tuning import ChannelTuning
from parley_gateway.metrics import Metrics
from parley_sip import sdp, wire
from parley_sip.dialog import SipDialog
from parley_sip.endpoint import Listen, SipEndpoint
from parley_sip.transports import UdpFlow
from parley_testing.moved_clock import MovedClock
from parley_testing.simulated.sip import Line, Phone, Rtp, line, offer
from parley_testing.workers import Workers

from .conftest import StartSip

PEER = ("192.0.2.7", 4000)
SIGNALLING = "198.51.100.9"
EMPTY_REPORT = struct.pack("!BBHI", 0x80, 201, 1, 77)  # a receiver report of somebody who heard nothing
SOURCE = struct.pack("!BBHI", 0x81, 202, 3, 77) + b"\x01\x02me" + bytes(4)
REPORTS = {
    "an empty receiver report": EMPTY_REPORT,
    "a sender report": struct.pack("!BBHIIIIII", 0x80, 200, 6, 77, 1, 2, 3, 4, 5),
    "a report with a name": EMPTY_REPORT + SOURCE,
    "a report with an extension of its profile": struct.pack("!BBHII", 0x80, 201, 2, 77, 1),
    "an extended report": struct.pack("!BBHI", 0x80, 207, 1, 77),
    "feedback alone, without a report": struct.pack("!BBHII", 0x81, 206, 2, 77, 78),
    "an application's packet": struct.pack("!BBHI4s", 0x80, 204, 2, 77, b"mute"),
}


class Quiet:
    """A call on a clock that the test moves; nothing of it touches the network."""

    def __init__(self, tasks: Tasks) -> None:
        self.clock = MovedClock()
        self.tuning = ChannelTuning(sip_rtp_timeout_s=20, sip_hold_s=300)
        context: Any = SimpleNamespace(
            gateway=SimpleNamespace(scheduler=self.clock, metrics=Metrics()), tuning=self.tuning, tasks=tasks, calls=()
        )
        self.endpoint = SipEndpoint(Listen("127.0.0.1", 5060), context, self.clock, tasks)
        invite = wire.parse(Phone(Line("UDP")).message("INVITE", body=offer(PEER[1], host=PEER[0]), cseq=1))
        assert isinstance(invite, wire.Request)
        dialog = SipDialog.invited(self.endpoint, invite, UdpFlow(self.endpoint.udp, (SIGNALLING, 5060)))
        self.leg = SipLeg(Stack(context, SipSettings(), self.endpoint, range(20_000, 20_002, 2), ("PCMU",)), dialog)
        self.local = sdp.Local("127.0.0.1", 20_000, 1, ("PCMU",))

    def answer(self, *, more: str = "") -> None:
        agreed = self.local.answer(sdp.read(offer(PEER[1], host=PEER[0], more=more)))[1]
        self.leg.answered_by(self.local, agreed, None)

    def run(self, seconds: float, every_s: float = 0.0, do: Callable[[], None] = lambda: None) -> float:
        """Let time pass; returns how much did before the call was over."""
        began = self.clock.time()
        while not self.leg.over and self.clock.time() - began < seconds:
            self.clock.advance(every_s or 1.0)
            if every_s:
                do()
        return self.clock.time() - began

    def rtcp(self, report: bytes, host: str = PEER[0]) -> None:
        self.leg.media.rtcp_received(report, (host, PEER[1] + 1))

    def rtp(self, packet: bytes, address: tuple[str, int] = PEER) -> None:
        self.leg.media.rtp_received(packet, address)


@pytest.fixture
async def quiet() -> AsyncIterator[Quiet]:
    async with Tasks("quiet") as tasks:
        yield Quiet(tasks)


async def test_a_caller_with_neither_rtp_nor_rtcp_is_hung_up_on(quiet: Quiet) -> None:
    quiet.answer()
    assert 19 <= quiet.run(60) <= 21


@pytest.mark.parametrize("every_s", [1.0, 5.0, 15.0])
async def test_a_caller_on_mute_is_not_hung_up_on(quiet: Quiet, every_s: float) -> None:
    quiet.answer()
    assert quiet.run(300, every_s, lambda: quiet.rtcp(EMPTY_REPORT)) >= 300
    assert not quiet.leg.over
    assert 19 <= quiet.run(60) <= 21  # and is, when that ends as well


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
async def test_any_rtcp_is_a_sign_of_life(quiet: Quiet, report: bytes) -> None:
    quiet.answer()
    quiet.run(100, 5.0, lambda: quiet.rtcp(report))
    assert not quiet.leg.over


async def test_rtcp_on_the_port_of_rtp_is_a_sign_of_life(quiet: Quiet) -> None:
    quiet.answer(more="a=rtcp-mux\r\n")
    quiet.run(100, 5.0, lambda: quiet.rtp(EMPTY_REPORT))
    assert not quiet.leg.over


async def test_rtcp_from_behind_a_nat_is_a_sign_of_life(quiet: Quiet) -> None:
    """Of a caller who was on mute from the beginning: the SDP's address cannot be reached, and no RTP has come."""
    quiet.answer()
    quiet.run(100, 5.0, lambda: quiet.rtcp(EMPTY_REPORT, SIGNALLING))
    assert not quiet.leg.over


@pytest.mark.parametrize(
    "packet",
    [
        struct.pack("!BBHIIB", 0x80, 13, 1, 2, 3, 40),  # comfort noise
        struct.pack("!BBHII", 0x80, 120, 1, 2, 3),  # a payload type that nobody agreed on
        struct.pack("!HHI12s", 0x0011, 0, 0x2112A442, b"x" * 12),  # a STUN indication
        bytes(4),
        struct.pack("!BBHII", 0x00, 0, 1, 2, 3),  # RTP of version 0
    ],
    ids=["comfort noise", "unknown payload type", "STUN", "zeros", "another version"],
)
async def test_a_keep_alive_is_a_sign_of_life(quiet: Quiet, packet: bytes) -> None:
    """RFC 6263's ways to keep a NAT open without voice."""
    quiet.answer()
    quiet.run(100, 15.0, lambda: quiet.rtp(packet))
    assert not quiet.leg.over


async def test_a_strangers_packets_are_none(quiet: Quiet) -> None:
    quiet.answer()

    def stranger() -> None:
        quiet.rtcp(EMPTY_REPORT, "203.0.113.66")
        quiet.rtp(bytes(4), ("203.0.113.66", 4000))

    assert quiet.run(100, 1.0, stranger) <= 21
    assert quiet.leg.media.strangers > 0


@pytest.mark.parametrize("direction", ["sendonly", "recvonly", "inactive"])
async def test_who_said_that_they_send_or_hear_nothing_need_not_send(quiet: Quiet, direction: str) -> None:
    quiet.answer(more=f"a={direction}\r\n")
    assert 299 <= quiet.run(1000) <= 301  # hold has a limit of its own


async def test_a_muted_phone_stays_in_its_call(start_sip: StartSip, tenant: str, workers: Workers) -> None:
    """The same on real sockets, from the phone's own RTCP port."""
    sip = await start_sip(default_tenant=tenant, sip_rtp_timeout_s=1.5)
    async with line(sip.port) as wire, Muted() as muted:
        phone = Phone(wire)
        answered = await phone.call(Rtp(sending=False), body=offer(muted.port - 1))
        muted.reports_to(("127.0.0.1", int(answered.body.split("m=audio ")[1].split()[0]) + 1))
        with pytest.raises(TimeoutError):
            await phone.request("BYE", timeout_s=4)
        muted.stop()
        phone.answer(await phone.request("BYE"))
    log = await sip.ended(await sip.call())
    assert [body_of(one).reason for one in log if event_name(one) == "CallEnded"] == ["client_gone"]  # type: ignore[union-attr]


class Muted:
    """A phone's RTCP port: a report each half second."""

    async def __aenter__(self) -> "Muted":
        loop = asyncio.get_running_loop()
        self._socket, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
        self.port: int = self._socket.get_extra_info("sockname")[1]
        self._timer: asyncio.TimerHandle | None = None
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.stop()
        self._socket.close()

    def reports_to(self, address: tuple[str, int]) -> None:
        self._socket.sendto(EMPTY_REPORT + SOURCE, address)
        self._timer = asyncio.get_running_loop().call_later(0.5, self.reports_to, address)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
