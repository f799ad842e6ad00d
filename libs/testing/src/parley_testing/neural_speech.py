"""Speech that people would take for speech, for tests of recognisers: a small neural voice as 16 kHz PCM16.

espeak-ng's voices (`speech`) are heard well only by what was tuned on them.
"""

from functools import lru_cache

import numpy as np
import soxr
from hibari import Hibari  # type: ignore[import-untyped]

RATE = 16_000
_LOUDER = 1.58  # 4 dB
_BEFORE_S, _AFTER_S = 0.3, 0.5
_NOISE = 0.0005


@lru_cache(maxsize=1)
def _voice() -> Hibari:
    return Hibari()


@lru_cache(maxsize=256)
def say(text: str, *, speed: float = 1.0, deeper: float = 1.0, noise: float = _NOISE) -> bytes:
    """Return the text spoken, with near-silence before and after: PCM16 mono 16 kHz, the same for the same arguments.

    `deeper` above 1 stretches the sound to a lower voice at the same pace.
    """
    made = _voice()(text, speed=speed * deeper, seed=1)
    samples = soxr.resample(made, Hibari.sample_rate / deeper, RATE) * _LOUDER
    sounding = np.flatnonzero(np.abs(samples) > 0.01)
    samples = samples[sounding[0] : sounding[-1] + 1] if len(sounding) else samples
    whole = np.concatenate([np.zeros(int(RATE * _BEFORE_S)), samples, np.zeros(int(RATE * _AFTER_S))])
    whole += np.random.default_rng(1).normal(0, noise, len(whole))
    return bytes((np.clip(whole, -1, 1) * 32767).astype("<i2").tobytes())
