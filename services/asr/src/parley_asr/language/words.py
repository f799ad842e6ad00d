"""Turns written text into the words a person says: numbers, clock times, amounts and abbreviations spelled out.

The corpus uses it for everything that goes into a language model, so that the model's words are spoken words.
"""

import re
from collections.abc import Iterator

from parley_core.languages.registry import ENGLISH

_NUMBERS, _WRITTEN = ENGLISH.numbers, ENGLISH.written
_UNITS, _TENS = _NUMBERS.ones, _NUMBERS.tens
_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\s*([ap])?\.?(?:m\b\.?)?", re.IGNORECASE)
_HOUR = re.compile(r"\b(\d{1,2})\s*([ap])\.?m\b\.?", re.IGNORECASE)
_MONEY = re.compile(r"[$€£]\s?(\d[\d,]*)(?:\.(\d{2}))?")
_ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\d.])\+?\(?\d{3}\)?[-. ]\d{3,4}(?:[-. ]\d{4})?(?!\d)")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)*['’]?")
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|\n+|\|")
_NO_END = re.compile(
    rf"\b({'|'.join(map(re.escape, sorted(_WRITTEN.titles - _WRITTEN.before_figures | _WRITTEN.may_end)))})\.",
    re.IGNORECASE,
)
_ROUND = re.compile(r"[()\[\]{}*_#>`]+")


def spoken(number: int) -> str:
    """Say a whole number from 0 to 999,999: 1230 is "one thousand two hundred thirty"."""
    if number < 20:
        return _UNITS[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return _TENS[tens] + (f" {_UNITS[rest]}" if rest else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_UNITS[hundreds]} hundred" + (f" {spoken(rest)}" if rest else "")
    thousands, rest = divmod(number, 1000)
    return f"{spoken(thousands)} thousand" + (f" {spoken(rest)}" if rest else "")


def ordinal(number: int) -> str:
    """Say a rank below 100: 23 is "twenty third"."""
    if number in _NUMBERS.ordinals:
        return _NUMBERS.ordinals[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]} {ordinal(ones)}" if ones else _TENS[tens][:-1] + "ieth"


def digits(text: str) -> str:
    """Say each digit by itself; other characters are left out."""
    return " ".join(_UNITS[int(character)] for character in text if character.isdigit())


def clock(hour: int, minute: int) -> str:
    if minute == 0:
        return _UNITS[hour] if hour < 20 else spoken(hour)
    if minute < 10:
        return f"{spoken(hour)} oh {_UNITS[minute]}"
    return f"{spoken(hour)} {spoken(minute)}"


def say_words(text: str) -> list[str]:
    """Return the words of `text` as they are spoken, in lower case, with nothing but a to z and apostrophes."""
    text = _MONEY.sub(_say_money, text)
    text = _CLOCK.sub(_say_clock, text)
    text = _HOUR.sub(lambda found: f" {spoken(int(found[1]))} {found[2]} m ", text)
    text = _ORDINAL.sub(lambda found: f" {ordinal(int(found[1]))} " if int(found[1]) else " ", text)
    text = _PHONE.sub(lambda found: f" {digits(found[0])} ", text)
    text = _NUMBER.sub(_say_number, text)
    text = text.lower().replace("&", " and ").replace("%", " percent ").replace("@", " at ")
    words = [found.replace("’", "'").rstrip("'") for found in _WORD.findall(text)]
    return [_WRITTEN.abbreviations.get(word, word) for word in words]


def sentences(text: str) -> Iterator[list[str]]:
    """Cut a text at sentence ends and line ends and yield each piece's spoken words; empty pieces are left out."""
    for piece in _SENTENCE_END.split(_NO_END.sub(r"\1", _ROUND.sub(" ", text))):
        words = say_words(piece)
        if words:
            yield words


def _say_clock(found: re.Match[str]) -> str:
    hour, minute, half = int(found[1]), int(found[2]), found[3]
    if not half and hour > 12:
        hour -= 12
    return f" {clock(hour, min(minute, 59))} {half.lower() + ' m' if half else ''} "


def _say_money(found: re.Match[str]) -> str:
    _, whole, _, small = _WRITTEN.units[found[0][0]]
    cents = f" and {spoken(int(found[2]))} {small}" if found[2] and int(found[2]) else ""
    return f" {_say_number(found[1])} {whole}{cents} "


def _say_number(found: re.Match[str] | str) -> str:
    text = (found if isinstance(found, str) else found[0]).replace(",", "")
    whole, _, fraction = text.partition(".")
    said = digits(whole) if len(whole) > 6 or (len(whole) > 1 and whole[0] == "0") else spoken(int(whole))
    return f" {said}{' point ' + digits(fraction) if fraction else ''} "
