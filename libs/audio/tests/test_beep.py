"""Beeps are found; voices, music, noise and dial tones are not taken for one."""

import numpy as np
import pytest
from numpy.typing import NDArray
from parley_audio.beep import BeepDetector
from parley_audio.formats import FRAME_BYTES, pcm_of
from parley_testing.speech import speak

_SILENCE = np.zeros(8000)


def beeps(samples: NDArray[np.floating]) -> int:
    detector = BeepDetector()
    pcm = pcm_of(samples)
    return sum(detector.ended(pcm[at : at + FRAME_BYTES]) for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES))


def tone(hz: float, seconds: float, level: float = 0.3) -> NDArray[np.floating]:
    return level * np.sin(2 * np.pi * hz * np.arange(int(16_000 * seconds)) / 16_000)


@pytest.mark.parametrize("hz", [440, 850, 1000, 1400, 2100])
@pytest.mark.parametrize("seconds", [0.2, 0.5, 1.2])
def test_a_beep_is_found_once(hz: float, seconds: float) -> None:
    noise = 0.002 * np.random.default_rng(1).standard_normal(16_000 + int(16_000 * seconds))
    assert beeps(np.concatenate((_SILENCE, tone(hz, seconds), _SILENCE)) + noise) == 1


def test_a_beep_over_a_telephone_line_is_found() -> None:
    quantised = np.round(np.concatenate((_SILENCE, tone(1000, 0.4, 0.1), _SILENCE)) * 128) / 128
    assert beeps(quantised) == 1


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(0.3 * np.random.default_rng(2).standard_normal(32_000), id="noise"),
        pytest.param(np.concatenate((tone(440, 4), _SILENCE)), id="dial tone"),
        pytest.param(np.concatenate((tone(440, 0.5) + tone(480, 0.5), _SILENCE)), id="ringback"),
        pytest.param(np.concatenate((tone(697, 0.2) + tone(1209, 0.2), _SILENCE)), id="a key"),
        pytest.param(np.concatenate([tone(hz, 0.1) for hz in (523, 659, 784, 1047)] + [_SILENCE]), id="a melody"),
        pytest.param(_SILENCE, id="silence"),
    ],
)
def test_other_sounds_are_none(sound: NDArray[np.floating]) -> None:
    assert beeps(sound) == 0


@pytest.mark.outside
def test_a_voice_is_none() -> None:
    pcm = speak("You have reached the voicemail of Doctor Adams. Please leave a message after the tone.")
    assert beeps(np.frombuffer(pcm, "<i2") / 32768) == 0
