"""E-mail addresses as callers say and write them: "maria dot lopez at example dot com", spelled letters. Pure.

Every word between the phrases around an address and its "at" belongs to it: a word that is left out would make another
person's address.
"""

import re
import unicodedata
from dataclasses import dataclass, replace

from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.phrases import words as word_set
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values.number_words import number_at
from parley_llm.providers.rule_based.values.phrase import aligned, corrections, denials, without
from parley_llm.providers.rule_based.values.spelling import letters, named_letters

_WRITTEN = re.compile(r"(?<![^\s<(:\"',])[a-z0-9][a-z0-9._%+\-']*@[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,}(?![\w@\-])")
_TOP = word_set(
    "com org net edu gov info biz co uk de es fr it nl ca us au nz ie ch at be eu io ai app dev me mx ar br"
)


@dataclass(frozen=True, slots=True)
class Email:
    """`text` is "" where no address was read. `tried`: something was said that was to be one."""

    text: str = ""
    sure: bool = True
    tried: bool = False

    def __bool__(self) -> bool:
        return bool(self.text)


def read_email(text: str, *, words: Pack = ENGLISH) -> Email:
    return _Reader(words).read(text)


class _Reader:
    """One language's reading of an address."""

    def __init__(self, words: Pack) -> None:
        self._pack = words
        self._words = words.addresses
        self._digits = {folded(word): str(figure) for figure, word in enumerate(words.numbers.ones[:10])}
        self._at = rf"(?:{'|'.join(map(re.escape, self._words.at)) or '(?!)'})"

    def read(self, text: str) -> Email:
        said = unicodedata.normalize("NFC", text).lower().replace("’", "'")
        written = list(dict.fromkeys(match.group() for match in _WRITTEN.finditer(said)))
        words = self._plain(said)
        if written:
            around = self._plain(_WRITTEN.sub(" ", said))
            before = without(self._words.behind, f" {around}").strip()
            alone = not without(self._words.before, f"{before} ").strip()
            return Email(written[-1], sure=alone and len(written) == 1, tried=True)
        if not re.search(rf"\b{self._at}\b", aligned(words)):
            return Email()
        corrected, denied = corrections(words, self._pack.carriers), denials(words, self._pack.carriers)
        if corrected and (not denied or denied[-1].end() < corrected[-1].start()):
            # Only a whole address behind the correction replaces one; of anything less it is asked.
            anew = self._spoken(words[corrected[-1].end() :].strip())
            return replace(anew, tried=True)
        if denied:
            return replace(self._instead(words[denied[-1].end() :]), tried=True)
        return self._spoken(words)

    def _instead(self, denied: str) -> Email:
        """ "Not maria but marta at …": what stands behind the "but"."""
        for but in self._pack.carriers.turning:
            at = aligned(denied).rfind(f" {folded(but)} ")
            if at >= 0:
                return self._spoken(denied[at + len(but) + 2 :])
        return replace(self._spoken(denied), sure=False)

    def _plain(self, said: str) -> str:
        said = re.sub(r"[^\w@.+\-' ]", " ", said)
        said = re.sub(r"[.\-](?=\s|$)", " ", said)
        at = self._words.at[0] if self._words.at else "@"
        kept = (word for word in said.replace("@", f" {at} ").split() if word not in self._pack.naming.hesitations)
        return self._signs_as_one(" ".join(kept))

    def _signs_as_one(self, said: str) -> str:
        """Signs of several words ("guion bajo") as one word each."""
        for phrase in sorted((one for one in self._words.signs if " " in one), key=len, reverse=True):
            said = without(re.compile(rf"\b{phrase}\b"), said, phrase.replace(" ", ""))
        return said

    def _spoken(self, words: str) -> Email:
        one_word = bool(self._words.one_word.search(aligned(words)))
        words = without(self._words.one_word, words, " ")
        words = without(self._words.before, " ".join(words.split()) + " ").strip()
        words = letters(named_letters(words, self._pack), self._pack)
        words = without(self._words.behind, words)
        # The last "at" with a domain behind it is the sign; others are words of the sentence.
        places = list(re.finditer(rf"(?:^|\s){self._at}(?:\s|$)", aligned(words)))
        if not places:
            return Email()
        sign = places[-1]
        local, clear = self._local(words[: sign.start()].split(), one_word=one_word)
        domain, known = self._domain(words[sign.end() :])
        if not local or not domain:
            return Email(tried=True)
        return Email(f"{local}@{domain}", sure=clear and known and len(places) == 1, tried=True)

    def _local(self, words: list[str], *, one_word: bool) -> tuple[str, bool]:
        """The part before the sign, of all the words, and whether it is certain how they are written."""
        parts, sure = "", True
        before = ""  # the kind of the last word: "sign", "letter", "word" or "digit"
        for word in words:
            kind, piece = self._piece(word)
            if not piece.isascii():
                piece = "".join(c for c in unicodedata.normalize("NFKD", piece) if not unicodedata.combining(c))
                sure = False
            if kind == "word" and before in ("word", "letter") and not one_word:
                sure = False
            if (kind == "letter" and before == "word") or (kind == "sign" and before in ("", "sign")):
                sure = False
            sure = sure and kind != "unclear"
            parts += piece
            before = kind
        valid = re.fullmatch(r"[a-z0-9](?:[a-z0-9._+\-']*[a-z0-9_])?", parts) is not None
        return (parts, sure) if valid else ("", False)

    def _piece(self, word: str) -> tuple[str, str]:
        plainly = folded(word)
        for phrase, sign in self._words.signs.items():
            if phrase.replace(" ", "") == plainly:
                return "sign", sign
        if plainly in self._digits:
            return "digit", self._digits[plainly]
        if word.isdigit():
            return "digit", word
        if self._words.unclear.fullmatch(plainly):
            return "unclear", word
        value, length = number_at([plainly], 0, self._pack.numbers)
        if length:
            return "unclear", str(value)
        return ("letter" if len(word) == 1 else "word"), word

    def _domain(self, said: str) -> tuple[str, bool]:
        """The part behind the sign, of all the words; "" where they make none."""
        for spoken, written in self._words.hosts.items():
            said = re.sub(rf"^{spoken}\b", written, said)
        sure = True
        labels: list[str] = [""]
        kinds: list[list[str]] = [[]]
        for word in said.replace(".", f" {self._stop} ").split():
            kind, piece = self._piece(word)
            if kind == "sign" and piece == ".":
                labels.append("")
                kinds.append([])
            elif kind == "unclear" or piece in ("_", "+"):
                return "", False
            else:
                labels[-1] += piece
                kinds[-1].append(kind)
        for one in kinds:
            # Several words without a stop between them may be one label, or a sentence that goes on.
            sure = sure and (len(one) == 1 or set(one) <= {"letter"} or "sign" in one)
        if len(labels) < 2 or not all(re.fullmatch(r"[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?", label) for label in labels):
            return "", False
        if not re.fullmatch(r"[a-z]{2,}", labels[-1]):
            return "", False
        return ".".join(labels), sure and labels[-1] in _TOP

    @property
    def _stop(self) -> str:
        return next((word for word, sign in self._words.signs.items() if sign == "."), ".")
