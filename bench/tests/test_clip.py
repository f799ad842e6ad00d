import numpy as np
from parley_bench.clip import FRAME_BYTES, FRAME_SAMPLES, QUESTION, SOUND_LEVEL, spoken, trimmed


async def test_the_question_ends_with_its_last_sound_and_is_whole_frames() -> None:
    (question,) = await spoken(QUESTION)
    assert len(question) % FRAME_BYTES == 0
    samples = np.frombuffer(question, "<i2")
    assert abs(int(samples[-1])) > SOUND_LEVEL
    assert 1.5 < len(samples) / 16_000 < 4


def test_trimming_fills_up_in_front() -> None:
    pcm = np.concatenate([np.full(100, 5000, np.int16), np.zeros(900, np.int16)])
    cut = trimmed(pcm)
    assert len(cut) == FRAME_SAMPLES
    assert cut[-1] == 5000
    assert not cut[:-100].any()
