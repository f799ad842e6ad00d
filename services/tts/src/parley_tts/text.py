"""Text as it is spoken: numbers, times, money, titles, phone numbers and addresses written out for a speech engine.

Providers call `prepare` and speak its `spoken` text. Each character of it belongs to one token of the original text, so
that positions reported by the engine can be mapped to the words of the conversation.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from parley_core.languages.registry import ENGLISH

_WORDS = re.compile(r"\S+")
_EDGES = re.compile(r"^([\"'“‘(\[]*)(.*?)([\"'”’)\].,;:!?…]*)$", re.DOTALL)

# Three or more digits in each of two groups, or ten and more with a plus: read out digit by digit.
_PHONE = re.compile(
    r"(?<![\w$€£.,/-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\)[ .-]?|\d{3}[ .-])(?:\d{3}[ .-])?\d{4}(?![\w/-])"
    r"|(?<!\w)\+\d{7,15}(?!\w)"
)
_SCALE = re.compile(r"([$€£])(\d[\d,]*(?:\.\d+)?)\s+(thousand|million|billion)\b", re.IGNORECASE)
_MONEY = re.compile(r"([$€£])(\d[\d,]*)(?:\.(\d{1,2}))?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(am|pm|a\.m\.?|p\.m\.?)?", re.IGNORECASE)
_HOUR = re.compile(r"(\d{1,2})(am|pm|a\.m\.?|p\.m\.?)", re.IGNORECASE)
_HALF_DAY = re.compile(r"([ap])\.?m\.?", re.IGNORECASE)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,}(?:/[\w./-]*)?)", re.IGNORECASE)
_PERCENT = re.compile(r"(\d[\d,.]*)%")

_WRITTEN = ENGLISH.written


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


def prepare(text: str, language: str = "en-US") -> Prepared:
    """Write `text` out for speech. Only English is rewritten; other languages are left to the engine."""
    found = list(_WORDS.finditer(text))
    tokens = tuple(match.group() for match in found)
    parts = list(tokens)
    if not language or language.lower().startswith("en"):
        digits = _inside(found, _PHONE, text)
        scaled = _scaled(found, text)
        for at, token in enumerate(tokens):
            following = tokens[at + 1] if at + 1 < len(tokens) else ""
            parts[at] = scaled.get(at) or (_digit_by_digit(token) if at in digits else _speak(token, following))
    starts: list[int] = []
    length = 0
    for part in parts:
        starts.append(length)
        length += len(part) + 1
    return Prepared(tokens, " ".join(parts), tuple(starts))


def has_sound(text: str) -> bool:
    """Say whether there is anything in `text` that can be spoken."""
    return any(character.isalnum() for character in text)


def _inside(found: list[re.Match[str]], pattern: re.Pattern[str], text: str) -> set[int]:
    """Indices of the tokens that a match of `pattern` touches."""
    spans = [match.span() for match in pattern.finditer(text)]
    return {at for at, word in enumerate(found) for start, end in spans if word.start() < end and word.end() > start}


def _scaled(found: list[re.Match[str]], text: str) -> dict[int, str]:
    """ "$2 million" is said with the unit behind the scale."""
    said: dict[int, str] = {}
    for match in _SCALE.finditer(text):
        for at, word in enumerate(found):
            if word.start() <= match.start() < word.end():
                said[at] = match[2].replace(",", "")
            elif word.start() == match.start(3):
                tail = word.group()[len(match[3]) :]
                said[at] = f"{match[3]} {_WRITTEN.units[match[1]][1]}{tail}"
    return said


def _digit_by_digit(token: str) -> str:
    groups = [" ".join(group) for group in re.findall(r"\d+", token)]
    said = ", ".join(groups)
    if token.startswith("+"):
        said = "plus " + said
    tail = token[-1] if token[-1] in ".,;:!?" else ","  # a breath between the groups
    return said + tail


def _speak(token: str, following: str) -> str:
    lowered = token.lower()
    if lowered in _WRITTEN.alone:
        return _WRITTEN.alone[lowered]
    if lowered == "dr.":
        return "doctor" if following[:1].isupper() else "drive."
    if lowered == "st.":
        return "saint" if following[:1].isupper() else "street."
    if lowered.startswith("#") and lowered[1:2].isdigit():
        return "number " + token[1:]
    edges = _EDGES.match(token)
    if edges is None:
        return token
    head, core, tail = edges.groups()
    if _HALF_DAY.fullmatch(core) and len(core) > 1 and core.lower() != "am":
        return head + core[0].upper() + " M" + tail
    for pattern, write in _RULES:
        if match := pattern.fullmatch(core):
            return head + write(match) + tail
    return token


def _money(match: re.Match[str]) -> str:
    whole, part = match[2].replace(",", ""), match[3]
    unit, units, small, smalls = _WRITTEN.units[match[1]]
    said = f"{whole} {unit if int(whole) == 1 else units}"
    if part and int(part):
        hundredths = int(part.ljust(2, "0"))
        said += f" and {hundredths} {small if hundredths == 1 else smalls}"
    return said


def _clock(match: re.Match[str]) -> str:
    hour, minute, half = int(match[1]), int(match[2]), match[3]
    if hour > 24 or minute > 59:
        return f"{hour} {minute}"
    if minute:
        said = f"{hour} oh {minute}" if minute < 10 else f"{hour} {minute}"
    elif half or hour > 12 or hour == 0:
        said = f"{hour}" if half else f"{hour} hundred"
    else:
        said = f"{hour} o'clock"
    return f"{said} {half[0].upper()} M" if half else said


def _hour(match: re.Match[str]) -> str:
    return f"{match[1]} {match[2][0].upper()} M"


def _iso_date(match: re.Match[str]) -> str:
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return match[0]
    suffix = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{ENGLISH.calendar.months[month - 1].capitalize()} {day}{suffix} {year}"


def _address(text: str) -> str:
    return "".join(f" {_WRITTEN.symbols[c]} " if c in _WRITTEN.symbols else c for c in text).replace("  ", " ").strip()


def _url(match: re.Match[str]) -> str:
    return _address(match[1].rstrip("/").replace("www.", "w w w."))


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_MONEY, _money),
    (_CLOCK, _clock),
    (_HOUR, _hour),
    (_ISO_DATE, _iso_date),
    (_PERCENT, lambda match: f"{match[1]} percent"),
    (_EMAIL, lambda match: _address(match[0])),
    (_URL, _url),
)
