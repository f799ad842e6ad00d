"""One written token as it is read out: clock times, dates, money, ranges, addresses, codes. `text` calls it.

What the words are is a language's matter (`parley_core.languages.spoken`); what a speech engine needs, a dialect's.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from parley_core.languages.spoken import SpokenForms

_CLOCK = re.compile(r"(\d{1,2})([:.h])(\d{2})(am|pm|a\.m\.?|p\.m\.?)?", re.IGNORECASE)
_HOUR = re.compile(r"(\d{1,2})(am|pm|a\.m\.?|p\.m\.?)", re.IGNORECASE)
_HALF_DAY = re.compile(r"([ap])\.?m\.?", re.IGNORECASE)
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DATE = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})")
_SHORT_DATE = re.compile(r"(\d{1,2})([/.])(\d{1,2})\.?")
_AMOUNT = r"(\d{1,3}(?:[., ]\d{3})*|\d+)(?:([.,])(\d{1,2}))?"
_MONEY_BEFORE = re.compile(rf"(R\$|[$€£]){_AMOUNT}", re.IGNORECASE)
_MONEY_BEHIND = re.compile(rf"{_AMOUNT}([$€£])")
_PERCENT = re.compile(r"(\d[\d,.]*)%")
_RANGE = re.compile(r"(.*\w.*?)[-–](\S*\w.*)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,}(?:/[\w./?=&%-]*)?)", re.IGNORECASE)
_DOMAINS = re.compile(
    r"\.(com|org|net|edu|gov|info|biz|io|co|us|uk|de|es|fr|it|nl|pt|eu|at|ch|mx|br|ca|app|dev)\b", re.I
)
_CODE = re.compile(r"(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)*")
_ORDINAL = re.compile(r"\d+(?:ST|ND|RD|TH)")
_SHORT_CODE = re.compile(r"([A-Z])(\d{1,3})")
_DAY = re.compile(r"(\d{1,2})\.")
_FRACTIONS = {"1/2": "one half", "1/3": "one third", "2/3": "two thirds", "1/4": "a quarter", "3/4": "three quarters"}
_NUMERIC = re.compile(r"[$€£]?\d[\d.,:]*(?:am|pm)?[$€£%]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one engine wants written otherwise."""

    half_day: Callable[[str], str] = lambda letter: f"{letter} M"  # "A" or "P"
    letter: Callable[[str], str] = lambda letter: letter  # one that is spelled
    sounds: Callable[[str, str], str] | None = None  # a word and its IPA; without: the word as it is written


@dataclass(frozen=True, slots=True)
class Token:
    """The middle of a written word, without brackets and marks, between its neighbours."""

    core: str
    before: str  # the word before, in lower case and without marks
    behind: str  # the next one, likewise


def read_out(token: Token, forms: SpokenForms, dialect: Dialect, *, day_first: bool) -> str | None:
    """The core as it is said; None where it is said as it is written."""
    return _Reader(token, forms, dialect, day_first).read()


@dataclass(frozen=True, slots=True)
class _Reader:
    token: Token
    forms: SpokenForms
    dialect: Dialect
    day_first: bool

    def read(self) -> str | None:
        core = self.token.core
        for rule in (
            self._half_day,
            self._clock,
            self._date,
            self._money,
            self._beside_a_number,
            self._percent,
            self._address,
            self._range,
            self._fraction,
            self._code,
        ):
            said = rule(core)
            if said is not None:
                return said
        return None

    def _half_day(self, core: str) -> str | None:
        forms = self.forms
        if not forms.months:
            return None
        if found := _HOUR.fullmatch(core):
            return f"{forms.clock(int(found[1]), 0, True)} {self._half(found[2])}" if int(found[1]) <= 24 else None
        if _HALF_DAY.fullmatch(core) and _NUMERIC.fullmatch(self.token.before):
            return self._half(core)
        return None

    def _half(self, written: str) -> str:
        letter = written[0].lower()
        return self.forms.half_days.get(letter) or self.dialect.half_day(letter.upper())

    def _clock(self, core: str) -> str | None:
        found = _CLOCK.fullmatch(core)
        if found is None or not self.forms.months:
            return None
        hour, minute, half = int(found[1]), int(found[3]), found[4]
        behind = self.token.behind
        half_follows = bool(_HALF_DAY.fullmatch(behind))
        hour_follows = bool(behind) and behind == self.forms.hour_word
        if found[2] == "." and not (half or half_follows or hour_follows):
            return None
        if found[2] == "h" and self.forms.hour_word != "heures":
            return None
        if hour > 24 or minute > 59:
            return f"{hour} {minute}"
        said = self.forms.clock(hour, minute, bool(half) or half_follows)
        return f"{said} {self._half(half)}" if half else said

    def _date(self, core: str) -> str | None:
        forms = self.forms
        if not forms.months:
            return None
        if found := _ISO_DATE.fullmatch(core):
            return self._said_date(int(found[3]), int(found[2]), found[1])
        if found := _DATE.fullmatch(core):
            first, second, year = int(found[1]), int(found[3]), found[4]
            day_first = second > 12 or (self.day_first and first <= 31 and second <= 12)
            if self.day_first or first > 12:
                day, month = first, second
            else:
                day, month = second, first
            if not day_first and month > 12:
                return None
            year = year if len(year) == 4 else f"{'20' if int(year) < 70 else '19'}{year}"
            return self._said_date(day, month, year)
        behind_a_word = self.token.before in forms.dates_behind
        if (found := _SHORT_DATE.fullmatch(core)) and behind_a_word and (found[2] == "/") != forms.decimal_comma:
            first, second = int(found[1]), int(found[3])
            return self._said_date(*((first, second) if self.day_first else (second, first)), "")
        if (found := _SHORT_DATE.fullmatch(core)) and behind_a_word and found[2] == "." and core.endswith("."):
            return self._said_date(int(found[1]), int(found[3]), "")
        if (found := _DAY.fullmatch(core)) and self.token.behind in (month.lower() for month in forms.months):
            return forms.day(int(found[1]), self.token.before) if 1 <= int(found[1]) <= 31 else None
        return None

    def _said_date(self, day: int, month: int, year: str) -> str | None:
        forms = self.forms
        if not 1 <= month <= 12 or not 1 <= day <= 31:
            return None
        pattern = forms.date if year else forms.date.partition("{year}")[0].rstrip(", ").removesuffix(" de")
        return pattern.format(day=forms.day(day, self.token.before), month=forms.months[month - 1], year=year).strip()

    def _money(self, core: str) -> str | None:
        if found := _MONEY_BEFORE.fullmatch(core):
            symbol, whole, part = found[1], found[2], found[4]
        elif found := _MONEY_BEHIND.fullmatch(core):
            whole, part, symbol = found[1], found[3], found[4]
        else:
            return None
        return self._said_money(symbol, whole, part)

    def _said_money(self, symbol: str, whole: str, part: str | None) -> str | None:
        names = self.forms.money.get(symbol.lower())
        if names is None:
            return None
        one, several, small, smalls = names
        number = re.sub(r"\D", "", whole)
        said = f"{number} {one if int(number) == 1 else several}"
        if part and int(part):
            hundredths = int(part.ljust(2, "0"))
            said += f"{self.forms.money_and}{hundredths} {small if hundredths == 1 else smalls}"
        return said

    def _beside_a_number(self, core: str) -> str | None:
        """A unit, a currency or a percent sign behind a number, and the amount before a currency."""
        lowered, forms = core.lower(), self.forms
        if _NUMERIC.fullmatch(self.token.before):
            if lowered in forms.units:
                return forms.units[lowered]
            if core == "%" and forms.percent:
                return forms.percent
            if lowered == forms.hour_word and _says_hour(self.token.before, forms):
                return ""
            if lowered in forms.money:
                return "" if re.search(r"[.,]\d{1,2}$", self.token.before) else forms.money[lowered][1]
        amount = re.fullmatch(_AMOUNT, core)
        if amount is not None and amount[3] and self.token.behind in forms.money:
            return self._said_money(self.token.behind, amount[1], amount[3])
        if core.startswith("#") and core[1:2].isdigit() and forms.number:
            return f"{forms.number} {core[1:]}"
        return None

    def _percent(self, core: str) -> str | None:
        found = _PERCENT.fullmatch(core)
        return f"{found[1]} {self.forms.percent}" if found and self.forms.percent else None

    def _address(self, core: str) -> str | None:
        if not self.forms.symbols:
            return None
        if _EMAIL.fullmatch(core):
            return self._spelled_marks(core)
        found = _URL.fullmatch(core)
        if found is None or not (_DOMAINS.search(core) or core.lower().startswith(("http", "www."))):
            return None
        return self._spelled_marks(found[1].rstrip("/").replace("www.", "w w w."))

    def _spelled_marks(self, text: str) -> str:
        symbols = self.forms.symbols
        return " ".join("".join(f" {symbols[c]} " if c in symbols else c for c in text).split())

    def _range(self, core: str) -> str | None:
        found = _RANGE.fullmatch(core)
        if found is None or not self.forms.to:
            return None
        first, last = found[1], found[2]
        days = self.forms.days
        if first.rstrip(".").lower() in days and last.rstrip(".").lower() in days:
            return f"{days[first.rstrip('.').lower()]} {self.forms.to} {days[last.rstrip('.').lower()]}"
        if not (_NUMERIC.fullmatch(first) and _NUMERIC.fullmatch(last)):
            return None
        ends = (self._end(first, ""), self._end(last, self.token.behind))
        return f"{ends[0]} {self.forms.to} {ends[1]}"

    def _end(self, written: str, behind: str) -> str:
        token = Token(written, "", behind)
        return read_out(token, self.forms, self.dialect, day_first=self.day_first) or written

    def _fraction(self, core: str) -> str | None:
        return _FRACTIONS.get(core) if self.forms.percent == "percent" else None

    def _code(self, core: str) -> str | None:
        if not _CODE.fullmatch(core) or _ORDINAL.fullmatch(core) or len(core) < 2:
            return None
        if short := _SHORT_CODE.fullmatch(core):
            return f"{self.dialect.letter(short[1])} {short[2]}"
        if core[:-1].isdigit():  # 4K, 12B
            return f"{core[:-1]} {self.dialect.letter(core[-1])}"
        groups = (" ".join(self.dialect.letter(c) if c.isalpha() else c for c in group) for group in core.split("-"))
        return ", ".join(groups)


def _says_hour(before: str, forms: SpokenForms) -> bool:
    """Whether a clock time says the word for the hour itself: "9.30" is "9 Uhr 30"."""
    return bool(_CLOCK.fullmatch(before)) and forms.hour_word in forms.clock(1, 30, False).lower() + " h"
