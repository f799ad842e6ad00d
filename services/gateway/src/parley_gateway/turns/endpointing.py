"""How long to wait after the caller's last sound: a score of the text so far, and what the agent has asked for.

Pure and quick (some 20 µs). `machine` asks for every final text. It is a set of rules over words, not a model: it
knows sentences that cannot be over ("I'd like to book an"), values that are being dictated ("five five five"), and
sentences that are as good as certainly complete. Everything else waits for the agent's usual pause. English has its
rules here, Spanish and German theirs in `endpoint_words`; in any other language only marks and figures tell.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from parley_core.languages.registry import primary

from parley_gateway.turns.endpoint_words import WORDS, EndWords


class Expects(StrEnum):
    """What an answer to the agent's last question is made of."""

    ANYTHING = "anything"
    PHONE = "phone"
    NUMBER = "number"
    EMAIL = "email"
    NAME = "name"


class Ending(StrEnum):
    COMPLETE = "complete"  # a whole sentence, question or answer
    OPEN = "open"  # cannot be told from the text
    PARTIAL = "partial"  # a value that may be whole and may go on: seven digits of a phone number, a first name
    UNFINISHED = "unfinished"  # a sentence, or a value that is being dictated, that goes on


@dataclass(frozen=True, slots=True)
class Waits:
    """In seconds since the caller's last sound."""

    pause_s: float
    least_s: float
    most_s: float


EARLY_S = (0.2, 0.3)  # a complete sentence waits for the agent's pause within these
PARTIAL_S = 1.0  # people pause some 0.7 s between groups of digits


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TOKEN = re.compile(r"[a-z0-9@+']+")
_ANY_TOKEN = re.compile(r"[^\W_]+(?:['’@.][^\W_]+)*|\+?\d+")
_FILLERS = _set("um uh uhm er erm hmm hm ah eh well like")
# After these an English sentence goes on.
_CARRY_ON = _set(
    """a an the my your his our their its and but or because although though unless whereas if whether while since
    i i'm i'd i'll i've we're we'd we'll they're you're he's she's let's
    to of for from with at by into onto about between without than as per via
    is are was were am be been being has have had will would can could should shall may might must
    very really quite just maybe every each another any some no. mr mrs ms dr doctor named called next
    prefer said says dot underscore dash hyphen slash double triple plus"""
)
# "yes it is", "I would", "we can", "that was": complete with a subject before them.
_AUXILIARIES = _set("is are was were am do does did has have had will would can could should may might")
_SUBJECTS = _set("i you he she it we they that this there what who")
_ENDING_PREPOSITIONS = _set("to of for from with at by into about")
_WH = _set("what where when who why how which whose what's where's when's who's how's")
_ASKING = _set(
    "do does did is are was were can could will would should may have has am isn't aren't don't doesn't can't"
)
_VERBS = _set(
    """want need book have take make see know get come go call speak talk cancel change move schedule like help have
    was is am are would tell ask send pay bring find visit check reschedule confirm think hope hurt hurts lost broke
    works right wrong fine good"""
)
_ANSWERS = _set(
    """yes no yeah yep nope sure okay ok correct right thanks goodbye bye hello hi please absolutely exactly perfect
    never always today tomorrow tonight"""
)
_WHOLE = re.compile(
    r"^(?:(?:yes|yeah|no|okay|ok|well|oh|sure|great|perfect)[ ,]+)*"
    r"(?:(?:that|it|this)(?:'s| is| was| will be| would be)? (?:right|correct|fine|good|perfect|great|all|it|wrong|"
    r"everything|works)(?: thank you| thanks| please)?|please|"
    r"thank you(?: very much| so much)?(?: goodbye| bye)?|thanks(?: a lot)?|good ?bye|not at all|of course|no problem|"
    r"that's all(?: thank you| thanks)?|never mind|i (?:do|don't|am|would|can|can't|will)|go on|go ahead|hold on|"
    r"one moment|just a moment|wait)$"
)
_DIGITS = {
    **{word: 1 for word in _set("zero oh o nought one two three four five six seven eight nine")},
    **{word: 2 for word in _set("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")},
    **{word: 2 for word in _set("twenty thirty forty fifty sixty seventy eighty ninety")},
}
_REPEATS = {"double": 2, "triple": 3}
_LATE_WORDS = _set("hundred thousand")
_DOMAIN = re.compile(r"(?: dot |\.)(?:com|org|net|edu|gov|io|co|uk|us|de|info)$")


def wait_s(text: str, waits: Waits, expects: Expects = Expects.ANYTHING, language: str = "en") -> tuple[float, Ending]:
    """How long after the last sound `text` is taken as the whole turn, and why."""
    ending = ending_of(text, expects, language)
    wait = {
        Ending.COMPLETE: min(max(waits.pause_s, EARLY_S[0]), EARLY_S[1]),
        Ending.OPEN: waits.pause_s,
        Ending.PARTIAL: max(waits.pause_s, PARTIAL_S),
        Ending.UNFINISHED: waits.most_s,
    }[ending]
    return max(waits.least_s, min(wait, waits.most_s)), ending


def ending_of(text: str, expects: Expects = Expects.ANYTHING, language: str = "en") -> Ending:
    """Judge the end of what was said so far."""
    said = text.strip().lower()
    if primary(language) != "en":
        return _ending_in(WORDS.get(primary(language), EndWords()), said, expects)
    words = _TOKEN.findall(said)
    if not words:
        return Ending.OPEN
    last = words[-1]
    if last in _FILLERS - {"well", "like"} or said.endswith((",", "-", "…", "...", ":")):
        return Ending.UNFINISHED
    dictated = _dictated(said, words, expects)
    if dictated is not None:
        return dictated
    if said.endswith("?"):
        return Ending.COMPLETE
    if _WHOLE.match(" ".join(words)):
        return Ending.COMPLETE
    if _goes_on(words):
        return Ending.UNFINISHED
    if expects is Expects.NAME and len(words) <= 2 and last not in _ANSWERS:
        return Ending.PARTIAL if len(words) == 1 else Ending.OPEN
    return Ending.COMPLETE if _whole_sentence(said, words) else Ending.OPEN


def expected_by(question: str, language: str = "en") -> Expects:
    """What the answer to a question of the agent is made of, from the question's words."""
    asked = question.lower()
    if primary(language) != "en":
        words = WORDS.get(primary(language), EndWords())
        return next((Expects(kind) for kind, how in words.asked.items() if how.search(asked)), Expects.ANYTHING)
    if "?" not in asked and not re.search(r"\b(?:please|tell me|give me|what is)\b", asked):
        return Expects.ANYTHING
    for what, pattern in _ASKED:
        if pattern.search(asked):
            return what
    return Expects.ANYTHING


def expected_kind(slot_kind: str) -> Expects:
    """What a value of a flow's slot is made of."""
    return {
        "phone": Expects.PHONE,
        "number": Expects.NUMBER,
        "email": Expects.EMAIL,
        "person": Expects.NAME,
    }.get(slot_kind, Expects.ANYTHING)


_ASKED = (
    (Expects.PHONE, re.compile(r"\b(?:phone|telephone|mobile|cell|callback) number|\bnumber (?:can|may) (?:we|i)")),
    (Expects.EMAIL, re.compile(r"\be-?mail")),
    (Expects.NUMBER, re.compile(r"\b(?:number|code|digits|zip|postcode|post code|date of birth)\b")),
    (Expects.NAME, re.compile(r"\b(?:your|full|last|first) name\b|\bspell\b")),
)


def _ending_in(known: EndWords, said: str, expects: Expects) -> Ending:
    """The same with the words of another language."""
    words = _ANY_TOKEN.findall(said)
    if not words:
        return Ending.OPEN
    last = words[-1]
    if last in known.fillers or said.endswith((",", "-", "…", "...", ":")):
        return Ending.UNFINISHED
    digits, groups = _digits_at_end(words, known.digits, known.repeats)
    if digits and (expects in (Expects.PHONE, Expects.NUMBER) or groups >= 3):
        return _dictated_digits(digits, expects, cut=last in known.repeats)
    if expects is Expects.EMAIL or known.address.search(said):
        return Ending.OPEN if set(words) & known.answers else Ending.UNFINISHED if "@" not in said else Ending.COMPLETE
    if said.endswith("?"):
        return Ending.COMPLETE
    if last in known.carry_on:
        return Ending.UNFINISHED
    if expects is Expects.NAME and len(words) <= 2 and last not in known.answers:
        return Ending.PARTIAL if len(words) == 1 else Ending.OPEN
    whole = len(words) <= 3 and last in known.answers
    asks = len(words) >= 4 and words[0] in known.asking
    acts = len(words) >= 5 and bool(known.verbs & set(words))
    return Ending.COMPLETE if whole or asks or acts else Ending.OPEN


def _goes_on(words: list[str]) -> bool:
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last not in _CARRY_ON:
        return False
    if last in _AUXILIARIES and before in _SUBJECTS and words[0] not in _WH:
        return False
    # "who is it from", "what is that for"
    return not (last in _ENDING_PREPOSITIONS and words[0] in _WH and len(words) > 2)


def _whole_sentence(said: str, words: list[str]) -> bool:
    if len(words) <= 3 and words[-1] in _ANSWERS:
        return True
    asks = words[0] in _WH or (words[0] in _ASKING and len(words) > 1)
    if asks and len(words) >= 4:
        return True
    acts = any(word in _VERBS or word.endswith(("ed", "n't")) for word in words)
    if acts and len(words) >= 5:
        return True
    return said.endswith((".", "!")) and len(words) >= 3


def _dictated(said: str, words: list[str], expects: Expects) -> Ending | None:
    """Whether a number, an address or letters are being dictated at the end; None where nothing is."""
    if expects is Expects.EMAIL or re.search(r"\b(?:at|dot) [a-z]+ dot\b|@|\b(?:e-?mail|address) is\b", said):
        if _DOMAIN.search(said.rstrip(".!")):
            return Ending.COMPLETE
        if expects is Expects.EMAIL and not set(words) & _ANSWERS:
            return Ending.UNFINISHED
    letters = 0
    for word in reversed(words):
        if len(word) != 1 or not word.isalpha() or (word in ("a", "i") and not letters):
            break
        letters += 1
    if letters >= 2:
        return Ending.PARTIAL if letters >= 3 and expects is not Expects.EMAIL else Ending.UNFINISHED
    digits, groups = _digits_at_end(words, _DIGITS, _REPEATS)
    wanted = expects in (Expects.PHONE, Expects.NUMBER)
    if not digits or (not wanted and groups < 3):
        return None
    return _dictated_digits(digits, expects, cut=words[-1] in _REPEATS)


def _dictated_digits(digits: int, expects: Expects, *, cut: bool) -> Ending:
    """`cut`: the last word is a "double" whose figure has not come."""
    if cut:
        return Ending.UNFINISHED
    if expects is Expects.NUMBER:
        return Ending.PARTIAL
    if digits >= 10:
        return Ending.COMPLETE
    return Ending.PARTIAL if digits >= 7 else Ending.UNFINISHED


def _digits_at_end(words: list[str], numbers: Mapping[str, int], repeats: Mapping[str, int]) -> tuple[int, int]:
    """How many digits the text ends with, and in how many words or groups of figures."""
    digits = groups = 0
    for at in range(len(words) - 1, -1, -1):
        word = words[at]
        if (figures := word.lstrip("+")).isdigit():
            digits += len(figures)
            groups += len(figures)
        elif word in numbers:
            before = words[at - 1] if at else ""
            digits += repeats.get(before, 1) if numbers[word] == 1 else 2
            groups += 1
        elif word not in repeats and word not in _LATE_WORDS and not (word == "and" and groups):
            break
    return digits, groups
