"""Energy of speech: a gate that costs a microsecond in front of the neural detector, and where sound ends.

The gate never decides that something is speech; it only says that a window is too quiet to be worth a look.
"""

import numpy as np
from numpy.typing import NDArray

from parley_audio.formats import SAMPLE_RATE

BLOCK = 64  # samples: 4 ms, the grain at which the end of a sound is told; windows of 512 are whole blocks
BLOCK_S = BLOCK / SAMPLE_RATE

_QUIETEST = 12.0  # RMS in PCM16 steps (-69 dBFS): digital silence and dither
_ABOVE_FLOOR = 1.6  # 4 dB
_FLOOR_RISE = 1.02  # per window while nobody speaks: 5 dB a second
_PEAK_FALL = 0.9975  # per block: 5 dB a second
_SOUND_BELOW_PEAK = 0.04  # 28 dB below the loudest block of the last words still counts as their sound


def rms(samples: NDArray[np.int16]) -> float:
    """Root mean square in PCM16 steps; 0 for no samples."""
    if not len(samples):
        return 0.0
    wide = samples.astype(np.float32)
    return float(np.sqrt(np.dot(wide, wide) / len(wide)))


class EnergyGate:
    """Follows the noise floor of one stream; windows close to the floor are shut out."""

    def __init__(self) -> None:
        self._floor = _QUIETEST

    @property
    def floor(self) -> float:
        """The noise floor, RMS in PCM16 steps."""
        return self._floor

    def open(self, level: float) -> bool:
        """Whether a window of this RMS may hold speech. Ask only outside speech: the noise floor learns from it."""
        self._floor = max(_QUIETEST, min(level, self._floor * _FLOOR_RISE))
        return self.above(level)

    def above(self, level: float) -> bool:
        """Whether this RMS is above the noise floor; nothing is learnt from it."""
        return level > self._floor * _ABOVE_FLOOR


class SoundEnd:
    """Remembers the energy of the last blocks and finds where the last sound ended, to 4 ms.

    The neural detector stays "voiced" for some 30 to 100 ms after a word; a pause counted from there would be late
    by as much, and quantised to its windows.
    """

    def __init__(self, memory_s: float = 0.64) -> None:
        self._levels = np.zeros(int(memory_s / BLOCK_S), dtype=np.float32)
        self._peak = 0.0

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, a whole number of blocks, on any scale as long as it stays the same."""
        blocks = samples.reshape(-1, BLOCK)
        levels = np.sqrt(np.einsum("ij,ij->i", blocks, blocks) / BLOCK)
        self._levels = np.concatenate((self._levels[len(levels) :], levels))
        self._peak = max(self._peak * _PEAK_FALL ** len(levels), float(levels.max(initial=0.0)))

    def quiet_s(self, floor: float) -> float:
        """Seconds of quiet at the end of what was pushed; `floor` is the noise floor on the samples' own scale."""
        threshold = max(floor * 2.0, self._peak * _SOUND_BELOW_PEAK)
        loud = np.flatnonzero(self._levels > threshold)
        if not len(loud):
            return len(self._levels) * BLOCK_S
        return (len(self._levels) - 1 - int(loud[-1])) * BLOCK_S

    def reset(self) -> None:
        self._levels[:] = 0
        self._peak = 0.0
