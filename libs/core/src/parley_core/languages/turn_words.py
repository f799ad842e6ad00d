"""What a pack holds for turn-taking: answers, the ends of sentences, wishes for a language, who answers the phone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

NOTHING = re.compile(r"(?!)")
ANYTHING = re.compile("")


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What an answer to "is that right?" or "may we?" is made of: see `answers`. Accents do not count.

    Compared by identity: tables made of one are remembered by it.
    """

    yes: tuple[str, ...] = ()
    right: tuple[str, ...] = ()  # whole statements of agreement, which also settle a "no" before them
    no: tuple[str, ...] = ()
    nots: tuple[str, ...] = ()  # negations: they turn a yes beside them into a no
    change: tuple[str, ...] = ()  # behind these something is to be otherwise
    wait: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()  # a question begins with them
    doubt: tuple[str, ...] = ()
    rhetorical: tuple[str, ...] = ()  # "why not": neither a question nor an answer
    around: tuple[str, ...] = ()  # say nothing beside an answer
    unended: tuple[str, ...] = ()  # those of `around` that no answer ends with
    consent_yes: tuple[str, ...] = ()  # further ones where recording is asked about, with the keys' numbers
    consent_no: tuple[str, ...] = ()
    consent_around: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Endings:
    """What tells whether a sentence goes on: see the gateway's `endpointing`. Without it, marks and figures tell."""

    fillers: frozenset[str] = frozenset()
    carry_on: frozenset[str] = frozenset()  # behind these a sentence goes on
    goes_on: re.Pattern[str] = NOTHING  # a sentence whose end is like this goes on
    may_go_on: re.Pattern[str] = NOTHING  # or may do so
    ends: re.Pattern[str] = NOTHING  # and this ends one, though its last word is in `carry_on`
    auxiliaries: frozenset[str] = frozenset()  # those of `carry_on` that end a sentence behind a subject: "yes it is"
    subjects: frozenset[str] = frozenset()
    prepositions: frozenset[str] = frozenset()  # those of `carry_on` that end a question: "who is it from"
    answers: frozenset[str] = frozenset()  # whole in up to three words
    questions: frozenset[str] = frozenset()  # question words
    choices: frozenset[str] = frozenset()  # "or": between the things that a question offers
    asking: frozenset[str] = frozenset()  # all words that a question begins with
    verbs: frozenset[str] = frozenset()  # with one of these in it, five words are a sentence
    verb_endings: tuple[str, ...] = ()
    whole: re.Pattern[str] = NOTHING  # complete as it stands
    hold: re.Pattern[str] = NOTHING  # asks for a moment or for quiet, and says nothing else
    digits: Mapping[str, int] = field(default_factory=dict)  # a number's word to how many figures it stands for
    repeats: Mapping[str, int] = field(default_factory=dict)
    scales: frozenset[str] = frozenset()  # "hundred": within a number
    joins: frozenset[str] = frozenset()  # "and": within a number
    letters: frozenset[str] = frozenset()  # words of one letter
    half_days: tuple[str, ...] = ()  # letters that are no spelling: "a m"
    address: re.Pattern[str] = NOTHING  # an e-mail address is being dictated
    domain: re.Pattern[str] = NOTHING  # it has come to its end
    longer: re.Pattern[str] = NOTHING  # a domain that often goes on: ".co"
    figures: re.Pattern[str] = NOTHING  # a number's word that `digits` has not: an ordinal, a year
    centuries: re.Pattern[str] = NOTHING  # the first words of a year
    phone: tuple[int, int] = (0, 0)  # figures of a number without prefixes: at least, at most
    prefixes: frozenset[str] = frozenset()  # before those: "plus", a zero
    names_of_letters: frozenset[str] = frozenset()
    born: re.Pattern[str] = NOTHING  # a date of birth is being said
    lives: re.Pattern[str] = NOTHING  # a postal address is being said
    street: re.Pattern[str] = NOTHING  # the name of a street, in such an address
    asked: Mapping[str, re.Pattern[str]] = field(default_factory=dict)  # kind of value to how it is asked for
    asks: re.Pattern[str] = ANYTHING  # a question, or a request, of the agent


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a language is asked for: see the gateway's `wishes`."""

    speak: tuple[str, ...] = ()  # verbs: "speak", "continue in"
    into: tuple[str, ...] = ()  # between those and the language's name
    closing: tuple[str, ...] = ()  # before a name that ends the sentence: "in Spanish, please"
    nots: tuple[str, ...] = ()
    no: tuple[str, ...] = ()  # also an interjection: "no, Spanish please" is a wish, "no Spanish please" is none
    denied: tuple[str, ...] = ()  # between a "no" and a name; these leave it denied
    polite: tuple[str, ...] = ()  # beside a wish, in any language
    around: tuple[str, ...] = ()  # beside a wish, in this language
    joins: tuple[str, ...] = ()  # with these the sentence goes on behind the name; other words make it a name of theirs


@dataclass(frozen=True, slots=True)
class Answered:
    """What is heard when an outgoing call is answered by somebody or something else than the person called."""

    machine: re.Pattern[str] = NOTHING
    menu: re.Pattern[str] = NOTHING
    screening: re.Pattern[str] = NOTHING
    person: re.Pattern[str] = NOTHING  # somebody who answers for another: then the other words are a person's as well
