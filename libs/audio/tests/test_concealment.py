import numpy as np
import pytest
from parley_audio.concealment import Concealer
from parley_audio.energy import rms
from parley_audio.formats import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE, samples_of, silence


def voice(hz: float, frames: int) -> list[bytes]:
    """A voice's outline: a fundamental and its overtones."""
    at = np.arange(frames * FRAME_SAMPLES) / SAMPLE_RATE
    wave = sum(np.sin(2 * np.pi * hz * n * at) / n for n in range(1, 6))
    pcm = (np.asarray(wave) * 4000).astype("<i2").tobytes()
    return [pcm[start : start + FRAME_BYTES] for start in range(0, len(pcm), FRAME_BYTES)]


def steepest(pcm: bytes) -> int:
    return int(np.abs(np.diff(samples_of(pcm).astype(np.int32))).max())


@pytest.mark.parametrize("hz", [85.0, 120.0, 213.0, 310.0])
def test_a_lost_frame_of_a_voice_goes_on_in_its_pitch_and_without_a_click(hz: float) -> None:
    frames = voice(hz, 12)
    concealer = Concealer()
    for frame in frames[:8]:
        assert concealer.good(frame) == frame
    concealed = concealer.conceal()
    after = concealer.good(frames[9])
    assert len(concealed) == FRAME_BYTES
    ours, true = samples_of(concealed).astype(float), samples_of(frames[8]).astype(float)
    alike = float(np.dot(ours, true) / np.sqrt(np.dot(ours, ours) * np.dot(true, true)))
    assert alike > 0.8
    assert steepest(frames[7] + concealed + after) < 2 * steepest(b"".join(frames))
    assert concealer.concealed == 1


def test_it_fades_to_silence_within_60_ms() -> None:
    concealer = Concealer()
    for frame in voice(120, 6):
        concealer.good(frame)
    levels = [rms(samples_of(concealer.conceal())) for _ in range(5)]
    assert levels[0] > levels[1] > levels[2] > 0
    assert levels[3] == levels[4] == 0


def test_before_anything_was_heard_there_is_silence() -> None:
    concealer = Concealer()
    assert concealer.conceal() == silence(20)
    concealer.good(silence(20))
    assert concealer.conceal(160) == silence(10)


def test_noise_and_full_scale_do_not_wrap() -> None:
    rng = np.random.default_rng(1)
    concealer = Concealer()
    for _ in range(4):
        concealer.good(rng.choice(np.array([-32768, 32767], "<i2"), FRAME_SAMPLES).tobytes())
    assert steepest(concealer.conceal()) <= 65535
