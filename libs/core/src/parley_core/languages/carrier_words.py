"""What a pack holds for reading values: the words around a value, and those that take one back, deny it or alter it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Carriers:
    """Phrases around a value, without marks. Compared by identity: tables made of them are remembered by it."""

    around: tuple[str, ...] = ()  # say nothing of the value: "my name is", "please", "um"
    unclear: tuple[str, ...] = ()  # of words that stand around values, but not side by side: "my appointment is"
    takes_back: tuple[str, ...] = ()  # what was said before them no longer holds, whatever follows: "no wait"
    puts_right: tuple[str, ...] = ()  # a value behind them replaces one of its kind before them: "make it"
    nots: tuple[str, ...] = ()  # the value behind them is not meant: "not", "instead of"
    doubtful: frozenset[str] = frozenset()  # those of `takes_back` that may deny what follows: "el lunes no el martes"
    no: frozenset[str] = frozenset()  # those of `takes_back` that also deny what follows: "no window"
    but: tuple[str, ...] = ()  # behind a value that is not meant: the next one is
    turning: frozenset[str] = frozenset()  # those of `but` that leave a value before them in doubt: "Friday, but"
    alters: frozenset[str] = frozenset()  # words that change a value, also where the business's own words have them
