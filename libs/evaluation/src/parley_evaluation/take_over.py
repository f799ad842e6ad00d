"""Full-Duplex-Bench's take-over rule: whether the agent took the turn, from the words on its channel. Pure.

No word is no take-over, nor are at most three words within a second. In a pause of the caller's a take-over is a fault;
after the end of the turn it is what is wanted, and its first word gives the latency.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_WORDS = 3
SHORTEST_S = 1.0


@dataclass(frozen=True, slots=True)
class SpokenWord:
    text: str
    start_s: float
    end_s: float


def takes_over(words: Sequence[SpokenWord]) -> bool:
    if not words:
        return False
    length_s = words[-1].end_s - words[0].start_s
    return not (length_s < SHORTEST_S and len(words) <= MOST_WORDS)


def latency_s(words: Sequence[SpokenWord], input_end_s: float) -> float | None:
    """From the end of the caller's turn to the first word of a take-over; an early one counts as 0."""
    return max(0.0, words[0].start_s - input_end_s) if takes_over(words) else None
