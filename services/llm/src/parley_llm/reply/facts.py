"""What a text states: amounts, times, days, names, and what it denies. Pure. `grounding` compares them.

A sentence of an agent and the passage that bears it out say the same thing in other forms: "half past nine" and "9:30",
"forty-five euros" and "€45", "Saturday" and "2026-11-28". Both are brought to one form here, with the pack's words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.registry import pack

from parley_llm.providers.rule_based.values.number_words import number_at

MONEY, PERCENT, TIME, UNIT, PLAIN = "money", "percent", "time", "unit", ""
OPEN = "open"  # the topic of "closed" as well
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’.-][^\W\d_]+)*|[€$£%]")
_SIGNS = {"€": MONEY, "$": MONEY, "£": MONEY, "%": PERCENT}
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}))?")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_ENDS = '.!?:;"“”„«»(¿¡\n'
_STEM = 5
_SHORTEST = 3
_SMALL = 3  # a plain number up to it states nothing: "two questions"
_NOON = 12
_DICTATED = 4  # single figures in a row


@dataclass(frozen=True, slots=True)
class Amount:
    value: float
    kind: str = PLAIN


@dataclass(frozen=True, slots=True)
class Facts:
    amounts: frozenset[Amount]
    days: frozenset[int]  # of the week, Monday is 0
    months: frozenset[int]
    names: frozenset[str]  # folded
    topics: frozenset[str]  # words without endings
    denies: bool
    free: bool  # of charge
    free_or_vacant: bool  # or a time that nobody has taken
    dictated: frozenset[str] = frozenset()  # figures one by one: a telephone number
    words: frozenset[str] = frozenset()

    @property
    def stated(self) -> frozenset[Amount]:
        """Without small numbers that count nothing."""
        return frozenset(one for one in self.amounts if one.kind or one.value > _SMALL or one.value % 1)


@lru_cache(maxsize=2048)
def facts_in(text: str, language: str) -> Facts:
    known = pack(language)
    plain = folded(text)
    words = _TOKEN.findall(plain)
    dictated, rest = _dictated(_TOKEN.findall(_quartered(_ISO.sub(" ", plain), known)), known)
    amounts = {*_dated(plain), *_amounts(rest, known)}
    days, months = _calendar(words, known)
    for year, month, day, *_ in _ISO.findall(plain):
        try:
            days.add(date(int(year), int(month), int(day)).weekday())
            months.add(int(month))
        except ValueError:
            continue
    denials = known.facts.denials | known.facts.closed
    free = known.facts.free.search(plain)
    return Facts(
        frozenset(amounts),
        frozenset(days),
        frozenset(months),
        frozenset(names_in(text, known)),
        topics_in(words, known),
        any(word in denials or word.endswith("n't") for word in words),
        free is not None,
        free is not None and bool(free.groupdict().get("unsure")),
        frozenset(dictated),
        frozenset(part for word in words for part in (word, *re.split(r"['.-]", word))),
    )


def topics_in(words: Sequence[str], known: Pack) -> frozenset[str]:
    stop = known.search.stop | known.facts.stop | known.facts.denials | _calendar_words(known.tag) | _counts(known.tag)
    same = known.search.same
    opens = known.facts.opens | known.facts.closed
    if not opens.isdisjoint(words):
        return topics_in([word for word in words if word not in opens], known) | {OPEN}
    found = [word for word in words if word not in stop and len(word) >= _SHORTEST and word[0].isalpha()]
    return frozenset(same.get(stem, stem)[:_STEM] for word in found for stem in [_stem(word, known)])


def _stem(word: str, known: Pack) -> str:
    if known.tag != "en":
        return word[:_STEM]
    for ending in ("ing", "ies", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word.removesuffix(ending)
    return word


def names_in(text: str, known: Pack) -> Iterator[str]:
    """Words with a capital that no sentence begins with, folded; where all nouns have one, those behind a title."""
    title = False
    for match in _NAME.finditer(text):
        word = match.group().rstrip(".")
        gap = text[: match.start()].rstrip()
        begins = not gap or (gap[-1] in _ENDS and not (title and gap[-1] == "."))
        plain = folded(word)
        capital = word[0].isupper() and plain not in known.facts.never_names and plain not in known.facts.titles
        named = capital and not _in_calendar(plain, known)
        if named and len(word) > 1 and (title or not (begins or known.facts.capitals)):
            yield plain.removesuffix("'s")
        title = plain in known.facts.titles


def _in_calendar(word: str, known: Pack) -> bool:
    return word.removesuffix("'s").rstrip("s") in _calendar_words(known.tag) or word in _calendar_words(known.tag)


@lru_cache(maxsize=16)
def _calendar_words(tag: str) -> frozenset[str]:
    calendar = pack(tag).calendar
    return frozenset(
        map(folded, [*calendar.weekdays, *calendar.weekday_forms, *calendar.months, *calendar.month_forms])
    )


def _calendar(words: Sequence[str], known: Pack) -> tuple[set[int], set[int]]:
    """Days and months that are named; a range of days has those between."""
    days: set[int] = set()
    months: set[int] = set()
    named = _weekdays(known.tag)
    for at, word in enumerate(words):
        month = _months(known.tag).get(word)
        if month is not None and word not in known.calendar.ambiguous_months:
            months.add(month)
        if word in known.facts.weekend:
            days |= {5, 6}
        if word in known.facts.weekdays:
            days |= set(range(5))
        day = named.get(word)
        if day is None:
            continue
        days.add(day)
        last = named.get(words[at + 2]) if at + 2 < len(words) and words[at + 1] in _ranges(known.tag) else None
        while last is not None and day != last:
            day = (day + 1) % 7
            days.add(day)
    return days, months


@lru_cache(maxsize=16)
def _counts(tag: str) -> frozenset[str]:
    """Words that are numbers, or stand beside them."""
    known = pack(tag)
    said = [
        *known.numbers.ones,
        *known.numbers.tens,
        *known.numbers.values,
        known.numbers.hundred,
        known.numbers.thousand,
    ]
    beside = known.facts.money | known.facts.hours | known.facts.percent
    return frozenset(part for word in said for part in folded(word).split()) | beside


@lru_cache(maxsize=16)
def _weekdays(tag: str) -> dict[str, int]:
    calendar = pack(tag).calendar
    found = {folded(form): day for form, day in calendar.weekday_forms.items()}
    for day, name in enumerate(map(folded, calendar.weekdays)):
        found |= {name: day, f"{name}s": day}
    return found


@lru_cache(maxsize=16)
def _months(tag: str) -> dict[str, int]:
    calendar = pack(tag).calendar
    return {folded(form): month for form, month in calendar.month_forms.items()} | {
        folded(name): month for month, name in enumerate(calendar.months, start=1)
    }


@lru_cache(maxsize=16)
def _ranges(tag: str) -> frozenset[str]:
    return pack(tag).search.ranges or frozenset({"bis", "a", "al", "hasta", "to"})


def _dated(plain: str) -> Iterator[Amount]:
    for year, month, day, hour, minute in _ISO.findall(plain):
        yield from (Amount(float(one)) for one in (year, month, day))
        if hour:
            yield Amount(float(hour), TIME)
            yield Amount(float(minute))


def _quartered(plain: str, known: Pack) -> str:
    """ "Half past nine" as "nine 30"."""
    for phrase, figures in known.facts.spans.items():
        plain = plain.replace(phrase, figures)
    for pattern, (less, minutes) in known.facts.quarters.items():

        def clock(match: re.Match[str], less: int = less, minutes: int = minutes) -> str:
            return _clock(match[1], less, minutes, known)

        plain = pattern.sub(clock, plain)
    return plain


def _clock(hour: str, less: int, minutes: int, known: Pack) -> str:
    value = float(hour) if hour.isdigit() else next((one.value for one in _amounts([hour], known)), 0)
    return f" {int((value + less) or _NOON)}:{minutes} " if value else hour


def _dictated(words: Sequence[str], known: Pack) -> tuple[list[str], list[str]]:
    """Runs of single figures, and the words without them."""
    runs: list[str] = []
    rest: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        figure = word if len(word) == 1 and word.isdigit() else known.numbers.figures.get(word, "")
        if figure:
            run.append(word)
            continue
        if len(run) >= _DICTATED:
            runs.append("".join(one if one.isdigit() else known.numbers.figures[one] for one in run))
        else:
            rest += run
        run = []
        rest += [word] if word else []
    return runs, rest


def _amounts(words: Sequence[str], known: Pack) -> Iterator[Amount]:
    at = 0
    while at < len(words):
        if words[at] in known.calendar.noon:
            yield Amount(float(_NOON), TIME)
        values, length = _number_at(words, at, known)
        if not length:
            at += 1
            continue
        around = (words[at - 1] if at else "", words[at + length] if at + length < len(words) else "")
        kind = TIME if ":" in words[at] else _kind(around, known)
        if kind == PLAIN and _in_day_part(words, at + length, known):
            kind = TIME
        if kind == MONEY and len(values) == 1 and (cents := _cents(words, at + length, known)):
            yield Amount(values[0] + cents[0] / 100, kind)
            at += length + cents[1]
            continue
        yield Amount(values[0], kind)
        # The minutes of a time, if there are any, are a number like another.
        yield from (Amount(value, PLAIN) for value in values[1:] if value or ":" not in words[at])
        at += length


def _in_day_part(words: Sequence[str], at: int, known: Pack) -> bool:
    """ "In the morning" behind a number."""
    for word in words[at : at + 4]:
        if word in _day_parts(known.tag):
            return True
        if len(word) > _SHORTEST:
            return False
    return False


@lru_cache(maxsize=16)
def _day_parts(tag: str) -> frozenset[str]:
    return frozenset(map(folded, pack(tag).calendar.day_parts))


def _cents(words: Sequence[str], at: int, known: Pack) -> tuple[float, int] | None:
    """ "Euros (and) fifty (cents)" behind an amount: how many hundredths, and how many words it takes."""
    behind = at + 1 if at < len(words) and words[at] in known.facts.money else 0
    if not behind:
        return None
    joined = behind + 1 if behind < len(words) and words[behind] in known.naming.joins else behind
    values, length = _number_at(words, joined, known) if joined < len(words) else ([], 0)
    if not length or len(values) != 1 or not 0 < values[0] < 100 or values[0] % 1:
        return None
    end = joined + length
    named = end < len(words) and words[end] in known.facts.money
    unit = end < len(words) and words[end] in known.facts.units | known.facts.hours | known.facts.percent
    if unit or (joined > behind and not named):
        return None
    return values[0], end - at + int(named)


def _kind(around: tuple[str, str], known: Pack) -> str:
    for word in reversed(around):
        if word in _SIGNS:
            return _SIGNS[word]
    facts, behind = known.facts, around[1]
    for words, kind in ((facts.money, MONEY), (facts.percent, PERCENT), (facts.hours, TIME), (facts.units, UNIT)):
        if behind in words:
            return kind
    return PLAIN


def _number_at(words: Sequence[str], at: int, known: Pack) -> tuple[list[float], int]:
    """The values of the number that begins at a word, and how many words it takes."""
    word = words[at]
    if word[0].isdigit():
        return _figures(word), 1
    if known.tag != "en":
        value, length = number_at(words, at, known.numbers)
        return [float(value)], length
    value, length = _english(words, at, known)
    return [float(value)], length


def _figures(word: str) -> list[float]:
    if ":" in word:
        return [float(part) for part in word.split(":") if part.isdigit()]
    if _THOUSANDS.fullmatch(word):
        return [float(re.sub(r"[.,]", "", word))]
    parts = re.split(r"[.,]", word)
    if len(parts) == 2:
        # "45.50" may be said as "forty-five fifty", and "9.30" be a time.
        return [float(f"{parts[0]}.{parts[1]}")]
    return [float(part) for part in parts if part]


def _english(words: Sequence[str], at: int, known: Pack) -> tuple[int, int]:
    small, length = _below_hundred(words, at, known)
    if not length:
        return 0, 0
    scales = {known.numbers.hundred: 100, known.numbers.thousand: 1000}
    value = small
    while at + length < len(words) and words[at + length] in scales:
        value *= scales[words[at + length]]
        length += 1
        joined = 1 if at + length < len(words) and words[at + length] in known.naming.joins else 0
        rest, more = _below_hundred(words, at + length + joined, known)
        if more:
            following = at + length + joined + more
            if following < len(words) and words[following] in scales and scales[words[following]] < 1000 <= value:
                rest *= scales[words[following]]
                more += 1
            value += rest
            length += joined + more
    return value, length


def _below_hundred(words: Sequence[str], at: int, known: Pack) -> tuple[int, int]:
    if at >= len(words):
        return 0, 0
    table = _english_words(known.tag)
    parts = words[at].split("-")
    if len(parts) == 2 and all(part in table for part in parts) and table[parts[0]] >= 20:
        return table[parts[0]] + table[parts[1]], 1
    value = table.get(words[at])
    if value is None:
        return 0, 0
    following = table.get(words[at + 1], 0) if at + 1 < len(words) else 0
    return (value + following, 2) if value >= 20 and 0 < following < 10 else (value, 1)


@lru_cache(maxsize=4)
def _english_words(tag: str) -> dict[str, int]:
    numbers = pack(tag).numbers
    tens = {word: 10 * at for at, word in enumerate(numbers.tens) if at >= 2}
    return {word: at for at, word in enumerate(numbers.ones)} | tens
