"""Dates and times as callers say them, relative to a moment and in business sense ("at two" is the afternoon). Pure.

A language's grammar finds every day and time in a phrase: English has its own (`english_days`, `clock_times`), those of
other packs are `templates`. `phrase` says which of them hold and whether every word is accounted for, `days` which day
is meant.
"""

from dataclasses import dataclass
from datetime import date, datetime, time

from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values import clock_times, english_days, templates
from parley_llm.providers.rule_based.values.clock_times import ClockTime
from parley_llm.providers.rule_based.values.days import Said, completed, resolved, together
from parley_llm.providers.rule_based.values.phrase import Holding, Span, hold
from parley_llm.providers.rule_based.words import Token, plain

_Moment = Said | ClockTime | str  # a text is a part of the day


@dataclass(frozen=True, slots=True)
class When:
    """What was said of a moment; parts that were not said are None."""

    day: date | None = None
    at: time | None = None
    part: str = ""  # "morning", "afternoon" or "evening", where only that was said
    bare: bool = False  # the time is a lone number, which only counts where a time was asked for
    sure: bool = True  # every word of the phrase is accounted for, and all of them agree
    words: frozenset[str] = frozenset()  # those that the moment is made of

    def __bool__(self) -> bool:
        return self.day is not None or self.at is not None or bool(self.part)


def find_when(
    text: str,
    now: datetime,
    *,
    expected: bool = False,
    also: frozenset[str] = frozenset(),
    words: Pack = ENGLISH,
) -> When:
    """The date and time said in the text, in the future of `now`. `expected`: a moment was asked for. `also`: words
    that say nothing of a moment. `words`: the language's."""
    if words.calendar.templates:
        said, spans = templates.find(text, now.date(), words, expected=expected)
    else:
        said, spans = _english(text, now, expected=expected)
    held = hold(said, spans, also=also, words=words.carriers)
    day, clear = _day(held, now.date())
    at, bare, part, timely = _time(held, words)
    if bare and day is None and not expected:
        at = None
    used = frozenset(one for span in spans for token in said[span.start : span.end] for one in token.split())
    return When(day, at, "" if at else part, bare, held.sure and clear and timely, used)


def _english(text: str, now: datetime, *, expected: bool) -> tuple[list[str], list[Span[_Moment]]]:
    found, days = english_days.find(english_days.read_figures(text, now), now.date())
    taken = {at for span in days for at in range(span.start, span.end)}
    free = [Token("taken", "") if at in taken else token for at, token in enumerate(found)]
    spans: list[Span[_Moment]] = [Span(span.start, span.end, span.value, "day") for span in days]
    for span in clock_times.times(free, expected=expected):
        spans.append(Span(span.start, span.end, span.value, "time"))
        free[span.start : span.end] = [Token("taken", "")] * (span.end - span.start)
    spans += [Span(one.start, one.end, one.value, "part") for one in clock_times.parts(free)]
    # "Tonight" is a day and a part of it.
    spans += [Span(one.end, one.end, "tonight", "part") for one in days if found[one.start].text == "tonight"]
    return [token.text for token in found], spans


def _time(held: Holding[_Moment], words: Pack) -> tuple[time | None, bool, str, bool]:
    """The time, whether it is a lone number, the part of the day, and whether all that was said agrees."""
    said = [span.value for span in held.spans if isinstance(span.value, ClockTime)]
    parts = {span.value for span in held.spans if isinstance(span.value, str)}
    beside = parts.pop() if len(parts) == 1 else ""
    part = _named(beside, words)
    if not said:
        return None, False, part, len(parts) == 0
    settled = [
        templates.settle(one, beside, words.calendar) if words.calendar.templates else clock_times.settle(one, part)
        for one in said
    ]
    moments = {at for at, _ in settled}
    if len(moments) != 1 or parts:
        return None, False, part, False
    return settled[0][0], all(one.bare for one in said), part, all(clear for _, clear in settled)


def _named(part: str, words: Pack) -> str:
    if not part:
        return ""
    return templates.named(part, words.calendar) if words.calendar.templates else clock_times.named(part)


def _day(held: Holding[_Moment], today: date) -> tuple[date | None, bool]:
    """The day that fits everything said of it, and whether there is no other."""
    said = [span.value for span in held.spans if isinstance(span.value, Said)]
    if not said:
        return None, True
    whole = together(said)
    if whole is None:
        return None, False
    whole, complete = completed(whole, [span.value for span in held.replaced if isinstance(span.value, Said)])
    day, clear = resolved(whole, today)
    return day, clear and complete


def words_about_time(text: str, words: Pack = ENGLISH) -> bool:
    """Whether the text speaks of days or times at all, also where no moment could be made of it."""
    calendar = words.calendar
    months = {*calendar.months, *calendar.month_forms} - calendar.ambiguous_months
    about = (*calendar.weekdays, *calendar.weekday_forms, *months, *calendar.day_parts, *calendar.named_days)
    said = f" {folded(plain(text))} "
    return any(f" {folded(word)} " in said for word in about)
