"""Where a reply's time went."""

import pytest
from parley_llm.reply.record import ReplyRecord


class Standing:
    """A clock that stands, as two readings of a real one may be the same."""

    def __init__(self) -> None:
        self.now = 5.0

    def monotonic(self) -> float:
        return self.now

    def time_us(self) -> int:
        return int(self.now * 1e6)


@pytest.mark.parametrize(
    ("token_after", "sentence_after", "told"),
    [(0.0, 0.0, (1, 0)), (0.0, 0.2, (1, 199_999)), (0.25, 0.25, (250_000, 250_000))],
)
def test_no_part_of_the_time_is_negative(token_after: float, sentence_after: float, told: tuple[int, int]) -> None:
    clock = Standing()
    record = ReplyRecord(clock)
    clock.now += token_after
    record.token()
    clock.now += sentence_after
    timing = record.first_sentence()
    assert (timing.model_us, timing.sentence_us) == told


def test_a_sentence_without_a_token_is_the_models_time() -> None:
    clock = Standing()
    record = ReplyRecord(clock)
    clock.now += 0.5
    timing = record.first_sentence()
    assert (timing.model_us, timing.sentence_us) == (500_000, 0)
