"""Common given and family names, as callers of an English-speaking business say them.

From the most frequent names in the United States' census and birth records, with those of its larger communities.
"""

from functools import cache
from importlib import resources


@cache
def first_names() -> tuple[str, ...]:
    return _words("first_names.txt")


@cache
def last_names() -> tuple[str, ...]:
    return _words("last_names.txt")


def _words(file: str) -> tuple[str, ...]:
    return tuple(resources.files("parley_asr.language").joinpath(file).read_text("utf-8").split())
