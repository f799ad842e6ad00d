"""Synthetic speech for measuring recognition: espeak-ng's voices as 16 kHz PCM16.

`Speaker.say` is a telephone line with a little noise; `Speaker.utterances` is what a gateway makes of a caller whose
line has exact zeros between words: cut by voice activity, with 300 ms before and 500 ms after.
"""

import ctypes

import espeakng_loader
import numpy as np
import soxr
from numpy.typing import NDArray

VOICES = ("en-us", "en-us+f2", "en-us+m3", "gmw/en", "gmw/en+f2")
_BEFORE_S, _AFTER_S = 0.3, 0.5
_NOISE = 0.0005
_FRAME = 320
_PRE_ROLL_FRAMES, _PAUSE_FRAMES = 15, 25
_VOICE = 100.0  # root mean square of 16-bit samples

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Speaker:
    """Speaks through the library. One per process: the library keeps global state."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._rate = self._library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0x8000)
        if self._rate <= 0:
            raise RuntimeError("espeak-ng cannot be started")
        self._parts: list[bytes] = []

        @_Callback
        def arrived(wave: "ctypes._Pointer[ctypes.c_short]", count: int, events: int) -> int:
            if wave and count > 0:
                self._parts.append(ctypes.string_at(wave, count * 2))
            return 0

        self._arrived = arrived  # the library keeps only its address
        self._library.espeak_SetSynthCallback(arrived)

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
        self._parts.clear()
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice!r}")
        self._library.espeak_SetParameter(1, words_per_minute, 0)
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 1, 0, 1, None, None)
        self._library.espeak_Synchronize()
        samples = np.frombuffer(b"".join(self._parts), np.int16).astype(np.float64) / 32768
        said: NDArray[np.float64] = soxr.resample(samples, self._rate, 16_000)
        return said


def _pcm(samples: NDArray[np.float64]) -> bytes:
    return bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
