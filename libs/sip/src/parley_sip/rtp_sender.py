"""The agent's audio on its way out: one RTP packet each 20 ms, silence too, voice at once. Pure: time is given to it.

RTP knows no "drop what you have", so that nothing goes out before its time: playout's lead waits here, where `clear`
reaches it. Silence is sent because trunks, PBXs and NATs take a stream that stops for a call that is dead.

Packets stand on a grid of 20 ms. Voice that begins between two of its points goes out at once, and its packets stay
that much early until it ends, so that timestamps never leave real time.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from parley_sip.rtp import build_rtp

FRAME_S = 0.02
_EARLY_S = 0.001  # timers may fire this early
_MAX_QUEUE = 50  # frames: a second, far beyond any lead
_STALL_S = 0.1  # after a longer stall nothing is sent faster to catch up
_FLUSH = 2  # frames of silence that still carry what the codec's filter holds


class Encoder(Protocol):
    """The payload of one frame. Stateful: a stream's frames in order."""

    def encode(self, pcm: bytes | memoryview) -> bytes: ...


class RtpSender:
    def __init__(
        self,
        send: Callable[[bytes], None],
        *,
        frame_bytes: int,
        ssrc: int,
        seq: int,
        timestamp: int,
        now: float,
    ) -> None:
        """`frame_bytes`: 20 ms of PCM. `ssrc`, `seq` and `timestamp`: random beginnings (RFC 3550 §5.1)."""
        self.packets = 0
        self.octets = 0
        self.dropped = 0  # frames beyond the queue limit
        self.timestamp = timestamp  # of the next packet
        self.ssrc = ssrc
        self._send = send
        self._frame_bytes = frame_bytes
        self._quiet_frame = bytes(frame_bytes)
        self._seq = seq
        self._encoder: Encoder | None = None
        self._payload_type = 0
        self._step = 160
        self._silence: bytes | None = None
        self._queue: deque[bytes | memoryview] = deque()
        self._rest = b""  # less than a frame, at a sentence's end
        self._grid = now  # when the next packet is due
        self._early = 0.0
        self._talking = False
        self._quiet = 0  # frames of silence since the voice
        self._open = False

    def use(self, encoder: Encoder, payload_type: int, clock_hz: int, silence: bytes | None, *, sending: bool) -> None:
        """From the next packet on. `silence`: a payload that says nothing, where the codec has no memory."""
        self._encoder, self._payload_type, self._step = encoder, payload_type, clock_hz // 50
        self._silence = silence
        self.sending(sending)

    def sending(self, wanted: bool) -> None:
        """Whether anything goes out at all: not to a peer who holds the line."""
        self._open = wanted
        if not wanted:
            self.clear()

    @property
    def due(self) -> float:
        """When `tick` has something to do."""
        return self._grid - self._early

    def put(self, pcm: bytes | memoryview, now: float) -> bool:
        """Take up to 20 ms of PCM; True when a packet was due at once, and `due` has changed."""
        if not self._open:
            return False
        size = self._frame_bytes
        if len(pcm) != size or self._rest:
            joined = self._rest + bytes(pcm)
            whole = len(joined) - len(joined) % size
            for at in range(0, whole, size):
                self._queue.append(joined[at : at + size])
            self._rest = joined[whole:]
        else:
            self._queue.append(pcm)
        while len(self._queue) > _MAX_QUEUE:
            self._queue.popleft()
            self.dropped += 1
        if self._talking or not self._queue:
            return False
        self._talking = True
        self._early = min(FRAME_S, max(0.0, self._grid - now))
        self.tick(now, first=True)
        return True

    def clear(self) -> None:
        """What was not sent will not be."""
        self._queue.clear()
        self._rest = b""

    def tick(self, now: float, *, first: bool = False) -> None:
        """Send what is due."""
        if now - self.due > _STALL_S:
            missed = int((now - self.due) / FRAME_S)
            self._grid += missed * FRAME_S
            self.timestamp = (self.timestamp + missed * self._step) & 0xFFFFFFFF
        while self.due <= now + _EARLY_S:
            if self._talking and not self._queue and not self._rest:
                self._talking = False
                self._early = 0.0  # silence waits for its point of the grid
                continue
            self._packet(marker=first)
            first = False

    def _packet(self, *, marker: bool) -> None:
        payload = self._payload()
        if payload:
            self._send(build_rtp(self._payload_type, self._seq, self.timestamp, self.ssrc, payload, marker=marker))
            self._seq = (self._seq + 1) & 0xFFFF
            self.packets += 1
            self.octets += len(payload)
        self.timestamp = (self.timestamp + self._step) & 0xFFFFFFFF
        self._grid += FRAME_S

    def _payload(self) -> bytes:
        if self._encoder is None or not self._open:
            return b""
        if not self._queue and self._rest:
            self._queue.append(self._rest.ljust(self._frame_bytes, b"\0"))
            self._rest = b""
        if self._queue:
            self._quiet = 0
            return self._encoder.encode(self._queue.popleft())
        self._quiet += 1
        if self._silence is not None and self._quiet > _FLUSH:
            return self._silence
        return self._encoder.encode(self._quiet_frame)
