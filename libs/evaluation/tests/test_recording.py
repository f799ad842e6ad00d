import numpy as np
from parley_evaluation.recording import RATE, Span, sounding


def channel(*spans: tuple[float, float], length_s: float = 6.0, level: int = 3000) -> "np.ndarray":
    samples = np.zeros(int(length_s * RATE), np.int16)
    for start, end in spans:
        samples[int(start * RATE) : int(end * RATE)] = level
    return samples


def test_a_pause_inside_a_voice_is_part_of_it_and_a_longer_one_ends_it() -> None:
    assert sounding(channel((1, 2), (2.4, 3), (4, 5))) == (Span(1.0, 3.0), Span(4.0, 5.0))


def test_a_click_is_no_voice_and_a_lowered_voice_is_one() -> None:
    assert sounding(channel((1, 1.02))) == ()
    assert sounding(channel((1, 2), level=400)) == (Span(1.0, 2.0),)


def test_an_empty_channel_is_silent() -> None:
    assert sounding(np.zeros(0, np.int16)) == ()
