"""Audio to the spectrogram that Whisper reads: 80 mel bands, a column for 10 ms. `decoding.py` calls it.

The recipe is the model's (openai/whisper, `audio.py`): Hann window of 25 ms, Slaney's mel scale, logarithm clipped at
8 decades below the loudest. The tests compare it with numbers that other implementations gave.
"""

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
BANDS = 80
HOP = 160
FRAMES_PER_S = RATE // HOP
_WINDOW = 400
_MEL_STEP_HZ = 200.0 / 3
_LINEAR_TO_HZ = 1000.0
_LOG_STEP = np.log(6.4) / 27.0
_FLOOR = 1e-10
_RANGE = 8.0  # decades

Features = NDArray[np.float32]


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = mel * _MEL_STEP_HZ
    logarithmic = _LINEAR_TO_HZ * np.exp(_LOG_STEP * (mel - _LINEAR_TO_HZ / _MEL_STEP_HZ))
    return np.where(linear < _LINEAR_TO_HZ, linear, logarithmic)


def mel_bands() -> Features:
    """The weight of each Fourier bin in each band, [BANDS, bins]."""
    highest = _LINEAR_TO_HZ / _MEL_STEP_HZ + np.log(RATE / 2 / _LINEAR_TO_HZ) / _LOG_STEP
    edges = _mel_to_hz(np.linspace(0.0, highest, BANDS + 2))
    bins = np.fft.rfftfreq(_WINDOW, 1 / RATE)
    widths = np.diff(edges)
    rising = (bins - edges[:-2, None]) / widths[:-1, None]
    falling = (edges[2:, None] - bins) / widths[1:, None]
    weights = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return weights.astype(np.float32)


_BANDS = mel_bands()
_HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)


def log_mel(samples: Features, window_s: float) -> Features:
    """Return [BANDS, frames] for samples from -1 to 1, with silence up to `window_s`; what is longer is cut off."""
    frames = round(window_s * FRAMES_PER_S)
    samples = samples[: frames * HOP]
    # Only what sounds is transformed; the rest of the window is the logarithm's floor.
    sounding = min(frames, -(-(len(samples) + _WINDOW // 2) // HOP))
    padded = np.zeros(sounding * HOP + _WINDOW, np.float32)
    padded[_WINDOW // 2 : _WINDOW // 2 + len(samples)] = samples
    if len(samples) > _WINDOW // 2:
        padded[: _WINDOW // 2] = samples[_WINDOW // 2 : 0 : -1]
    cut = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP][:sounding] * _HANN
    spectrum = np.fft.rfft(cut, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    mel = np.full((BANDS, frames), np.log10(_FLOOR), np.float32)
    mel[:, :sounding] = np.log10(np.maximum(_BANDS @ power.T, _FLOOR))
    np.maximum(mel, mel.max() - _RANGE, out=mel)
    mel += 4.0
    mel /= 4.0
    return mel
