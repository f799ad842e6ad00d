"""What a language pack holds: the words of one language, as data. Each language is one module or folder in `packs`.

A field that a pack leaves empty has not been written for the language yet: rules that would need it
find nothing, and no other language's words stand in for it. Only what must be said to a caller falls back to English.
"""

from dataclasses import dataclass, field

from parley_core.languages.carrier_words import Carriers
from parley_core.languages.claim_words import ClaimWords
from parley_core.languages.fact_words import FactWords
from parley_core.languages.guard_words import GuardWords
from parley_core.languages.talk_words import Intents, Recognition, Reports, Safety, Search, Talk
from parley_core.languages.turn_words import Answered, Answers, Endings, Wishes
from parley_core.languages.value_words import Addresses, Aloud, Calendar, Details, NameWords, Numbers, Slots, Written


@dataclass(frozen=True, slots=True)
class Sentences:
    """The platform's sentences, used where the agent document has none."""

    busy: str = ""  # to a caller for whom there is no capacity
    limited: str = ""  # to a caller above a limit
    hold: str = ""  # while the platform stands still
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
    cannot_look_up: str = ""  # a look-up failed: a fault, and no ignorance
    not_done: str = ""  # in place of a claim: nothing of it has been done
    did_not_work: str = ""  # in place of a claim: it was tried, and it failed
    not_decided: str = ""  # in place of a claim: somebody must agree first
    one_time_code: str = ""  # by message: {code}
    approved: str = ""  # by message: what waited for a person's decision is done
    not_approved: str = ""
    approved_in_vain: str = ""  # it was tried then, and it failed
    not_promised: str = ""  # in place of a promise that nothing here could keep
    help: str = ""
    meant: str = ""  # a value that was not read for certain: {value} is what it may be
    take_your_time: str = ""  # to a caller who wants a moment
    fillers: tuple[str, ...] = ()  # in turn, while an answer takes long


@dataclass(frozen=True, slots=True)
class Pack:
    """One language. Words are written in lower case, phrases with single spaces."""

    tag: str  # the primary subtag of BCP 47
    names: tuple[str, ...]  # what the language is called: in English first, then in itself and elsewhere
    lacks: tuple[str, ...] = ()  # fields that English has and this pack does not, by name
    openings: tuple[str, ...] = ()  # first words that only this language has
    says: Sentences = field(default_factory=Sentences)
    backchannels: tuple[str, ...] = ()  # words of a listener; an agent document may have others in their place
    sounds: tuple[str, ...] = ()  # the same without a meaning, each letter once: "mhm" is "mmmhmm" as well
    endings: Endings = field(default_factory=Endings)
    wishes: Wishes = field(default_factory=Wishes)
    answered: Answered = field(default_factory=Answered)
    answers: Answers = field(default_factory=Answers)
    carriers: Carriers = field(default_factory=Carriers)
    numbers: Numbers = field(default_factory=Numbers)
    calendar: Calendar = field(default_factory=Calendar)
    naming: NameWords = field(default_factory=NameWords)
    addresses: Addresses = field(default_factory=Addresses)
    details: Details = field(default_factory=Details)
    aloud: Aloud = field(default_factory=Aloud)
    slots: Slots = field(default_factory=Slots)
    written: Written = field(default_factory=Written)
    intents: Intents = field(default_factory=Intents)
    talk: Talk = field(default_factory=Talk)
    safety: Safety = field(default_factory=Safety)
    guard: GuardWords = field(default_factory=GuardWords)
    claims: ClaimWords = field(default_factory=ClaimWords)
    facts: FactWords = field(default_factory=FactWords)
    search: Search = field(default_factory=Search)
    reports: Reports = field(default_factory=Reports)
    recognition: Recognition = field(default_factory=Recognition)
