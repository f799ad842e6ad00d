"""Times of day as callers say them: where they stand among the tokens, and which time is meant. Pure; for `dates`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values.phrase import Span
from parley_llm.providers.rule_based.words import Token

DAY_PARTS = ENGLISH.calendar.day_parts
_HOURS = {"morning": range(12), "afternoon": range(12, 19), "evening": range(16, 24)}
_MERIDIEM = {"morning": "am", "afternoon": "pm", "evening": "pm"}
_EARLIEST_HOUR = 7  # a bare hour below this is taken as the afternoon
_APPROACHES = ("at", "around", "about", "by", "after", "before", "until", "till", "from")
_REPLACES = (
    "no", "not", "it", "that", "actually", "mean", "meant", "sorry", "wait", "rather", "better", "or", "but", "to",
    "instead",
)  # fmt: skip
_COUNTS = (
    "of",
    "days",
    "weeks",
    "day",
    "week",
    "months",
    "month",
    "years",
    "hours",
    "hour",
    "minutes",
    "minute",
    "hundred",
    "thousand",
    "people",
)


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time as it was said."""

    hour: int
    minute: int
    half: str = ""  # "am", "pm", or the part of the day that was said beside it
    bare: bool = False  # a lone number
    unclear: bool = False  # people differ in what they mean by it


def times(found: list[Token], *, expected: bool) -> list[Span[ClockTime]]:
    """Every time. Lone numbers count where a time is `expected` or something else says that they are times."""
    spans: list[Span[ClockTime]] = []
    at = 0
    while at < len(found):
        for rule in (_named, _past_or_to, _clock, _hour_and_minute, _marked_hour):
            if (hit := rule(found, at)) is not None:
                hour, minute, length = hit
                half, more = _half(found, at + length)
                spans.append(Span(at, at + length + more, ClockTime(hour, minute, half)))
                at += length + more
                break
        else:
            at += 1
    marked = bool(spans)
    taken = {at for span in spans for at in range(span.start, span.end)}
    if expected or marked or any(token.text in DAY_PARTS for token in found):
        lone = (span for span in _lone(found) if span.start not in taken)
        # Beside a time a lone number is a time where it takes that one's place: "at ten, no, eleven".
        spans += [span for span in lone if not marked or word(found, span.start - 1, *_REPLACES)]
    return spans


def _lone(found: list[Token]) -> Iterator[Span[ClockTime]]:
    for at, token in enumerate(found):
        if token.kind != "number" or not 1 <= token.value <= 12 or (at > 0 and found[at - 1].kind == "ordinal"):
            continue
        digits = number(found, at - 1, 0, 9999) is not None or number(found, at + 1, 0, 9999) is not None
        if not digits and not word(found, at + 1, *_COUNTS):
            yield Span(at, at + 1, ClockTime(token.value, 0, bare=True))


def parts(found: list[Token]) -> Iterator[Span[str]]:
    """Parts of the day: "in the morning", "at night", "tonight"."""
    for at, token in enumerate(found):
        if token.text in DAY_PARTS and token.text != "":
            yield Span(at, at + 1, token.text)


def named(part: str) -> str:
    return DAY_PARTS.get(part, part)


def settle(said: ClockTime, part: str) -> tuple[time | None, bool]:
    """The time that is meant, and whether nothing speaks against it. `part`: a part of the day said elsewhere."""
    hour, half = said.hour, said.half
    beside = half in DAY_PARTS
    part = named(half) if beside else part
    meridiem = half if half in ("am", "pm") else _MERIDIEM.get(part, "")
    if (meridiem == "pm" and hour < 12) or (not meridiem and 1 <= hour < _EARLIEST_HOUR):
        hour += 12
    if half == "am" and hour == 12:
        hour = 0
    moment = time(hour % 24, said.minute)
    if half in ("am", "pm") and said.hour > 12:
        return moment, False
    if part == "morning" and not beside and half != "am" and hour < _EARLIEST_HOUR - 1:
        return moment, False  # "Tuesday morning, no, at two"
    return moment, not part or hour in _HOURS[part]


def word(found: list[Token], at: int, *texts: str) -> bool:
    return 0 <= at < len(found) and found[at].text in texts


def number(found: list[Token], at: int, low: int, high: int) -> int | None:
    if 0 <= at < len(found) and found[at].kind == "number" and low <= found[at].value <= high:
        return found[at].value
    return None


def _half(found: list[Token], at: int) -> tuple[str, int]:
    """ "pm", "oclock", "in the morning", "at night" behind a time."""
    more = 1 if word(found, at, "oclock") else 0
    if word(found, at + more, "am", "pm"):
        return found[at + more].text, more + 1
    if word(found, at + more, "in") and word(found, at + more + 1, "the") and word(found, at + more + 2, *DAY_PARTS):
        return found[at + more + 2].text, more + 3
    if word(found, at + more, "at") and word(found, at + more + 1, "night"):
        return "night", more + 2
    return "", more


def _named(found: list[Token], at: int) -> tuple[int, int, int] | None:
    if word(found, at, *ENGLISH.calendar.noon):
        return 12, 0, 1
    if word(found, at, "twelve") and word(found, at + 1, *ENGLISH.calendar.noon):
        return 12, 0, 2
    return None


def _past_or_to(found: list[Token], at: int) -> tuple[int, int, int] | None:
    """ "half past nine", "quarter to three", "twenty five past ten", "ten minutes to four"."""
    lead = 1 if word(found, at, "a") and word(found, at + 1, "quarter") else 0
    said = at + lead
    if word(found, said, "half"):
        minutes = 30
    elif word(found, said, "quarter"):
        minutes = 15
    elif (figure := number(found, said, 1, 29)) is not None:
        minutes = figure
    else:
        return None
    following = said + 1
    plainly = found[said].kind == "number" and not word(found, following, "minutes", "minute")
    if word(found, following, "minutes", "minute"):
        following += 1
    hour = number(found, following + 1, 1, 12)
    if word(found, following, "past", "after") and hour is not None:
        return hour, minutes, following + 2 - at
    if word(found, following, "to", "of", "before", "till", "til") and minutes != 30 and hour is not None:
        if plainly and (minutes % 5 or minutes < 5 or word(found, following, "of")):
            return None
        # "nine to five" are opening hours and "from ten to twelve" is a span, not five minutes before something.
        if plainly and (word(found, at - 1, "from", "between") or (minutes == 10 and hour == 12)):
            return None
        return (hour - 1) or 12, 60 - minutes, following + 2 - at
    if word(found, said, "half") and (hour := number(found, following, 1, 12)) is not None:
        return hour, 30, following + 1 - at  # British: "half nine"
    return None


def _clock(found: list[Token], at: int) -> tuple[int, int, int] | None:
    hour, minute = divmod(found[at].value, 60)
    return (hour, minute, 1) if found[at].kind == "clock" and hour < 24 and minute < 60 else None


def _hour_and_minute(found: list[Token], at: int) -> tuple[int, int, int] | None:
    """ "ten thirty", "two oh five", "nine forty five"."""
    hour = number(found, at, 1, 23)
    if hour is None or found[at].text.startswith("twenty "):
        return None
    padded = word(found, at + 1, "oh", "o", "zero")
    length = 3 if padded else 2
    minute = number(found, at + 2, 1, 9) if padded else number(found, at + 1, 10, 59)
    # Three numbers in a row are digits of something else.
    more = number(found, at + length, 0, 999) is not None or word(found, at + length, "oh", "zero")
    if minute is None or more or number(found, at - 1, 0, 999) is not None:
        return None
    return hour, minute, length


def _marked_hour(found: list[Token], at: int) -> tuple[int, int, int] | None:
    """ "at two", "two oclock", "two pm", "around nine", "ten in the morning"."""
    hour = number(found, at, 1, 23)
    if hour is None or number(found, at - 1, 0, 999) is not None:
        return None
    if word(found, at + 1, "oclock", "am", "pm") or _half(found, at + 1)[0]:
        return hour, 0, 1
    behind = number(found, at + 1, 0, 999) is not None or word(found, at + 1, *_COUNTS)
    return (hour, 0, 1) if word(found, at - 1, *_APPROACHES) and not behind else None
