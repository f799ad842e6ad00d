"""Finds the beep of an answering machine: one steady tone, alone, for a sixth of a second or more.

Machines beep with a single tone between about 350 and 2600 Hz for 0.15 to 1.5 s. A voice has harmonics and moves;
music changes within a few frames. One window of 40 ms every 20 ms: the strongest bin and its neighbours must hold
nearly all of the energy, and stay where they are.
"""

import numpy as np

from parley_audio.formats import FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE, samples_of

_WINDOW = 2 * FRAME_SAMPLES
_HZ_PER_BIN = SAMPLE_RATE / _WINDOW
_LOWEST, _HIGHEST = round(350 / _HZ_PER_BIN), round(2600 / _HZ_PER_BIN)
_PURITY = 0.9  # of the energy, in the strongest bin and two on either side
_STEADY = 1  # bins by which it may move
_MIN_RMS = 300.0  # of 32768; about -40 dBFS
_MIN_FRAMES = 160 // FRAME_MS
_MAX_FRAMES = 3000 // FRAME_MS  # a longer one is a dial tone or a fax


class BeepDetector:
    """Feed it 20 ms frames; `ended` says that a beep has just come to its end."""

    def __init__(self) -> None:
        self._shape = np.hanning(_WINDOW).astype(np.float32)
        self._before = np.zeros(FRAME_SAMPLES, np.float32)
        self._bin = 0
        self._frames = 0

    def ended(self, pcm: bytes | memoryview) -> bool:
        """Take the next frame (PCM16 mono 16 kHz, 20 ms); True on the frame after a beep's last."""
        frame = samples_of(pcm).astype(np.float32)
        if len(frame) != FRAME_SAMPLES:
            return False
        window = np.concatenate((self._before, frame))
        self._before = frame
        tone = self._tone(window)
        if tone and (self._frames == 0 or abs(tone - self._bin) <= _STEADY):
            self._frames += 1
            self._bin = tone
            return False
        lasted, self._frames = self._frames, 1 if tone else 0
        self._bin = tone
        return _MIN_FRAMES <= lasted <= _MAX_FRAMES

    def _tone(self, window: np.ndarray[tuple[int], np.dtype[np.float32]]) -> int:
        """The bin of a lone tone; 0 for anything else."""
        if float(np.sqrt(np.mean(window * window))) < _MIN_RMS:
            return 0
        power = np.abs(np.fft.rfft(window * self._shape)) ** 2
        strongest = int(power.argmax())
        if not _LOWEST <= strongest <= _HIGHEST:
            return 0
        near = float(power[strongest - 2 : strongest + 3].sum())
        return strongest if near >= _PURITY * float(power.sum()) else 0
