"""What is known of a language to find personal data: numbers as they are dictated, and what is said before each kind of it.

Words and patterns are without accents and in lower case, as `answers.folded` makes them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from parley_core.languages.turn_words import NOTHING


@dataclass(frozen=True, slots=True, eq=False)
class PrivateWords:
    figures: Mapping[str, str] = field(default_factory=dict)  # words, or several, to their figures: "twenty one" is 21
    zeros: Mapping[str, str] = field(default_factory=dict)  # behind a figure: "hundred" is 00
    repeats: Mapping[str, int] = field(default_factory=dict)  # before a figure: "double"
    within: frozenset[str] = frozenset()  # words inside a number that is dictated
    months: frozenset[str] = frozenset()
    date_words: frozenset[str] = frozenset()  # within a date, beside months and figures
    # Each is what is said before, or around, a value of its kind; the nearest decides.
    card: re.Pattern[str] = NOTHING
    code: re.Pattern[str] = NOTHING  # of a card
    phone: re.Pattern[str] = NOTHING
    account: re.Pattern[str] = NOTHING
    social: re.Pattern[str] = NOTHING
    record: re.Pattern[str] = NOTHING  # of a patient
    birth: re.Pattern[str] = NOTHING
    harmless: re.Pattern[str] = NOTHING  # numbers of things: orders, prices, rooms
    last_figures: re.Pattern[str] = NOTHING  # only the end of a number follows
    name: re.Pattern[str] = NOTHING  # a name follows
    weak_name: re.Pattern[str] = NOTHING  # a name may follow: nothing else does where the phrase ends behind it
    name_ends: frozenset[str] = frozenset()  # a name ends before them
    no_names: frozenset[str] = frozenset()  # words that no name begins with
    closings: frozenset[str] = frozenset()  # behind a name that is given by a weak introduction: "maria speaking"
    particles: frozenset[str] = frozenset()  # within a name
    at: frozenset[str] = frozenset()  # said for "@"
    dot: frozenset[str] = frozenset()
    joints: frozenset[str] = frozenset()  # said for "-" and "_" in an e-mail address
    address: re.Pattern[str] = NOTHING  # a postal address, figures written as figures; the whole match is the address
