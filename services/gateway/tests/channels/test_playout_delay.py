"""How far a carrier's caller is behind, and playout that counts with it."""

import pytest
from parley_gateway.channels.carrier.playout_delay import MAX_DELAY_S, PlayoutDelay


def _speak(ear: PlayoutDelay, seconds: float, now: float) -> tuple[list[str], float]:
    """Send so much audio at real pace; gives the marks to send and the time after it."""
    marks = []
    for _ in range(round(seconds / 0.02)):
        mark = ear.sent(0.02, now)
        marks += [mark] if mark else []
        now += 0.02
    return marks, now


def test_a_mark_a_second_tells_the_delay() -> None:
    ear = PlayoutDelay()
    marks, now = _speak(ear, 3.0, 100.0)
    assert len(marks) == 3
    ear.marked(marks[0], 101.0 + 0.25)
    assert ear.delay_s == pytest.approx(0.25)
    ear.marked(marks[1], 102.0 + 0.35)
    assert ear.delay_s == pytest.approx(0.30)
    assert now == pytest.approx(103.0)


def test_a_mark_after_a_clear_proves_nothing() -> None:
    ear = PlayoutDelay()
    marks, now = _speak(ear, 1.0, 0.0)
    ear.cleared(now)
    ear.marked(marks[0], now + 0.001)
    assert ear.delay_s == 0.0
    again, _ = _speak(ear, 1.0, now)
    assert again != marks


def test_marks_that_were_never_sent_or_come_absurdly_late_do_no_harm() -> None:
    ear = PlayoutDelay()
    ear.marked("m99", 5.0)
    marks, _ = _speak(ear, 1.0, 0.0)
    ear.marked(marks[0], 1000.0)
    ear.marked(marks[0], 2000.0)
    assert ear.delay_s == MAX_DELAY_S
