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
    samples = samples_of(made).astype(int)
    lag = round(32 * max(1.0, 16_000 / rate))
    assert abs(len(samples) - 16_000 - lag) <= 2
    # The filter's centre lies between two samples: compare with the tone at the exact lag, to a tenth of one.
    best = min(
        np.abs(samples[800:15_000] - 16_383 * np.sin(2 * np.pi * 440 * (np.arange(800, 15_000) - at) / 16_000)).max()
        for at in np.arange(lag - 2, lag + 2, 0.1)
    )
    assert best < 300


@pytest.mark.parametrize(("from_hz", "to_hz"), [(8000, 16_000), (16_000, 8000), (48_000, 16_000), (24_000, 16_000)])
def test_a_frame_gives_a_frame(from_hz: int, to_hz: int) -> None:
    stream = Resampler(from_hz, to_hz)
    assert [len(stream.push(bytes(from_hz // 50 * 2))) // 2 for _ in range(20)] == [to_hz // 50] * 20


@pytest.mark.parametrize(("heard_hz", "from_hz", "to_hz"), [(5000, 16_000, 8000), (9000, 48_000, 16_000)])
def test_what_the_lower_rate_cannot_carry_is_gone(heard_hz: int, from_hz: int, to_hz: int) -> None:
    pcm = pcm_of(0.5 * np.sin(2 * np.pi * heard_hz * np.arange(from_hz) / from_hz))
    assert np.abs(samples_of(Resampler(from_hz, to_hz).push(pcm))[200:-200]).max() < 16


def test_equal_rates_pass_through() -> None:
    assert Resampler(16_000).push(b"\x01\x02") == b"\x01\x02"
    assert resample(b"\x01\x02", 16_000) == b"\x01\x02"


def test_floats_beyond_one_are_clipped() -> None:
    assert samples_of(pcm_of(np.array([2.0, -2.0]))).tolist() == [32767, -32768]
