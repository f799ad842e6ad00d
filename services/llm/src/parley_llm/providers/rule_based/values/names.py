"""Person names as callers say them: "my name is …", "… speaking", a bare name, spelled letters. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values.phrase import aligned, corrections, denials, hold
from parley_llm.providers.rule_based.values.spelling import take_spelled
from parley_llm.providers.rule_based.words import plain

_MOST_PARTS = 5


@dataclass(frozen=True, slots=True)
class Name:
    """`text` is "" where no name was read. Not `sure`: words beside it, or its spelling, speak against it."""

    text: str = ""
    sure: bool = True
    rest: str = ""  # the words behind the name's own part of the phrase

    def __bool__(self) -> bool:
        return bool(self.text)


def read_name(text: str, *, expected: bool, words: Pack = ENGLISH) -> Name:
    """The name said in the text, each part capitalised.

    `expected`: a name was asked for, so a bare "maria lopez" is one.
    """
    reader = _Reader(words)
    said = plain(text).replace(".", " ")
    corrected = corrections(said, words.carriers)
    for match in reversed(corrected):
        behind = said[match.end() :].strip()
        before = said[: match.start()].strip()
        introduced = words.naming.introductions.search(aligned(before)) is not None
        if behind and (name := reader.read(behind, expected=expected or introduced)):
            earlier = reader.read(before, expected=expected) if before else Name()
            if " " not in name.text and " " in earlier.text:
                # "Maria Lopez, no, Marta": which of the two it replaces is not said.
                return Name(_replaced(earlier.text, name.text), sure=False, rest=name.rest)
            return name
        if behind and not name and before and (taken := reader.read(before, expected=expected)):
            return Name(taken.text, sure=False, rest=taken.rest)
    if corrected and (name := reader.read(said, expected=expected)):
        trailing = corrected[-1].end() == len(said) and corrected[-1].start() > 0
        return Name(name.text, name.sure and not trailing, name.rest)
    return reader.read(said, expected=expected)


def _replaced(earlier: str, new: str) -> str:
    parts = earlier.split()
    likest = max(range(len(parts)), key=lambda at: SequenceMatcher(None, parts[at], new).ratio())
    return " ".join([*parts[:likest], new, *parts[likest + 1 :]])


_Found = tuple[list[str], bool, str]


class _Reader:
    """One language's reading of a phrase that corrects nothing. The pack's words are without accents."""

    def __init__(self, words: Pack) -> None:
        self._pack = words
        self._words = words.naming

    def read(self, said: str, *, expected: bool) -> Name:
        said, denied = self._without_denied(said)
        spelled, said, loose = take_spelled(said, self._pack)
        introduced = self._introduced(said, expected=expected)
        found = introduced if introduced is not None else (self._bare(said) if expected else None)
        parts, sure, rest = found or ([], True, said)
        if spelled:
            if not parts and not expected and not self._words.introductions.search(aligned(said) + " x"):
                return Name()
            # Spelled letters are the name where nothing else was said.
            agrees = bool(parts) or all(self._says_nothing(word) for word in said.split())
            parts, fits = _with_spelling(parts, spelled)
            sure = sure and agrees and fits
        if not parts:
            return Name()
        long = len([part for part in parts if not self._is(part, self._words.particles)])
        sure = sure and not loose and not denied and long <= _MOST_PARTS - 1
        return Name(" ".join(self._capital(part) for part in self._joined(parts)), sure, rest)

    @staticmethod
    def _is(word: str, words: Iterable[str]) -> bool:
        return folded(word) in words

    def _says_nothing(self, word: str) -> bool:
        known = self._words
        return self._is(word, known.fillers | known.closings | known.stops | known.introducing)

    def _without_denied(self, said: str) -> tuple[str, bool]:
        """ "Maria Lopez, not Lopes", "not Lopes but Lopez": what is denied is no name. Whether its end was unclear."""
        denied = denials(said, self._pack.carriers)
        if not denied:
            return said, False
        before, behind = said[: denied[0].start()].strip(), said[denied[-1].end() :]
        for but in sorted(self._pack.carriers.but, key=len):
            at = aligned(behind).rfind(f" {folded(but)} ")
            if at >= 0:
                return f"{before} {behind[at + len(but) + 2 :]}".strip(), False
        # Where the name that is not meant stands last, the one before it holds.
        return before, not before or not any(self._is_plain_name(word) for word in behind.split())

    def _introduced(self, said: str, *, expected: bool) -> _Found | None:
        if found := self._by_part(said):
            return found
        plainly = aligned(said)
        if match := self._words.speaking.match(plainly):
            named = said[match.start(1) : match.end(1)].split()
            parts, sure, rest = self._leading_name(named, strong=False)
            if parts and len(parts) == len(named):
                return parts, sure, said[match.end() :].strip()
        for match in self._words.introductions.finditer(plainly):
            opening = plainly[match.start() : match.start(1)]
            strong = self._words.strong.search(opening) is not None
            if not expected and self._words.weak.match(opening) and not strong:
                continue
            parts, sure, rest = self._leading_name(said[match.start(1) : match.end(1)].split(), strong=strong)
            if parts:
                before = said[: match.start()].split()
                sure = sure and (strong or not expected or hold(before, [], words=self._pack.carriers).sure)
                return parts, sure, " ".join([*before, rest]).strip()
        return None

    def _by_part(self, said: str) -> _Found | None:
        """ "My first name is Maria and my last name is Lopez", in either order."""
        known: dict[str, str] = {}
        rest, sure = "", True
        for match in self._words.by_part.finditer(aligned(said)):
            parts, clear, rest = self._leading_name(said[match.start(2) : match.end(2)].split(), strong=True)
            sure = sure and clear
            known["first" if match.group(1) in self._words.first else "last"] = " ".join(parts)
        if not known.get("first") and not known.get("last"):
            return None
        # A last name alone is not a first one: the caller is asked.
        parts = [known[which] for which in ("first", "last") if known.get(which)]
        return " ".join(parts).split(), sure and "first" in known, rest

    def _bare(self, said: str) -> _Found | None:
        words, known = said.split(), self._words
        while words and self._is(words[0], known.fillers):
            words = words[1:]
        while words and self._is(words[-1], known.fillers | known.closings):
            words = words[:-1]
        words = [word for word in words if not self._is(word, known.honorifics) and word not in known.hesitations]
        rest: list[str] = []
        joins = [at for at, word in enumerate(words) if at and self._is(word, known.joins)]
        if joins:
            words, rest = words[: joins[0]], words[joins[0] :]
        long = len([word for word in words if not self._is(word, known.particles)])
        if not 1 <= long <= _MOST_PARTS or not all(_is_name_word(word) for word in words):
            return None
        ordinary = [word for word in words if self._is(word, known.never) and not self._is(word, known.particles)]
        if ordinary and (len(ordinary) == long or not {folded(word) for word in ordinary} <= known.also):
            return None
        if self._is(words[0], known.particles) or self._is(words[-1], known.particles):
            return None
        # Names of days and months stand in other answers as well.
        sure = not known.dated & {folded(word) for word in ordinary}
        return words, sure and self._harmless(rest), " ".join(rest[1:])

    def _leading_name(self, words: list[str], *, strong: bool) -> _Found:
        """`strong`: the caller said that a name follows, so ordinary words may be one."""
        known = self._words
        parts: list[str] = []
        while words and self._is(words[0], known.fillers | known.honorifics):
            words = words[1:]
        sure, at = True, 0
        while at < len(words) and len(parts) < _MOST_PARTS + 2:
            word = words[at]
            if word in known.hesitations:
                at += 1
                continue
            if (length := self._particles(words, at)) and parts:
                parts += words[at : at + length]
                at += length
                continue
            if self._is(word, known.stops) or not _is_name_word(word):
                break
            if self._is(word, known.never):
                behind = at + 1 + self._particles(words, at + 1)
                following = words[behind] if behind < len(words) else ""
                if not self._is(word, known.also) or not strong:
                    beside = parts or (
                        following and (self._is_plain_name(following) or self._is(following, known.also))
                    )
                    if not self._is(word, known.also) or not beside:
                        break
                    sure = sure and bool(parts or self._is_plain_name(following))
                elif not parts and not (following and self._is_plain_name(following)):
                    sure = False
            parts.append(word)
            at += 1
        rest = words[at:]
        return parts, sure and self._harmless(rest), " ".join(rest)

    def _particles(self, words: list[str], at: int) -> int:
        """How many words like "de la" stand before a word that is plainly a name; 0 for none."""
        end = at
        while end < len(words) and self._is(words[end], self._words.particles):
            end += 1
        return end - at if end > at and end < len(words) and self._is_plain_name(words[end]) else 0

    def _is_plain_name(self, word: str) -> bool:
        return _is_name_word(word) and not self._is(word, self._words.never) and not self._is(word, self._words.stops)

    def _harmless(self, rest: list[str]) -> bool:
        """Whether the words behind a name leave it as it is: a new clause, or none of them is part of a name."""
        known = self._words
        opens_clause = not rest or self._is(rest[0], known.stops | known.never)
        letters = [word for word in rest if len(word) == 1 and word not in known.single]
        joined = bool(rest) and self._is(rest[0], known.joins)
        last = rest[1:2] if joined else rest[:1]
        another = (
            (joined or not opens_clause)
            and bool(last)
            and (self._is_plain_name(last[0]) or self._is(last[0], known.also))
        )
        turned = any(self._is(word, self._pack.carriers.turning) for word in rest)
        spelled = known.spelled.search(aligned(" ".join(rest))) is not None
        return opens_clause and not letters and not another and not turned and not spelled

    def _joined(self, parts: list[str]) -> list[str]:
        """ "lopez dash garcia" and "o brien" are one part each."""
        dashes = {word for word, sign in self._pack.addresses.signs.items() if sign == "-"}
        result: list[str] = []
        at = 0
        while at < len(parts):
            part = parts[at]
            if self._is(part, dashes) and result and at + 1 < len(parts):
                result[-1] += "-" + parts[at + 1]
                at += 2
            elif part in self._words.prefixes and at + 1 < len(parts):
                result.append(f"{part}'{parts[at + 1]}")
                at += 2
            else:
                result.append(part)
                at += 1
        return result

    def _capital(self, part: str) -> str:
        if self._is(part, self._words.particles):
            return part
        return re.sub(r"(^|['\-])([^\W\d_])", lambda match: match.group(1) + match.group(2).upper(), part)


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
        if _bare_letters(result[likest]) == _bare_letters(word):
            result[likest] = _more_accents(result[likest], word)
            continue
        if _bare_letters("".join(result)).endswith(_bare_letters(word)):
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
    return folded(word).replace("'", "").replace("-", "")


def _more_accents(said: str, spelled: str) -> str:
    """Letters are spelled without their accents as often as words are recognised without them."""
    return spelled if not spelled.isascii() and said.isascii() else said
