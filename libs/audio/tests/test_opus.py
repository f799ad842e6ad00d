from contextlib import suppress

import numpy as np
import pytest
from parley_audio.energy import rms
from parley_audio.formats import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE, pcm_of, samples_of, silence
from parley_audio.opus import CLOCK_HZ, Opus


def tone(hz: float, frames: int) -> list[bytes]:
    wave = 8000 * np.sin(2 * np.pi * hz * np.arange(frames * FRAME_SAMPLES) / SAMPLE_RATE)
    pcm = pcm_of(wave.astype(np.int32))
    return [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]


def test_what_is_encoded_is_decoded_frame_by_frame_at_its_pitch_and_level() -> None:
    sender, receiver = Opus(), Opus()
    heard = b"".join(receiver.decode(sender.encode(frame)) for frame in tone(440, 50))
    samples = samples_of(heard)[SAMPLE_RATE // 2 :].astype(float)
    assert len(heard) == pytest.approx(50 * FRAME_BYTES, abs=100)
    peak = np.argmax(np.abs(np.fft.rfft(samples * np.hanning(len(samples))))) * SAMPLE_RATE / len(samples)
    assert peak == pytest.approx(440, abs=5)
    assert rms(samples.astype(np.int16)) == pytest.approx(8000 / 2**0.5, rel=0.2)


def test_a_call_takes_32_kbit_a_second_or_less() -> None:
    codec = Opus()
    noise = np.random.default_rng(1)
    sizes = [len(codec.encode(noise.integers(-5000, 5000, FRAME_SAMPLES).astype("<i2").tobytes())) for _ in range(100)]
    assert sum(sizes) * 8 / (100 * 0.02) < 36_000


def test_a_short_frame_is_filled_up() -> None:
    sender, receiver = Opus(), Opus()
    receiver.decode(sender.encode(silence(20)))
    assert len(receiver.decode(sender.encode(silence(5)))) == FRAME_BYTES


@pytest.mark.parametrize("payload", [b"\xff\xff\xff", b"\x03", bytes(5), bytes(1400)])
def test_bytes_that_are_no_opus_are_refused_or_decoded_and_never_fatal(payload: bytes) -> None:
    codec = Opus()
    with suppress(ValueError):
        codec.decode(payload)
    assert codec.name == "opus"
    assert codec.rate_hz == CLOCK_HZ
