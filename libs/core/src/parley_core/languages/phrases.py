"""How packs write their words down: short functions over texts, so that a list reads as one."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property


def listed(text: str) -> tuple[str, ...]:
    """The phrases of a text, which commas divide."""
    return tuple(phrase for part in text.split(",") if (phrase := " ".join(part.split())))


def words(text: str) -> frozenset[str]:
    """The words of a text, which spaces divide."""
    return frozenset(text.split())


def numbers(ones: str, twos: str) -> dict[str, int]:
    """Number words to how many figures each stands for."""
    return {word: 1 for word in ones.split()} | {word: 2 for word in twos.split()}


class MadeWhenAsked(Mapping[str, int]):
    """A large table of a pack, made when it is first looked into: every process has the packs, few need the table."""

    def __init__(self, make: Callable[[], Mapping[str, int]]) -> None:
        self._make = make

    @cached_property
    def _table(self) -> Mapping[str, int]:
        return self._make()

    def __getitem__(self, key: str) -> int:
        return self._table[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)
