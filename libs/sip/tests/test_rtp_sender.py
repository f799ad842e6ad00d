"""The pace of the agent's audio, and what `clear` reaches."""

import struct

from parley_audio import codecs
from parley_audio.formats import FRAME_BYTES
from parley_sip.rtp_sender import RtpSender

VOICE = struct.pack("<h", 8000) * (FRAME_BYTES // 2)


class Wire:
    def __init__(self) -> None:
        self.now = 10.0
        self.packets: list[tuple[float, bool, int, int, bytes]] = []  # at, marker, seq, timestamp, payload
        self.sender = RtpSender(
            self.send, frame_bytes=FRAME_BYTES, ssrc=7, seq=65_534, timestamp=4_294_967_200, now=self.now
        )
        self.sender.use(codecs.pcmu(), 0, 8000, b"\xff" * 160, sending=True)

    def send(self, packet: bytes) -> None:
        _, second, seq, timestamp, _ = struct.unpack("!BBHII", packet[:12])
        self.packets.append((self.now, bool(second & 0x80), seq, timestamp, packet[12:]))

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        while self.sender.due <= until:
            self.now = max(self.now, self.sender.due)
            self.sender.tick(self.now)
        self.now = until

    @property
    def voiced(self) -> list[tuple[float, bool, int, int, bytes]]:
        return [one for one in self.packets if one[4] != b"\xff" * 160]


def test_silence_is_sent_each_20_ms_with_unbroken_numbers() -> None:
    wire = Wire()
    wire.run(1.0)
    assert 50 <= len(wire.packets) <= 51
    assert [one[2] for one in wire.packets[:4]] == [65_534, 65_535, 0, 1]
    steps = {(later[3] - one[3]) & 0xFFFFFFFF for one, later in zip(wire.packets, wire.packets[1:], strict=False)}
    assert steps == {160}


def test_voice_goes_out_at_once_and_then_in_real_time() -> None:
    wire = Wire()
    wire.run(0.107)
    said = wire.now
    for _ in range(4):  # as playout does: 60 ms ahead
        wire.sender.put(VOICE, wire.now)
    wire.run(0.5)
    first, *rest = wire.voiced
    assert (first[0], first[1]) == (said, True)
    assert [round((one[0] - said) * 1000) for one in rest[:3]] == [20, 40, 60]
    # What was early during the voice is not afterwards: timestamps stay with real time.
    assert abs((wire.packets[-1][3] - wire.packets[0][3]) % 2**32 / 8000 - (wire.packets[-1][0] - 10.0)) < 0.001


def test_clear_stops_the_voice_with_the_packet_that_is_on_its_way() -> None:
    wire = Wire()
    for _ in range(4):
        wire.sender.put(VOICE, wire.now)
    wire.run(0.02)
    wire.sender.clear()
    count = len(wire.voiced)
    wire.run(0.5)
    assert count == 2
    assert len(wire.voiced) <= count + 2  # the filter's last milliseconds fade


def test_a_rest_that_is_no_whole_frame_is_sent_all_the_same() -> None:
    wire = Wire()
    wire.sender.put(VOICE + VOICE[:100], wire.now)
    wire.run(0.1)
    assert len(wire.voiced) >= 2
    assert all(len(one[4]) == 160 for one in wire.packets)


def test_a_process_that_slept_does_not_send_twice_as_fast() -> None:
    wire = Wire()
    wire.run(0.1)
    wire.now += 2.0
    wire.sender.tick(wire.now)
    assert sum(one[0] == wire.now for one in wire.packets) <= 2


def test_nothing_goes_to_who_holds_the_line() -> None:
    wire = Wire()
    wire.sender.sending(False)
    wire.sender.put(VOICE, wire.now)
    wire.run(0.1)
    assert wire.packets == []
    wire.sender.sending(True)
    wire.run(0.1)
    assert wire.packets
    assert wire.voiced == []
