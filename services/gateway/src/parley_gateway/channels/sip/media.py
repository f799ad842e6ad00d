"""One call's audio over RTP: sockets, codec, jitter buffer and pace, both ways. A `SipLeg` owns one.

aiortp parses RTCP; its session and playout are not used, for its buffer does not shrink again and its timers are tasks.
Received audio goes through `parley_audio.reception`.
"""

import logging
import secrets
from collections.abc import Iterable
from typing import Protocol

from parley_audio import codecs, g711
from parley_audio.codecs import Codec
from parley_audio.formats import FRAME_BYTES
from parley_audio.g722 import G722
from parley_audio.jitter import JitterBuffer
from parley_audio.opus import Opus
from parley_audio.reception import Reception
from parley_core.errors import BadInput
from parley_sip.dtmf import KeyPresses
from parley_sip.rtcp import REPORT_S, Reports
from parley_sip.rtp import COMFORT_NOISE, Packet, is_rtcp, parse_rtp
from parley_sip.rtp_sender import RtpSender
from parley_sip.rtp_socket import RtpSockets, RtpSource
from parley_sip.sdp import Agreed

from parley_gateway.admission.frame_limits import MAX_FRAME_BYTES, Pace, RealTime
from parley_gateway.scheduler import Scheduler, TimerHandle

log = logging.getLogger(__name__)

_SILENCE = bytes(FRAME_BYTES)


class MediaListener(Protocol):
    """Who hears the peer: a leg."""

    def heard(self, pcm: bytes) -> None:
        """10 to 60 ms of PCM16 mono 16 kHz."""
        ...

    def keyed(self, digit: str) -> None: ...

    def beat(self, now: float) -> None:
        """Told every 20 ms."""
        ...

    def too_fast(self) -> None:
        """The peer sends more than real time."""
        ...


def make_codec(name: str) -> tuple[Codec, bytes | None]:
    """The codec by its name in SDP, and what says nothing in it, where that has no memory."""
    match name:
        case "PCMU":
            return codecs.pcmu(), bytes([g711.MULAW_SILENCE]) * 160
        case "PCMA":
            return codecs.pcma(), bytes([g711.ALAW_SILENCE]) * 160
        case "G722":
            return G722(), None
        case "opus":
            return Opus(), None
        case _:
            raise BadInput("codec", f"{name!r} is not spoken here")


class MediaLeg:
    def __init__(self, scheduler: Scheduler, listener: MediaListener, rate: RealTime) -> None:
        self.last_heard = scheduler.time()  # of the peer: RTP, RTCP, or anything else from its address
        self.strangers = 0  # packets from elsewhere
        self.bad = 0  # packets that are no RTP
        self.unknown = 0  # payload types that were not agreed on
        self.keys = KeyPresses()
        self.reception: Reception | None = None
        self.agreed: Agreed | None = None
        self._scheduler = scheduler
        self._listener = listener
        self._rate = rate
        self._source = RtpSource()
        self._sockets = RtpSockets(self.rtp_received, self.rtcp_received)
        self._timer: TimerHandle | None = None
        self._target = ("", 0)
        self._sender: RtpSender | None = None
        self._reports: Reports | None = None
        self._reported = scheduler.time()
        self.closed = False

    # Life

    async def open(self, host: str, ports: range) -> None:
        """Raises LimitReached when no ports are free."""
        await self._sockets.open(host, ports)

    def start(self, agreed: Agreed, signalled_from: str) -> None:
        """Begin, or go on with what was agreed on anew."""
        before = self.agreed
        self.agreed = agreed
        now = self._scheduler.time()
        self.last_heard = now
        if before is None or before.remote != agreed.remote:
            self._source = RtpSource(agreed.remote, frozenset((signalled_from,)))
            self._target = agreed.remote
        if before is None or (before.codec, before.payload_type) != (agreed.codec, agreed.payload_type):
            codec, silence = make_codec(agreed.codec)
            self.reception = Reception(agreed.clock_hz, codec.decode)
        else:
            codec = None
        if self._sender is None:
            self._sender = RtpSender(
                self._send,
                frame_bytes=FRAME_BYTES,
                ssrc=secrets.randbits(32),
                seq=secrets.randbits(15),
                timestamp=secrets.randbits(31),
                now=now,
            )
        if codec is not None:
            self._sender.use(codec, agreed.payload_type, agreed.clock_hz, silence, sending=agreed.sending)
            self._reports = Reports(self._sender, agreed.clock_hz)
        else:
            self._sender.sending(agreed.sending)
        if self._timer is None and not self.closed:
            self._tick()

    def close(self) -> None:
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._sockets.close()

    @property
    def port(self) -> int:
        """Where the peer sends RTP; 0 before `open`."""
        return self._sockets.port

    @property
    def held(self) -> bool:
        """The peer does not want to hear us now."""
        return self.agreed is not None and not self.agreed.sending

    # Out

    def send(self, pcm: bytes | memoryview) -> None:
        if self._sender is not None and not self.closed and self._sender.put(pcm, self._scheduler.time()):
            self._schedule()

    def clear(self) -> None:
        if self._sender is not None:
            self._sender.clear()

    def _send(self, packet: bytes) -> None:
        self._sockets.send_rtp(packet, self._target)

    # In

    def rtp_received(self, data: bytes, address: tuple[str, int]) -> None:
        """A packet on the RTP port. The hot path: a call's packets come 50 times a second."""
        if self.agreed is None or self.closed:
            return
        if self.agreed.mux and is_rtcp(data):
            self.rtcp_received(data, address)
            return
        try:
            packet = parse_rtp(data)
        except BadInput as error:
            self._note("bad", error.problem)
            if self._source.is_peer(address[0]):
                self.last_heard = self._scheduler.time()  # RFC 6263's keep-alives, STUN among them
            return
        if not self._source.admits(address, packet.ssrc):
            self._note("strangers", "an address that was not negotiated")
            return
        now = self._scheduler.time()
        self.last_heard = now
        self._target = address
        agreed = self.agreed
        voice = packet.payload_type == agreed.payload_type
        if packet.ssrc != self._source.ssrc and (voice or self._source.ssrc is None):
            self._new_stream(packet.ssrc)
        if self.held:
            return  # hold music
        if voice:
            self._audio(packet, now)
        elif packet.payload_type == agreed.events_type:
            if packet.ssrc == self._source.ssrc:  # some send keys as a stream of their own
                self._skip(packet, now)
            key = self.keys.packet(packet, agreed.events_hz, now)
            if key:
                self._listener.keyed(key)
        elif packet.payload_type == COMFORT_NOISE:
            self._skip(packet, now)
        else:
            self._note("unknown", "a payload type that was not agreed on")

    def rtcp_received(self, data: bytes, address: tuple[str, int]) -> None:
        if self._reports is None or self.agreed is None:
            return
        if not self._source.is_peer(address[0]):
            self._note("strangers", "an address that was not negotiated")
            return
        now = self._scheduler.time()
        self.last_heard = now
        try:
            self._reports.received(data, now)
        except BadInput as error:
            self._note("bad", error.problem)

    def _audio(self, packet: Packet, now: float) -> None:
        reception = self.reception
        if reception is None or self.agreed is None:
            return
        pace = self._rate.take(reception.jitter.frame / self.agreed.clock_hz, now)
        if pace is not Pace.TAKE:
            if pace is Pace.EXCESS:
                self._listener.too_fast()
            return
        if self._reports is not None:
            self._reports.arrived(packet, now)
        self._deliver(reception.packet(packet.seq, packet.timestamp, packet.payload, now))

    def _skip(self, packet: Packet, now: float) -> None:
        if self.reception is not None:
            self.reception.jitter.skip(packet.seq, packet.timestamp, now)

    def _deliver(self, frames: Iterable[bytes]) -> None:
        for pcm in frames:
            if len(pcm) <= MAX_FRAME_BYTES:
                self._listener.heard(pcm)
                continue
            for at in range(0, len(pcm), FRAME_BYTES):
                self._listener.heard(pcm[at : at + FRAME_BYTES])

    def _new_stream(self, ssrc: int) -> None:
        """Another stream from the same peer: its numbers have nothing to do with those before."""
        first, self._source.ssrc = self._source.ssrc is None, ssrc
        if not first and self.reception is not None and self.agreed is not None:
            self.reception.jitter = JitterBuffer(self.agreed.clock_hz)

    def _note(self, what: str, why: str) -> None:
        count = getattr(self, what) + 1
        setattr(self, what, count)
        if count == 1:  # of each kind one line a call
            log.info("rtp refused", extra={"why": why, "channel": "sip"})

    # Every 20 ms

    def _tick(self) -> None:
        self._timer = None
        now = self._scheduler.time()
        if self._sender is None or self.agreed is None:
            return
        self._sender.tick(now)
        self._listener.beat(now)
        if self.held:
            self._listener.heard(_SILENCE)
        elif self.reception is not None:
            self._deliver(self.reception.frames(now))
        if self._reports is not None and now - self._reported >= REPORT_S:
            self._reported = now
            self._report(now)
        if not self.closed:
            self._schedule()

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._sender is not None:
            self._timer = self._scheduler.call_at(self._sender.due, self._tick)

    def _report(self, now: float) -> None:
        if self._reports is None or self.agreed is None:
            return
        report = self._reports.report(now, self._source.ssrc)
        if self.agreed.mux:
            self._sockets.send_rtp(report, self._target)
        else:
            self._sockets.send_rtcp(report, (self._target[0], self._target[1] + 1))
