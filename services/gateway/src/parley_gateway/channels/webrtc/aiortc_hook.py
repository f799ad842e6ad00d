"""Where the channel reaches into aiortc and aioice: the only module that touches what they do not publish.

aiortc's own audio path is not fit for calls (decision 19): four packets of delay, 300 ms lost for one lost packet, a
thread for each receiver, a task and two thread hops for each frame. Its signalling, ICE, DTLS, SRTP, RTCP and data
channels are used as they are. What is taken out of its hands:

- RTP in: datagrams of one ICE connection are looked at as they come; audio goes to us, the rest the usual way.
- RTP out: our packets go through the connection's SRTP session to its nominated pair, within the call that sends them.
- the receiver's decoder thread ends as soon as it was started; reports (RTCP) stay aiortc's, from counts that we keep.
- host addresses: those that the settings name, loopback included, which aioice leaves out.

Written against the versions below; `check` refuses any other.
"""

import asyncio
import secrets
import struct
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Never

import aiortc.rtcsctptransport
import pylibsrtp
from aioice.ice import Connection
from aiortc import MediaStreamTrack, RTCRtpTransceiver
from aiortc.clock import current_ntp_time
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import StreamStatistics
from parley_core.errors import Unavailable

VERSIONS = {"aiortc": "1.16.0", "aioice": "0.13.0"}
OPUS_CLOCK_HZ = 48_000
_GATHER_S = 2.0  # for STUN and TURN servers
_MAX_WAITING = 256  # datagrams of strangers, and of a handshake, before they are read
_HEADER = struct.Struct("!BBHII")
_REPORT_EVERY = 25  # packets
# Data channel messages of 1200 bytes stall where the way takes 1280 bytes with all headers.
_MAX_CHUNK = 1100

OnAudio = Callable[[int, int, bytes], None]  # sequence number, timestamp, Opus payload
OnCheck = Callable[[], None]


def check() -> None:
    """Raise Unavailable unless these are the versions whose insides are known."""
    for name, known in VERSIONS.items():
        found = version(name)
        if found != known:
            raise Unavailable("the WebRTC channel", f"{name} is {found}, and it reaches into {known}")
    aiortc.rtcsctptransport.USERDATA_MAX_LENGTH = _MAX_CHUNK


class NoFrames(MediaStreamTrack):
    """What aiortc's sender is given to wait for: our frames do not go through it."""

    kind = "audio"

    async def recv(self) -> Never:
        while True:
            await asyncio.Event().wait()


class MediaPath:
    """Audio of one transceiver, past aiortc's own path. Made once its transports are settled, before they connect."""

    def __init__(self, transceiver: RTCRtpTransceiver, on_audio: OnAudio, on_check: OnCheck) -> None:
        """`on_check`: a STUN request came: the client, or someone who knows its address, is alive."""
        self.unprotect_failed = 0  # datagrams that were not from the peer
        self.dropped = 0  # past the bound
        self._on_audio = on_audio
        self._on_check = on_check
        hooked: Any = transceiver  # what follows is not aiortc's to promise
        self._sender, self._receiver = hooked.sender, hooked.receiver
        self._dtls = self._receiver.transport
        self._connection = self._dtls.transport._connection
        self._transceiver = transceiver
        self.renegotiated()
        self._statistics: dict[int, StreamStatistics] = self._receiver._RTCRtpReceiver__remote_streams
        self._packet = _Numbers()
        self._seq = secrets.randbelow(1 << 15)  # a low one: a wrap before the first packet arrives would break SRTP
        self._to_queue = self._connection.data_received
        self._connection.data_received = self._datagram
        self._request = self._connection.request_received
        self._connection.request_received = self._checked
        self._receive = self._receiver.receive
        self._receiver.receive = self._without_thread

    def renegotiated(self) -> None:
        """Read from the transceiver what the last offer says of the audio."""
        self._payload_type = _opus_payload_type(self._transceiver)

    def send(self, payload: bytes, timestamp: int, *, first: bool) -> bool:
        """Send a packet now; `first` of a talk spurt. False while there is no connection."""
        session, pair = self._dtls._tx_srtp, self._connection._nominated.get(1)
        if session is None or pair is None:
            return False
        sender = self._sender
        marked = self._payload_type | (0x80 if first else 0)
        header = _HEADER.pack(0x80, marked, self._seq, timestamp & 0xFFFFFFFF, sender._ssrc)
        try:
            pair.protocol.transport.sendto(session.protect(header + payload), pair.remote_addr)
        except (pylibsrtp.Error, OSError, RuntimeError):
            return False  # it is being closed, and the peer's state will say so
        self._seq = (self._seq + 1) & 0xFFFF
        sender._RTCRtpSender__packet_count += 1
        sender._RTCRtpSender__octet_count += len(payload)
        if first or not self._seq % _REPORT_EVERY:
            sender._RTCRtpSender__ntp_timestamp = current_ntp_time()
            sender._RTCRtpSender__rtp_timestamp = timestamp & 0xFFFFFFFF
        return True

    def _datagram(self, data: bytes, component: int) -> None:
        # RFC 7983 tells RTP by its first byte, RFC 5761 RTCP by its second.
        if len(data) > 12 and 127 < data[0] < 192 and not 191 < data[1] < 224 and self._dtls._rx_srtp is not None:
            try:
                self._rtp(self._dtls._rx_srtp.unprotect(data))
            except (pylibsrtp.Error, struct.error, IndexError):
                self.unprotect_failed += 1
        elif self._connection._queue.qsize() < _MAX_WAITING:
            self._to_queue(data, component)
        else:
            self.dropped += 1

    def _rtp(self, data: bytes) -> None:
        first, second, seq, timestamp, ssrc = _HEADER.unpack_from(data)
        if second & 0x7F != self._payload_type:
            return
        at = 12 + 4 * (first & 0x0F)
        if first & 0x10:  # a header extension
            at += 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        end = len(data) - data[-1] if first & 0x20 else len(data)  # padding
        statistics = self._statistics.get(ssrc)
        if statistics is None:
            if len(self._statistics) >= 4:
                return
            statistics = self._statistics[ssrc] = StreamStatistics(OPUS_CLOCK_HZ)
        self._packet.sequence_number, self._packet.timestamp = seq, timestamp
        statistics.add(self._packet)  # type: ignore[arg-type]
        self._on_audio(seq, timestamp, data[at:end])

    def _checked(self, *request: Any) -> None:
        self._on_check()
        self._request(*request)

    async def _without_thread(self, parameters: RTCRtpReceiveParameters) -> None:
        await self._receive(parameters)
        self._receiver._RTCRtpReceiver__stop_decoder()


def use_addresses(connection: Connection, addresses: list[str] | None) -> None:
    """Gather host candidates on these addresses alone; None: on all that the machine has, but loopback."""
    gather = connection.get_component_candidates

    async def gather_there(component: int, addresses_found: list[str]) -> Any:
        return await gather(component, addresses or addresses_found, timeout=_GATHER_S)  # type: ignore[arg-type]

    hooked: Any = connection
    hooked.get_component_candidates = lambda component, addresses, **_: gather_there(component, addresses)


def connection_of(transceiver: RTCRtpTransceiver) -> Connection:
    connection: Connection = transceiver.receiver.transport.transport._connection
    return connection


class _Numbers:
    """As much of a packet as aiortc's statistics ask for."""

    __slots__ = ("sequence_number", "timestamp")

    def __init__(self) -> None:
        self.sequence_number = self.timestamp = 0


def _opus_payload_type(transceiver: RTCRtpTransceiver) -> int:
    codecs: Any = transceiver._codecs
    return int(next(codec.payloadType for codec in codecs if codec.mimeType.lower() == "audio/opus"))
