"""Person names as callers say them: "my name is …", "… speaking", a bare name, spelled letters. Pure."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values.phrase import corrections, denials, hold
from parley_llm.providers.rule_based.values.spelling import take_spelled
from parley_llm.providers.rule_based.words import plain

_WORDS = ENGLISH.naming
_HESITATIONS = _WORDS.hesitations
_INTRODUCING = frozenset(["name", "that's", "it's", "i'm", "is"])
_MOST_PARTS = 5


@dataclass(frozen=True, slots=True)
class Name:
    """`text` is "" where no name was read. Not `sure`: words beside it, or its spelling, speak against it."""

    text: str = ""
    sure: bool = True
    rest: str = ""  # the words behind the name's own part of the phrase

    def __bool__(self) -> bool:
        return bool(self.text)


def read_name(text: str, *, expected: bool) -> Name:
    """The name said in the text, each part capitalised.

    `expected`: a name was asked for, so a bare "maria lopez" is one.
    """
    said = plain(text).replace(".", " ")
    corrected = corrections(said)
    for match in reversed(corrected):
        behind = said[match.end() :].strip()
        before = said[: match.start()].strip()
        introduced = _WORDS.introductions.search(before) is not None
        if behind and (name := _read(behind, expected=expected or introduced)):
            earlier = _read(before, expected=expected) if before else Name()
            if " " not in name.text and " " in earlier.text:
                # "Maria Lopez, no, Marta": which of the two it replaces is not said.
                return Name(_replaced(earlier.text, name.text), sure=False, rest=name.rest)
            return name
        if behind and not name and before and (taken := _read(before, expected=expected)):
            return Name(taken.text, sure=False, rest=taken.rest)
    if corrected and (name := _read(said, expected=expected)):
        trailing = corrected[-1].end() == len(said) and corrected[-1].start() > 0
        return Name(name.text, name.sure and not trailing, name.rest)
    return _read(said, expected=expected)


def _replaced(earlier: str, new: str) -> str:
    parts = earlier.split()
    likest = max(range(len(parts)), key=lambda at: SequenceMatcher(None, parts[at], new).ratio())
    return " ".join([*parts[:likest], new, *parts[likest + 1 :]])


def _read(said: str, *, expected: bool) -> Name:
    said, denied = _without_denied(said)
    spelled, said, loose = take_spelled(said)
    introduced = _introduced(said, expected=expected)
    found = introduced if introduced is not None else (_bare(said) if expected else None)
    parts, sure, rest = found or ([], True, said)
    if spelled:
        if not parts and not expected and not _WORDS.introductions.search(said + " x"):
            return Name()
        # Spelled letters are the name where nothing else was said.
        agrees = bool(parts) or not set(said.split()) - _WORDS.fillers - _WORDS.closings - _WORDS.stops - _INTRODUCING
        parts, fits = _with_spelling(parts, spelled)
        sure = sure and agrees and fits
    if not parts:
        return Name()
    sure = sure and not loose and not denied and len(parts) <= _MOST_PARTS - 1
    return Name(" ".join(_capital(part) for part in _joined(parts)), sure, rest)


def _without_denied(said: str) -> tuple[str, bool]:
    """ "Maria Lopez, not Lopes", "not Lopes but Lopez": what is denied is no name. Whether its end was unclear."""
    denied = denials(said)
    if not denied:
        return said, False
    before, behind = said[: denied[0].start()].strip(), said[denied[-1].end() :]
    _, instead, named = behind.rpartition(" but ")
    if not instead:
        _, instead, named = behind.rpartition(" it's ")
    if instead:
        return f"{before} {named}".strip(), False
    # Where the name that is not meant stands last, the one before it holds.
    return before, not before


_Found = tuple[list[str], bool, str]


def _introduced(said: str, *, expected: bool) -> _Found | None:
    if found := _by_part(said):
        return found
    if match := _WORDS.speaking.match(said):
        parts, sure, rest = _leading_name(match.group(1).split(), strong=False)
        if parts and len(parts) == len(match.group(1).split()):
            return parts, sure, said[match.end() :].strip()
    for match in _WORDS.introductions.finditer(said):
        opening = said[match.start() : match.start(1)]
        strong = "name" in opening
        if not expected and _WORDS.weak.match(opening) and not strong:
            continue
        parts, sure, rest = _leading_name(match.group(1).split(), strong=strong)
        if parts:
            before = said[: match.start()].split()
            sure = sure and (strong or not expected or hold(before, []).sure)
            return parts, sure, " ".join([*before, rest]).strip()
    return None


def _by_part(said: str) -> _Found | None:
    """ "My first name is Maria and my last name is Lopez", in either order."""
    known: dict[str, str] = {}
    rest, sure = "", True
    for match in _WORDS.by_part.finditer(said):
        parts, clear, rest = _leading_name(match.group(2).split(), strong=True)
        sure = sure and clear
        known["first" if match.group(1) in _WORDS.first else "last"] = " ".join(parts)
    if not known.get("first") and not known.get("last"):
        return None
    # A last name alone is not a first one: the caller is asked.
    parts = [known[which] for which in ("first", "last") if known.get(which)]
    return " ".join(parts).split(), sure and "first" in known, rest


def _bare(said: str) -> _Found | None:
    words = said.split()
    while words and words[0] in _WORDS.fillers:
        words = words[1:]
    while words and words[-1] in _WORDS.fillers | _WORDS.closings:
        words = words[:-1]
    words = [word for word in words if word not in _WORDS.honorifics and word not in _HESITATIONS]
    rest: list[str] = []
    if "and" in words[1:]:
        at = words.index("and", 1)
        words, rest = words[:at], words[at + 1 :]
    if not 1 <= len(words) <= _MOST_PARTS or not all(_is_name_word(word) for word in words):
        return None
    ordinary = [word for word in words if word in _WORDS.never]
    if ordinary and (len(ordinary) == len(words) or not set(ordinary) <= _WORDS.also):
        return None
    # Names of days and months stand in other answers as well.
    sure = not _WORDS.dated & set(ordinary)
    return words, sure and _harmless(["and", *rest] if rest else []), " ".join(rest)


def _leading_name(words: list[str], *, strong: bool) -> _Found:
    """`strong`: the caller said that a name follows, so ordinary words may be one."""
    parts: list[str] = []
    while words and (words[0] in _WORDS.fillers or words[0] in _WORDS.honorifics):
        words = words[1:]
    sure, at = True, 0
    while at < len(words) and len(parts) < _MOST_PARTS:
        word = words[at]
        if word in _HESITATIONS:
            at += 1
            continue
        if word in _WORDS.stops or not _is_name_word(word):
            break
        if word in _WORDS.never:
            if word not in _WORDS.also or not strong:
                following = words[at + 1] if at + 1 < len(words) else ""
                beside = parts or (following and (_is_plain_name(following) or following in _WORDS.also))
                if word not in _WORDS.also or not beside:
                    break
                sure = sure and bool(parts or _is_plain_name(following))
            elif not parts and (at + 1 >= len(words) or not _is_plain_name(words[at + 1])):
                sure = False
        parts.append(word)
        at += 1
    rest = words[at:]
    return parts, sure and _harmless(rest), " ".join(rest)


def _is_plain_name(word: str) -> bool:
    return _is_name_word(word) and word not in _WORDS.never and word not in _WORDS.stops


def _harmless(rest: list[str]) -> bool:
    """Whether the words behind a name leave it as it is: a new clause, or none of them is part of a name."""
    opens_clause = not rest or rest[0] in _WORDS.stops | _WORDS.never
    letters = [word for word in rest if len(word) == 1 and word not in ("a", "i", "o")]
    last = rest[1:2] if rest[:1] == ["and"] else rest[:1]
    joined = rest[:1] == ["and"] or not opens_clause
    another = joined and bool(last) and (_is_plain_name(last[0]) or last[0] in _WORDS.also)
    return opens_clause and not letters and not another and "but" not in rest and "spelled" not in rest


def _is_name_word(word: str) -> bool:
    return bool(re.fullmatch(r"[^\W\d_](?:[^\W\d_]|['\-])*", word))


def _with_spelling(parts: list[str], spelled: list[str]) -> tuple[list[str], bool]:
    """Spelled words confirm or correct the ones that sound alike; without any they are the name. Whether they agree."""
    if not parts:
        return spelled, True
    result, sure = list(parts), True
    for word in spelled:
        likeness = [SequenceMatcher(None, part, word).ratio() for part in result]
        likest = max(range(len(result)), key=lambda at: (likeness[at], at))
        if _bare_letters("".join(result)).endswith(_bare_letters(word)) or _bare_letters(result[likest]) == word:
            continue  # also "van berg, v a n b e r g" and "o'brien, o b r i e n"
        alike = result[likest][0] == word[0] and abs(len(result[likest]) - len(word)) <= 1 and likeness[likest] >= 0.6
        if alike:
            result[likest] = word
        elif len(spelled) == len(parts) > 1:
            return spelled, False
        elif len(result) == 1 and likeness[0] < 0.5:
            result.append(word)
            sure = False
        else:
            result[likest] = word
            sure = False
    return result, sure


def _bare_letters(word: str) -> str:
    return word.replace("'", "").replace("-", "")


def _joined(parts: list[str]) -> list[str]:
    """ "lopez dash garcia" and "o brien" are one part each."""
    result: list[str] = []
    at = 0
    while at < len(parts):
        part = parts[at]
        if part in ("dash", "hyphen") and result and at + 1 < len(parts):
            result[-1] += "-" + parts[at + 1]
            at += 2
        elif part == "o" and at + 1 < len(parts):
            result.append("o'" + parts[at + 1])
            at += 2
        else:
            result.append(part)
            at += 1
    return result


def _capital(part: str) -> str:
    return re.sub(r"(^|['\-])([^\W\d_])", lambda match: match.group(1) + match.group(2).upper(), part)
