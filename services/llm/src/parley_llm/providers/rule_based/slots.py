"""What an utterance says about a flow's slots. Pure: text in, values out; `flows` decides what becomes of them."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from parley_core.agents import Flow, Slot
from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH
from parley_core.text import load_json

from parley_llm.providers.rule_based import spoken
from parley_llm.providers.rule_based.values.birthdays import Birthday, read_birthday
from parley_llm.providers.rule_based.values.choices import Choice, read_choice, read_yes_no
from parley_llm.providers.rule_based.values.codes import Code, read_code
from parley_llm.providers.rule_based.values.dates import When, find_when, words_about_time
from parley_llm.providers.rule_based.values.emails import Email, read_email
from parley_llm.providers.rule_based.values.money import Money, read_money, say_money
from parley_llm.providers.rule_based.values.names import Name, read_name
from parley_llm.providers.rule_based.values.numbers import Number, read_number
from parley_llm.providers.rule_based.values.phones import Digits, parts, spoken_digits
from parley_llm.providers.rule_based.values.phrase import Span, aligned, explained, hold, marked, without
from parley_llm.providers.rule_based.values.postal import Address, read_address
from parley_llm.providers.rule_based.words import plain

_Simple = Email | Number | Choice | Money | Code | Birthday | Address
_WHOLE = ("money", "address", "spelled", "membership", "date_of_birth")
_NAMED = ("money", "date_of_birth", "spelled", "membership")
_MOMENTS = ("datetime", "date", "time")


@dataclass(frozen=True, slots=True)
class Values:
    """What was found for the slots of a flow, raw: a moment may be half, digits may be the beginning of a number.

    Of each value it is known whether every word of the caller's is accounted for: see `phrase`.
    """

    when: When = field(default_factory=When)
    name: Name = field(default_factory=Name)
    phone: Digits = field(default_factory=lambda: Digits("", 0, 0))
    others: tuple[tuple[str, str], ...] = ()  # slot name and value, for the simple kinds
    unsure: frozenset[str] = frozenset()  # names of slots in `others` that must be asked about

    def __bool__(self) -> bool:
        return bool(self.when or self.name or self.phone.digits or self.others)


def read(text: str, flow: Flow, *, asking: str, now: datetime, offered: bool = False, words: Pack = ENGLISH) -> Values:
    """Values for every slot of the flow. `asking` names the slot whose question the text may answer. `words`: the
    language's."""
    kinds: set[str] = {slot.kind for slot in flow.slots}
    asked = next((slot.kind for slot in flow.slots if slot.name == asking), "")
    also = _own_words(flow, words)
    text = marked(text, words.carriers)
    said = without(words.slots.greeting, plain(text))
    today = now.date()
    others = [
        (slot, found)
        for slot in flow.slots
        if (found := _simple(slot, text, also, words, asked=slot.name == asking, today=today))
    ]
    if asked in _WHOLE and any(slot.name == asking for slot, _ in others):
        return _only(others)  # its figures and words are no number, no name and no moment
    if any(slot.kind == "email" for slot, _ in others) or words.addresses.about.search(aligned(said)):
        said = _without_email(said, words)
    phone, said = _phone(said, kinds, asked, also, words)
    name = Name()
    about_time = bool(kinds & set(_MOMENTS)) and words_about_time(said, words)
    if "person" in kinds and not (asked == "person" and about_time and not words.slots.named.search(aligned(said))):
        name = read_name(said, expected=asked == "person" and not phone.digits, words=words)
        said = name.rest if name else said
    when = When()
    if kinds & set(_MOMENTS):
        chosen_words = frozenset(
            word for slot in flow.slots for one in slot.choices for word in folded(plain(one)).split()
        )
        if "number" in kinds:
            said = without(words.slots.counts, said, " ")
        expected = asked in _MOMENTS or offered
        when = find_when(_with_marks(text, said), now, expected=expected, also=also | chosen_words, words=words)
    if any(slot.kind == "date_of_birth" for slot, _ in others):
        when = When()
    return replace(_only(others), when=when, name=name, phone=phone)


def _only(others: Sequence[tuple[Slot, _Simple]]) -> Values:
    return Values(
        others=tuple((slot.name, found.text) for slot, found in others),
        unsure=frozenset(slot.name for slot, found in others if not found.sure),
    )


def _own_words(flow: Flow, words: Pack) -> frozenset[str]:
    """Words of the flow's own sentences: a caller who repeats them says nothing of a value."""
    texts = [flow.goal, flow.name.replace("_", " "), *flow.starts_on, *(slot.ask for slot in flow.slots)]
    return explained(texts, words.carriers)


def _with_marks(text: str, said: str) -> str:
    """The caller's text where all of it is left: written dates have marks that plain words lack."""
    return text if said == plain(text) else said


def _phone(said: str, kinds: set[str], asked: str, also: frozenset[str], words: Pack) -> tuple[Digits, str]:
    """A phone number, and the words that are not about it."""
    nothing = Digits("", 0, 0)
    if "phone" not in kinds:
        return nothing, said
    about = words.slots.phone.search(aligned(said))
    before = said[: about.start()] if about else ""
    behind = said[about.end() :] if about else said
    cut = words.slots.topics.search(aligned(behind))
    later = behind[cut.start() :] if cut else ""
    behind = behind[: cut.start()] if cut else behind
    found = spoken_digits(behind, also=also, words=words)
    if about and not found.digits:
        found, before = spoken_digits(before, also=also, words=words), ""
        behind = ""
    least = 1 if asked == "phone" else 3 if about else 7
    if len(found.digits) < least or (words_about_time(behind, words) and len(found.digits) < 7):
        return nothing, said
    if not about and words_about_time(said, words):
        return (replace(found, sure=False), "") if asked == "phone" else (nothing, said)
    if about and found.behind and words_about_time(found.behind, words):
        alone = spoken_digits(behind.removesuffix(found.behind), also=also, words=words)
        return alone, f"{before} {found.behind} {later}".strip()
    return found, f"{before} {later}".strip()


def _without_email(said: str, words: Pack) -> str:
    """Words about an address are no name and no moment."""
    about = words.addresses.about.search(aligned(said))
    if about is None:
        return ""
    behind = said[about.end() :]
    cut = words.slots.topics.search(aligned(behind)) or words.slots.phone.search(aligned(behind))
    return f"{said[: about.start()]} {behind[cut.start() :] if cut else ''}".strip()


def _simple(slot: Slot, text: str, also: frozenset[str], words: Pack, *, asked: bool, today: date) -> _Simple | None:
    found: _Simple | None = None
    if slot.kind in _NAMED and (about := words.slots.about.get(slot.kind)) is not None:
        text = without(about, text, " ")  # "my membership number is"
    match slot.kind:
        case "email":
            found = read_email(_about_email(text, words), words=words)
        case "choice":
            found = read_choice(text, slot.choices, also=also, words=words)
        case "money":
            found = read_money(text, also=also, words=words)
            # A lone number is an amount where one was asked for.
            found = found if asked or " " in found.text else None
        case "date_of_birth":
            found = read_birthday(text, today, also=also, words=words)
        case _ if asked:
            found = _asked(slot, text, also, words)
    # What was not asked for is asked for later: there is no need to guess.
    return found if found and (found.sure or asked or slot.kind == "email") else None


def _asked(slot: Slot, text: str, also: frozenset[str], words: Pack) -> _Simple | None:
    """A value of the kinds that are understood only as the answer to their question."""
    match slot.kind:
        case "number":
            return read_number(text, also=also, words=words)
        case "yes_no":
            return read_yes_no(text, slot.ask, words)
        case "address":
            return read_address(text, also=also, words=words)
        case "spelled" | "membership":
            return read_code(text, pattern=slot.pattern, also=also, words=words)
        case "text":
            return Choice(plain(text))
        case _:
            return None


def _about_email(text: str, words: Pack) -> str:
    """The part of the words that an address may stand in."""
    said = aligned(unicodedata.normalize("NFC", text))
    about = words.addresses.about.search(said)
    if about is None:
        return text
    behind = text[about.start() :]
    found = said[about.start() :]
    cut = words.slots.topics.search(found) or words.slots.phone.search(found)
    return behind[: cut.start()] if cut else behind


def mentioned(text: str, flow: Flow, words: Pack = ENGLISH) -> str:
    """The slot that the caller speaks about ("the time is wrong"), by its kind's usual words or its name; else ""."""
    said = aligned(plain(text))
    best, longest = "", 0
    for slot in flow.slots:
        pattern, name = words.slots.about.get(slot.kind), slot.name.replace("_", " ")
        hit = pattern.search(said) if pattern else None
        length = max(len(hit.group()) if hit else 0, len(name) if f" {name} " in f" {said} " else 0)
        if length > longest:  # "membership number" is more than "number"
            best, longest = slot.name, length
    return best


def chosen(text: str, offered: Sequence[datetime], when: When, words: Pack = ENGLISH) -> datetime | None:
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
    said = folded(plain(text)).split()
    choices = {folded(word): place for word, place in words.calendar.choices.items()}
    places = [Span(at, at + 1, choices[word]) for at, word in enumerate(said) if word in choices]
    meant = {span.value for span in hold(said, places, words=words.carriers).spans}
    place = meant.pop() if len(meant) == 1 else None
    return offered[place] if place is not None and -1 <= place < len(offered) else None


def _same_clock(one: time, other: time, *, loose: bool) -> bool:
    if (one.hour, one.minute) == (other.hour, other.minute):
        return True
    return loose and (one.hour % 12, one.minute) == (other.hour % 12, other.minute)


def in_part(moment: time, part: str) -> bool:
    return {"morning": moment.hour < 12, "afternoon": 12 <= moment.hour < 18, "evening": moment.hour >= 17}[part]


def noun(slot: Slot, words: Pack = ENGLISH) -> str:
    """What the slot holds, as it is called."""
    return words.slots.nouns.get(slot.kind, slot.name.replace("_", " "))


def say_values(flow: Flow, values: Mapping[str, str], template: str, words: Pack = ENGLISH) -> str:
    """The template with the slots' values, for the voice."""
    said = {slot.name: say_value(slot, values[slot.name], words) for slot in flow.slots if slot.name in values}
    return _filled(template, said)


def write_values(flow: Flow, values: Mapping[str, str], template: str, words: Pack = ENGLISH) -> str:
    """The first sentence of the template with the slots' values, for a text message."""
    written = {slot.name: _write_value(slot, values[slot.name], words) for slot in flow.slots if slot.name in values}
    return _filled(template.split(". ")[0].rstrip(".") + ".", written)


def with_results(told: str, result_json: str) -> str:
    """The sentence with what its tool returned in the places that no slot fills."""
    try:
        result: object = load_json(result_json or "{}")
    except ValueError:
        return told
    if not isinstance(result, dict):
        return told
    return _filled(told, {name: str(value) for name, value in result.items() if isinstance(value, str | int | float)})


def _filled(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


def say_value(slot: Slot, value: str, words: Pack = ENGLISH) -> str:
    if slot.kind == "datetime":
        return spoken.say_datetime(datetime.fromisoformat(value), words)
    if slot.kind == "date":
        return spoken.say_date(date.fromisoformat(value), words)
    if slot.kind == "time":
        return spoken.say_time(time.fromisoformat(value), words)
    if slot.kind == "phone":
        digits, extension = parts(value)
        said = spoken.say_digits(digits, words)
        return said + (f", {words.aloud.extension} {spoken.say_digits(extension, words)}" if extension else "")
    match slot.kind:
        case "email":
            return spoken.say_address(value, words)
        case "money":
            return say_money(value, words)
        case "date_of_birth":
            return spoken.say_whole_date(date.fromisoformat(value), words)
        case "spelled" | "membership":
            return spoken.say_code(value, words)
        case "yes_no":
            return words.talk.said_yes if value == "yes" else words.talk.said_no
        case _:
            return value


def _write_value(slot: Slot, value: str, words: Pack) -> str:
    if slot.kind == "datetime":
        moment = datetime.fromisoformat(value)
        if words is not ENGLISH:
            weekday = words.aloud.weekdays[moment.weekday()]
            return words.aloud.written.format(weekday=weekday, date=f"{moment:%d.%m.%Y}", time=f"{moment:%H:%M}")
        return f"{moment:%A}, {moment:%B} {moment.day} at {moment:%I:%M %p}".replace(" at 0", " at ")
    return value
