"""Full-Duplex-Bench's take-over rule, by hand."""

from parley_evaluation.take_over import SpokenWord, latency_s, takes_over


def words(*times: tuple[float, float]) -> list[SpokenWord]:
    return [SpokenWord("word", *one) for one in times]


def test_no_word_is_no_take_over() -> None:
    assert not takes_over([])
    assert latency_s([], 1.0) is None


def test_up_to_three_words_within_a_second_are_a_backchannel() -> None:
    assert not takes_over(words((0, 0.2), (0.3, 0.5), (0.6, 0.9)))


def test_four_words_or_a_whole_second_are_a_take_over() -> None:
    assert takes_over(words((0, 0.1), (0.2, 0.3), (0.4, 0.5), (0.6, 0.7)))
    assert takes_over(words((0, 0.4), (0.6, 1.0)))


def test_its_latency_is_that_of_the_first_word_and_never_below_zero() -> None:
    assert latency_s(words((2.5, 3.0), (3.1, 4.0)), 2.0) == 0.5
    assert latency_s(words((1.5, 3.0)), 2.0) == 0.0
