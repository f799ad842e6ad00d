"""How loud the agent's voice goes out: lowered while the caller may be about to speak. `playout` applies it."""

import numpy as np
from parley_audio.formats import SAMPLE_RATE

DUCKED = 0.25
RAMP_S = 0.01  # quick to the ear, without a click


class Gain:
    """Moves towards where it is aimed, over the samples that pass."""

    def __init__(self) -> None:
        self._level = 1.0
        self._aim = 1.0

    def aim(self, *, down: bool) -> None:
        self._aim = DUCKED if down else 1.0

    def reset(self) -> None:
        self._level = self._aim = 1.0

    def apply(self, frame: memoryview) -> memoryview:
        """The frame as loud as it shall be; the same object where nothing is to be done."""
        if self._level == self._aim == 1.0:
            return frame
        samples = np.frombuffer(frame, dtype=np.int16)
        step = (1.0 - DUCKED) / (RAMP_S * SAMPLE_RATE)
        way = self._aim - self._level
        moved = np.minimum(np.arange(1, len(samples) + 1) * step, abs(way)) * np.sign(way) + self._level
        self._level = float(moved[-1]) if len(samples) else self._level
        if abs(self._level - self._aim) < step:
            self._level = self._aim
        return memoryview((samples * moved).astype(np.int16).tobytes())
