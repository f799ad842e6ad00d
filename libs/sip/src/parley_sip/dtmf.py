"""DTMF by RFC 4733 packets and SIP INFO, each key press counted once. Pure: the caller passes the time.

By the RFC all packets of a press have one timestamp and a growing duration, and the last one is sent three times.
Senders in the field also give each packet, or each repeated end, a new timestamp, leave the duration at zero, send ends
alone, set the marker never or always, use a separate SSRC, and send every key by INFO as well. Sequence, an end in
between, and silence distinguish a second press of the same key from further packets of the first.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum

from parley_core.errors import BadInput

from parley_sip.rtp import Packet

KEYS = "0123456789*#ABCD"
_EVENT_BYTES = 4
_LATE = 100  # packets that may come after a later one (RFC 3550 §A.1); a number further back is a new beginning
_PAUSE_S = 0.04  # least pause between two presses of a key
_REPEAT_S = 0.08  # an end sooner than this after an end of the same key repeats it
_LOST_S = 0.5  # after this gap a packet belongs to another press, even without an end or a marker in between
_STUCK_S = 0.25  # the same, for a sender whose timestamp stands still
_OLD_S = 5.0  # a timestamp further back is a new beginning
_JUMP_S = 1.0  # an end this far ahead is no repeat, even if it arrives at once, after a stall
_PAIR_S = 2.0  # RTP and INFO of one press arrive within this; a lost INFO is resent after 0.5 and 1.5 s
_MOST_PRESSES = 64
_FLASH = ("!", "16")  # hook flash, not a key
_CODES = {str(code): KEYS[code] for code in range(10, 16)}  # RFC 4733's event numbers
INFO_TYPES = (
    "application/dtmf-relay",
    "application/dtmf",
    "application/telephone-event",
    "audio/telephone-event",
    "application/vnd.nortelnetworks.digits",
)


class Way(Enum):
    RTP = "rtp"
    INFO = "info"


@dataclass(slots=True)
class _Press:
    key: str
    way: Way
    at: float  # of its latest packet


@dataclass(slots=True)
class _Event:
    """The press whose packets are coming, in its sender's clock."""

    code: int
    stream: tuple[int, int]  # SSRC and clock
    seq: int  # the highest
    began: int  # the first timestamp
    timestamp: int  # the latest
    until: int  # how far its packets reach
    duration: int  # the longest
    ended: bool
    at: float
    press: _Press | None


class KeyPresses:
    """The keys of one call."""

    def __init__(self) -> None:
        self._event: _Event | None = None
        self._alone: deque[_Press] = deque(maxlen=_MOST_PRESSES)  # presses seen by RTP or INFO only, so far

    def packet(self, packet: Packet, hz: int, now: float) -> str:
        """The key, if this packet begins a new press; else empty. `hz`: the event's clock."""
        payload = packet.payload
        if len(payload) < _EVENT_BYTES or payload[0] >= len(KEYS):
            return ""  # flash, fax tones
        event = _Event(
            code=payload[0],
            stream=(packet.ssrc, hz),
            seq=packet.seq,
            began=packet.timestamp,
            timestamp=packet.timestamp,
            until=packet.timestamp + int.from_bytes(payload[2:4]) & 0xFFFFFFFF,
            duration=int.from_bytes(payload[2:4]),
            ended=bool(payload[1] & 0x80),
            at=now,
            press=None,
        )
        known = self._event
        if known is not None and not _begins(known, event, marker=packet.marker):
            return ""
        self._event = event
        event.press = self._new(KEYS[event.code], Way.RTP, now)
        return KEYS[event.code] if event.press is not None else ""

    def info(self, keys: str, now: float) -> str:
        """The keys of a SIP INFO, without those already received by RTP."""
        return "".join(key for key in keys if self._new(key, Way.INFO, now) is not None)

    def _new(self, key: str, way: Way, now: float) -> _Press | None:
        """Record a press; None if the other transport has already reported it."""
        for press in self._alone:
            if press.key == key and press.way is not way and now - press.at <= _PAIR_S:
                self._alone.remove(press)
                return None
        press = _Press(key, way, now)
        self._alone.append(press)
        return press


def _begins(known: _Event, event: _Event, *, marker: bool) -> bool:
    """Whether a packet begins a press; else it extends the known one, or is late."""
    same = event.code == known.code
    if event.stream != known.stream:
        if not same or marker or event.at - known.at >= _REPEAT_S:
            return True
        known.stream, known.until = event.stream, event.until
    elif _is_late(known, event):
        return False
    elif not same or _is_pressed_again(known, event, marker=marker):
        return True
    known.seq, known.timestamp, known.at = event.seq, event.timestamp, event.at
    if not known.ended and _ahead(event.until, known.until) > 0:
        known.until = event.until  # timestamps of repeated ends are unreliable
    known.duration = max(known.duration, event.duration)
    known.ended = known.ended or event.ended
    if known.press is not None:
        known.press.at = event.at  # INFO reports a long press at its end
    return False


def _is_pressed_again(known: _Event, event: _Event, *, marker: bool) -> bool:
    """Whether a later packet with the same code belongs to another press."""
    hz = event.stream[1]
    silent_s, lasts_s = event.at - known.at, event.duration / hz
    if event.timestamp == known.timestamp:
        return known.ended and not event.ended and (marker or silent_s >= _STUCK_S)
    if known.ended and not event.ended:
        return True
    gap_s = _ahead(event.timestamp, known.until) / hz
    if known.ended:
        # An end after an end: a press whose other packets were lost or never sent, or a repeated end. A press takes its
        # length and a pause; repeats arrive sooner, whatever their timestamps.
        long_silent = silent_s >= max(_REPEAT_S, lasts_s + _PAUSE_S)
        return gap_s >= _JUMP_S or (long_silent and (gap_s >= 0 or silent_s >= _LOST_S))
    if gap_s > max(_LOST_S, lasts_s):
        return True
    # The ends were lost. A held key continues where its last segment ended (§2.5.1.3), a new press follows a pause.
    return gap_s >= _PAUSE_S and (marker or event.duration < known.duration)


def _is_late(known: _Event, event: _Event) -> bool:
    """Whether a packet is a duplicate, or of an earlier press."""
    behind = known.seq - event.seq & 0xFFFF
    if behind == 0:
        return (event.code, event.timestamp) == (known.code, known.timestamp)
    # Some relays renumber packets that they forward out of order.
    return behind <= _LATE or 0 < -_ahead(event.timestamp, known.began) < _OLD_S * event.stream[1]


def _ahead(timestamp: int, other: int) -> int:
    """The signed difference of two timestamps."""
    return (timestamp - other + 0x80000000 & 0xFFFFFFFF) - 0x80000000


def parse_info(kind: str, body: bytes) -> str:
    """The keys of a SIP INFO whose Content-Type is one of `INFO_TYPES`; empty for a flash. Raises BadInput.

    There is no standard: `Signal=5` (dtmf-relay), `5` (dtmf), `d=5` (Nortel), numbers of RFC 4733 for * and #.
    """
    try:
        text = body[:512].decode("ascii")
    except UnicodeDecodeError:
        raise BadInput("INFO", "is not ASCII") from None
    signal = text.strip()
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip().lower() in ("signal", "d"):
            signal = value.partition(";")[0].strip().strip('"')
            break
    if signal in _FLASH:
        return ""
    keys = signal.upper() if kind == "application/vnd.nortelnetworks.digits" else _CODES.get(signal, signal.upper())
    if not keys or (len(keys) > 1 and kind != "application/vnd.nortelnetworks.digits") or set(keys) - set(KEYS):
        raise BadInput("Signal", "must be one of 0-9, *, #, A-D")
    return keys[:_MOST_PRESSES]
