import numpy as np
import pytest
from parley_cli.loudspeaker import Loudspeaker

LOUD, SILENT = np.full(320, 5000, "<i2").tobytes(), bytes(640)


def test_frames_are_played_behind_each_other_and_a_gap_is_silence() -> None:
    speaker = Loudspeaker()
    for _ in range(3):
        speaker.take(LOUD, 10.0)
    speaker.take(LOUD, 10.1)
    assert [one.start for one in speaker.played] == pytest.approx([10.0, 10.02, 10.04, 10.1])
    assert speaker.voice_s(10.0, 11.0) == pytest.approx(0.08)
    assert speaker.voice_s(10.01, 10.05) == pytest.approx(0.04)
    heard = speaker.between(10.05, 10.11)
    assert np.count_nonzero(np.frombuffer(heard, "<i2")) == pytest.approx(320, abs=2)
    assert len(heard) == 60 * 32


def test_what_is_cleared_is_never_heard() -> None:
    speaker = Loudspeaker()
    for _ in range(4):
        speaker.take(LOUD, 10.0)
    speaker.clear(10.03)
    assert len(speaker.pcm) == 30 * 32
    assert speaker.last_sound(11.0) == pytest.approx(10.03)
    speaker.take(LOUD, 10.03)
    assert speaker.last_sound(11.0) == pytest.approx(10.05)


def test_silence_is_no_voice() -> None:
    speaker = Loudspeaker()
    speaker.take(LOUD, 10.0)
    speaker.take(SILENT, 10.0)
    assert speaker.last_sound(11.0) == pytest.approx(10.02)
    assert speaker.voice_s(9.0, 11.0) == pytest.approx(0.02)
