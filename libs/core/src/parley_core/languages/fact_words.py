"""How a language states facts: prices, times, denials. llm checks an agent's sentences by it before they are spoken."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from parley_core.languages.turn_words import NOTHING


@dataclass(frozen=True, slots=True)
class FactWords:
    """Words are folded: lower case, without accents."""

    money: frozenset[str] = frozenset()  # beside an amount
    percent: frozenset[str] = frozenset()
    hours: frozenset[str] = frozenset()  # beside a time of day
    units: frozenset[str] = frozenset()  # behind a number: with them even a small one states something
    free: re.Pattern[str] = NOTHING  # it costs nothing; in its group `unsure` it may be that a time is not taken
    quarters: Mapping[re.Pattern[str], tuple[int, int]] = field(default_factory=dict)
    """Parts of an hour to what they add to the hour that is their group, and the minutes: "half past (nine)"."""
    spans: Mapping[str, str] = field(default_factory=dict)  # phrases to the same in figures: "half an hour"
    weekend: frozenset[str] = frozenset()
    weekdays: frozenset[str] = frozenset()
    denials: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()  # "closed" denies "open"
    opens: frozenset[str] = frozenset()
    states: re.Pattern[str] = NOTHING  # a sentence of the business about itself: "we have", "you can"
    stop: frozenset[str] = frozenset()  # words that carry no topic, where the search has none
    capitals: bool = False  # all nouns have capitals: only words behind a title are names
    titles: frozenset[str] = frozenset()
    never_names: frozenset[str] = frozenset()  # with a capital in any sentence
