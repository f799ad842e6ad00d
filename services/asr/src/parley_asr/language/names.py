"""Common given and family names, as callers of an English-speaking business say them.

From the most frequent names in the United States' census and birth records, with those of its larger communities.
"""

from functools import cache
from importlib import resources

FIRST_NAME, LAST_NAME = "[first]", "[last]"  # in a sentence: any name of the list
_STEEPNESS = 20  # the most frequent name is as likely as two at this rank


@cache
def first_names() -> tuple[str, ...]:
    return _words("first_names.txt")


@cache
def last_names() -> tuple[str, ...]:
    return _words("last_names.txt")


def name_classes() -> dict[str, dict[str, float]]:
    """Return the words that each class stands for and their probabilities; frequent names have higher ones."""
    return {FIRST_NAME: _weighted(first_names()), LAST_NAME: _weighted(last_names())}


def _weighted(names: tuple[str, ...]) -> dict[str, float]:
    weights = [1 / (rank + _STEEPNESS) for rank in range(len(names))]
    return {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}


def _words(file: str) -> tuple[str, ...]:
    return tuple(resources.files("parley_asr.language").joinpath(file).read_text("utf-8").split())
