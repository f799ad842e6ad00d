"""The spectrogram against numbers that other implementations gave."""

import numpy as np
import pytest
from parley_asr.providers.whisper.features import log_mel, mel_bands

# faster-whisper 1.2.1's extractor on the same sound, padded to 10 s: band, column, value.
_REFERENCE = [
    (0, 0, 1.0582), (0, 50, 0.1564), (3, 10, -0.0835), (8, 60, 0.11065), (20, 30, -0.32667),
    (20, 99, 0.71393), (40, 70, 0.39109), (60, 45, 0.33498), (79, 100, 0.16026), (79, 999, -0.65929),
]  # fmt: skip
_REFERENCE_MEAN = -0.583069


def sweep() -> np.ndarray:
    at = np.arange(16_000) / 16_000
    rising = 0.3 * np.sin(2 * np.pi * (200 + 600 * at) * at)
    return (rising + 0.1 * np.sign(np.sin(2 * np.pi * 150 * at)) * (at > 0.4)).astype(np.float32)


def test_the_spectrogram_is_that_of_other_implementations() -> None:
    mel = log_mel(sweep(), 10.0)
    assert mel.shape == (80, 1000)
    assert [float(mel[band, column]) for band, column, _ in _REFERENCE] == pytest.approx(
        [value for *_, value in _REFERENCE], abs=1e-4
    )
    assert float(mel.mean()) == pytest.approx(_REFERENCE_MEAN, abs=1e-5)


def test_the_bands_are_those_of_the_models_own_file() -> None:
    bands = mel_bands()  # openai/whisper, assets/mel_filters.npz
    assert float(bands.sum()) == pytest.approx(1.9990242, abs=1e-5)
    assert (float(bands[0, 1]), float(bands[79, 190])) == pytest.approx((0.0248626, 0.0022321), abs=1e-7)
    assert float(bands[10, 8]) == 0.0


def test_what_is_longer_than_the_window_is_cut_off() -> None:
    long = np.concatenate([sweep(), sweep(), sweep()])
    assert log_mel(long, 2.0).shape == (80, 200)


@pytest.mark.parametrize("samples", [0, 1, 100, 400])
def test_shortest_sounds_have_a_spectrogram(samples: int) -> None:
    assert np.isfinite(log_mel(np.full(samples, 0.1, np.float32), 1.0)).all()
