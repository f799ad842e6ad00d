"""Text as it is spoken: numbers, times, money, titles, phone numbers and addresses written out for a speech engine.

Providers call `prepare` and speak its `spoken` text. Each character of it belongs to one token of the original text, so
that whatever the engine says about positions can be told in the words of the conversation. Marks of markdown and
pictures, which models like to write, are left out.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from parley_core.languages.spoken import SpokenForms, day_first, spoken_forms

from parley_tts.figures import Dialect, Token, read_out

_WORDS = re.compile(r"\S+")
_EDGES = re.compile(
    r"^([\"'“‘«(\[{¿¡]*)(.*?)"
    r"([\"'”’»)\]},;:!?…]*|[\"'”’»)\]},;:!?…]*\.[\"'”’»)\]}]*)$",
    re.DOTALL,
)

# Read out digit by digit: groups of at least seven digits with an area in brackets or two marks between them, or with a
# plus or a zero in front; and the seven digits of a number without its area.
_PHONE = re.compile(
    r"(?<![\w$€£.,/-])(?:"
    r"\+\d{1,3}(?:[ ./-]?\(?\d{1,5}\)?){2,6}"
    r"|(?:1[ .-])?\(\d{3}\)[ .-]?\d{3}[ .-]\d{4}"
    r"|(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}"
    r"|(?:1-)?\d{3}-(?:\d{3}-)?\d{4}|1-\d{3}-[A-Z]{3,10}"
    r"|\(\d{3}\)[ .-]?\d{4}|\d{3}[ .]\d{4}"
    r"|0\d{1,4}(?:[ /-]{1,3}\d{2,8}){1,5}"
    r")(?![\w/%€$-]|[.,:]\d)"
)
_SCALE = re.compile(r"([$€£])(\d[\d,.]*)\s+([^\W\d_]+)")
_SCALES = frozenset(
    ["thousand", "million", "billion", "tausend", "millionen", "milliarden", "mil", "millones", "millions", "milliers"]
)
_BULLETS = frozenset("-*•·–—")
_LINK = re.compile(r"\]\([^)]*\)")
_EMPHASIS = re.compile(r"\*{1,3}|_{2,3}|~~|`+")
_JOINERS = frozenset("\ufe0f\ufe0e\u200d\u20e3")
_KEPT = frozenset("°")
_CLOSING = frozenset(".,;:!?")

PLAIN = Dialect()
Pronunciations = Mapping[str, str]
_NONE: Pronunciations = {}


@dataclass(frozen=True, slots=True)
class Prepared:
    """`spoken` is what the engine says. `starts[i]` is where the part of `tokens[i]` begins in it."""

    tokens: tuple[str, ...]
    spoken: str
    starts: tuple[int, ...]

    def token_at(self, position: int) -> int:
        """Index of the original token that the character at `position` of the spoken text belongs to."""
        return max(0, bisect_right(self.starts, position) - 1)

    def weight(self, token: int) -> int:
        """How much of the spoken text is this token's: a measure of how long it takes to say."""
        end = self.starts[token + 1] if token + 1 < len(self.starts) else len(self.spoken)
        return max(0, len(self.spoken[self.starts[token] : end].strip()))


def prepare(
    text: str, language: str = "en-US", *, dialect: Dialect = PLAIN, pronunciations: Pronunciations = _NONE
) -> Prepared:
    """Write `text` out for speech in its language. `pronunciations`: a word, or several, to IPA between slashes or to
    another spelling."""
    found = list(_WORDS.finditer(text))
    tokens = tuple(match.group() for match in found)
    bare = [_bare(token, first=_begins_line(text, found, at)) for at, token in enumerate(tokens)]
    forms = spoken_forms(language)
    parts = _pronounced(bare, pronunciations, dialect)
    digits = _inside(found, _PHONE, text)
    scaled = _scaled(found, text, forms)
    for at, token in enumerate(bare):
        if at in parts:
            continue
        if at in digits:
            parts[at] = _digit_by_digit(token, forms)
        elif at in scaled:
            parts[at] = scaled[at]
        else:
            before = bare[at - 1] if at else ""
            behind = bare[at + 1] if at + 1 < len(bare) else ""
            parts[at] = _speak(token, before, behind, forms, dialect, days=day_first(language))
    starts: list[int] = []
    spoken = ""
    for at in range(len(tokens)):
        if parts[at] and not set(parts[at]) - _CLOSING:
            spoken = spoken.rstrip(" ")  # a mark alone stands at the word before
        starts.append(len(spoken))
        if parts[at]:
            spoken += parts[at] + " "
    return Prepared(tokens, spoken.rstrip(" "), tuple(min(start, max(len(spoken) - 1, 0)) for start in starts))


def has_sound(text: str) -> bool:
    """Say whether there is anything in `text` that can be spoken."""
    return any(character.isalnum() for character in text)


def _begins_line(text: str, found: list[re.Match[str]], at: int) -> bool:
    before = text[found[at - 1].end() if at else 0 : found[at].start()]
    return at == 0 or "\n" in before


def _bare(written: str, *, first: bool) -> str:
    """The token without markdown and pictures."""
    if first and (written in _BULLETS or not written.strip("#") or written == ">"):
        return ""
    plain = _EMPHASIS.sub("", _LINK.sub("", written))
    if plain.startswith("_") and plain.rstrip(".,;:!?").endswith("_"):
        plain = plain.replace("_", "")
    plain = plain.removeprefix("[")
    plain = "".join(
        c for c in plain if c in _KEPT or (unicodedata.category(c) not in ("So", "Sk") and c not in _JOINERS)
    )
    return "–" if plain == "-" else plain


def _inside(found: list[re.Match[str]], pattern: re.Pattern[str], text: str) -> set[int]:
    """Indices of the tokens that a match of `pattern` touches."""
    spans = [match.span() for match in pattern.finditer(text) if sum(c.isdigit() for c in match.group()) >= 4]
    return {at for at, word in enumerate(found) for start, end in spans if word.start() < end and word.end() > start}


def _scaled(found: list[re.Match[str]], text: str, forms: SpokenForms) -> dict[int, str]:
    """ "$2 million" is said with the unit behind the scale."""
    said: dict[int, str] = {}
    for match in _SCALE.finditer(text):
        names = forms.money.get(match[1])
        if names is None or match[3].lower() not in _SCALES:
            continue
        for at, word in enumerate(found):
            if word.start() <= match.start() < word.end():
                said[at] = match[2].replace(",", "") if not forms.decimal_comma else match[2]
            elif word.start() == match.start(3):
                said[at] = f"{match[3]} {names[1]}{word.group()[len(match[3]) :]}"
    return said


def _digit_by_digit(token: str, forms: SpokenForms) -> str:
    groups = [" ".join(group) if group[0].isdigit() else group for group in re.findall(r"\d+|[A-Z]+", token)]
    said = ", ".join(groups)
    if token.startswith("+"):
        said = f"{forms.symbols.get('+', 'plus')} {said}"
    tail = token[-1] if token[-1:] in tuple(".,;:!?") else ","  # a breath between the groups
    return said + tail if said else token


def _pronounced(bare: list[str], pronunciations: Pronunciations, dialect: Dialect) -> dict[int, str]:
    """The tokens that the table knows; of several that belong together the first says all."""
    said: dict[int, str] = {}
    if not pronunciations:
        return said
    table = {tuple(name.lower().split()): how for name, how in pronunciations.items()}
    longest = max(map(len, table))
    cores = [_edges(token) for token in bare]
    at = 0
    while at < len(bare):
        for length in range(min(longest, len(bare) - at), 0, -1):
            words = tuple(core.lower() for _, core, _ in cores[at : at + length])
            owned = "'s" if words[-1].endswith(("'s", "’s")) else ""
            how = table.get(words) or table.get((*words[:-1], words[-1][: -len(owned)] if owned else words[-1]))
            if how is None:
                continue
            head, tail = cores[at][0], cores[at + length - 1][2]
            said[at] = head + _how(" ".join(core for _, core, _ in cores[at : at + length]), how, owned, dialect) + tail
            said.update(dict.fromkeys(range(at + 1, at + length), ""))
            at += length - 1
            break
        at += 1
    return said


def _how(written: str, how: str, owned: str, dialect: Dialect) -> str:
    if not (how.startswith("/") and how.endswith("/") and len(how) > 2):
        return how + owned
    if dialect.sounds is None:
        return written
    return dialect.sounds(written, how.strip("/") + ("z" if owned else ""))


def _edges(token: str) -> tuple[str, str, str]:
    found = _EDGES.match(token)
    return (found[1], found[2], found[3]) if found else ("", token, "")


def _core(token: str) -> str:
    return _edges(token)[1].lower()


def _speak(token: str, before: str, behind: str, forms: SpokenForms, dialect: Dialect, *, days: bool) -> str:
    head, core, tail = _edges(token)
    lowered = (core + tail[:1]).lower() if tail.startswith(".") else core.lower()
    named = behind[:1].isupper() and lowered in forms.before_names
    known = forms.before_names[lowered] if named else forms.words.get(lowered)
    if known is not None and (lowered != "no." or behind[:1].isdigit()):
        # A full stop that belongs to the abbreviation may be the sentence's, too.
        mark = "." if not behind and lowered.endswith(".") and not known.endswith(".") else ""
        return head + known + mark + (tail[1:] if lowered.endswith(".") and tail.startswith(".") else tail)
    if lowered.rstrip(".") in forms.days and token[:1].isupper() and behind[:1].isdigit():
        return head + forms.days[lowered.rstrip(".")] + tail.lstrip(".")
    neighbours = (_core(before), _core(behind))
    if tail.startswith(".") and (said := read_out(Token(core + ".", *neighbours), forms, dialect, day_first=days)):
        end = "" if behind else "."
        return head + said + (end if not said.endswith(".") else "") + tail[1:]
    said = read_out(Token(core, *neighbours), forms, dialect, day_first=days)
    if said is None:
        return token
    return head + said + tail
