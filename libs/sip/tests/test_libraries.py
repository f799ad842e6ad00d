"""What aiosipua 0.7.1 and aiortp 0.8.0 do, and do not: the facts that decision 22 stands on.

A test that fails here after an upgrade says which part of ours may go.
"""

import asyncio
from importlib.metadata import version

import pytest
from aiortp.dtmf import DtmfReceiver
from aiortp.packet import RtpPacket
from aiosipua.dialog import create_dialog_from_request
from aiosipua.headers import parse_address
from aiosipua.message import SipMessage, SipRequest, SipResponse
from aiosipua.transport import SipTransport, UdpSipTransport
from aiosipua.uas import SipUAS
from parley_sip import wire
from parley_testing.simulated.sip import Line, Phone, offer


class Kept(SipTransport):
    """Keeps what the library sends."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[SipRequest | SipResponse] = []

    async def start(self) -> None:
        pass

    def send(self, message: SipRequest | SipResponse, addr: tuple[str, int]) -> None:
        self.sent.append(message)


def test_the_versions_are_those_that_were_looked_into() -> None:
    assert (version("aiosipua"), version("aiortp")) == ("0.7.1", "0.8.0")


async def test_aiosipua_takes_a_repeated_invite_for_a_second_call() -> None:
    transport, calls = Kept(), []
    uas = SipUAS(transport)
    uas.on_invite = calls.append
    await uas.start()
    invite = Phone(Line("UDP")).message("INVITE", body=offer(4000), cseq=1)
    transport._dispatch(invite, ("127.0.0.1", 5060))
    transport._dispatch(invite, ("127.0.0.1", 5060))
    assert len(calls) == 2
    assert calls[0].dialog.local_tag != calls[1].dialog.local_tag


async def test_aiosipua_copies_no_record_route_into_its_answers() -> None:
    transport, calls = Kept(), []
    uas = SipUAS(transport)
    uas.on_invite = calls.append
    await uas.start()
    more = {"Record-Route": "<sip:192.0.2.1;lr>"}
    transport._dispatch(Phone(Line("UDP")).message("INVITE", more=more, cseq=1), ("127.0.0.1", 5060))
    calls[0].ringing()
    assert transport.sent[-1].headers.get("record-route") == []


def test_aiosipua_turns_a_route_set_round_that_is_in_order() -> None:
    """RFC 3261 §12.1.1: a callee's route set is the Record-Routes as they stand; a caller's is reversed (§12.1.2)."""
    routes = ["<sip:192.0.2.1;lr>", "<sip:192.0.2.2;lr>"]
    data = Phone(Line("UDP")).message("INVITE", more={"Record-Route": ", ".join(routes)}, cseq=1)
    invite = SipMessage.parse(data)
    assert isinstance(invite, SipRequest)
    assert create_dialog_from_request(invite).route_set == routes[::-1]


def test_aiosipua_takes_a_tel_uri_for_a_host() -> None:
    assert parse_address("<tel:+15550100>;tag=a").uri.host == "tel"
    assert parse_address('"a <b@c>" <sip:+15550100@d>').uri.user == "b"


async def test_aiosipua_answers_no_info() -> None:
    transport = Kept()
    await SipUAS(transport).start()
    transport._dispatch(Phone(Line("UDP")).message("INFO", cseq=1), ("127.0.0.1", 5060))
    answered = transport.sent[-1]
    assert isinstance(answered, SipResponse)


@pytest.mark.outside
async def test_aiosipua_asserts_a_class_that_the_loops_transport_may_not_have() -> None:
    """On CPython 3.11 `_SelectorDatagramTransport` is no `asyncio.DatagramTransport`."""
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context.get("exception")))
    transport = UdpSipTransport(local_addr=("127.0.0.1", 0))
    await transport.start()
    await asyncio.sleep(0)
    socket = transport._udp_transport
    assert isinstance(socket, asyncio.DatagramTransport) or any(isinstance(one, AssertionError) for one in failures)
    await transport.stop()


@pytest.mark.parametrize("header", ["r: <sip:a@b>", "x: 90", "o: refer"])
def test_compact_headers_of_later_rfcs_are_ours_to_expand(header: str) -> None:
    data = Phone(Line("UDP")).message("OPTIONS", cseq=1).replace(b"Max-Forwards: 70", header.encode())
    name = {"r": "Refer-To", "x": "Session-Expires", "o": "Event"}[header[0]]
    assert SipMessage.parse(data).get_header(name) is None
    parsed = wire.parse(data)
    assert isinstance(parsed, wire.Request)
    assert parsed.first(name) == header[3:]


def test_aiortp_tells_a_digits_duration_in_timestamp_units() -> None:
    told: list[tuple[str, int]] = []
    receiver = DtmfReceiver(lambda digit, duration: told.append((digit, duration)))
    receiver.handle_packet(RtpPacket(payload_type=101, timestamp=1, payload=bytes([5, 0x8A]) + (1440).to_bytes(2)))
    assert told == [("5", 1440)]  # 180 ms
