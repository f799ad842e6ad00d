"""Synthetic callers of `table.py`: two engines' voices as 16 kHz samples, telephone lines, noise, sounds of nobody.

The neural voice comes with Parley; flite's voices speak where that program is installed (Debian: flite). Neither is a
person: real calls decide.
"""

import hashlib
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import soxr
from numpy.typing import NDArray
from parley_testing.neural_speech import say

RATE = 16_000
Samples = NDArray[np.float64]

_LEVEL = 10 ** (-22 / 20)  # root mean square of what sounds
_BEFORE_S, _AFTER_S = 0.3, 0.5


@dataclass(frozen=True, slots=True)
class Speaker:
    name: str
    say: Callable[[str], Samples]


def speakers() -> list[Speaker]:
    """Those that can speak on this machine."""
    found = [
        Speaker("heart", lambda text: _samples(say(text, noise=0.0), RATE)),
        Speaker("heart, deeper", lambda text: _samples(say(text, deeper=1.18, noise=0.0), RATE)),
        Speaker("heart, fast", lambda text: _samples(say(text, speed=1.25, noise=0.0), RATE)),
    ]
    if shutil.which("flite"):
        found += [Speaker(voice, partial(_flite, voice)) for voice in ("slt", "rms", "awb")]
    return found


def utterance(speaker: Speaker, text: str) -> Samples:
    """The text on a quiet line at an even level, with silence before and after."""
    spoken = speaker.say(text)
    sounding = np.flatnonzero(np.abs(spoken) > 0.01 * np.abs(spoken).max())
    spoken = spoken[sounding[0] : sounding[-1] + 1]
    loud = np.abs(spoken) > 0.02 * np.abs(spoken).max()
    spoken = spoken * (_LEVEL / np.sqrt(np.mean(spoken[loud] ** 2)))
    return np.concatenate([np.zeros(int(_BEFORE_S * RATE)), spoken, np.zeros(int(_AFTER_S * RATE))])


def telephone(samples: Samples) -> Samples:
    """A line of 300 to 3400 Hz, 8 kHz, G.711 µ-law."""
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / RATE)
    spectrum[(hz < 300) | (hz > 3400)] = 0
    narrow = soxr.resample(np.fft.irfft(spectrum, len(samples)), RATE, 8000)
    compressed = np.sign(narrow) * np.log1p(255 * np.minimum(np.abs(narrow), 1)) / np.log(256)
    steps = np.round(compressed * 127) / 127
    return np.asarray(soxr.resample(np.sign(steps) * (256 ** np.abs(steps) - 1) / 255, 8000, RATE))


def noisy(samples: Samples, ratio_db: float, kind: str, seed: int) -> Samples:
    """Add noise, so far below the speech: "pink", or "traffic", whose level comes and goes."""
    chance = np.random.default_rng(seed)
    spectrum = np.fft.rfft(chance.normal(size=len(samples)))
    hz = np.fft.rfftfreq(len(samples), 1 / RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 30)), len(samples))
    if kind == "traffic":
        noise = np.fft.irfft(spectrum / np.maximum(hz, 60), len(samples))
        at = np.arange(len(samples)) / RATE
        noise *= 0.4 + np.abs(np.sin(2 * np.pi * 0.3 * at + chance.uniform(0, 6)))
    return samples + noise * (_LEVEL * 10 ** (-ratio_db / 20) / np.sqrt(np.mean(noise**2)))


def pcm(samples: Samples) -> bytes:
    return bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def no_speech() -> dict[str, Samples]:
    """Seventeen sounds in which nobody says anything, two seconds each."""
    chance = np.random.default_rng(5)
    count = 2 * RATE
    at = np.arange(count) / RATE
    white = chance.normal(size=count)

    def band(low: float, high: float) -> Samples:
        spectrum = np.fft.rfft(chance.normal(size=count))
        hz = np.fft.rfftfreq(count, 1 / RATE)
        spectrum[(hz < low) | (hz > high)] = 0
        made = np.fft.irfft(spectrum, count)
        return np.asarray(made / np.abs(made).max())

    def bursts(*starts: float, decay: float) -> Samples:
        return np.sum([np.exp(-np.maximum(at - s, 0) / decay) * (at >= s) for s in starts], axis=0)

    def tones(*hz: float) -> Samples:
        return np.asarray(np.sum([np.sin(2 * np.pi * one * at) for one in hz], axis=0) / len(hz))

    return {
        "silence": np.zeros(count),
        "hiss": 0.02 * white,
        "loud hiss": 0.15 * white,
        "click": np.where(np.arange(count) == RATE, 0.9, 0.0),
        "clicks": np.where(np.arange(count) % 5003 == 0, 0.7, 0.0),
        "knock": 0.6 * band(80, 400) * bursts(0.5, 0.8, decay=0.03),
        "door": 0.8 * band(40, 300) * bursts(0.6, decay=0.15),
        "cough": 0.5 * band(300, 3000) * bursts(0.6, 0.95, decay=0.08),
        "breath": 0.1 * band(400, 4000) * np.abs(np.sin(np.pi * at)),
        "keyboard": 0.3 * band(1500, 6000) * bursts(0.2, 0.45, 0.6, 0.9, 1.1, 1.5, decay=0.01),
        "key 5": 0.3 * tones(770, 1336) * (at > 0.5) * (at < 0.9),
        "ring": 0.3 * tones(440, 480) * (at % 1 < 0.6),
        "busy": 0.3 * tones(480, 620) * (at % 1 < 0.5),
        "hum": 0.2 * tones(50, 100, 150),
        "fax": 0.3 * tones(1100) * (at > 0.3),
        "music": 0.2 * (tones(262, 330, 392) * (at < 1) + tones(294, 370, 440) * (at >= 1)),
        "wind": 0.3 * band(20, 250) * (0.4 + 0.6 * np.abs(np.sin(2 * np.pi * 0.7 * at))),
    }


def _flite(voice: str, text: str) -> Samples:
    with tempfile.NamedTemporaryFile(suffix=".wav") as made:
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", made.name], check=True, capture_output=True)
        with wave.open(made.name) as file:
            return _samples(file.readframes(file.getnframes()), file.getframerate())


def _samples(spoken: bytes, rate: int) -> Samples:
    samples = np.frombuffer(spoken, "<i2").astype(np.float64) / 32768
    return np.asarray(soxr.resample(samples, rate, RATE)) if rate != RATE else samples


def seed_of(text: str) -> int:
    """A number for the noise over a text, the same each time."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
