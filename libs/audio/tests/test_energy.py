import numpy as np
import pytest
from parley_audio.energy import EnergyGate, SoundEnd, rms
from parley_audio.formats import samples_of
from parley_audio.vad import WINDOW


def test_rms_of_a_constant_is_its_size() -> None:
    assert rms(np.full(320, -1000, dtype=np.int16)) == pytest.approx(1000)
    assert rms(np.zeros(0, dtype=np.int16)) == 0


def test_the_gate_shuts_out_silence_and_steady_noise_and_lets_speech_in(speech: bytes) -> None:
    gate = EnergyGate()
    noise = np.random.default_rng(3).normal(0, 300, (200, WINDOW)).astype(np.int16)
    opened = [gate.open(rms(window)) for window in noise]
    assert not any(opened[-40:])  # the floor has learned the noise
    assert gate.open(rms(samples_of(speech)[1600:4800]))
    assert not EnergyGate().open(0.0)


@pytest.mark.parametrize("end_at", [7_040, 7_120, 7_300, 7_677])
def test_the_end_of_a_sound_is_found_to_a_block(end_at: int) -> None:
    sound = np.random.default_rng(4).normal(0, 0.2, 16 * WINDOW).astype(np.float32)
    sound[end_at:] = np.random.default_rng(5).normal(0, 0.001, len(sound) - end_at)
    ending = SoundEnd()
    for start in range(0, len(sound), WINDOW):
        ending.push(sound[start : start + WINDOW])
    assert ending.quiet_s(0.001) == pytest.approx((len(sound) - end_at) / 16_000, abs=0.0041)


def test_no_sound_at_all_is_quiet_for_the_whole_memory() -> None:
    ending = SoundEnd(memory_s=0.5)
    ending.push(np.zeros(WINDOW, dtype=np.float32))
    assert ending.quiet_s(0.001) == pytest.approx(0.5)
