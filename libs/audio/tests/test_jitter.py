"""The jitter buffer, driven by arrival times: nothing here waits."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_audio.jitter import MAX_PACKETS, MAX_WAIT_S, MIN_WAIT_S, Gap, JitterBuffer

FRAME_S = 0.02
HZ = 8000
FRAME = 160
FIRST = 65_500  # numbers and timestamps both wrap within a second
FIRST_AT = 2**32 - 1000


def name(number: int) -> bytes:
    return number.to_bytes(2, "big")


@dataclass
class Heard:
    """What came out: frame or gap, and how long after its own time."""

    frames: list[bytes | Gap] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def numbers(self) -> list[int | Gap]:
        return [frame if isinstance(frame, Gap) else int.from_bytes(frame, "big") for frame in self.frames]

    def delay(self, number: int) -> float:
        return self.times[self.frames.index(name(number))] - number * FRAME_S


def packets(count: int, *, late: dict[int, float] | None = None, lost: Iterable[int] = ()) -> list[tuple[float, int]]:
    """Arrival times and numbers of 20 ms packets, in the order in which they come."""
    late = late or {}
    gone = set(lost)
    return sorted((number * FRAME_S + late.get(number, 0.0), number) for number in range(count) if number not in gone)


def run(
    arrivals: Iterable[tuple[float, int]],
    *,
    until: float,
    buffer: JitterBuffer | None = None,
    tick_s: float = 0.005,
    quiet_from: float = float("inf"),
) -> Heard:
    buffer = buffer or JitterBuffer(HZ)
    heard = Heard()
    coming: Iterator[tuple[float, int]] = iter(arrivals)
    following = next(coming, None)
    for step in range(round(until / tick_s)):
        now = step * tick_s
        while following is not None and following[0] <= now:
            _, number = following
            seq, at = (FIRST + number) & 0xFFFF, (FIRST_AT + number * FRAME) & 0xFFFFFFFF
            buffer.push(seq, at, name(number), following[0])
            following = next(coming, None)
        while (frame := buffer.pull(now, quiet=now >= quiet_from)) is not None:
            heard.frames.append(frame)
            heard.times.append(now)
    return heard


def test_frames_in_order_are_handed_out_at_once_and_across_both_wraps() -> None:
    heard = run(packets(100), until=2.0)
    assert heard.numbers() == list(range(100))
    assert max(heard.delay(number) for number in range(100)) < 0.006


def test_a_lost_packet_costs_its_own_frame_and_the_delay_is_back_at_the_next_one() -> None:
    heard = run(packets(100, lost=[40]), until=2.0)
    assert heard.numbers() == [*range(40), Gap.LOST, *range(41, 100)]
    assert heard.delay(41) <= MIN_WAIT_S - FRAME_S + 0.006
    assert heard.delay(42) < 0.006


def test_a_burst_of_lost_packets_costs_as_many_frames() -> None:
    heard = run(packets(100, lost=[40, 41, 42]), until=2.0)
    assert heard.numbers() == [*range(40), Gap.LOST, Gap.LOST, Gap.LOST, *range(43, 100)]
    assert heard.delay(44) < 0.006


def test_reordered_packets_come_out_in_order() -> None:
    heard = run(packets(50, late={10: 0.025, 20: 0.045}), until=1.0)
    assert [number for number in heard.numbers() if number != Gap.LOST][:10] == list(range(10))
    assert heard.numbers()[:20] == list(range(20))


def test_a_repeated_packet_is_heard_once() -> None:
    buffer = JitterBuffer(HZ)
    doubled = [packet for packet in packets(20) for _ in range(2)]
    assert run(doubled, until=0.4, buffer=buffer).numbers() == list(range(20))
    assert buffer.counters.late + buffer.counters.duplicate == 20


def test_the_wait_grows_with_jitter_and_shrinks_within_two_seconds_of_calm() -> None:
    rng = random.Random(1)
    buffer = JitterBuffer(HZ)
    shaken = {number: rng.uniform(0, 0.06) for number in range(200)}
    run(packets(200, late=shaken), until=4.0, buffer=buffer)
    assert 0.04 < buffer.wait_s < 0.09
    calm = JitterBuffer(HZ)
    run(packets(300, late=shaken), until=6.0, buffer=calm)
    assert calm.wait_s == MIN_WAIT_S


def test_jitter_of_60_ms_with_reordering_loses_next_to_nothing() -> None:
    rng = random.Random(2)
    shaken = {number: rng.uniform(0, 0.06) for number in range(1000)}
    buffer = JitterBuffer(HZ)
    heard = run(packets(1000, late=shaken), until=20.0, buffer=buffer)
    numbers = [number for number in heard.numbers() if not isinstance(number, Gap)]
    assert numbers == sorted(numbers)
    assert len(numbers) >= 990
    assert max(heard.delay(number) for number in numbers) < 0.1


def test_a_twentieth_lost_with_60_ms_of_jitter_costs_a_twentieth() -> None:
    rng = random.Random(3)
    shaken = {number: rng.uniform(0, 0.06) for number in range(1000)}
    lost = [number for number in range(1000) if number % 20 == 7]
    heard = run(packets(1000, late=shaken, lost=lost), until=20.0)
    numbers = [number for number in heard.numbers() if not isinstance(number, Gap)]
    gaps = len(heard.frames) - len(numbers)
    assert len(numbers) >= 935
    assert gaps <= 65
    assert len(heard.frames) == pytest.approx(1000, abs=5)


def test_two_seconds_after_a_disturbance_the_delay_is_what_it_was() -> None:
    """Judged by the packets' own time: 60 ms of jitter, a loss in 20, a stall of 300 ms, then calm."""
    rng = random.Random(4)
    shaken = {number: rng.uniform(0, 0.06) for number in range(300)}
    shaken |= {number: 0.3 - (number - 200) * FRAME_S for number in range(200, 215)}
    lost = [number for number in range(300) if number % 20 == 7]
    buffer = JitterBuffer(HZ)
    heard = run(packets(500, late=shaken, lost=lost), until=10.0, buffer=buffer)
    assert all(heard.delay(number) < 0.006 for number in range(400, 500))
    assert buffer.wait_s == MIN_WAIT_S


def test_a_sender_that_pauses_leaves_silence_in_real_time_and_no_loss() -> None:
    """DTX: numbers go on, timestamps jump."""
    buffer = JitterBuffer(HZ)
    for number in range(10):
        buffer.push(number, number * FRAME, name(number), number * FRAME_S)
        assert buffer.pull(number * FRAME_S) == name(number)
    silent = 0
    for step in range(10, 60):
        while (frame := buffer.pull(step * FRAME_S)) is not None:
            assert frame is Gap.SILENCE
            silent += 1
    assert silent == pytest.approx(50 - 5, abs=1)  # 100 ms are waited for first
    buffer.push(10, 60 * FRAME, name(60), 60 * FRAME_S)
    frames = []
    while (frame := buffer.pull(60 * FRAME_S)) is not None:
        frames.append(frame)
    assert frames[-1] == name(60)
    assert silent + len(frames) == 51
    assert buffer.counters.lost == 0


def test_speech_that_a_stalled_network_brings_late_is_heard_and_its_silence_taken_back() -> None:
    stalled = {number: 0.4 - (number - 50) * FRAME_S for number in range(50, 70)}
    buffer = JitterBuffer(HZ)
    heard = run(packets(150, late=stalled), until=3.0, buffer=buffer, quiet_from=1.6)
    numbers = [number for number in heard.numbers() if not isinstance(number, Gap)]
    assert set(range(50, 70)) <= set(numbers)
    assert heard.delay(149) < 0.006
    assert buffer.counters.shrunk >= 10
    assert len(heard.frames) == pytest.approx(150, abs=3)  # no more time than passed


def test_digits_in_the_stream_are_no_loss() -> None:
    buffer = JitterBuffer(HZ)
    heard = []
    for number in range(30):
        now = number * FRAME_S
        if 10 <= number < 15:
            buffer.skip(number, 10 * FRAME, now)
        else:
            buffer.push(number, number * FRAME, name(number), now)
        while (frame := buffer.pull(now)) is not None:
            heard.append(frame)
    assert buffer.counters.lost == 0
    assert len(heard) == 30


def test_longer_packets_are_learned() -> None:
    buffer = JitterBuffer(HZ)
    for number in range(20):
        buffer.push(number, number * 3 * FRAME, name(number), number * 0.06)
        assert buffer.pull(number * 0.06) == name(number)
        assert buffer.pull(number * 0.06) is None
    assert buffer.frame == 3 * FRAME


def test_another_streams_numbers_begin_anew_and_one_stray_packet_does_not() -> None:
    buffer = JitterBuffer(HZ)
    assert run(packets(20), until=0.4, buffer=buffer).numbers() == list(range(20))
    buffer.push(12_345, 99, b"stray", 0.4)
    assert buffer.pull(0.4) is None
    for number in range(3):
        buffer.push(30_000 + number, 7_000_000 + number * FRAME, name(number), 0.42 + number * FRAME_S)
    assert buffer.counters.restarts == 1
    assert buffer.pull(0.46) == name(1)


def test_what_waits_is_bounded() -> None:
    buffer = JitterBuffer(HZ)
    buffer.push(0, 0, b"first", 0.0)
    assert buffer.pull(0.0) == b"first"
    for number in range(2, 500):
        buffer.push(number, number * FRAME, b"", 0.001)
    handed = 0
    while buffer.pull(0.001) is not None:
        handed += 1
    assert handed <= MAX_PACKETS + 4
    assert buffer.counters.overflow > 0


def test_due_tells_when_a_hole_is_given_up() -> None:
    buffer = JitterBuffer(HZ)
    assert buffer.due() is None
    buffer.push(0, 0, b"0", 0.0)
    buffer.pull(0.0)
    buffer.push(2, 2 * FRAME, b"2", 0.04)
    due = buffer.due()
    assert due is not None
    assert due == pytest.approx(FRAME_S + MIN_WAIT_S)
    assert buffer.pull(due - 0.001) is None
    assert buffer.pull(due + 1e-9) is Gap.LOST
    assert buffer.pull(due + 1e-9) == b"2"


@given(
    st.lists(
        st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.floats(0, 0.5), st.booleans()), max_size=200
    )
)
def test_no_packets_make_it_fail_or_hand_out_more_than_time_allows(
    given_packets: list[tuple[int, int, float, bool]],
) -> None:
    buffer = JitterBuffer(HZ)
    now, handed = 0.0, 0
    for seq, at, passed, audio in given_packets:
        now += passed
        (buffer.push(seq, at, b"x", now) if audio else buffer.skip(seq, at, now))
        for _ in range(200):
            if buffer.pull(now) is None:
                break
            handed += 1
        else:
            pytest.fail("it never stops")
        assert buffer.wait_s <= MAX_WAIT_S
    assert handed <= now / FRAME_S + 4 * len(given_packets) * MAX_PACKETS


@given(
    lost=st.sets(st.integers(1, 198), max_size=40),
    late=st.dictionaries(st.integers(1, 198), st.floats(0, 0.3), max_size=60),
    ticks=st.sampled_from([0.005, 0.02]),
)
def test_under_any_loss_and_delay_order_holds_and_time_is_kept(
    lost: set[int], late: dict[int, float], ticks: float
) -> None:
    heard = run(packets(200, late=late, lost=lost), until=5.0, tick_s=ticks, quiet_from=2.0)
    numbers = [number for number in heard.numbers() if not isinstance(number, Gap)]
    assert numbers == sorted(set(numbers))
    assert heard.times == sorted(heard.times)
    assert len(heard.frames) <= 5.0 / FRAME_S + 20
