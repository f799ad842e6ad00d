"""One press, one key: by RFC 4733 as it is sent in the field, by SIP INFO, and by both at once."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parley_core.errors import BadInput
from parley_sip.dtmf import INFO_TYPES, KEYS, KeyPresses, parse_info
from parley_sip.rtp import Packet

HZ = 8000
PACKET_S = 0.02


@dataclass(frozen=True)
class Sent:
    at: float
    packet: Packet


@dataclass(frozen=True)
class Sender:
    """How some phone or relay writes a press; the defaults are RFC 4733's."""

    ends: int = 3
    begins: bool = True  # packets before the ends
    marker: str = "first"  # first, never, always
    duration: str = "grows"  # grows, zero
    stamps: str = (
        "start"  # start; ends: each repeated end its own; each: each packet its own; stuck: one for all presses
    )
    own_stream: bool = False
    held_s: float = 0.12
    pause_s: float = 0.1
    hz: int = HZ

    def press(self, keys: str, *, at: float = 10.0, seq: int = 65_530, timestamp: int = 0xFFFFF000) -> list[list[Sent]]:
        """The packets of each key, one after the other in time."""
        presses = []
        base = at
        for key in keys:
            packets = []
            count = round(self.held_s / PACKET_S)
            for number in range(0 if self.begins else count, count + self.ends):
                ended = number >= count
                sent_at = at + (number + 1) * PACKET_S
                lasted = min(number + 1, count) * round(PACKET_S * self.hz)
                began = 0 if self.stamps == "stuck" else round((at - base) * self.hz)
                stamp = timestamp + began
                if self.stamps == "each" or (self.stamps == "ends" and number > count):
                    stamp += round((number + 1) * PACKET_S * self.hz)
                marker = self.marker == "always" or (self.marker == "first" and not packets)
                payload = struct.pack(
                    "!BBH",
                    KEYS.index(key),
                    0x8A if ended else 0x0A,
                    0 if self.duration == "zero" else min(lasted, 0xFFFF),
                )
                packet = Packet(101, marker, seq & 0xFFFF, stamp & 0xFFFFFFFF, 2 if self.own_stream else 1, payload)
                packets.append(Sent(sent_at, packet))
                seq += 1
            presses.append(packets)
            at += self.held_s + (self.ends - 1) * PACKET_S * (self.stamps == "each") + self.pause_s
        return presses


def told(packets: Iterable[Sent], keys: KeyPresses | None = None, *, hz: int = HZ) -> str:
    keys = keys or KeyPresses()
    return "".join(keys.packet(one.packet, hz, one.at) for one in packets)


def flat(presses: Sequence[Sequence[Sent]]) -> list[Sent]:
    return [one for packets in presses for one in packets]


SENDERS = {
    "as the RFC says": Sender(),
    "end packets with timestamps of their own": Sender(stamps="ends"),
    "every packet with a timestamp of its own": Sender(stamps="each"),
    "every packet with a timestamp of its own, no marker": Sender(stamps="each", marker="never"),
    "one timestamp for every press": Sender(stamps="stuck"),
    "a duration that stays zero": Sender(duration="zero"),
    "zero durations and growing timestamps": Sender(duration="zero", stamps="each"),
    "no marker": Sender(marker="never"),
    "a marker on every packet": Sender(marker="always"),
    "a marker on every packet, own timestamps": Sender(marker="always", stamps="each"),
    "one end": Sender(ends=1),
    "ends alone": Sender(begins=False),
    "ends alone, with timestamps of their own": Sender(begins=False, stamps="ends"),
    "a stream of its own": Sender(own_stream=True),
    "the shortest tones": Sender(held_s=0.04, pause_s=0.04),
    "long tones": Sender(held_s=1.5),
    "a fast dialler": Sender(held_s=0.06, pause_s=0.06, ends=1),
    "Opus's clock": Sender(hz=48_000),
}


@pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
@pytest.mark.parametrize("keys", ["4", "44", "444", "1234567890*#", "1122#", "*0*0"])
def test_each_press_is_one_key_however_it_is_written(sender: Sender, keys: str) -> None:
    assert told(flat(sender.press(keys)), hz=sender.hz) == keys


@pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
def test_packets_that_come_twice_are_no_second_press(sender: Sender) -> None:
    twice = [one for sent in flat(sender.press("477#")) for one in (sent, sent)]
    assert told(twice, hz=sender.hz) == "477#"


def test_a_press_whose_end_packets_have_new_timestamps_is_one_key() -> None:
    """As it was met: two of three ends, 160 and 320 later."""
    event = struct.pack("!BBH", 4, 10, 160)
    end = struct.pack("!BBH", 4, 0x8A, 800)
    packets = [(True, 7, 1000, event), (False, 8, 1000, end), (False, 9, 1960, end), (False, 10, 2120, end)]
    for paced in (0.0, 0.02, 0.05):
        sent = [
            Sent(10 + number * paced, Packet(101, marker, seq, stamp, 1, payload))
            for number, (marker, seq, stamp, payload) in enumerate(packets)
        ]
        assert told(sent) == "4"


@pytest.mark.parametrize("kept", [[0], [3], [5], [6], [8], [0, 8], [2, 4]])
@pytest.mark.parametrize("name", ["as the RFC says", "no marker", "every packet with a timestamp of its own"])
def test_any_packet_of_a_press_is_enough(name: str, kept: list[int]) -> None:
    presses = SENDERS[name].press("5158")
    assert told([packets[number] for packets in presses for number in kept]) == "5158"


def test_the_same_key_twice_is_two_presses_when_the_first_ones_ends_are_lost() -> None:
    for sender in (Sender(), Sender(marker="never"), Sender(stamps="each")):
        first, second = sender.press("44")
        assert told([*first[:-3], *second]) == "44"


def test_the_same_key_twice_is_two_presses_when_all_but_ends_are_lost() -> None:
    first, second = Sender(held_s=0.1, pause_s=0.1).press("44")
    assert told([*first[-3:], *second[-3:]]) == "44"
    assert told([first[-1], second[-1]]) == "44"


def test_a_key_held_down_is_one_press() -> None:
    """Durations end at 65535: the press goes on as a further segment (§2.5.1.3)."""
    event = [struct.pack("!BBH", 11, 10, duration) for duration in (0x4000, 0x8000, 0xFFFF)]
    sent, at, seq = [], 10.0, 0
    for segment in range(3):
        for payload in event:
            sent.append(Sent(at, Packet(101, seq == 0, seq, segment * 0xFFFF, 1, payload)))
            at, seq = at + 2.7, seq + 1
    sent.append(Sent(at, Packet(101, False, seq, 3 * 0xFFFF, 1, struct.pack("!BBH", 11, 0x8A, 0x100))))
    assert told(sent) == "#"


def test_a_press_with_a_gap_before_its_end_is_one_key() -> None:
    for stamps in ("start", "each"):
        (packets,) = Sender(held_s=1.7, stamps=stamps).press("6")
        assert told([*packets[:2], *packets[-3:]]) == "6"


def test_late_packets_are_of_presses_that_were_told() -> None:
    one, two = Sender().press("12")
    assert told([*one[:-1], *two[:3], one[-1], *two[3:]]) == "12"
    assert told([*one[:4], two[0], one[4], one[5], two[1], one[6], one[7], one[8], *two[2:]]) == "12"
    assert told([one[-1], *one[:-1], *two]) == "12"


def test_a_relay_that_numbers_late_packets_anew_presses_no_key_twice() -> None:
    one, two = Sender().press("12")
    order = [*one[:5], *one[6:8], one[5], two[0], one[8], *two[1:]]
    anew = [Sent(sent.at, sent.packet._replace(seq=number)) for number, sent in enumerate(order)]
    assert told(anew) == "12"


def test_numbers_and_timestamps_that_begin_anew_lose_no_key() -> None:
    keys = KeyPresses()
    assert told(flat(Sender().press("1", seq=40_000, timestamp=3_000_000)), keys) == "1"
    assert told(flat(Sender().press("1", at=11, seq=20_000, timestamp=1_000_000)), keys) == "1"
    assert told(flat(Sender().press("2", at=12, seq=100, timestamp=50)), keys) == "2"


def test_keys_in_a_stream_of_their_own_survive_a_new_stream() -> None:
    (packets,) = Sender().press("3")
    moved = [*packets[:4], *(Sent(one.at, one.packet._replace(ssrc=9)) for one in packets[4:])]
    assert told(moved) == "3"


def test_what_is_no_key_is_none() -> None:
    keys = KeyPresses()
    assert keys.packet(Packet(101, True, 1, 1, 1, b"\x05\x0a\x00"), HZ, 1.0) == ""
    for code in (16, 32, 64, 200, 255):  # flash, fax, trunk tones
        assert keys.packet(Packet(101, True, 2, 1000, 1, bytes([code, 0x8A, 3, 0x20])), HZ, 1.0) == ""
    assert told(flat(Sender().press("D")), keys) == "D"


@st.composite
def pressings(draw: st.DrawFn) -> tuple[str, Sender, list[Sent]]:
    """Keys, a sender that keeps the RFC or one of its usual faults, and a network that loses, doubles and reorders."""
    keys = draw(st.text("0123*#", min_size=1, max_size=8))
    names = ["as the RFC says", "end packets with timestamps of their own", "no marker", "a marker on every packet"]
    names += ["every packet with a timestamp of its own", "a stream of its own", "a duration that stays zero"]
    sender = replace(SENDERS[draw(st.sampled_from(names))], pause_s=draw(st.floats(0.08, 0.6)))
    random = Random(draw(st.integers(0, 2**32)))
    arrived: list[Sent] = []
    for packets in sender.press(keys):
        # Three of a press's packets in a row may be lost, but not every end as well as its beginning.
        lost = random.randrange(len(packets))
        gone = set(range(lost, min(lost + 3, len(packets) - 1)))
        for number, sent in enumerate(packets):
            if number in gone:
                continue
            arrived.append(replace(sent, at=sent.at + random.random() * 0.03))
            if random.random() < 0.2:
                arrived.append(replace(sent, at=sent.at + random.random() * 0.06))
    arrived.sort(key=lambda sent: sent.at)
    return keys, sender, arrived


@settings(max_examples=500, deadline=None)
@given(pressings())
def test_a_bad_network_neither_adds_nor_loses_a_key(pressing: tuple[str, Sender, list[Sent]]) -> None:
    keys, sender, arrived = pressing
    assert told(arrived, hz=sender.hz) == keys


@pytest.mark.parametrize(
    ("kind", "body", "keys"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", b"Signal= 7\nDuration= 250", "7"),
        ("application/dtmf-relay", b"signal = a", "A"),
        ("application/dtmf-relay", b"Duration=160\r\nSignal=*\r\n", "*"),
        ("application/dtmf-relay", b'Signal="3"', "3"),
        ("application/dtmf-relay", b"Signal=11\r\nDuration=160", "#"),
        ("application/dtmf-relay", b"Signal=16\r\nDuration=160", ""),
        ("application/dtmf-relay", b"Signal=!", ""),
        ("application/dtmf", b"5", "5"),
        ("application/dtmf", b" # \r\n", "#"),
        ("application/dtmf", b"10", "*"),
        ("audio/telephone-event", b"Signal=9\r\nDuration=100", "9"),
        ("application/vnd.nortelnetworks.digits", b"p=Digit-Collection\r\ny=Digits\r\ns=success\r\nd=12#\r\n", "12#"),
    ],
)
def test_an_info_names_keys(kind: str, body: bytes, keys: str) -> None:
    assert kind in INFO_TYPES
    assert parse_info(kind, body) == keys


@pytest.mark.parametrize("body", [b"", b"Signal=", b"Signal=boo", b"Signal=55", b"\xff", b"E", b"Duration=160"])
def test_an_info_without_a_key_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        parse_info("application/dtmf-relay", body)


def told_both(events: Iterable[tuple[float, Packet | str]]) -> str:
    """Keys out of packets and INFOs, as they come."""
    keys = KeyPresses()
    return "".join(
        keys.info(what, at) if isinstance(what, str) else keys.packet(what, HZ, at)
        for at, what in sorted(events, key=lambda event: event[0])
    )


@pytest.mark.parametrize("delay_s", [-0.05, 0.0, 0.05, 0.3, 1.2])
@pytest.mark.parametrize("keys", ["4", "44", "4711", "00#"])
def test_keys_that_are_sent_both_ways_count_once(keys: str, delay_s: float) -> None:
    """INFO before the packets, with them, when the key is let go, or sent again after it was lost."""
    presses = Sender().press(keys)
    events: list[tuple[float, Packet | str]] = [(sent.at, sent.packet) for sent in flat(presses)]
    events += [(packets[0].at + delay_s, key) for packets, key in zip(presses, keys, strict=True)]
    assert sorted(told_both(events)) == sorted(keys)
    if delay_s < 0.1:
        assert told_both(events) == keys


def test_either_way_alone_tells_every_press() -> None:
    keys = KeyPresses()
    assert [keys.info("4", 10.0 + number * 0.15) for number in range(3)] == ["4"] * 3
    assert told(flat(Sender().press("55", at=20.0)), keys) == "55"
    assert keys.info("6", 21.0) == "6"


def test_one_way_that_loses_a_press_is_made_up_for_by_the_other() -> None:
    one, two = Sender().press("77")
    events: list[tuple[float, Packet | str]] = [(sent.at, sent.packet) for sent in one]
    events += [(one[-1].at, "7"), (two[-1].at, "7")]  # nothing of the second came by RTP
    assert told_both(events) == "77"


def test_info_at_the_end_of_a_long_press_is_the_same_press() -> None:
    (packets,) = Sender(held_s=7.0).press("1")
    events: list[tuple[float, Packet | str]] = [(sent.at, sent.packet) for sent in packets]
    assert told_both([*events, (packets[-1].at + 0.1, "1")]) == "1"


def test_a_key_by_info_long_after_the_same_key_by_rtp_is_another_press() -> None:
    (packets,) = Sender().press("1")
    events: list[tuple[float, Packet | str]] = [(sent.at, sent.packet) for sent in packets]
    assert told_both([*events, (packets[-1].at + 5.0, "1")]) == "11"
