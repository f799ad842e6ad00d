"""Whether a value that is being dictated has come to its end: a number, an address, a date of birth, a spelled name.

Pure; `endpointing` asks for every text. People pause up to 1.5 s between the groups of a value, so that what has a
known form is open until the form is full. The words are the language pack's `Endings`.
"""

import re
from enum import StrEnum

from parley_core.languages.pack import Pack
from parley_core.languages.turn_words import Endings


class Expects(StrEnum):
    """What an answer to the agent's last question is made of."""

    ANYTHING = "anything"
    PHONE = "phone"
    NUMBER = "number"
    EMAIL = "email"
    NAME = "name"
    SPELLING = "spelling"
    BIRTH = "birth"
    ADDRESS = "address"


class Ending(StrEnum):
    COMPLETE = "complete"  # a whole sentence, question or answer
    OPEN = "open"  # cannot be told from the text
    PARTIAL = "partial"  # a sentence or value that may be whole and may go on: a first name
    DICTATED = "dictated"  # a value in groups that may be whole: ten figures of a number that may have twelve
    UNFINISHED = "unfinished"  # a sentence, or a value that is being dictated, that goes on


_TOKEN = re.compile(r"[^\W_]+(?:['’@][^\W_]+)*")
_IBAN = re.compile(r"[a-z]{2}[0-9]{2}[a-z0-9]{11,30}")  # ISO 13616
_BANK = 4  # letters
_LONG_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_ADDRESS_WORDS = 6  # at the end of a text, in which an address that has begun is still being dictated
_STREET_WORDS = 4  # of a postal address, before its number or its street has come
_SHORT = 3  # words
_COMPOUND, _LONG_NUMBER = 10, 16  # letters: "achtundsechzig" may be a year, "neunzehnhundertzweiundachtzig" is one


def spoken_words(said: str) -> list[str]:
    return _TOKEN.findall(said)


def dictated(pack: Pack, said: str, words: list[str], expects: Expects) -> Ending | None:
    """Judge the value that is being dictated at the end of a text; None where none is."""
    known = pack.endings
    email = _email(pack, said, words, expects)
    if email is not None:
        return email
    if _is_account(words):
        return Ending.COMPLETE
    spelled = _spelled(known, words, expects)
    if spelled is not None:
        return spelled
    if expects is Expects.BIRTH or known.born.search(said):
        born = _born(pack, words, expects)
        if born is not None:
            return born
    if expects is Expects.ADDRESS or known.lives.search(said):
        postal = _postal(known, said, words, expects)
        if postal is not None:
            return postal
    return _number(pack, words, expects)


def refused(pack: Pack, words: list[str]) -> bool:
    """Whether an answer is no value: "I have none", "why do you ask"."""
    if not words:
        return False
    negations = {word for phrase in pack.answers.nots for word in phrase.split()}
    return bool((pack.endings.answers | negations) & set(words)) or words[0] in pack.endings.asking


def _email(pack: Pack, said: str, words: list[str], expects: Expects) -> Ending | None:
    known = pack.endings
    begun = known.address.search(said)
    if begun is None and (expects is not Expects.EMAIL or refused(pack, words)):
        return None
    text = said.rstrip(".!")
    if known.longer.search(text):
        return Ending.DICTATED
    if known.domain.search(text):
        return Ending.COMPLETE
    fresh = begun is None or expects is Expects.EMAIL or len(spoken_words(said[begun.end() :])) <= _ADDRESS_WORDS
    return Ending.UNFINISHED if fresh and not known.answers & set(words) else None


def _is_account(words: list[str]) -> bool:
    """Whether a text ends with a whole account number: an IBAN's check figures show it, in any country and grouping."""
    joined = ""
    for word in reversed(words):
        if len(word) > _BANK and not any(char.isdigit() for char in word):
            return False
        joined = word + joined
        if _IBAN.fullmatch(joined) and int("".join(str(int(char, 36)) for char in joined[4:] + joined[:4])) % 97 == 1:
            return True
    return False


def _spelled(known: Endings, words: list[str], expects: Expects) -> Ending | None:
    """Letters at the end are open: nothing shows which is the last."""
    if " ".join(words[-2:]) in known.half_days:
        return None
    wanted = expects is Expects.SPELLING
    letters: list[str] = []
    for word in reversed(words):
        single = len(word) == 1 and word.isalpha()
        if not single and word not in known.repeats and not (wanted and word in known.names_of_letters):
            break
        letters.append(word)
    certain = [word for word in letters if word not in known.letters and word not in known.repeats]
    if not certain:
        return None
    return Ending.UNFINISHED if wanted or (len(letters) >= 2 and any(len(word) == 1 for word in certain)) else None


def _number(pack: Pack, words: list[str], expects: Expects) -> Ending | None:
    known = pack.endings
    digits, groups, prefixed = _digits_at_end(pack, words)
    wanted = expects in (Expects.PHONE, Expects.NUMBER)
    if not digits or (not wanted and groups < 3):
        return None
    if words[-1] in known.repeats:
        return Ending.UNFINISHED  # a "double" whose figure has not come
    if expects is Expects.NUMBER:
        return Ending.PARTIAL if groups < 3 else Ending.DICTATED
    least, most = known.phone if any(known.phone) else (10, 10)
    if digits < least + prefixed:
        return Ending.UNFINISHED
    return Ending.COMPLETE if digits >= most + prefixed else Ending.DICTATED


def _digits_at_end(pack: Pack, words: list[str]) -> tuple[int, int, bool]:
    """How many figures the text ends with, in how many words or groups, and whether a prefix is among them."""
    known, tens = pack.endings, pack.numbers.tens
    digits = groups = behind = 0  # `behind`: the figures of the number that a greater one may stand before
    first = ""
    for at in range(len(words) - 1, -1, -1):
        word = words[at]
        if word.isdigit():
            digits += len(word)
            groups += len(word)
            first, behind = word[0], 0
        elif word in known.digits:
            before = words[at - 1] if at else ""
            width = known.digits[word]
            if width > behind > 0 and (width > 2 or word in tens):
                digits += width - behind  # "thirty three" has two
            else:
                digits += known.repeats.get(before, 1) if width == 1 else width
            groups += 1
            first, behind = word, 0 if before in known.repeats or word in known.prefixes else width
        elif word in known.prefixes:
            first = word
        elif word not in known.repeats and word not in known.scales and not (word in known.joins and groups):
            break
    return digits, groups, first in known.prefixes


def _numeric(pack: Pack, word: str) -> bool:
    known = pack.endings
    return word[0].isdigit() or word in known.digits or word in known.scales or bool(known.figures.fullmatch(word))


def _born(pack: Pack, words: list[str], expects: Expects) -> Ending | None:
    """A day, a month, a year."""
    known, calendar = pack.endings, pack.calendar
    month = next((at for at, word in enumerate(words) if word in calendar.months or word in calendar.month_forms), None)
    numbers = [word for word in words if _numeric(pack, word)]
    if month is None and not numbers:
        return Ending.PARTIAL if expects is Expects.BIRTH and len(words) <= 1 and not refused(pack, words) else None
    if any(_LONG_YEAR.search(word) for word in numbers):
        return Ending.COMPLETE
    if not numbers:
        return Ending.UNFINISHED
    if len(numbers[-1]) > _LONG_NUMBER and not known.centuries.fullmatch(numbers[-1]):
        return Ending.COMPLETE
    if month is None:
        return Ending.UNFINISHED if len(numbers) < 4 else Ending.OPEN
    after = [word for word in words[month + 1 :] if _numeric(pack, word)]
    years = after if len(after) < len(numbers) else after[_day_words(pack, after) :]
    if not years or known.centuries.fullmatch(words[-1]):
        return Ending.UNFINISHED
    return Ending.COMPLETE if len(years) >= 2 or len(years[0]) > _COMPOUND or years[0].isdigit() else Ending.PARTIAL


def _day_words(pack: Pack, after: list[str]) -> int:
    """How many words the day takes: "third", "twenty first"."""
    tens = len(after) > 1 and pack.endings.digits.get(after[0]) == 2 and after[0] in pack.numbers.tens
    return 2 if tens and pack.endings.figures.fullmatch(after[1]) else 1


def _postal(known: Endings, said: str, words: list[str], expects: Expects) -> Ending | None:
    """A street and a number, then what may follow."""
    street = known.street.search(said)
    numbered = any(word[0].isdigit() or word in known.digits or known.figures.fullmatch(word) for word in words)
    if street is None and not numbered:
        return Ending.PARTIAL if len(words) <= _SHORT and not known.answers & set(words) else None
    if street is None or not numbered:
        lives = known.lives.search(said)
        since = spoken_words(said[lives.end() :]) if lives is not None else words
        fresh = expects is Expects.ADDRESS or len(since) <= _STREET_WORDS
        return Ending.UNFINISHED if fresh else None
    return Ending.PARTIAL if said.rstrip(".,!").endswith(street.group().strip()) else None
