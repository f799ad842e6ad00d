"""Synthetic calls for the warehouse: plausible, repeatable, made inside ClickHouse. For `parley analytics generate` and
the bench; their rows are of the columns that the live feed writes, without `events`.

A number and the seed decide everything about a call, so the same seed gives the same calls. Hours follow a business's
day, weekends are quieter, latencies are log-normal, drops make callers unhappy, costs follow minutes and tokens.
"""

from collections.abc import Iterator
from importlib import resources
from typing import Final

CHUNK: Final = 50_000  # calls that one statement makes: bounded memory, and a progress to show
STEPS: Final = ("calls", "turns", "sentences", "tool_calls", "usage")


def statements(calls: int, first: int = 0) -> Iterator[tuple[int, str, dict[str, int]]]:
    """Statements in their order, each with its parameters and how many calls are whole once it is done.

    Beside these parameters each takes `tenant`, `seed`, `days` and `until`, as of `parameters`.
    """
    texts = [(step, _text(step)) for step in STEPS]
    for start in range(first, first + calls, CHUNK):
        count = min(CHUNK, first + calls - start)
        for step, text in texts:
            done = start - first + (count if step == STEPS[-1] else 0)
            yield done, text, {"first": start, "count": count}


def _text(step: str) -> str:
    return resources.files("parley_analytics").joinpath("synthetic_sql", f"{step}.sql").read_text(encoding="utf-8")
