"""What one client may send: a stall is caught up, an excess is dropped, and only a lasting one ends the call."""

from collections import Counter

import pytest
from parley_core import telemetry
from parley_gateway.admission.frame_limits import Pace, RealTime, frame_problem


def pace() -> RealTime:
    return RealTime(2.0, 10.0, telemetry.counter("parley_test_excess", "dropped"))


def sent(rate: RealTime, seconds: float, now: float) -> Counter[Pace]:
    """So much audio at once."""
    return Counter(rate.take(0.02, now) for _ in range(round(seconds * 50)))


def in_real_time(rate: RealTime, start: float, seconds: float) -> Counter[Pace]:
    return Counter(rate.take(0.02, start + step * 0.02) for step in range(round(seconds * 50)))


@pytest.mark.parametrize(
    ("stall_s", "kept_s", "dropped_s"),
    [(5, 5, 0), (0.5, 0.5, 0), (10, 10, 0), (12, 12, 0), (15, 15, 3), (40, 40, 28), (3, 0, 0), (0, 1.5, 0), (5, 20, 8)],
)
def test_a_client_that_stalls_catches_up_and_what_exceeds_the_bound_is_dropped(
    stall_s: float, kept_s: float, dropped_s: float
) -> None:
    rate = pace()
    assert in_real_time(rate, 100.0, 60.0)[Pace.TAKE] == 3000
    burst = sent(rate, kept_s, 160.0 + stall_s)
    assert burst[Pace.EXCESS] == 0
    assert burst[Pace.DROP] == pytest.approx(dropped_s * 50, abs=1)
    assert in_real_time(rate, 160.02 + stall_s, 60.0) == {Pace.TAKE: 3000}


def test_stalls_of_5_s_every_10_s_lose_nothing() -> None:
    rate = pace()
    assert all(
        sent(rate, 5.0, at + 5.0) + in_real_time(rate, at + 5.0, 5.0) == {Pace.TAKE: 500} for at in range(0, 600, 10)
    )


@pytest.mark.parametrize("speed", [1.3, 2.0, 8.0])
def test_a_client_that_is_always_too_fast_is_let_go(speed: float) -> None:
    rate = pace()
    seen = Counter(rate.take(0.02, 100.0 + step * 0.02 / speed) for step in range(int(600 * 50 * speed)))
    assert seen[Pace.EXCESS] > 0


def test_a_flood_is_let_go_after_a_minute_of_dropped_audio() -> None:
    seen = sent(pace(), 80.0, 100.0)
    assert (seen[Pace.TAKE], seen[Pace.DROP], seen[Pace.EXCESS]) == (
        600,
        pytest.approx(3000, abs=1),
        pytest.approx(400, abs=1),
    )


def test_a_clock_that_runs_a_little_fast_is_no_excess() -> None:
    rate = pace()
    seen = Counter(rate.take(0.02, 100.0 + step * 0.0199) for step in range(3600 * 50))
    assert seen[Pace.EXCESS] == 0
    assert seen[Pace.DROP] < 1000


@pytest.mark.parametrize(
    ("size", "reason"), [(640, ""), (320, ""), (1920, ""), (641, "odd_frame"), (318, "frame_size")]
)
def test_frames_have_their_sizes(size: int, reason: str) -> None:
    problem = frame_problem(size)
    assert (problem.fault if problem else "") == reason
