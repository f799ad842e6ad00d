"""Sounds of callers and of their surroundings, synthesised from a seed: background noise, bursts, coughs, laughter.

Samples are floats at 16 kHz. None of them is a recording; each kind is drawn anew for every event, within what people
and things sound like.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from parley_evaluation.recording import RATE

Samples = NDArray[np.float64]
Chance = np.random.Generator

SPEECH_RMS = 3000 / 32768  # τ-voice's reference level


def at_level(samples: Samples, level_db: float) -> Samples:
    """The sound at a level relative to speech; of what sounds, its loudest half counts."""
    loud = np.sort(np.abs(samples))[len(samples) // 2 :]
    level = float(np.sqrt(np.mean(loud**2))) if len(loud) else 0.0
    return samples * (SPEECH_RMS * 10 ** (level_db / 20) / level) if level else samples


def background(kind: str, length_s: float, chance: Chance) -> Samples:
    """Steady noise at speech's level: "pink", or "traffic", whose level comes and goes."""
    count = int(length_s * RATE)
    hz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum = np.fft.rfft(chance.normal(size=count))
    if kind == "traffic":
        noise = np.fft.irfft(spectrum / np.maximum(hz, 60), count)
        at = np.arange(count) / RATE
        noise *= 0.4 + np.abs(np.sin(2 * np.pi * 0.11 * at + chance.uniform(0, 6)))
    else:
        noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 30)), count)
    return np.asarray(noise * (SPEECH_RMS / np.sqrt(np.mean(noise**2))), np.float64)


def drift(length_s: float, depth_db: float, chance: Chance) -> Samples:
    """A slow change of level, within the depth either way, as factors."""
    steps = max(3, int(length_s / 4))
    nodes = chance.uniform(-depth_db, depth_db, steps)
    at = np.linspace(0, steps - 1, int(length_s * RATE))
    return np.asarray(10 ** (np.interp(at, np.arange(steps), nodes) / 20))


def muffled(samples: Samples, cutoff_hz: float) -> Samples:
    """Behind a hand, or turned away from the microphone."""
    return _shaped(samples, lambda hz: 1 / (1 + (hz / cutoff_hz) ** 4))


def tic(name: str, chance: Chance) -> Samples:
    return _TICS[name](chance)


def burst(name: str, chance: Chance) -> Samples:
    return _BURSTS[name](chance)


def hum(chance: Chance) -> Samples:
    """ "mm-hmm": two nasal syllables, the second one higher."""
    pitch = chance.uniform(95, 210)
    rise = chance.uniform(1.1, 1.35)
    first, gap, second = chance.uniform(0.14, 0.22), chance.uniform(0.03, 0.08), chance.uniform(0.2, 0.34)
    parts = [
        _voiced(first, (pitch, pitch * 0.97), (250, 1000, 2200), (60, 300, 400), chance),
        0.02 * chance.normal(size=int(gap * RATE)),
        _voiced(second, (pitch * rise, pitch * rise * 0.93), (250, 1000, 2200), (60, 300, 400), chance),
    ]
    return np.concatenate([_faded(part) for part in parts])


def _cough(chance: Chance) -> Samples:
    parts: list[Samples] = []
    for _ in range(chance.integers(1, 4)):
        length = chance.uniform(0.18, 0.32)
        at = np.arange(int(length * RATE)) / RATE
        noise = _band(len(at), chance.uniform(250, 500), chance.uniform(2500, 4000), chance)
        voice = _voiced(length, (chance.uniform(90, 220), 80), (600, 1100, 2500), (150, 200, 300), chance)
        envelope = np.exp(-at / chance.uniform(0.05, 0.09)) * np.minimum(at / 0.006, 1)
        parts += [(noise + 0.3 * voice[: len(noise)]) * envelope, np.zeros(int(chance.uniform(0.06, 0.2) * RATE))]
    return np.concatenate(parts)


def _sneeze(chance: Chance) -> Samples:
    breath = _band(int(chance.uniform(0.25, 0.45) * RATE), 800, 4000, chance)
    at = np.arange(int(chance.uniform(0.3, 0.45) * RATE)) / RATE
    out = _band(len(at), 500, 6000, chance) * np.exp(-at / 0.1)
    voice = _voiced(len(at) / RATE, (chance.uniform(150, 260), 120), (500, 1500, 2600), (150, 200, 300), chance)
    loud = out + 0.25 * voice[: len(at)] * np.exp(-at / 0.08)
    return np.concatenate([0.08 * breath * np.linspace(0, 1, len(breath)), np.zeros(800), loud])


def _sniffle(chance: Chance) -> Samples:
    parts: list[Samples] = []
    for _ in range(3):
        count = int(chance.uniform(0.1, 0.18) * RATE)
        parts += [_faded(_band(count, 1200, 5000, chance)), np.zeros(int(chance.uniform(0.12, 0.25) * RATE))]
    return np.concatenate(parts)


def _laugh(chance: Chance) -> Samples:
    pitch = chance.uniform(140, 330)
    parts: list[Samples] = []
    for number in range(chance.integers(3, 7)):
        syllable = chance.uniform(0.08, 0.13)
        now = pitch * 0.95**number
        breath = 0.25 * _band(int(0.05 * RATE), 600, 4000, chance)
        voice = _voiced(syllable, (now * 1.08, now * 0.92), (750, 1250, 2600), (110, 130, 200), chance)
        parts += [_faded(breath), _faded(voice) * 0.9**number, np.zeros(int(chance.uniform(0.02, 0.07) * RATE))]
    return np.concatenate(parts)


def _horn(chance: Chance) -> Samples:
    at = np.arange(int(chance.uniform(0.3, 0.9) * RATE)) / RATE
    low = chance.uniform(330, 430)
    return _faded(sum((_harmonics(at, hz, 6) for hz in (low, low * 1.26)), np.zeros(len(at))))


def _dog(chance: Chance) -> Samples:
    parts: list[Samples] = []
    start = chance.uniform(450, 800)
    for _ in range(chance.integers(2, 5)):
        length = chance.uniform(0.12, 0.2)
        voice = _voiced(length, (start, start * 0.55), (900, 1700, 3000), (200, 300, 400), chance)
        rough = voice + 0.4 * _band(len(voice), 500, 4000, chance)
        parts += [_faded(rough), np.zeros(int(chance.uniform(0.15, 0.4) * RATE))]
    return np.concatenate(parts)


def _engine(chance: Chance) -> Samples:
    at = np.arange(int(chance.uniform(1.0, 1.8) * RATE)) / RATE
    hz = chance.uniform(35, 70) * (1 + 0.4 * np.sin(np.pi * at / at[-1]))
    return _faded(_harmonics(at, hz, 14) * np.sin(np.pi * at / at[-1]) + 0.3 * _band(len(at), 60, 900, chance))


def _telephone(chance: Chance) -> Samples:
    at = np.arange(int(chance.uniform(0.8, 1.4) * RATE)) / RATE
    first, second = chance.choice(((440, 480), (1200, 1500), (900, 1350)))
    rhythm = (np.sin(2 * np.pi * chance.uniform(8, 20) * at) > 0).astype(np.float64)
    return _faded((np.sin(2 * np.pi * first * at) + np.sin(2 * np.pi * second * at)) * (0.3 + 0.7 * rhythm))


def _siren(chance: Chance) -> Samples:
    at = np.arange(int(chance.uniform(1.2, 2.0) * RATE)) / RATE
    sweep = 700 + 300 * np.sin(2 * np.pi * chance.uniform(0.4, 1.5) * at)
    return _faded(_harmonics(at, sweep, 3))


def _door(chance: Chance) -> Samples:
    at = np.arange(int(0.4 * RATE)) / RATE
    return _band(len(at), 50, 700, chance) * np.exp(-at / chance.uniform(0.04, 0.1))


_TICS: dict[str, Callable[[Chance], Samples]] = {
    "cough": _cough,
    "sneeze": _sneeze,
    "sniffle": _sniffle,
    "laugh": _laugh,
}
_BURSTS: dict[str, Callable[[Chance], Samples]] = {
    "car horn": _horn,
    "dog": _dog,
    "engine": _engine,
    "telephone": _telephone,
    "siren": _siren,
    "door": _door,
}
TICS, BURSTS = tuple(_TICS), tuple(_BURSTS)


def _voiced(
    length_s: float, pitch: tuple[float, float], formants: tuple[float, ...], widths: tuple[float, ...], chance: Chance
) -> Samples:
    """A glottal tone from one pitch to another through a vocal tract's resonances."""
    count = int(length_s * RATE)
    hz = np.linspace(*pitch, count) * (1 + 0.01 * chance.normal(size=count).cumsum() / np.sqrt(np.arange(1, count + 1)))
    source = _harmonics(np.arange(count) / RATE, hz, 24) + 0.03 * chance.normal(size=count)

    def tract(at: Samples) -> Samples:
        peaks = [
            1 / (1 + ((at - formant) / width) ** 2) / (1 + number)
            for number, (formant, width) in enumerate(zip(formants, widths, strict=True))
        ]
        return np.asarray(np.sum(peaks, axis=0) + 0.01)

    return _even(_shaped(source, tract))


def _harmonics(at: Samples, hz: Samples | float, count: int) -> Samples:
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(np.asarray(hz, np.float64), at.shape)) / RATE
    tones = [np.sin(number * phase) / number for number in range(1, count + 1)]
    return np.asarray(np.sum(tones, axis=0))


def _band(count: int, low: float, high: float, chance: Chance) -> Samples:
    noise = _shaped(chance.normal(size=count), lambda hz: ((hz >= low) & (hz <= high)).astype(np.float64))
    return _even(noise)


def _shaped(samples: Samples, response: Callable[[Samples], Samples]) -> Samples:
    at = np.asarray(np.fft.rfftfreq(len(samples), 1 / RATE), np.float64)
    return np.asarray(np.fft.irfft(np.fft.rfft(samples) * response(at), len(samples)), np.float64)


def _even(samples: Samples) -> Samples:
    most = float(np.abs(samples).max(initial=0.0))
    return samples / most if most else samples


def _faded(samples: Samples) -> Samples:
    edge = min(int(0.012 * RATE), len(samples) // 2)
    ramp = np.linspace(0, 1, edge)
    shaped = samples.copy()
    shaped[:edge] *= ramp
    shaped[len(shaped) - edge :] *= ramp[::-1]
    return shaped
