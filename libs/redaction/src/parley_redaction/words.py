"""Names where they are introduced, e-mail and postal addresses, dates of birth. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from parley_redaction.findings import Finding, Kind
from parley_redaction.languages.words import PrivateWords
from parley_redaction.numbers import Read, same_length
from parley_redaction.tokens import Group, Token, groups_of

_WRITTEN_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MOST_NAME: Final = 4  # words of a name
_MOST_LOCAL: Final = 12  # tokens before the "at" of an address
_NEAR_BIRTH: Final = 40  # characters
_SIGNS: Final = frozenset("./-,")


def name_findings(read: Read, words: PrivateWords) -> Iterator[Finding]:
    plain = same_length(read.text)
    for match in words.name.finditer(plain):
        if (found := _name_behind(read, words, match.end())) is not None:
            yield found
    for match in words.weak_name.finditer(plain):
        found = _name_behind(read, words, match.end())
        if found is not None and _is_sure(read, found, words):
            yield found


def _name_behind(read: Read, words: PrivateWords, at: int) -> Finding | None:
    taken: list[Token] = []
    for token in read.tokens:
        if token.start < at:
            continue
        if not taken and token.text in (",", ":"):
            continue
        is_word = token.text[0].isalpha()
        if not is_word and token.text in ("-", ".") and taken and len(taken[-1].text) <= 3:
            continue  # "dr. lopez", "anne-marie"
        if not is_word or len(taken) >= _MOST_NAME or (taken and token.text in words.name_ends - words.particles):
            break
        if not taken and token.text in words.no_names | words.name_ends:
            return None
        taken.append(token)
    while taken and taken[-1].text in words.particles:
        taken.pop()
    return Finding(taken[0].start, taken[-1].end, Kind.NAME) if taken else None


def _is_sure(read: Read, found: Finding, words: PrivateWords) -> bool:
    """Behind a weak introduction: written like a name, or followed by what closes one."""
    behind = [token.text for token in read.tokens if token.start >= found.end][:2]
    if any(one in words.closings for one in behind):
        return True
    name = [token for token in read.tokens if found.start <= token.start < found.end]
    return all(read.text[token.start].isupper() for token in name if token.text not in words.particles)


def email_findings(read: Read, words: PrivateWords) -> Iterator[Finding]:
    for match in _WRITTEN_EMAIL.finditer(read.text):
        yield Finding(match.start(), match.end(), Kind.EMAIL)
    tokens = read.tokens
    figures = {at for group in groups_of(tokens, words) for at in range(group.first, group.last + 1)}
    for at, token in enumerate(tokens):
        if token.text not in words.at:
            continue
        last = _host_end(tokens, at + 1, words)
        first = _local_start(tokens, at, words, figures)
        if last is not None and first is not None:
            yield Finding(tokens[first].start, tokens[last].end, Kind.EMAIL)


def _host_end(tokens: list[Token], at: int, words: PrivateWords) -> int | None:
    """Last token of "gmail dot com": words with dots between them."""
    end: int | None = None
    while at + 2 < len(tokens) and (tokens[at + 1].text in words.dot | words.joints or tokens[at + 1].text in ".-"):
        if tokens[at + 1].text in words.dot | {"."}:
            end = at + 2
        at += 2
    return end


def _local_start(tokens: list[Token], at: int, words: PrivateWords, figures: set[int]) -> int | None:
    """First token of what stands before the "at": one word, and what dots, letters and figures join to it."""
    first: int | None = None
    place, letters_only = at - 1, False
    signs = words.dot | words.joints | frozenset("._-")
    while place >= 0 and at - place <= _MOST_LOCAL:
        token = tokens[place]
        joined = first is None or tokens[first].text in signs
        short = (len(token.text) == 1 and token.text.isalnum()) or place in figures
        beside = first is not None and (first in figures or len(tokens[first].text) == 1)
        if letters_only and len(token.text) > 1:
            break
        if token.text in signs and first is not None:
            first = place
        elif token.text[0].isalnum() and (joined or short or beside):
            first = place
            letters_only |= beside and not short and not joined  # a word before figures: initials may precede it
        else:
            break
        place -= 1
    while first is not None and tokens[first].text in signs:
        first += 1
    return first if first is not None and first < at else None


def address_findings(read: Read, words: PrivateWords) -> Iterator[Finding]:
    """Postal addresses, found in a text whose numbers are written as figures."""
    by_first = {group.first: group for group in groups_of(read.tokens, words)}
    pieces: list[tuple[int, int, int, int]] = []  # place in the figured text, and tokens
    figured = ""
    at = 0
    while at < len(read.tokens):
        group: Group | None = by_first.get(at)
        last = group.last if group else at
        piece = group.figures if group else read.tokens[at].text
        pieces.append((len(figured), len(figured) + len(piece), at, last))
        figured += piece + " "
        at = last + 1
    for match in words.address.finditer(figured):
        inside = [piece for piece in pieces if piece[1] > match.start() and piece[0] < match.end()]
        while inside and read.tokens[inside[-1][3]].text in _SIGNS:
            inside.pop()
        if inside:
            start, end = read.tokens[inside[0][2]].start, read.tokens[inside[-1][3]].end
            yield Finding(start, end, Kind.ADDRESS)


def birth_findings(read: Read, words: PrivateWords, *, asked: bool) -> Iterator[Finding]:
    """The date behind what speaks of a birth, or before it; in an answer to a question for it, any date."""
    plain = same_length(read.text)
    spoken_of = [match.end() for match in words.birth.finditer(plain)]
    if not spoken_of and not asked:
        return
    for first, last in _dates(read.tokens, words):
        start, end = read.tokens[first].start, read.tokens[last].end
        if asked or any(min(abs(start - place), abs(end - place)) <= _NEAR_BIRTH for place in spoken_of):
            yield Finding(start, end, Kind.BIRTH)


def _dates(tokens: list[Token], words: PrivateWords) -> Iterator[tuple[int, int]]:
    figures = {at for group in groups_of(tokens, words) for at in range(group.first, group.last + 1)}
    at = 0
    while at < len(tokens):
        end = at
        while end < len(tokens) and (end in figures or tokens[end].text in words.months | words.date_words | _SIGNS):
            end += 1
        first, last = at, end - 1
        at = max(end, at + 1)
        strong = [place for place in range(first, last + 1) if place in figures or tokens[place].text in words.months]
        count = sum(len(group.figures) for group in groups_of(tokens[first:end], words))
        named = any(tokens[place].text in words.months for place in strong)
        ordinals = [p for p in range(first, last + 1) if tokens[p].text in words.date_words and len(tokens[p].text) > 3]
        if strong and (count >= 4 or (named and (count or ordinals))):
            yield first, max(strong[-1], *ordinals, strong[-1])


def known_name_findings(text: str, names: frozenset[str]) -> Iterator[Finding]:
    """Names that were introduced elsewhere in the call."""
    if not names:
        return
    plain = same_length(text)
    for name in names:
        for match in re.finditer(rf"\b{re.escape(name)}\b", plain):
            yield Finding(match.start(), match.end(), Kind.NAME)
