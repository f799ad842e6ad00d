"""The bands of telephone speech over time: what `echo` compares, and how much a sound moves. Pure.

Speech is articulated: each sound of a word has another spectrum. A hum, laughter and coughs stay what they are.
"""

import numpy as np
from numpy.typing import NDArray
from parley_audio.formats import SAMPLE_RATE

WINDOW = 400  # samples of a frame
_EDGES = (200, 350, 500, 700, 900, 1150, 1450, 1800, 2250, 2800, 3400)  # Hz
_HOP = 160
_HANN = np.hanning(WINDOW).astype(np.float32)
_RANGE = 1e-3  # of the loudest; what is softer is no speech
_SOUNDS = 0.25  # of the loudest frame; softer ones are gaps and fading
_FEWEST = 6  # frames, of which a movement can be seen


def band_shares(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Each band's share in a frame's power, in natural logarithms: frames, bands."""
    return _shares(_frames(samples))


def movement(samples: NDArray[np.float32]) -> float:
    """How much the bands' shares change over the frames that sound: some 0.2 of a hum, 0.9 of speech; 0 of too few."""
    if len(samples) < WINDOW:
        return 0.0
    frames = _frames(samples)
    loudness = np.sqrt(np.einsum("ft,ft->f", frames, frames))
    sounding = frames[loudness > _SOUNDS * float(loudness.max())]
    return float(_shares(sounding).std(axis=0).mean()) if len(sounding) >= _FEWEST else 0.0


def _frames(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::_HOP] * _HANN


def _shares(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    power = np.square(np.abs(np.fft.rfft(frames, axis=1)))
    edges = [edge * WINDOW // SAMPLE_RATE for edge in _EDGES]
    bands = np.add.reduceat(power, edges, axis=1)[:, :-1]
    logs = np.log(bands + bands.max() * _RANGE + 1.0)
    shares: NDArray[np.float64] = logs - logs.mean(axis=1, keepdims=True)
    return shares
