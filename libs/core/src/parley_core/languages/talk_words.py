"""What a pack holds for conversations: what callers want, what a rule-based agent says, guardrails, search."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from parley_core.languages.turn_words import NOTHING


@dataclass(frozen=True, slots=True)
class Intents:
    """What callers want, by their words. Patterns of lower-case text without marks; accents do not count."""

    goodbye: re.Pattern[str] = NOTHING
    thanks: re.Pattern[str] = NOTHING
    greeting: re.Pattern[str] = NOTHING
    person: re.Pattern[str] = NOTHING  # a person is asked for
    repeat: re.Pattern[str] = NOTHING
    resume: re.Pattern[str] = NOTHING  # the agent was talked over and may finish
    cancel: re.Pattern[str] = NOTHING
    message: re.Pattern[str] = NOTHING
    question: re.Pattern[str] = NOTHING
    wish: re.Pattern[str] = NOTHING  # to book something
    moves: re.Pattern[str] = NOTHING  # what is booked is wanted at another time; its group is the time, if it was said
    cancels: re.Pattern[str] = NOTHING  # what is booked is not wanted
    follows: re.Pattern[str] = NOTHING  # a question that goes on with the one before
    whom: re.Pattern[str] = NOTHING  # a booking's person; the group is the name
    proposes: re.Pattern[str] = NOTHING  # a question that proposes a value: "how about friday"
    stop: frozenset[str] = frozenset()  # words that say nothing about what is wanted


@dataclass(frozen=True, slots=True)
class Talk:
    """What the rule-based agent says of its own, with names in braces for what it fills in. Flows need all of it."""

    anything_else: str = ""
    hello: str = ""
    welcome: str = ""  # to thanks
    heard_nothing: str = ""
    not_understood: str = ""
    yes_or_no: str = ""
    all_right: str = ""
    nothing_booked: str = ""
    dropped: str = ""
    would_you_like: str = ""  # {goal}
    person_or_message: str = ""
    leave_message: str = ""
    what_message: str = ""
    message_noted: str = ""
    to_be_approved: str = ""
    could_not: str = ""
    no_longer: str = ""
    not_sent: str = ""
    gone_through: str = ""  # before what was done, to a caller who takes it back
    shall_cancel: str = ""
    or_change: str = ""  # behind `shall_cancel`, where another time can be had
    can_move: str = ""
    undone: str = ""
    kept: str = ""
    still_stands: str = ""  # what was done before a change that failed
    is_sent: str = ""  # after what was done; only with a sender's receipt
    what_to_change: str = ""  # {names}
    the: str = ""  # {name}
    so_far: str = ""  # {digits}
    last_name: str = ""  # {name}
    time_passed: str = ""
    day_passed: str = ""
    not_free: str = ""  # {moment}
    nothing_free: str = ""  # {day}
    free_then: str = ""  # {day}, {times}
    free: str = ""  # {moments}
    which: str = ""
    suits: str = ""
    which_time: str = ""  # {day}
    which_day: str = ""  # {time}
    tool_failed: str = ""
    done: str = ""
    not_without: str = ""  # to a caller who will not give what is asked for
    not_found: str = ""  # what was looked up does not exist
    not_moved: str = ""  # no tool of the agent moves what was booked
    not_cancelled: str = ""
    not_wished: str = ""  # {wish}: named by the caller, and nothing here can arrange it
    wished: str = ""  # {wish}: before the read-back
    said_yes: str = ""  # the value of a question that was answered with yes
    said_no: str = ""
    joined: tuple[str, str] = ("", "")  # "and", "or"


@dataclass(frozen=True, slots=True)
class Safety:
    """What guardrails listen for. Patterns as in `Intents`."""

    emergency: re.Pattern[str] = NOTHING
    asks_diagnosis: re.Pattern[str] = NOTHING
    gives_diagnosis: re.Pattern[str] = NOTHING  # of the agent
    card: re.Pattern[str] = NOTHING  # a payment card is spoken about


@dataclass(frozen=True, slots=True)
class Search:
    """What a search of knowledge must know of its questions and documents."""

    stop: frozenset[str] = frozenset()  # words without a topic
    same: Mapping[str, str] = field(default_factory=dict)  # stems of one meaning
    open: frozenset[str] = frozenset()  # questions for what or who, not whether
    denials: frozenset[str] = frozenset()
    ranges: frozenset[str] = frozenset()  # "Monday to Friday"
    titles: frozenset[str] = frozenset()  # capitalised words that are no names
    weekday_forms: Mapping[str, int] = field(default_factory=dict)  # as documents write them
    question_marks: frozenset[str] = frozenset()  # before a question in a list of them, ahead of a colon
    answer_marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reports:
    """By which of the agent's words a call's summary knows what became of a question. Lower case."""

    unknown: tuple[str, ...] = ()  # it could not be answered
    noted: tuple[str, ...] = ()  # a message was taken
    promised: tuple[str, ...] = ()  # somebody comes back to the caller
    connecting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recognition:
    """What callers of every business say, for recognisers that are told ahead of a call."""

    openers: tuple[str, ...] = ()  # before what they want
    introductions: Mapping[str, int] = field(default_factory=dict)  # before a name, with how often
    consent: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()  # for a language; {} is its name
    own_wish: tuple[str, ...] = ()  # for this language
    everyday: tuple[str, ...] = ()  # whole sentences
    common: frozenset[str] = frozenset()  # words that are no names, however they are written
    before_numbers: tuple[str, ...] = ()  # of phones, as often as they are said
    numbers: tuple[str, ...] = ()  # with words that no figure has
    moments: tuple[str, ...] = ()  # of {day} and {time}, as often as they are said
    days: tuple[str, ...] = ()  # of {weekday}, {month}, {date} and {part}
    parts: tuple[str, ...] = ()  # of a day
    times: tuple[str, ...] = ()  # of {exact}, {hour}, {within}, {half} and {other_half}
    within: tuple[str, ...] = ()  # which part of the day a time is in, as often as it is said
    halves: tuple[str, ...] = ()  # of a day, behind a time
