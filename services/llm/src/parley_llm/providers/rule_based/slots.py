"""What an utterance says about a flow's slots. Pure: text in, values out; `flows` decides what becomes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from parley_core.agents import Flow, Slot
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based import spoken
from parley_llm.providers.rule_based.dates import When, find_when, words_about_time
from parley_llm.providers.rule_based.names import find_name
from parley_llm.providers.rule_based.phones import spoken_digits
from parley_llm.providers.rule_based.words import plain, tokens

_WORDS = ENGLISH.slots


@dataclass(frozen=True, slots=True)
class Values:
    """What was found for the slots of a flow, raw: a moment may be half, digits may be the beginning of a number."""

    when: When = field(default_factory=When)
    name: str | None = None
    digits: str = ""
    only_digits: bool = False
    others: tuple[tuple[str, str], ...] = ()  # slot name and value, for the simple kinds

    def __bool__(self) -> bool:
        return bool(self.when or self.name or self.digits or self.others)


def read(text: str, flow: Flow, *, asking: str, now: datetime, offered: bool = False) -> Values:
    """Values for every slot of the flow. `asking` names the slot whose question the text may answer."""
    kinds = {slot.kind for slot in flow.slots}
    asked = next((slot.kind for slot in flow.slots if slot.name == asking), "")
    said = plain(text)
    about_phone = _WORDS.phone.search(said)
    before = said[: about_phone.start()] if about_phone else said
    digits, only_digits = "", False
    if "phone" in kinds and (about_phone or asked == "phone"):
        behind = said[about_phone.end() :] if about_phone else said
        found = spoken_digits(behind)
        if not found.digits and about_phone:
            found = spoken_digits(before)
        moment = words_about_time(behind) and len(found.digits) < 7
        if len(found.digits) >= (1 if asked == "phone" else 3) and not moment:
            digits, only_digits = found.digits, found.others == 0
    elif "phone" in kinds:
        found = spoken_digits(said)
        if len(found.digits) >= 7 and not words_about_time(said):
            digits, only_digits = found.digits, found.others == 0
    when = When()
    if kinds & {"datetime", "date", "time"} and not (digits and not words_about_time(before)):
        expected = asked in ("datetime", "date", "time") or offered
        when = find_when(before if digits else said, now, expected=expected)
    name = None
    if "person" in kinds and not (asked == "person" and words_about_time(said) and when):
        name = find_name(before if digits else said, expected=asked == "person" and not digits)
    others = [(slot.name, value) for slot in flow.slots if (value := _simple(slot, said, asked=slot.name == asking))]
    return Values(when, name, digits, only_digits, tuple(others))


def _simple(slot: Slot, said: str, *, asked: bool) -> str:
    if slot.kind == "email":
        return find_email(said)
    if slot.kind == "number" and asked:
        return next((str(token.value) for token in tokens(said) if token.kind == "number"), "")
    if slot.kind == "choice":
        words = f" {said} "
        return next((choice for choice in slot.choices if f" {plain(choice)} " in words), "")
    if slot.kind == "text" and asked:
        return said
    return ""


def find_email(text: str) -> str:
    """An address, written or said ("maria dot lopez at example dot com"); "" where there is none."""
    match = _WORDS.email.search(plain(text))
    if match is None:
        return ""
    address = f"{match.group(1)}@{match.group(2)}"
    for said, sign in _WORDS.signs.items():
        address = address.replace(said, sign)
    return address.replace(" ", "")


def mentioned(text: str, flow: Flow) -> str:
    """The slot that the caller speaks about ("the time is wrong"), by its kind's usual words or its name; else ""."""
    said = plain(text)
    for slot in flow.slots:
        pattern = _WORDS.about.get(slot.kind)
        if (pattern and pattern.search(said)) or f" {slot.name.replace('_', ' ')} " in f" {said} ":
            return slot.name
    return ""


def chosen(text: str, offered: Sequence[datetime], when: When) -> datetime | None:
    """The offered moment that the caller means, by its place in the list or by its time."""
    if not offered:
        return None
    if when.at is not None:
        for moment in offered:
            if _same_clock(moment.time(), when.at, loose=when.bare) and when.day in (None, moment.date()):
                return moment
        return None
    if when.day is not None:
        on_day = [moment for moment in offered if moment.date() == when.day]
        if len(on_day) == 1:
            return on_day[0]
    if when.part:
        fitting = [moment for moment in offered if in_part(moment.time(), when.part)]
        if len(fitting) == 1:
            return fitting[0]
    for word in plain(text).split():
        if word in ENGLISH.calendar.choices and -1 <= ENGLISH.calendar.choices[word] < len(offered):
            return offered[ENGLISH.calendar.choices[word]]
    return None


def _same_clock(one: time, other: time, *, loose: bool) -> bool:
    if (one.hour, one.minute) == (other.hour, other.minute):
        return True
    return loose and (one.hour % 12, one.minute) == (other.hour % 12, other.minute)


def in_part(moment: time, part: str) -> bool:
    return {"morning": moment.hour < 12, "afternoon": 12 <= moment.hour < 18, "evening": moment.hour >= 17}[part]


def noun(slot: Slot) -> str:
    """What the slot holds, as it is called."""
    return _WORDS.nouns.get(slot.kind, slot.name.replace("_", " "))


def say_values(flow: Flow, values: Mapping[str, str], template: str) -> str:
    """The template with the slots' values, for the voice."""
    said = {slot.name: _say_value(slot, values[slot.name]) for slot in flow.slots if slot.name in values}
    return _filled(template, said)


def write_values(flow: Flow, values: Mapping[str, str], template: str) -> str:
    """The first sentence of the template with the slots' values, for a text message."""
    written = {slot.name: _write_value(slot, values[slot.name]) for slot in flow.slots if slot.name in values}
    return _filled(template.split(". ")[0].rstrip(".") + ".", written)


def _filled(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


def _say_value(slot: Slot, value: str) -> str:
    if slot.kind == "datetime":
        return spoken.say_datetime(datetime.fromisoformat(value))
    if slot.kind == "date":
        return spoken.say_date(date.fromisoformat(value))
    if slot.kind == "time":
        return spoken.say_time(time.fromisoformat(value))
    if slot.kind == "phone":
        return spoken.say_digits(value)
    if slot.kind == "email":
        return value.replace("@", " at ").replace(".", " dot ")
    return value


def _write_value(slot: Slot, value: str) -> str:
    if slot.kind == "datetime":
        moment = datetime.fromisoformat(value)
        return f"{moment:%A}, {moment:%B} {moment.day} at {moment:%I:%M %p}".replace(" at 0", " at ")
    return value
