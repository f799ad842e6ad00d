"""The spoken callers: voices of three engines, half of them for tuning and the other half for judging.

None is the agent's own voice as it speaks on the line. Spoken texts are kept in a folder: making them costs more than a
call does.
"""

import hashlib
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soxr
from parley_core.errors import Unavailable
from parley_testing import neural_speech, speech

from parley_evaluation.recording import RATE, Span
from parley_evaluation.sounds import Samples, at_level

SHORTEST_PAUSE_S = 0.1
_SOUND = 0.02  # of the loudest sample
_PAUSE_FRAME = RATE // 100


@dataclass(frozen=True, slots=True)
class Voice:
    name: str
    say: Callable[[str], Samples]


@dataclass(frozen=True, slots=True)
class Spoken:
    """From its first sound to its last, at speech's level. `pauses`: silences inside it."""

    samples: Samples
    pauses: tuple[Span, ...] = ()

    @property
    def length_s(self) -> float:
        return len(self.samples) / RATE


def voices(half: str) -> list[Voice]:
    """Those of a half, "tuning" or "held", that can speak on this machine. Raises Unavailable where there is none."""
    flite = shutil.which("flite") is not None
    if half == "tuning":
        found = [_neural("heart, brisk", deeper=1.08, speed=1.15), _espeak("en-us+m3", 160)]
        found += [_flite("slt")] if flite else []
    else:
        found = [_neural("heart, deeper", deeper=1.2, speed=1.0), _espeak("en-us+f2", 150)]
        found += [_flite("rms"), _flite("awb")] if flite else []
    if not found:
        raise Unavailable("the callers' voices", "none can speak on this machine")
    return found


class Speaker:
    """Speaks texts with a voice, each made once."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        kept.mkdir(parents=True, exist_ok=True)

    def speak(self, voice: Voice, text: str, *, inner_pause_s: float = 0.0) -> Spoken:
        """The text; `|` in it is a pause of the given length."""
        parts = [self._made(voice, part.strip()) for part in text.split("|")]
        whole = parts[0]
        for part in parts[1:]:
            whole = np.concatenate([whole, np.zeros(int(inner_pause_s * RATE)), part])
        return Spoken(whole, tuple(silences(whole)))

    def _made(self, voice: Voice, text: str) -> Samples:
        name = hashlib.sha256(f"{voice.name}\n{text}".encode()).hexdigest()[:24]
        file = self._kept / f"{name}.npy"
        if not file.exists():
            spoken = _trimmed(voice.say(text))
            part = file.with_suffix(".part")
            with part.open("wb") as out:
                np.save(out, at_level(spoken, 0.0).astype(np.float32))
            part.rename(file)
        return np.asarray(np.load(file), np.float64)


def silences(samples: Samples) -> list[Span]:
    """Silences of 100 ms and more between sounds."""
    whole = samples[: len(samples) // _PAUSE_FRAME * _PAUSE_FRAME].reshape(-1, _PAUSE_FRAME)
    quiet = np.abs(whole).max(axis=1, initial=0.0) < _SOUND * float(np.abs(samples).max(initial=0.0))
    edges = np.flatnonzero(np.diff(np.concatenate(([0], quiet.astype(np.int8), [0]))))
    step = _PAUSE_FRAME / RATE
    found = [Span(float(start) * step, float(end) * step) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return [one for one in found if one.length_s >= SHORTEST_PAUSE_S and one.start_s > 0]


def _neural(name: str, *, deeper: float, speed: float) -> Voice:
    def say(text: str) -> Samples:
        return _floats(neural_speech.say(text, deeper=deeper, speed=speed, noise=0.0), neural_speech.RATE)

    return Voice(name, say)


def _espeak(voice: str, words_per_minute: int) -> Voice:
    def say(text: str) -> Samples:
        return _floats(speech.speak(text, voice, words_per_minute), speech.RATE)

    return Voice(f"espeak-ng {voice}", say)


def _flite(voice: str) -> Voice:
    return Voice(f"flite {voice}", partial(_by_flite, voice))


def _by_flite(voice: str, text: str) -> Samples:
    with tempfile.NamedTemporaryFile(suffix=".wav") as made:
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", made.name], check=True, capture_output=True)
        with wave.open(made.name) as file:
            return _floats(file.readframes(file.getnframes()), file.getframerate())


def _trimmed(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples) > _SOUND * float(np.abs(samples).max(initial=0.0)))
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples


def _floats(pcm: bytes, rate: int) -> Samples:
    samples = np.frombuffer(pcm, "<i2").astype(np.float64) / 32768
    return np.asarray(soxr.resample(samples, rate, RATE)) if rate != RATE else samples
