"""Speech for the tests."""

import pytest
from parley_testing.speech import speak


@pytest.fixture(scope="session")
def speech() -> bytes:
    """About two seconds of clear speech, without silence around it."""
    pcm = speak("I would like to book an appointment for Tuesday", words_per_minute=175)
    return pcm.lstrip(b"\0").rstrip(b"\0").ljust(len(pcm) + len(pcm) % 2, b"\0")[: len(pcm) // 2 * 2]
