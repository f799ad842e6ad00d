"""What a pack holds for values: numbers, days and times, phone numbers, names, addresses, written and spoken forms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from parley_core.languages.turn_words import NOTHING

# What an agent document's slot may hold.
ValueKind = Literal["datetime", "date", "time", "person", "phone", "email", "number", "money", "choice", "yes_no",
                    "address", "spelled", "date_of_birth", "membership", "text"]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """Numbers as they are said and heard."""

    ones: tuple[str, ...] = ()  # zero to nineteen
    tens: tuple[str, ...] = ()  # by the first figure: "zero", "ten", "twenty", …
    hundred: str = ""
    thousand: str = ""
    ordinals: Mapping[int, str] = field(default_factory=dict)  # first to thirty-first
    figures: Mapping[str, str] = field(default_factory=dict)  # a word to its figures, in dictation: "oh" is 0
    misheard: Mapping[str, str] = field(default_factory=dict)  # what a recogniser writes for a figure
    repeats: Mapping[str, int] = field(default_factory=dict)
    plus: frozenset[str] = frozenset()  # before an international number
    minus: frozenset[str] = frozenset()  # before a negative number
    point: frozenset[str] = frozenset()  # before decimals
    decimal_comma: bool = False  # "1.200,5"
    and_half: tuple[str, ...] = ()  # behind a number: "and a half"
    fillers: frozenset[str] = frozenset()  # within a number that is dictated
    between: frozenset[str] = frozenset()  # the same, around its groups
    extension: re.Pattern[str] = NOTHING  # an extension follows
    counts: Mapping[str, str] = field(default_factory=dict)  # phrases that are a number: "a dozen"
    values: Mapping[str, int] = field(default_factory=dict)  # phrases to their number, where no library has them
    glued: bool = False  # thousands are one word with what stands around them
    articles: frozenset[str] = frozenset()  # those of `values` that stand before nouns: "una"
    ordinal_forms: Mapping[str, int] = field(default_factory=dict)
    ordinal_figure: re.Pattern[str] = NOTHING  # a day in figures that is no number: "1º"; its group is the figures


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Days and times as they are said and heard. What is not a full name is a further spelling.

    Compared by identity, as `Numbers` are: tables made of one are remembered by it.
    """

    weekdays: tuple[str, ...] = ()  # Monday first
    weekday_forms: Mapping[str, int] = field(default_factory=dict)
    months: tuple[str, ...] = ()
    month_forms: Mapping[str, int] = field(default_factory=dict)  # January is 1
    ambiguous_months: frozenset[str] = frozenset()  # names of months that are other words as well
    named_days: Mapping[str, int] = field(default_factory=dict)  # "tomorrow" to how many days ahead
    day_parts: Mapping[str, str] = field(default_factory=dict)  # to "morning", "afternoon" or "evening"
    part_hours: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # a part to its first and last hour
    noon: frozenset[str] = frozenset()
    units: Mapping[str, int] = field(default_factory=dict)  # in days; 0: months
    idioms: Mapping[int, int] = field(default_factory=dict)  # numbers of days that mean weeks: "in acht Tagen"
    templates: tuple[str, ...] = ()  # how days and times are said: expressions, see `values.templates` of the llm
    choices: Mapping[str, int] = field(default_factory=dict)  # place in a list that was offered; -1 is its last
    counted: frozenset[str] = frozenset()  # behind an ordinal or a number: it chooses or counts, and is no day or time


@dataclass(frozen=True, slots=True)
class NameWords:
    """How people say who they are. Without accents: accents do not count."""

    introductions: re.Pattern[str] = NOTHING  # its group is the name and what follows
    weak: re.Pattern[str] = NOTHING  # introductions that other sentences begin with too
    strong: re.Pattern[str] = NOTHING  # those after which ordinary words may be a name
    introducing: frozenset[str] = frozenset()  # words of introductions, beside a name that is spelled
    speaking: re.Pattern[str] = NOTHING  # its group is the name
    stops: frozenset[str] = frozenset()  # a name ends before them
    fillers: frozenset[str] = frozenset()
    hesitations: tuple[str, ...] = ()  # within a name or an address
    closings: frozenset[str] = frozenset()  # behind a name
    never: frozenset[str] = frozenset()  # words that are no name
    also: frozenset[str] = frozenset()  # those of `never` that are names beside another one
    dated: frozenset[str] = frozenset()  # those of `also` that stand in days as well
    by_part: re.Pattern[str] = NOTHING  # "my last name is"; its groups are which part, and the part
    first: frozenset[str] = frozenset()  # what the first part is called
    honorifics: frozenset[str] = frozenset()
    spelled: re.Pattern[str] = NOTHING  # "spelled", which is no letter
    as_in: re.Pattern[str] = NOTHING  # "m as in mike"; its group is the letter
    capital: re.Pattern[str] = NOTHING  # "capital", before a letter
    alphabet: frozenset[str] = frozenset()  # words that stand for their first letter
    letters: Mapping[str, str] = field(default_factory=dict)  # names of letters: "eñe"
    joins: frozenset[str] = frozenset()  # "and"
    single: frozenset[str] = frozenset()  # words of one letter
    particles: frozenset[str] = frozenset()  # within a name: "de la"
    prefixes: frozenset[str] = frozenset()  # parts of the name that follows: "o brien"
    titles: frozenset[str] = frozenset()  # beside the name of somebody who is asked for


@dataclass(frozen=True, slots=True)
class Addresses:
    """E-mail addresses as they are said."""

    about: re.Pattern[str] = NOTHING  # an address follows
    before: re.Pattern[str] = NOTHING  # what stands before an address, from the phrase's first word
    behind: re.Pattern[str] = NOTHING  # what stands behind it, to the last
    one_word: re.Pattern[str] = NOTHING  # the words before it are written as one
    at: tuple[str, ...] = ()
    signs: Mapping[str, str] = field(default_factory=dict)  # a word, or several, to its sign
    unclear: re.Pattern[str] = NOTHING  # words that may be figures, letters or words
    hosts: Mapping[str, str] = field(default_factory=dict)  # a host as it is heard to how it is written


@dataclass(frozen=True, slots=True, eq=False)
class Details:
    """What else callers are asked for: money, birthdays, postal addresses. Without accents."""

    currencies: Mapping[str, str] = field(default_factory=dict)  # a word, or a sign, to its ISO code
    hundredths: frozenset[str] = frozenset()  # "cents"
    bounds: frozenset[str] = frozenset()  # beside an amount: it is a limit, and not the amount
    joins: frozenset[str] = frozenset()  # between the units and the hundredths: "and"
    money: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # an ISO code to what is said for one, and more
    hundredth: tuple[str, str] = ("", "")  # what is said for one hundredth, and for more
    born: tuple[str, ...] = ()  # expressions of a birthday with `<day>`, `<month>` and `<year>`; numbers are figures
    years: tuple[str, ...] = ()  # expressions of a year: groups `year`, or `century` and `rest`
    day_first: bool = True  # in dates in figures; else the order is not certain
    streets: re.Pattern[str] = NOTHING  # a word that says what kind of street it is, alone or at a word's end
    number_last: bool = False  # "Hauptstraße 12"
    address_lead: re.Pattern[str] = NOTHING  # what stands before an address
    in_names: frozenset[str] = frozenset()  # words around values that streets are called by too: "Am Alten Markt"
    near: frozenset[str] = frozenset()  # an address that is not the caller's own: "opposite"


@dataclass(frozen=True, slots=True)
class Aloud:
    """How the rule-based agent says values. English has rules of its own for days and times."""

    date: str = ""  # {weekday}, {day}, {month}
    whole_date: str = ""  # {day}, {month}, {year}
    datetime: str = ""  # {date}, {time}
    written: str = ""  # the same in a text message: {weekday}, {date}, {time}
    weekdays: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    days: tuple[str, ...] = ()  # of a month, from the first
    hours: tuple[str, ...] = ()  # of a day, from midnight
    minutes: tuple[str, ...] = ()  # of an hour, from none
    whole: str = ""  # a full hour: {hour}
    clock: str = ""  # {hour}, {minute}
    parts: tuple[tuple[int, str], ...] = ()  # behind a time: up to which hour, and the words
    day_parts: Mapping[str, str] = field(default_factory=dict)  # "morning" and its like to the words behind a day
    plus: str = ""  # before an international number
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Slots:
    """How callers speak about the values of a flow."""

    about: Mapping[str, re.Pattern[str]] = field(default_factory=dict)  # kind of slot to how it is named
    phone: re.Pattern[str] = NOTHING  # a phone number follows
    time_of: re.Pattern[str] = NOTHING  # the time of a moment is spoken about, and not its day
    day_of: re.Pattern[str] = NOTHING
    greeting: re.Pattern[str] = NOTHING  # before anything else: no part of a day
    topics: re.Pattern[str] = NOTHING  # another value follows
    named: re.Pattern[str] = NOTHING  # a name follows for certain
    counts: re.Pattern[str] = NOTHING  # how many come: no time of day
    ones: frozenset[str] = frozenset()  # beside a choice: "the small one"
    nouns: Mapping[str, str] = field(default_factory=dict)  # kind of slot to what the agent calls it


@dataclass(frozen=True, slots=True)
class Written:
    """Written forms and what is said for them."""

    abbreviations: Mapping[str, str] = field(default_factory=dict)  # without their stop
    titles: frozenset[str] = frozenset()  # abbreviations before names and numbers, which end no sentence
    shortened: frozenset[str] = frozenset()  # others that end none
    may_end: frozenset[str] = frozenset()  # those that end one where a capital follows
    before_figures: frozenset[str] = frozenset()  # those that end none before a figure
    units: Mapping[str, tuple[str, str, str, str]] = field(default_factory=dict)  # a currency's unit and hundredth
