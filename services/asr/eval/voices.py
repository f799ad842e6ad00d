"""Synthetic speech for measuring recognition: espeak-ng's voices as 16 kHz PCM16 with a little line noise."""

import ctypes

import espeakng_loader
import numpy as np
import soxr

VOICES = ("en-us", "gmw/en", "en-us+f2", "gmw/en+f2")
_BEFORE_S, _AFTER_S = 0.3, 0.5
_NOISE = 0.0005

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
        self._parts.clear()
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice!r}")
        self._library.espeak_SetParameter(1, words_per_minute, 0)
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 1, 0, 1, None, None)
        self._library.espeak_Synchronize()
        samples = np.frombuffer(b"".join(self._parts), np.int16).astype(np.float32) / 32768
        said = soxr.resample(samples, self._rate, 16_000)
        whole = np.concatenate([np.zeros(int(16_000 * _BEFORE_S)), said, np.zeros(int(16_000 * _AFTER_S))])
        whole += np.random.default_rng(1).normal(0, _NOISE, len(whole))
        return bytes((np.clip(whole, -1, 1) * 32767).astype("<i2").tobytes())
