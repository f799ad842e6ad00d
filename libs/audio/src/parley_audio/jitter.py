"""The jitter buffer of RTP legs: packets as the network brings them in, frames in order out. Pure: time is given to it.

Its listener is a machine, not an ear. So a frame that is in order is handed out at once, and only a missing one is
waited for: as long as packets have lately come late, no longer. Delay is never built up, thus none has to be worked off
by dropping speech: when a hole closes or is given up, everything behind it follows in the same moment.

A caller who falls silent (DTX), or a network that stalls, must not stop the listener's time, so past the wait silence
is handed out in real time; speech that comes after such a stall is still handed out, and the silence that took its
place is taken back from the caller's next silence (`shrunk`).

A channel pushes each packet and then pulls until it gets None, and pulls again on a tick of 20 ms or at `due()`;
`reception` does so and decodes.
"""

from dataclasses import dataclass
from enum import Enum

MIN_WAIT_S = 0.030  # for a hole, however calm the network is: one reordered packet
DRY_WAIT_S = 0.100  # for any packet at all
MAX_WAIT_S = 0.250
MAX_PACKETS = 64
_MARGIN_S = 0.010
_SPAN_S = 0.4  # lateness is remembered in spans of so long,
_SPANS = 4  # as many as these: a spike is forgotten after 1.2 to 1.6 s
_DRIFT = 0.005  # s/s: how fast a lasting longer way, or a slower clock, becomes the new normal
_STALL_S = 1.0  # speech later than this, and silence further behind than this, are not made up for
_STRANGE_S = 3.0  # timestamps further off than this are another stream's
_STRANGE_SEQ = 1000
_LONGEST_FRAME_S = 0.120


class Gap(Enum):
    """A frame that has no payload."""

    LOST = "lost"  # conceal it
    SILENCE = "silence"  # the sender sent nothing


@dataclass(slots=True)
class Counters:
    received: int = 0
    lost: int = 0  # frames handed out as Gap.LOST
    silent: int = 0  # frames handed out as Gap.SILENCE
    late: int = 0  # came when their place was given up
    duplicate: int = 0
    reordered: int = 0
    overflow: int = 0  # holes given up early, because too much waited behind them
    restarts: int = 0  # another stream's numbers
    shrunk: int = 0  # silent frames dropped, to take back what a stall had added


class JitterBuffer:
    def __init__(self, clock_hz: int, *, frame_ms: int = 20) -> None:
        """`clock_hz`: units of timestamps in a second; `frame_ms`: until packets show how long they are."""
        self.counters = Counters()
        self.delay_s = 0.0  # of the frame handed out last: behind the quickest packet's way
        self._hz = clock_hz
        self._frame = clock_hz * frame_ms // 1000
        self._step: int | None = None  # between the last two packets of audio, in timestamp units
        self._held: dict[int, tuple[int, bytes | None]] = {}  # by extended number: extended timestamp, payload
        self._started = False
        self._next_number = self._next_at = 0  # what is handed out next: its number and timestamp, extended
        self._newest = self._newest_at = 0  # the packet with the highest number so far
        self._base = 0.0  # of the quickest packet: arrival less timestamp
        self._late_by = [0.0] * _SPANS  # the latest packet of each of the last spans, newest first
        self._span_ends = self._measured = 0.0
        self._surplus = 0  # timestamp units handed out beyond what the sender sent
        self._shrank = False
        self._odd: int | None = None  # the number that would confirm that another stream began

    @property
    def frame(self) -> int:
        """How long a frame is, in timestamp units: what stands in for a gap has this length."""
        return self._frame

    @property
    def wait_s(self) -> float:
        """How long a missing packet is waited for: the target delay of a hole."""
        return min(MAX_WAIT_S, max(MIN_WAIT_S, max(self._late_by) + _MARGIN_S)) if self._started else MIN_WAIT_S

    @property
    def surplus(self) -> bool:
        """Whether a stall's silence is to be taken back: only then `pull` asks what is quiet."""
        return self._surplus >= self._frame

    def push(self, seq: int, timestamp: int, payload: bytes, now: float) -> None:
        """Take a packet: 16-bit number, 32-bit timestamp. `now` in seconds, on any clock, never going back."""
        self._take(seq, timestamp, payload, now)

    def skip(self, seq: int, timestamp: int, now: float) -> None:
        """Note a packet of the stream that is no audio, such as RFC 4733's digits."""
        self._take(seq, timestamp, None, now)

    def pull(self, now: float, *, quiet: bool = False) -> bytes | Gap | None:
        """The next frame that may be handed out by `now`, or None. `quiet`: the frames before it held no speech."""
        while self._held:
            number = min(self._held)
            at, payload = self._held[number]
            if payload is None and (number == self._next_number or now >= self._hole_due()):
                self._pass(number)
                continue
            if number != self._next_number and at - self._next_at > self._frame // 2:
                if len(self._held) >= MAX_PACKETS:
                    self.counters.overflow += 1
                elif now < self._hole_due():
                    return None
                return self._gap(Gap.LOST, now)
            if at - self._next_at > self._frame // 2:
                return self._gap(Gap.SILENCE, now)  # the sender's numbers say that nothing is missing
            if payload is None:
                self._pass(number)
                continue
            self._surplus += max(0, self._next_at - at)
            self._pass(number)
            self._next_at = at + self._frame
            if quiet and self._shrink():
                continue
            self.delay_s = now - self._base - at / self._hz
            return payload
        return self._dry(now) if self._started else None

    def due(self) -> float | None:
        """When `pull` will next have something without a further packet; None before the first packet."""
        if not self._started:
            return None
        return self._hole_due() if self._held else self._dry_due()

    # Packets in

    def _take(self, seq: int, timestamp: int, payload: bytes | None, now: float) -> None:
        self.counters.received += 1
        if not self._started:
            self._start(seq, timestamp, now)
        number = self._newest + _signed(seq - self._newest, 16)
        at = self._newest_at + _signed(timestamp - self._newest_at, 32)
        offset = now - at / self._hz
        if abs(number - self._newest) > _STRANGE_SEQ or abs(offset - self._base) > _STRANGE_S:
            if self._odd != seq:
                self._odd = (seq + 1) & 0xFFFF
                return
            self.counters.restarts += 1
            self._start(seq, timestamp, now)
            number, at, offset = self._newest, self._newest_at, self._base
        self._odd = None
        self._measure(offset, now)
        if number < self._next_number:
            self.counters.late += 1
            return
        if number in self._held:
            self.counters.duplicate += 1
            return
        if number > self._newest:
            if payload is None:
                self._step = 0
            elif number == self._newest + 1:
                self._learn_frame(at - self._newest_at)
            self._newest, self._newest_at = number, at
        elif number < self._newest:
            self.counters.reordered += 1
        if self._next_at - at > _STALL_S * self._hz:
            self.counters.late += 1  # so old that it would be history
            payload = None
        if len(self._held) < MAX_PACKETS:
            self._held[number] = (at, payload)
        else:
            self.counters.overflow += 1

    def _start(self, seq: int, timestamp: int, now: float) -> None:
        self._started = True
        self._held.clear()
        self._next_number = self._newest = seq
        self._next_at = self._newest_at = timestamp
        self._base = now - timestamp / self._hz
        self._late_by = [0.0] * _SPANS
        self._span_ends = now + _SPAN_S
        self._measured = now
        self._surplus = 0
        self._step = None

    def _measure(self, offset: float, now: float) -> None:
        passed = max(0.0, now - self._measured)
        self._measured = now
        self._base = min(offset, self._base + _DRIFT * passed)
        for _ in range(_SPANS):
            if now < self._span_ends:
                break
            self._late_by = [0.0, *self._late_by[:-1]]
            self._span_ends += _SPAN_S
        self._span_ends = max(self._span_ends, now)
        self._late_by[0] = max(self._late_by[0], min(offset - self._base, MAX_WAIT_S))

    def _learn_frame(self, step: int) -> None:
        """The first step tells how long packets are, and later two alike: one alone may be a pause."""
        if self._step in (None, step) and 0 < step <= _LONGEST_FRAME_S * self._hz:
            if self._next_at == self._newest_at + self._frame:
                self._next_at += step - self._frame
            self._frame = step
        self._step = step

    # Frames out

    def _pass(self, number: int) -> None:
        del self._held[number]
        self._next_number = number + 1

    def _gap(self, gap: Gap, now: float) -> Gap:
        if self._next_at + _STALL_S * self._hz < self._held[min(self._held)][0]:
            self._next_at = self._held[min(self._held)][0] - self._frame  # a long pause is not handed out at once
        self.delay_s = now - self._base - self._next_at / self._hz
        self._next_at += self._frame
        if gap is Gap.LOST:
            self._next_number += 1
            self.counters.lost += 1
        else:
            self.counters.silent += 1
        return gap

    def _dry(self, now: float) -> Gap | None:
        behind = now - self._dry_due()
        if behind < 0:
            return None
        if behind > _STALL_S:
            self._next_at += int(behind * self._hz)
        self._next_at += self._frame
        self.counters.silent += 1
        return Gap.SILENCE

    def _shrink(self) -> bool:
        """Whether this frame of silence is dropped: every other one, for the listener waits for silence too."""
        self._shrank = not self._shrank and self._surplus >= self._frame
        if self._shrank:
            self._surplus -= self._frame
            self.counters.shrunk += 1
        return self._shrank

    def _hole_due(self) -> float:
        return self._base + self._next_at / self._hz + self.wait_s

    def _dry_due(self) -> float:
        return self._base + (self._next_at + self._surplus) / self._hz + max(DRY_WAIT_S, self.wait_s)


def _signed(difference: int, bits: int) -> int:
    """The difference of two wrapping numbers, as the shorter way round."""
    half = 1 << (bits - 1)
    return ((difference + half) & ((1 << bits) - 1)) - half
