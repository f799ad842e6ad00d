"""What a language pack holds: the words of one language, as data. Each language is one module beside this one.

A field that a pack leaves empty is a word kind that nobody has written for the language yet: rules that would need it
find nothing, and no other language's words stand in for it. Only what must be said to a caller falls back to English.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sentences:
    """What the platform says of its own accord, where the agent document does not say it."""

    silence: str = ""  # to a silent caller
    apology: str = ""  # for a reply that failed
    say_again: str = ""  # where no answer could be made
    time_warning: str = ""  # ahead of the call's time limit
    time_limit: str = ""  # at the time limit, before the goodbye
    unheard: str = ""  # this language was asked for, and is not recognised on this line
    not_spoken: str = ""  # another language was asked for, which the agent does not speak
    goodbye: str = ""
    handoff: str = ""  # before a person takes over
    handoff_failed: str = ""  # nobody could take over
    consent_ask: str = ""
    consent_again: str = ""
    consent_accepted: str = ""
    consent_refused: str = ""
    unknown: str = ""  # an answer that is not known
    unknown_or_person: str = ""  # the same, offering a person
    help: str = ""
    take_your_time: str = ""  # to a caller who wants a moment
    fillers: tuple[str, ...] = ()  # in turn, while an answer takes long


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


def listed(text: str) -> tuple[str, ...]:
    """The phrases of a text, which commas divide."""
    return tuple(phrase for part in text.split(",") if (phrase := " ".join(part.split())))


@dataclass(frozen=True, slots=True)
class Pack:
    """One language. Words are written in lower case, phrases with single spaces."""

    tag: str  # the primary subtag of BCP 47
    names: tuple[str, ...]  # what the language is called: in English first, then in itself and elsewhere
    openings: tuple[str, ...] = ()  # first words that only this language has
    says: Sentences = field(default_factory=Sentences)
    backchannels: tuple[str, ...] = ()
    answers: Answers = field(default_factory=Answers)
    goodbyes: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()  # words by which a person is asked for
