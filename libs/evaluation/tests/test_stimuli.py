from collections import Counter

import numpy as np
import pytest
from parley_audio.formats import FRAME_BYTES, FRAME_SAMPLES
from parley_evaluation import sounds
from parley_evaluation.line import CONTROL, Line, LineConditions
from parley_evaluation.plans import plan_call
from parley_evaluation.recording import RATE, Kind
from parley_evaluation.trades import trades
from parley_evaluation.voices import silences


def chance() -> sounds.Chance:
    return np.random.default_rng(1)


def level(pcm: bytes) -> float:
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    return float(np.sqrt(np.mean(samples**2)))


def sent(line: Line, frames: int) -> bytes:
    return b"".join(line.frame(np.zeros(FRAME_SAMPLES)) for _ in range(frames))


def tone(hz: float, length_s: float = 1.0) -> sounds.Samples:
    return 0.1 * np.sin(2 * np.pi * hz * np.arange(int(length_s * RATE)) / RATE)


def test_a_plan_is_the_same_for_the_same_seed_only() -> None:
    chosen = trades("held")
    assert plan_call(3, 7, chosen) == plan_call(3, 7, chosen)
    assert plan_call(3, 7, chosen).questions != plan_call(3, 8, chosen).questions


def test_a_full_run_has_a_hundred_events_of_every_class_that_is_judged() -> None:
    dealt = Counter(
        event.kind
        for number in range(44)
        for question in plan_call(number, 1, trades("held")).questions
        for event in (*question.over, *question.then)
    )
    assert all(dealt[kind] >= 100 for kind in (Kind.SPEECH, Kind.BACKCHANNEL, Kind.VOCAL_TIC, Kind.NON_DIRECTED))


def test_voices_for_tuning_and_for_judging_call_different_businesses() -> None:
    assert not {one.name for one in trades("tuning")} & {one.name for one in trades("held")}


def test_a_telephone_line_carries_speech_and_neither_hum_nor_hiss() -> None:
    def through(hz: float) -> float:
        line = Line(CONTROL, chance())
        line.play(tone(hz))
        return level(sent(line, 50)[10 * FRAME_BYTES :])

    assert through(1000) > 1800
    assert through(50) < 0.1 * through(1000)
    assert through(6000) < 0.1 * through(1000)


def test_every_frame_is_whole_from_the_first_one_on() -> None:
    assert [len(Line(CONTROL, chance()).frame(np.zeros(FRAME_SAMPLES))) for _ in range(3)] == [FRAME_BYTES] * 3


def test_background_noise_is_as_far_below_speech_as_it_is_asked_for() -> None:
    conditions = LineConditions(telephone=False, noise="pink", noise_db=15, drift_db=0)
    heard = level(sent(Line(conditions, chance()), 500))
    assert 20 * np.log10(0.9 * 3000 / heard) == pytest.approx(15, abs=0.5)


def test_a_lossy_line_loses_about_one_frame_in_a_hundred_in_bursts() -> None:
    line = Line(LineConditions(telephone=False, noise="pink", lossy=True), chance())
    lost = [not any(line.frame(np.zeros(FRAME_SAMPLES))) for _ in range(20_000)]
    assert 0.005 < np.mean(lost) < 0.02
    bursts = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    assert np.sum(lost) / bursts > 3


def test_the_agents_voice_comes_back_at_the_level_of_the_echo() -> None:
    line = Line(LineConditions(telephone=False, echo_db=-12.0), chance())
    echoed = line.frame(tone(1000)[:FRAME_SAMPLES])
    assert 20 * np.log10(
        level(echoed) / (0.9 * level((tone(1000)[:FRAME_SAMPLES] * 32767).astype("<i2").tobytes()))
    ) == (pytest.approx(-12, abs=0.2))


@pytest.mark.parametrize("name", sounds.TICS)
def test_every_tic_sounds_and_differs_from_event_to_event(name: str) -> None:
    drawn = chance()
    first, second = sounds.tic(name, drawn), sounds.tic(name, drawn)
    assert 0.2 < len(first) / RATE < 2.5
    assert np.isfinite(first).all()
    assert len(first) != len(second) or not np.allclose(first, second)


@pytest.mark.parametrize("name", sounds.BURSTS)
def test_every_burst_sounds(name: str) -> None:
    made = sounds.burst(name, chance())
    assert np.isfinite(made).all()
    assert np.abs(sounds.at_level(made, 0.0)).max() > 0.05


def test_pauses_of_a_tenth_of_a_second_and_more_are_found() -> None:
    spoken = np.concatenate([tone(300), np.zeros(RATE // 2), tone(300), np.zeros(RATE // 20), tone(300)])
    (found,) = silences(spoken)
    assert found.start_s == pytest.approx(1.0, abs=0.02)
    assert found.length_s == pytest.approx(0.5, abs=0.03)
