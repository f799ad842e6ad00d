"""How values are said aloud: dates, times, phone numbers, lists. The opposite of `dates`, `phones` and `words`.

English is said by rules of its own, other languages by their packs' `aloud`.
"""

from collections.abc import Sequence
from datetime import date, datetime, time

from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH

_ONES, _TENS = ENGLISH.numbers.ones, ENGLISH.numbers.tens
_ORDINALS = ENGLISH.numbers.ordinals


def say_number(number: int) -> str:
    """0 to 99 in words."""
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")


def say_ordinal(number: int) -> str:
    """1 to 99 as an ordinal in words."""
    if number in _ORDINALS:
        return _ORDINALS[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]} {say_ordinal(ones)}" if ones else _TENS[tens][:-1] + "ieth"


def say_date(day: date, words: Pack = ENGLISH) -> str:
    if words is not ENGLISH:
        aloud = words.aloud
        weekday, month = aloud.weekdays[day.weekday()], aloud.months[day.month - 1]
        return aloud.date.format(weekday=weekday, day=aloud.days[day.day - 1], month=month)
    return f"{day:%A}, {day:%B} {say_ordinal(day.day)}"


def say_whole_date(day: date, words: Pack = ENGLISH) -> str:
    """A day with its year and without its weekday."""
    if words is not ENGLISH:
        return words.aloud.whole_date.format(
            day=words.aloud.days[day.day - 1], month=words.aloud.months[day.month - 1], year=day.year
        )
    return f"{day:%B} {say_ordinal(day.day)}, {day.year}"


def say_code(code: str, words: Pack = ENGLISH) -> str:
    """Letters and figures one by one."""
    return " ".join(words.numbers.ones[int(char)] if char.isdigit() else char for char in code)


def say_time(moment: time, words: Pack = ENGLISH) -> str:
    """For example "ten thirty in the morning", "two in the afternoon", "noon"."""
    if words is not ENGLISH:
        return _time_of(moment, words)
    if (moment.hour, moment.minute) == (12, 0):
        return "noon"
    if (moment.hour, moment.minute) == (0, 0):
        return "midnight"
    hour = say_number(moment.hour % 12 or 12)
    minute = moment.minute
    text = hour if minute == 0 else f"{hour} {'oh ' if minute < 10 else ''}{say_number(minute)}"
    part = "in the morning" if moment.hour < 12 else "in the afternoon" if moment.hour < 18 else "in the evening"
    return f"{text} {part}"


def _time_of(moment: time, words: Pack) -> str:
    aloud = words.aloud
    hour, minute = aloud.hours[moment.hour], aloud.minutes[moment.minute]
    said = aloud.clock.format(hour=hour, minute=minute) if moment.minute else aloud.whole.format(hour=hour)
    part = next((phrase for until, phrase in aloud.parts if moment.hour < until), "")
    return f"{said} {part}".strip()


def say_datetime(moment: datetime, words: Pack = ENGLISH) -> str:
    day, at = say_date(moment.date(), words), say_time(moment.time(), words)
    return f"{day} at {at}" if words is ENGLISH else words.aloud.datetime.format(date=day, time=at)


def say_digits(digits: str, words: Pack = ENGLISH) -> str:
    """Digit by digit, in the groups people use: "five five five, zero one four two"."""
    plus = f"{words.aloud.plus} " if digits.startswith("+") else ""
    ones, digits = words.numbers.ones, digits.removeprefix("+")
    return plus + ", ".join(" ".join(ones[int(digit)] for digit in group) for group in _groups(digits))


def say_address(address: str, words: Pack = ENGLISH) -> str:
    """An e-mail address with its signs as words."""
    signs = {
        sign: word
        for word, sign in reversed(list(words.addresses.signs.items()))
        if sign in "._" or words is not ENGLISH
    }
    said = address.replace("@", f" {words.addresses.at[0]} ")
    for sign, word in signs.items():
        said = said.replace(sign, f" {word} ")
    return " ".join(said.split())


def say_list(items: Sequence[str], last: str = "or") -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def _groups(digits: str) -> list[str]:
    if len(digits) == 7:
        return [digits[:3], digits[3:]]
    if len(digits) == 10:
        return [digits[:3], digits[3:6], digits[6:]]
    if len(digits) == 11:
        return [digits[:1], digits[1:4], digits[4:7], digits[7:]]
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups
