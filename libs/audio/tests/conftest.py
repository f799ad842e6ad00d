"""Speech for the tests, made by espeak-ng's library out of its wheel."""

import ctypes

import espeakng_loader
import pytest
from parley_audio.resample import resample

_SYNCHRONOUS = 2
_UTF8 = 1


def _synthesize(text: str) -> bytes:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
    made = bytearray()
    callback_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

    @callback_type
    def take(samples: object, count: int, _events: object) -> int:
        if samples and count:
            made.extend(ctypes.string_at(samples, count * 2))  # type: ignore[arg-type]
        return 0

    library.espeak_SetSynthCallback(take)
    data = text.encode()
    library.espeak_Synth(data, len(data) + 1, 0, 0, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    return resample(bytes(made), rate)


@pytest.fixture(scope="session")
def speech() -> bytes:
    """About two seconds of clear speech, without silence around it."""
    pcm = _synthesize("I would like to book an appointment for Tuesday")
    return pcm.lstrip(b"\0").rstrip(b"\0").ljust(len(pcm) + len(pcm) % 2, b"\0")[: len(pcm) // 2 * 2]
