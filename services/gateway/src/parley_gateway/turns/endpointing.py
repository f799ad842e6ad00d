"""How long to wait after the caller's last sound: a score of the text so far, and what the agent has asked for.

Pure and quick (some 20 µs). `machine` asks for every final text. It is a set of rules over words, not a model: it
knows sentences that cannot be over ("I'd like to book an"), values that are being dictated ("five five five"), and
sentences that are as good as certainly complete. Everything else waits for the agent's usual pause. The words are the
language pack's `Endings`; in a language without them only punctuation and figures count.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from parley_core.languages.registry import pack
from parley_core.languages.turn_words import Endings


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


_TOKEN = re.compile(r"[^\W_]+(?:['’@][^\W_]+)*")
_OPEN_MARKS = (",", "-", "…", "...", ":")
_ADDRESS_WORDS = 6  # at the end of a text, in which an address that has begun is still being dictated


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
    known = pack(language).endings
    said = text.strip().lower()
    words = _TOKEN.findall(said)
    if not words:
        return Ending.OPEN
    last = words[-1]
    if last in known.fillers or said.endswith(_OPEN_MARKS):
        return Ending.UNFINISHED
    dictated = _dictated(known, said, words, expects)
    if dictated is not None:
        return dictated
    if said.endswith("?") or known.whole.match(" ".join(words)):
        return Ending.COMPLETE
    if _goes_on(known, words):
        return Ending.UNFINISHED
    if expects is Expects.NAME and len(words) <= 2 and last not in known.answers:
        return Ending.PARTIAL if len(words) == 1 else Ending.OPEN
    return Ending.COMPLETE if _whole_sentence(known, said, words) else Ending.OPEN


def expected_by(question: str, language: str = "en") -> Expects:
    """What the answer to a question of the agent is made of, from the question's words."""
    asked, known = question.lower(), pack(language).endings
    if not known.asks.search(asked):
        return Expects.ANYTHING
    return next((Expects(kind) for kind, how in known.asked.items() if how.search(asked)), Expects.ANYTHING)


def expected_kind(slot_kind: str) -> Expects:
    """What a value of a flow's slot is made of."""
    return {
        "phone": Expects.PHONE,
        "number": Expects.NUMBER,
        "email": Expects.EMAIL,
        "person": Expects.NAME,
    }.get(slot_kind, Expects.ANYTHING)


def _goes_on(known: Endings, words: list[str]) -> bool:
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last not in known.carry_on:
        return False
    if last in known.auxiliaries and before in known.subjects and words[0] not in known.questions:
        return False
    # "who is it from", "what is that for"
    return not (last in known.prepositions and words[0] in known.questions and len(words) > 2)


def _whole_sentence(known: Endings, said: str, words: list[str]) -> bool:
    if len(words) <= 3 and words[-1] in known.answers:
        return True
    if words[0] in known.asking and len(words) >= 4:
        return True
    acts = any(word in known.verbs or word.endswith(known.verb_endings) for word in words)
    if acts and len(words) >= 5:
        return True
    return bool(known.verbs) and said.endswith((".", "!")) and len(words) >= 3


def _dictated(known: Endings, said: str, words: list[str], expects: Expects) -> Ending | None:
    """Whether a number, an address or letters are being dictated at the end; None where nothing is."""
    address = _address(known, said, words, expects)
    if address is not None:
        return address
    letters = 0
    for word in reversed(words) if " ".join(words[-2:]) not in known.half_days else ():
        if len(word) != 1 or not word.isalpha() or (word in known.letters and not letters):
            break
        letters += 1
    if letters >= 2:
        return Ending.PARTIAL if letters >= 3 and expects is not Expects.EMAIL else Ending.UNFINISHED
    digits, groups = _digits_at_end(known, words)
    wanted = expects in (Expects.PHONE, Expects.NUMBER)
    if not digits or (not wanted and groups < 3):
        return None
    return _dictated_digits(digits, expects, cut=words[-1] in known.repeats)


def _address(known: Endings, said: str, words: list[str], expects: Expects) -> Ending | None:
    begun = known.address.search(said)
    if begun is None and expects is not Expects.EMAIL:
        return None
    if known.domain.search(said.rstrip(".!")):
        return Ending.COMPLETE
    fresh = begun is None or len(_TOKEN.findall(said[begun.end() :])) <= _ADDRESS_WORDS
    return Ending.UNFINISHED if fresh and not known.answers & set(words) else None


def _dictated_digits(digits: int, expects: Expects, *, cut: bool) -> Ending:
    """`cut`: the last word is a "double" whose figure has not come."""
    if cut:
        return Ending.UNFINISHED
    if expects is Expects.NUMBER:
        return Ending.PARTIAL
    if digits >= 10:
        return Ending.COMPLETE
    return Ending.PARTIAL if digits >= 7 else Ending.UNFINISHED


def _digits_at_end(known: Endings, words: list[str]) -> tuple[int, int]:
    """How many digits the text ends with, and in how many words or groups of figures."""
    digits = groups = 0
    for at in range(len(words) - 1, -1, -1):
        word = words[at]
        if word.isdigit():
            digits += len(word)
            groups += len(word)
        elif word in known.digits:
            before = words[at - 1] if at else ""
            digits += known.repeats.get(before, 1) if known.digits[word] == 1 else 2
            groups += 1
        elif word not in known.repeats and word not in known.scales and not (word in known.joins and groups):
            break
    return digits, groups
