"""Synthetic speech for measuring recognition: espeak-ng's voices as 16 kHz PCM16.

`Speaker.say` is a telephone line with a little noise; `Speaker.utterances` is what a gateway makes of a caller whose
line has exact zeros between words: cut by voice activity, with 300 ms before and 500 ms after.
"""

import numpy as np
from numpy.typing import NDArray
from parley_testing.speech import speak

VOICES = ("en-us", "en-us+f2", "en-us+m3", "gmw/en", "gmw/en+f2")
_BEFORE_S, _AFTER_S = 0.3, 0.5
_NOISE = 0.0005
_FRAME = 320
_PRE_ROLL_FRAMES, _PAUSE_FRAMES = 15, 25
_VOICE = 100.0  # root mean square of 16-bit samples


class Speaker:
    """A voice on a telephone line."""

    def say(self, text: str, voice: str = "en-us", *, words_per_minute: int = 165) -> bytes:
        """Return the text spoken, with a moment of near-silence before and after."""
        said = self._speak(text, voice, words_per_minute)
        whole = np.concatenate([np.zeros(int(16_000 * _BEFORE_S)), said, np.zeros(int(16_000 * _AFTER_S))])
        whole += np.random.default_rng(1).normal(0, _NOISE, len(whole))
        return _pcm(whole)

    def utterances(self, text: str, voice: str, *, words_per_minute: int) -> list[bytes]:
        """Return the text spoken, cut where it is silent for half a second."""
        said = self._speak(text, voice, words_per_minute)
        quiet = np.zeros(_FRAME * _PAUSE_FRAMES)
        whole = np.concatenate([quiet, said, np.zeros(-len(said) % _FRAME), quiet])
        frames = whole.reshape(-1, _FRAME)
        voiced = np.sqrt(np.mean(frames * frames, axis=1)) * 32768 > _VOICE
        cut: list[bytes] = []
        start, last, free = -1, 0, 0
        for at, sounds in enumerate(voiced):
            if sounds:
                start, last = (max(at - _PRE_ROLL_FRAMES, free) if start < 0 else start), at
            elif start >= 0 and at - last >= _PAUSE_FRAMES:
                cut.append(_pcm(frames[start : at + 1].ravel()))
                start, free = -1, at + 1
        return cut

    def _speak(self, text: str, voice: str, words_per_minute: int) -> NDArray[np.float64]:
        spoken = speak(text, voice, words_per_minute)
        said: NDArray[np.float64] = np.frombuffer(spoken, "<i2").astype(np.float64) / 32768
        return said


def _pcm(samples: NDArray[np.float64]) -> bytes:
    return bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
