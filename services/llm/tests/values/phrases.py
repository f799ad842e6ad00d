"""Phrases with a known meaning, generated: what callers say of a value, with carriers, fillers, corrections and words
that change what is meant. Used by `test_generated_phrases`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from parley_core.languages.phrases import listed
from parley_llm.providers.rule_based.spoken import say_number, say_ordinal


@dataclass(frozen=True)
class Phrase:
    text: str
    meant: object  # None: nothing may be taken without a question
    plain: bool = False  # it must be read without a question


@dataclass(frozen=True)
class Templates:
    """`{x}` is the value, `{y}` another one of its kind."""

    plain: Sequence[str]
    corrected: Sequence[str]  # the value is `{x}`
    altered: Sequence[str]  # the value is not `{x}`, or not only
    fillers: Sequence[str] = ("um", "uh", "er")


@dataclass
class Generator:
    say: Callable[[Random], tuple[str, object]]
    templates: Templates
    rng: Random = field(default_factory=lambda: Random(1))

    def phrases(self, count: int) -> list[Phrase]:
        return [self._one() for _ in range(count)]

    def _one(self) -> Phrase:
        rng = self.rng
        x, value = self.say(rng)
        y, other = self.say(rng)
        while other == value:
            y, other = self.say(rng)
        roll = rng.random()
        if roll < 0.4:
            return Phrase(self._filled(rng.choice(self.templates.plain), x, y), value, plain=True)
        if roll < 0.75 or not self.templates.altered:
            return Phrase(self._filled(rng.choice(self.templates.corrected), x, y), value)
        return Phrase(self._filled(rng.choice(self.templates.altered), x, y), None)

    def _filled(self, template: str, x: str, y: str) -> str:
        words = template.replace("{x}", x).replace("{y}", y)
        if self.rng.random() < 0.25:
            at = self.rng.choice([0, len(words)])
            filler = self.rng.choice(self.templates.fillers)
            words = f"{filler} {words}" if at == 0 else f"{words} {filler}"
        return words


# -- moments ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moments:
    """Days and times relative to a moment."""

    now: datetime

    def __call__(self, rng: Random) -> tuple[str, tuple[date, time]]:
        day = self.now.date() + timedelta(
            days=rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 20, 21, 28, 35, 60, 150, 400])
        )
        at = time(rng.randrange(7, 18), rng.choice([0, 0, 0, 15, 30, 45, 10, 5]))
        said_day = rng.choice(self.days(day))
        said_at = rng.choice(self.times(at))
        return (f"{said_day} {said_at}" if rng.random() < 0.8 else f"{said_at} on {said_day}"), (day, at)

    def days(self, day: date) -> list[str]:
        ahead = (day - self.now.date()).days
        ordinal, month = say_ordinal(day.day), f"{day:%B}".lower()
        weekday = f"{day:%A}".lower()
        figure = f"{day.day}{'th' if 10 <= day.day <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day.day % 10, 'th')}"
        ways = [
            f"{month} {ordinal} {_year(day.year)}",
            f"the {ordinal} of {month} {day.year}",
            f"{month} {figure} {day.year}",
        ]
        if ahead < 360:
            ways += [
                f"{month} {ordinal}",
                f"the {ordinal} of {month}",
                f"{weekday} {month} {ordinal}",
                f"{weekday} the {figure} of {month}",
            ]
        if ahead <= 7:
            ways += [weekday, f"next {weekday}"]
        if ahead <= 27:
            ways += [f"{weekday} the {ordinal}", f"the {figure}"]
        if ahead == 1:
            ways += ["tomorrow", "tomorrow"]
        if ahead == 2:
            ways += ["the day after tomorrow"]
        if ahead < 60:
            ways += [f"{say_number(ahead)} days from today", f"in {say_number(ahead)} days"]
        if ahead % 7 == 0 and 7 <= ahead < 70:
            weeks = "one week" if ahead == 7 else f"{say_number(ahead // 7)} weeks"
            ways += [f"{weeks} from today", f"in {weeks}", f"{weeks} from now"]
        if 7 < ahead <= 14:
            ways += [f"a week from {weekday}"]
        return ways

    def times(self, at: time) -> list[str]:
        hour, minute = say_number(at.hour % 12 or 12), at.minute
        half = "in the morning" if at.hour < 12 else "in the afternoon"
        mark = "am" if at.hour < 12 else "pm"
        following = say_number((at.hour + 1) % 12 or 12)
        ways = [f"at {at:%H:%M}"] if at.hour >= 10 else []
        if minute == 0:
            ways += [
                f"at {hour}",
                f"at {hour} {half}",
                f"at {hour} o'clock",
                f"at {hour} {mark}",
                f"at {at.hour % 12 or 12} {mark[0]}.m.",
            ]
        elif minute < 10:
            ways += [f"at {hour} oh {say_number(minute)}", f"at {say_number(minute)} past {hour}"]
        else:
            ways += [
                f"at {hour} {say_number(minute)}",
                f"at {hour} {say_number(minute)} {half}",
                f"at {hour} {say_number(minute)} {mark}",
            ]
        if minute == 30:
            ways += [f"at half past {hour}"]
        if minute == 15:
            ways += [f"at quarter past {hour}", f"at a quarter past {hour}"]
        if minute == 45 and at.hour != 6:
            ways += [f"at quarter to {following}"]
        return ways


def _year(year: int) -> str:
    return f"twenty {say_number(year - 2000)}"


# -- names ------------------------------------------------------------------------------------------------------------

FIRST = listed(
    "maria, josé, anna, peter, zoë, john, will, mark, grace, pamela, søren, li, mohamed, françois, june, olga"
)
LAST = listed(
    "lopez, garcía, smith, kowalski, müller, o'brien, day, price, van-berg, nguyen, johnson, kelly, dubois, weber"
)


def name(rng: Random) -> tuple[str, str]:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    written = f"{first.capitalize()} {_capital(last)}"
    roll = rng.random()
    if roll < 0.15:
        return f"{first} {last.replace('-', ' ')} {' '.join(last.replace(chr(39), '').replace('-', ''))}", written
    return f"{first} {last.replace('-', ' ')}", written


def _capital(part: str) -> str:
    for sign in ("'", "-"):
        if sign in part:
            head, tail = part.split(sign)
            return f"{head.capitalize()}{sign.replace('-', ' ')}{tail.capitalize()}"
    return part.capitalize()


# -- addresses --------------------------------------------------------------------------------------------------------

HOSTS = ["gmail.com", "example.com", "example.co.uk", "web.de", "yahoo.com", "my-firm.org", "hotmail.es"]
LOCALS = ["maria", "lopez", "anna", "kowalski", "info", "jsmith", "pat"]


def email(rng: Random) -> tuple[str, str]:
    local = rng.choice(LOCALS)
    if rng.random() < 0.5:
        local += rng.choice([".", "_", "-", "+"]) + rng.choice(LOCALS)
    if rng.random() < 0.3:
        local += str(rng.randrange(10))
    host = rng.choice(HOSTS)
    roll = rng.random()
    if roll < 0.2:
        return f"{local}@{host}", f"{local}@{host}"
    spelled = roll < 0.4
    said = "".join(_said_sign(char, spelled=spelled) for char in local)
    return f"{' '.join(said.split())} at {_said_host(host)}", f"{local}@{host}"


def _said_sign(char: str, *, spelled: bool) -> str:
    signs = {".": " dot ", "_": " underscore ", "-": " dash ", "+": " plus "}
    if char in signs:
        return signs[char]
    if char.isdigit():
        return f" {say_number(int(char))} "
    return f" {char} " if spelled else char


def _said_host(host: str) -> str:
    return host.replace(".", " dot ").replace("-", " dash ")


# -- numbers, choices, phones -----------------------------------------------------------------------------------------


def number(rng: Random) -> tuple[str, str]:
    value = rng.choice(
        [rng.randrange(1, 20), rng.randrange(20, 100), rng.randrange(100, 1000), rng.randrange(1000, 20000)]
    )
    if rng.random() < 0.2:
        return rng.choice([str(value), f"{value:,}"]), str(value)
    return say_whole(value, joined=rng.random() < 0.5), str(value)


def say_whole(value: int, *, joined: bool) -> str:
    thousands, rest = divmod(value, 1000)
    hundreds, small = divmod(rest, 100)
    words = [f"{say_number(thousands)} thousand"] if thousands else []
    words += [f"{say_number(hundreds)} hundred"] if hundreds else []
    if small:
        words += [f"and {say_number(small)}" if joined and words else say_number(small)]
    return " ".join(words)


CHOICES = ["small", "extra small", "large", "extra large", "medium", "window seat", "window", "aisle seat"]


def choice(rng: Random) -> tuple[str, str]:
    value = rng.choice(CHOICES)
    return value, value


def phone(rng: Random) -> tuple[str, str]:
    digits = f"{rng.randrange(201, 990)}{rng.randrange(200, 1000)}{rng.randrange(0, 10000):04d}"
    said, at = [], 0
    zero = rng.choice(["zero", "oh"])
    while at < len(digits):
        if rng.random() < 0.3 and at + 1 < len(digits) and digits[at] == digits[at + 1]:
            said.append(f"double {say_number(int(digits[at])) if digits[at] != '0' else zero}")
            at += 2
            continue
        said.append(zero if digits[at] == "0" else say_number(int(digits[at])))
        at += 1
    if rng.random() < 0.2:
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}", digits
    if rng.random() < 0.2:
        extension = rng.randrange(2, 99)
        return f"{' '.join(said)} extension {say_number(extension)}", f"{digits};ext={extension}"
    return " ".join(said), digits
