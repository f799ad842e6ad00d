"""What Whisper makes up is told from what was said."""

import pytest
from parley_asr.providers.whisper import cleaning


@pytest.mark.parametrize("text", ["", ".", "...", "♪♪", "[Music]", "(coughs)", "*beep*"])
def test_marks_and_names_of_noise_are_no_text(text: str) -> None:
    assert cleaning.is_noise(cleaning.without_noise_names(text), -0.1, 0.0)


def test_a_doubted_text_is_noise_only_where_speech_is_doubted_too() -> None:
    assert cleaning.is_noise("you", -2.4, 0.6)
    assert cleaning.is_noise("thank you very much", -0.4, 0.9)
    assert not cleaning.is_noise("you", -2.4, 0.1)
    assert not cleaning.is_noise("yes", -0.4, 0.6)


@pytest.mark.parametrize(
    ("text", "looped"),
    [
        ("I see. I see. I see.", True),
        ("no no no no no no", True),
        ("go home go home go home now", True),
        ("no, no, no", False),
        ("five five five zero one four two", False),
        ("five five five, five five zero", False),
        ("I see, I see", False),
    ],
)
def test_loops_are_told_from_digits_and_doubled_words(text: str, looped: bool) -> None:
    assert cleaning.loops(text) is looped


def test_a_text_that_was_said_once_is_folded_by_its_length() -> None:
    assert cleaning.folded(["Yes.", "Yes."], 0.5) == 1
    assert cleaning.folded(["Yes,", "yes."], 1.2) == 2  # time enough to say it twice
    assert cleaning.folded(["Not", "that", "one.", "Not", "that", "one"], 1.1) == 3
    assert cleaning.folded(["yes", "please"], 0.3) == 2
    assert cleaning.folded([], 0.0) == 0


def test_words_without_a_time_of_their_own_are_left_out() -> None:
    said = [(300, 440), (440, 680), (680, 1140), (1140, 1400)]
    assert cleaning.crowded(said) == 4
    assert cleaning.crowded([*said, (1400, 1400), (1400, 1400), (1400, 1420), (1420, 1500)]) == 4
    assert cleaning.crowded([*said, (1400, 1400)]) == 5  # one of them may be a short word
    assert cleaning.crowded([]) == 0
