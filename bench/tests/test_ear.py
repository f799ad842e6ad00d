"""What an interrupted agent's voice sounds like at the caller's ear."""

import numpy as np
import pytest
from parley_bench.clip import SAMPLE_RATE_HZ
from parley_bench.ear import Ear

LOUD, SOFT, NOTHING = 8000, 3000, 0
SOUND_AT = 1.0  # the caller begins to speak


def ear(*parts: tuple[float, int]) -> Ear:
    """One that heard a tone of these lengths (s) and amplitudes."""
    made = Ear()
    for seconds, amplitude in parts:
        times = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        made.take((amplitude * np.sin(2 * np.pi * 500 * times)).astype(np.int16), 0.0)
    return made


def test_a_voice_that_is_lowered_and_ends_is_ducked_and_silent() -> None:
    judged = ear((1.1, LOUD), (0.1, SOFT)).judge(SOUND_AT, 3.0)
    assert judged is not None
    assert judged.ducked == pytest.approx(0.1, abs=0.008)
    assert judged.silent == pytest.approx(0.2, abs=0.008)


def test_a_pause_between_two_sentences_is_no_silence() -> None:
    judged = ear((1.2, LOUD), (0.4, NOTHING), (0.5, LOUD)).judge(SOUND_AT, 3.0)
    assert judged is not None
    assert judged.silent == pytest.approx(1.1, abs=0.008)


def test_an_agent_that_goes_on_to_the_end_is_never_silent() -> None:
    judged = ear((1.2, LOUD), (0.4, NOTHING), (1.4, LOUD)).judge(SOUND_AT, 3.0)
    assert judged is not None
    assert judged.silent is None


def test_an_agent_that_was_silent_before_was_not_interrupted() -> None:
    assert ear((0.9, LOUD), (2.0, NOTHING)).judge(SOUND_AT, 3.0) is None
