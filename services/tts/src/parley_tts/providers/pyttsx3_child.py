"""The process that `pyttsx3` runs: one JSON question a line on stdin, one framed answer each on stdout.

espeakng_loader's library is loaded first: its soname is the one pyttsx3 asks the system for.
"""

import ctypes
import json
import os
import sys
import tempfile
import threading
import wave
from pathlib import Path
from typing import Any, BinaryIO

import espeakng_loader  # type: ignore[import-untyped]
import numpy as np
import soxr

from parley_tts.providers.base import SAMPLE_RATE_HZ
from parley_tts.providers.pyttsx3 import HEADER

SAVE_TIMEOUT_S = 4.0


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # pyttsx3 prints about what it saved
    os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
    ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
    import pyttsx3  # type: ignore[import-untyped] # it looks for the library when it is imported

    engine = pyttsx3.init("espeak")
    saved = threading.Event()
    problems: list[Exception] = []
    engine.connect("finished-utterance", lambda **_: saved.set())
    engine.connect("error", lambda exception, **_: problems.append(exception))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sentence.wav"
        for line in sys.stdin:
            try:
                problems.clear()
                question = json.loads(line)
                answer = _voices(engine) if question.get("voices") else _say(engine, question, path, saved)
                if problems:  # an unknown voice is told this way, and the sentence said with the voice before
                    raise problems[0]
            except Exception as error:  # noqa: BLE001 - the process's edge: told to the parent, which decides
                _send(answers, False, type(error).__name__.encode())
            else:
                _send(answers, True, answer)


def _say(engine: Any, question: dict[str, Any], path: Path, saved: threading.Event) -> bytes:
    saved.clear()
    if question["voice"]:
        engine.setProperty("voice", question["voice"])
    engine.setProperty("rate", question["rate"] or 175)
    engine.save_to_file(question["text"], str(path))
    engine.runAndWait()
    # The library speaks in a thread of its own, and pyttsx3's loop ends before a long sentence is written.
    if not saved.wait(SAVE_TIMEOUT_S):
        raise TimeoutError
    with wave.open(str(path), "rb") as sound:
        rate_hz = sound.getframerate()
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
    resampled: np.ndarray[Any, np.dtype[np.int16]] = soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ, quality="HQ")
    return resampled.tobytes()


def _voices(engine: Any) -> bytes:
    listed = [
        (str(voice.id).rpartition("/")[2], str((voice.languages or [""])[0])) for voice in engine.getProperty("voices")
    ]
    return json.dumps(listed).encode()


def _send(answers: BinaryIO, ok: bool, body: bytes) -> None:
    answers.write(HEADER.pack(ok, len(body)) + body)
    answers.flush()


if __name__ == "__main__":
    main()
