"""RTCP (RFC 3550 §6) of one call: what the peer reports, and reports to it. aiortp reads and writes the packets."""

import time

from aiortp.packet import (
    RtcpByePacket,
    RtcpPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
)
from parley_core.errors import BadInput

from parley_sip.rtp import MAX_PACKET, Packet
from parley_sip.rtp_sender import RtpSender

REPORT_S = 5.0
_NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970
_CNAME = 1


class Reports:
    def __init__(self, sender: RtpSender, clock_hz: int) -> None:
        self.round_trip_s = 0.0  # from the peer's reports; 0.0 before the first
        self.lost_there = 0  # our packets that the peer did not receive
        self.jitter_there_s = 0.0
        self.left = False  # the peer said goodbye
        self._sender = sender
        self._hz = clock_hz
        self._cname = f"{sender.ssrc:08x}@parley".encode()
        self._first: int | None = None
        self._highest = 0  # extended number
        self._count = 0
        self._jitter = 0.0  # timestamp units
        self._transit: float | None = None
        self._last_report = (0, 0.0)  # the middle of its NTP time, and when it came
        self._before = (0, 0)  # expected and received at the last report

    def arrived(self, packet: Packet, now: float) -> None:
        """Count a packet of audio (§A.1, §A.8)."""
        if self._first is None:
            self._first = self._highest = packet.seq
        ahead = (packet.seq - self._highest) & 0xFFFF
        if ahead < 1 << 15:
            self._highest += ahead
        self._count += 1
        transit = now * self._hz - packet.timestamp
        if self._transit is not None:
            moved = abs(transit - self._transit)
            if moved < self._hz:  # else the stream jumped
                self._jitter += (moved - self._jitter) / 16
        self._transit = transit

    def received(self, data: bytes, now: float) -> None:
        """Take what came. Raises BadInput for what is no RTCP."""
        if len(data) > MAX_PACKET:
            raise BadInput("RTCP", "is too long")
        try:
            packets = RtcpPacket.parse(data)
        except Exception as error:  # noqa: BLE001 - whatever the library trips over, the sender wrote it
            raise BadInput("RTCP", f"cannot be read ({type(error).__name__})") from None
        for packet in packets:
            if isinstance(packet, RtcpByePacket):
                self.left = True
            if isinstance(packet, RtcpSrPacket):
                self._last_report = ((packet.sender_info.ntp_timestamp >> 16) & 0xFFFFFFFF, now)
            if isinstance(packet, RtcpSrPacket | RtcpRrPacket):
                for info in packet.reports:
                    if info.ssrc == self._sender.ssrc:
                        self._told(info)

    def report(self, now: float, ssrc: int | None) -> bytes:
        """A compound packet: sender report, with a block on the peer's stream when there is one, and our name."""
        info = RtcpSenderInfo(
            ntp_timestamp=_ntp(),
            rtp_timestamp=self._sender.timestamp,
            packet_count=self._sender.packets & 0xFFFFFFFF,
            octet_count=self._sender.octets & 0xFFFFFFFF,
        )
        blocks = [self._block(now, ssrc)] if ssrc is not None and self._first is not None else []
        name = RtcpSdesPacket([RtcpSourceInfo(self._sender.ssrc, [(_CNAME, self._cname)])])
        return bytes(RtcpSrPacket(self._sender.ssrc, info, blocks)) + bytes(name)

    def _block(self, now: float, ssrc: int) -> RtcpReceiverInfo:
        expected = self._highest - (self._first or 0) + 1
        lost = expected - self._count
        passed, came = expected - self._before[0], self._count - self._before[1]
        self._before = (expected, self._count)
        fraction = max(0, min(255, 256 * (passed - came) // passed)) if passed > 0 else 0
        middle, at = self._last_report
        return RtcpReceiverInfo(
            ssrc=ssrc,
            fraction_lost=fraction,
            packets_lost=max(-(1 << 23), min(lost, (1 << 23) - 1)),
            highest_sequence=self._highest & 0xFFFFFFFF,
            jitter=int(self._jitter) & 0xFFFFFFFF,
            lsr=middle,
            dlsr=min(int((now - at) * 65536), 0xFFFFFFFF) if middle else 0,
        )

    def _told(self, info: RtcpReceiverInfo) -> None:
        self.lost_there = info.packets_lost
        self.jitter_there_s = info.jitter / self._hz
        if info.lsr:
            units = ((_ntp() >> 16) - info.lsr - info.dlsr) & 0xFFFFFFFF
            if units < 10 * 65536:
                self.round_trip_s = units / 65536


def _ntp() -> int:
    return int((time.time() + _NTP_EPOCH_S) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF
