"""RTP (RFC 3550) on the wire: packets in and out, and RFC 4733's digits. Pure."""

import struct
from typing import NamedTuple

from parley_core.errors import BadInput

_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_EVENT = struct.Struct("!BBH")
MAX_PACKET = 2048
COMFORT_NOISE = 13
_DIGITS = "0123456789*#ABCD"


class Packet(NamedTuple):
    payload_type: int
    marker: bool
    seq: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse_rtp(data: bytes) -> Packet:
    """Raises BadInput for what is no RTP packet."""
    if not _HEADER.size <= len(data) <= MAX_PACKET:
        raise BadInput("RTP", "is too short or too long")
    first, second, seq, timestamp, ssrc = _HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise BadInput("RTP", "is of another version")
    at, end = _HEADER.size, len(data)
    if first & 0x3F:  # anything but the plain header of nearly every packet
        at += 4 * (first & 0x0F)
        if first & 0x10:
            if at + 4 > end:
                raise BadInput("RTP", "ends in its extension")
            at += 4 + 4 * _EXTENSION.unpack_from(data, at)[1]
        if first & 0x20:
            end -= data[-1] or end
        if at > end:
            raise BadInput("RTP", "ends in its header")
    return Packet(second & 0x7F, bool(second & 0x80), seq, timestamp, ssrc, data[at:end])


def is_rtcp(data: bytes) -> bool:
    """Whether a packet on a shared port is RTCP (RFC 5761 §4)."""
    return len(data) >= 2 and 192 <= data[1] <= 223


def build_rtp(payload_type: int, seq: int, timestamp: int, ssrc: int, payload: bytes, *, marker: bool = False) -> bytes:
    return _HEADER.pack(0x80, payload_type | (0x80 if marker else 0), seq, timestamp, ssrc) + payload


class Digits:
    """Digits out of RFC 4733's packets: one each, told by its first packet, however many of them come or are lost."""

    def __init__(self) -> None:
        self._timestamp: int | None = None
        self._event = -1
        self._duration = 0
        self._ended = True

    def take(self, packet: Packet) -> str:
        """The digit that this packet begins, or nothing."""
        if len(packet.payload) < _EVENT.size:
            return ""
        event, flags, duration = _EVENT.unpack_from(packet.payload)
        ended = bool(flags & 0x80)
        if self._timestamp is not None:
            behind = (self._timestamp - packet.timestamp) & 0xFFFFFFFF
            if behind == 0:
                self._ended = self._ended or ended
                self._duration = max(self._duration, duration)
                return ""
            if behind < 1 << 31:
                return ""  # of a digit before, come late
            follows = (packet.timestamp - self._timestamp) & 0xFFFFFFFF
            # A key held down for longer than a duration can say goes on as a further segment (§2.5.1.3).
            if event == self._event and not self._ended and self._duration >= 0x8000 and follows <= self._duration:
                self._timestamp, self._duration, self._ended = packet.timestamp, duration, ended
                return ""
        self._timestamp, self._event, self._duration, self._ended = packet.timestamp, event, duration, ended
        return _DIGITS[event] if event < len(_DIGITS) else ""


def parse_dtmf_relay(body: bytes) -> str:
    """The digit of a SIP INFO: `application/dtmf-relay` (`Signal=5`), `application/dtmf` (`5`). Raises BadInput."""
    try:
        text = body[:512].decode("ascii")
    except UnicodeDecodeError:
        raise BadInput("INFO", "is not ASCII") from None
    signal = text.strip()
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip().lower() == "signal":
            signal = value.strip()
            break
    signal = {"10": "*", "11": "#"}.get(signal, signal).upper()
    if len(signal) != 1 or signal not in _DIGITS:
        raise BadInput("Signal", "must be one of 0-9, *, #, A-D")
    return signal
