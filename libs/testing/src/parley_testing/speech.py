"""Speech for tests and evaluations: espeak-ng's voices as 16 kHz PCM16, each text made in a separate process.

espeak-ng's library keeps its state per process: two users of it in one process end in a deadlock or a crash. The
tts service's tests drive it in theirs, so all other tests speak through here.
"""

import ctypes
import subprocess
import sys
from functools import lru_cache

import espeakng_loader  # type: ignore[import-untyped]
import numpy as np
import soxr

RATE = 16_000
_SYNCHRONOUS = 2
_UTF8 = 1
_WORDS_PER_MINUTE = 1  # the library's parameter of this number
_DONT_EXIT = 0x8000
_TIMEOUT_S = 30


@lru_cache(maxsize=256)
def speak(text: str, voice: str = "en-us", words_per_minute: int = 165) -> bytes:
    """Return the text spoken: PCM16 mono 16 kHz. Raises ValueError for a voice that espeak-ng has not."""
    made = subprocess.run(
        [sys.executable, "-m", "parley_testing.speech", voice, str(words_per_minute)],
        input=text.encode(),
        capture_output=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if made.returncode != 0:
        raise ValueError(f"espeak-ng cannot speak with {voice!r}: {made.stderr.decode(errors='replace').strip()}")
    return made.stdout


def _main(voice: str, words_per_minute: int) -> None:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), _DONT_EXIT)
    if rate <= 0:
        sys.exit("the library cannot be started")
    parts: list[bytes] = []
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

    def take(samples: "ctypes._Pointer[ctypes.c_short]", count: int, events: int) -> int:
        if samples and count > 0:
            parts.append(ctypes.string_at(samples, count * 2))
        return 0

    callback = kind(take)  # the library keeps only its address
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        sys.exit("there is no such voice")
    library.espeak_SetParameter(_WORDS_PER_MINUTE, words_per_minute, 0)
    text = sys.stdin.buffer.read() + b"\0"
    library.espeak_Synth(text, len(text), 0, 1, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    samples = np.frombuffer(b"".join(parts), np.int16).astype(np.float32)
    spoken = soxr.resample(samples, rate, RATE)
    sys.stdout.buffer.write(np.clip(np.rint(spoken), -32768, 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
