import numpy as np
import pytest
from parley_audio.formats import pcm_of, samples_of
from parley_audio.resample import Resampler, resample


def tone(rate: int, seconds: float = 1.0) -> bytes:
    return pcm_of(0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate))


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_a_stream_in_parts_equals_the_whole(rate: int) -> None:
    pcm = tone(rate)
    stream = Resampler(rate)
    part = rate // 50 * 2
    made = b"".join(stream.push(pcm[at : at + part]) for at in range(0, len(pcm), part)) + stream.push(b"", last=True)
    assert abs(len(made) // 2 - 16_000) <= 2
    expected = samples_of(tone(16_000)).astype(int)[800:15_000]
    assert np.abs(samples_of(made).astype(int)[800:15_000] - expected).max() < 300


def test_equal_rates_pass_through() -> None:
    assert Resampler(16_000).push(b"\x01\x02") == b"\x01\x02"
    assert resample(b"\x01\x02", 16_000) == b"\x01\x02"


def test_floats_beyond_one_are_clipped() -> None:
    assert samples_of(pcm_of(np.array([2.0, -2.0]))).tolist() == [32767, -32768]
