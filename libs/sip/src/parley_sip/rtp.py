"""RTP (RFC 3550) on the wire: packets in and out. Pure."""

import struct
from typing import NamedTuple

from parley_core.errors import BadInput

_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
MAX_PACKET = 2048
COMFORT_NOISE = 13


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
