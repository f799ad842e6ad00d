"""E-mail addresses as callers say and write them: "maria dot lopez at example dot com", spelled letters. Pure.

Every word between the phrases around an address and its "at" belongs to it: a word that is left out would make another
person's address.
"""

import re
import unicodedata
from dataclasses import dataclass, replace

from parley_core.languages.phrases import words as word_set
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values.phrase import corrections, denials
from parley_llm.providers.rule_based.values.spelling import letters

_WRITTEN = re.compile(r"(?<![^\s<(:\"',])[a-z0-9][a-z0-9._%+\-']*@[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,}(?![\w@\-])")
_WORDS = ENGLISH.addresses
_HESITATIONS = ENGLISH.naming.hesitations
_DIGITS = {word: str(figure) for figure, word in enumerate(ENGLISH.numbers.ones[:10])}
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


def read_email(text: str) -> Email:
    said = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    written = list(dict.fromkeys(match.group() for match in _WRITTEN.finditer(said)))
    words = _words(said)
    if written:
        around = _words(_WRITTEN.sub(" ", said))
        before = _WORDS.behind.sub("", f" {around}").strip()
        alone = not _WORDS.before.sub("", f"{before} ").strip()
        return Email(written[-1], sure=alone and len(written) == 1, tried=True)
    if not re.search(r"\bat\b|@", words):
        return Email()
    corrected, denied = corrections(words), denials(words)
    if corrected and (not denied or denied[-1].end() < corrected[-1].start()):
        # Only a whole address behind the correction replaces one; of anything less it is asked.
        anew = _spoken(words[corrected[-1].end() :].strip())
        return replace(anew, tried=True)
    if denied:
        return replace(_instead(words[denied[-1].end() :]), tried=True)
    return _spoken(words)


def _instead(denied: str) -> Email:
    """ "Not maria but marta at …": what stands behind the "but"."""
    _, but, behind = denied.rpartition(" but ")
    found = _spoken(behind)
    return found if but else replace(found, sure=False)


def _words(said: str) -> str:
    said = re.sub(r"[^\w@.+\-' ]", " ", said)
    said = re.sub(r"[.\-](?=\s|$)", " ", said)
    return " ".join(word for word in said.replace("@", " at ").split() if word not in _HESITATIONS)


def _spoken(words: str) -> Email:
    one_word = bool(_WORDS.one_word.search(words))
    words = _WORDS.one_word.sub(" ", words)
    words = letters(_WORDS.before.sub("", " ".join(words.split()) + " ").strip())
    words = _WORDS.behind.sub("", words)
    # The last "at" with a domain behind it is the sign; others are words of the sentence.
    places = [match for match in re.finditer(r"(?:^|\s)at(?:\s|$)", words)]
    if not places:
        return Email()
    sign = places[-1]
    local, clear = _local(words[: sign.start()].split(), one_word=one_word)
    domain, known = _domain(words[sign.end() :])
    if not local or not domain:
        return Email(tried=True)
    return Email(f"{local}@{domain}", sure=clear and known and len(places) == 1, tried=True)


def _local(words: list[str], *, one_word: bool) -> tuple[str, bool]:
    """The part before the sign, of all the words, and whether it is certain how they are written."""
    parts, sure = "", True
    before = ""  # the kind of the last word: "sign", "letter", "word" or "digit"
    for word in words:
        kind, piece = _piece(word)
        if not piece.isascii():
            piece = "".join(c for c in unicodedata.normalize("NFKD", piece) if not unicodedata.combining(c))
            sure = False
        if kind == "word" and before in ("word", "letter") and not one_word:
            sure = False
        if (kind == "letter" and before == "word") or (kind == "sign" and before in ("", "sign")) or kind == "unclear":
            sure = False
        parts += piece
        before = kind
    valid = re.fullmatch(r"[a-z0-9](?:[a-z0-9._+\-']*[a-z0-9_])?", parts) is not None
    return (parts, sure) if valid else ("", False)


def _piece(word: str) -> tuple[str, str]:
    if word in _WORDS.signs:
        return "sign", _WORDS.signs[word]
    if word in _DIGITS:
        return "digit", _DIGITS[word]
    if word.isdigit():
        return "digit", word
    if _WORDS.unclear.fullmatch(word):
        return "unclear", word
    return ("letter" if len(word) == 1 else "word"), word


def _domain(said: str) -> tuple[str, bool]:
    """The part behind the sign, of all the words; "" where they make none."""
    for spoken, written in _WORDS.hosts.items():
        said = re.sub(rf"^{spoken}\b", written, said)
    sure = True
    labels: list[str] = [""]
    kinds: list[list[str]] = [[]]
    for word in said.replace(".", " dot ").split():
        kind, piece = _piece(word)
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
