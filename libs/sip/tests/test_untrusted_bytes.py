"""Bytes of strangers: whatever comes is a message, a packet, or refused."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from parley_core.errors import BadInput
from parley_sip import sdp, wire
from parley_sip.digest import Digest, Verdict
from parley_sip.dtmf import INFO_TYPES, KEYS, KeyPresses, parse_info
from parley_sip.framing import Framer
from parley_sip.rtcp import Reports
from parley_sip.rtp import build_rtp, parse_rtp
from parley_sip.rtp_sender import RtpSender
from parley_testing.simulated.sip import Line, Phone, offer

INVITE = Phone(Line("UDP"), "999").message("INVITE", body=offer(4000), cseq=1)
OFFER = offer(4000)


def damaged(whole: bytes) -> st.SearchStrategy[bytes]:
    """The message with a part cut out, put in or replaced."""
    return st.tuples(st.integers(0, len(whole)), st.integers(0, 60), st.binary(max_size=60)).map(
        lambda cut: whole[: cut[0]] + cut[2] + whole[cut[0] + cut[1] :]
    )


@given(st.binary(max_size=2000) | damaged(INVITE))
def test_any_datagram_is_a_message_or_refused(data: bytes) -> None:
    with suppress(BadInput):
        message = wire.parse(data)
        if isinstance(message, wire.Request):
            wire.stamp(message, ("192.0.2.1", 5060))
            bytes(wire.answer(message, 200, tag="x", body=OFFER))


@given(st.text(max_size=1000) | damaged(OFFER.encode()).map(lambda data: data.decode(errors="replace")))
def test_any_offer_is_answered_or_refused(text: str) -> None:
    local = sdp.Local("127.0.0.1", 4000, 1, ("opus", "G722", "PCMA", "PCMU"))
    with suppress(BadInput):
        answer, agreed = local.answer(sdp.read(text))
        assert len(sdp.read(answer).media) == len(sdp.read(text).media)
        assert 0 <= agreed.payload_type <= 127


@given(st.binary(max_size=200) | damaged(build_rtp(0, 1, 2, 3, b"\xff" * 160)))
def test_any_packet_is_rtp_or_refused(data: bytes) -> None:
    with suppress(BadInput):
        packet = parse_rtp(data)
        assert len(packet.payload) <= len(data) - 12
        assert KeyPresses().packet(packet, 8000, 1.0) in {"", *KEYS}


@given(st.lists(st.binary(max_size=300) | damaged(INVITE), max_size=8))
def test_any_stream_is_cut_or_refused(parts: list[bytes]) -> None:
    framer = Framer()
    with suppress(BadInput):
        for part in parts:
            framer.feed(part)


@given(st.integers(1, 40), st.integers(1, 5))
def test_messages_come_out_of_a_stream_as_they_went_in(size: int, count: int) -> None:
    framer = Framer()
    stream = b"\r\n\r\n".join([b"", *[INVITE] * count])
    out = [one for at in range(0, len(stream), size) for one in framer.feed(stream[at : at + size])]
    assert out == [INVITE] * count


@given(st.binary(max_size=200))
def test_any_report_is_read_or_refused(data: bytes) -> None:
    with suppress(BadInput):
        Reports(RtpSender(lambda packet: None, frame_bytes=640, ssrc=1, seq=1, timestamp=1, now=0.0), 8000).received(
            data, 1.0
        )


@given(st.text(max_size=300))
def test_any_credentials_are_judged(text: str) -> None:
    digest = Digest("user", "password", "parley")
    assert digest.check(text, "INVITE", 1000.0) is Verdict.UNKNOWN
    assert digest.check(f"Digest {text}", "INVITE", 1000.0) is Verdict.UNKNOWN


@given(st.sampled_from(INFO_TYPES), st.binary(max_size=600))
def test_any_info_names_keys_or_is_refused(kind: str, data: bytes) -> None:
    with suppress(BadInput):
        assert not set(parse_info(kind, data)) - set(KEYS)
