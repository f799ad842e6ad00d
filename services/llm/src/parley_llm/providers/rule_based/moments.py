"""A slot that takes a day, a time or both: from half-said moments to one that is in the future and free. Used by
`flows`.

It settles the slot's value, keeps what is not settled in `State.moment`, and says which question comes next; `flows`
asks it.
"""

from datetime import date, datetime, time

from parley_core.agents import Slot
from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based import slots, spoken
from parley_llm.providers.rule_based.flow_tools import FlowTools
from parley_llm.providers.rule_based.state import PendingMoment, State
from parley_llm.providers.rule_based.values.dates import When
from parley_llm.providers.rule_based.values.phrase import aligned
from parley_llm.providers.rule_based.words import plain

KINDS = ("datetime", "date", "time")
MOST_OFFERS = 3


class MomentSlot:
    def __init__(self, slot: Slot, state: State, tools: FlowTools, *, now: datetime, words: Pack = ENGLISH) -> None:
        """`now`: the wall clock's in the agent's time zone, as the tools take moments. `words`: the call's language."""
        self._words = words
        self._talk = words.talk
        self.slot = slot
        self._state = state
        self._tools = tools
        self._now = now

    # -- what the caller says of it ----------------------------------------------------------------------------------

    def take(self, when: When, text: str) -> bool:
        """Use what was said of a moment; whether there was anything."""
        state, slot = self._state, self.slot
        if choice := slots.chosen(text, state.moment.offered, when, self._words):
            self._choose(choice)
            return True
        if not when:
            return False
        day = when.day or self._known_day()
        at = when.at or (self._known_time() if when.day else None)
        if when.bare and when.at is not None and day is None and state.asking != slot.name:
            return False
        part = when.part or ("" if at else state.moment.part)
        state.slots.pop(slot.name, None)
        state.moment = PendingMoment(day, at, part)
        if slot.kind == "datetime" and day and at:
            state.slots[slot.name] = datetime.combine(day, at).isoformat(timespec="minutes")
        elif slot.kind == "date" and day:
            state.slots[slot.name] = day.isoformat()
        elif slot.kind == "time" and at:
            state.slots[slot.name] = at.isoformat(timespec="minutes")
        return True

    def chooses(self, when: When, text: str) -> bool:
        """Use an offered moment that the words choose whatever else they say; whether they do."""
        choice = slots.chosen(text, self._state.moment.offered, when, self._words) if when.at is not None else None
        if choice is None:
            return False
        self._choose(choice)
        return True

    # -- a moment that is asked about --------------------------------------------------------------------------------

    def meant(self, when: When) -> str:
        """What was said, joined with what is known, for `State.meant`. "" for a lone number that may be no time."""
        day = when.day or self._known_day()
        at = when.at or (self._known_time() if when.day else None)
        if when.bare and when.day is None and self._state.asking != self.slot.name:
            return ""
        if (self.slot.kind == "date" and when.day is None) or (self.slot.kind == "time" and when.at is None):
            return ""
        return " ".join((day.isoformat() if day else "-", at.isoformat(timespec="minutes") if at else "-", when.part))

    def when_of(self, meant: str) -> When:
        day, at, part = meant.split(" ")
        return When(
            None if day == "-" else date.fromisoformat(day), None if at == "-" else time.fromisoformat(at), part
        )

    def say_meant(self, meant: str) -> str:
        when = self.when_of(meant)
        if when.day and when.at and self.slot.kind == "datetime":
            return spoken.say_datetime(datetime.combine(when.day, when.at), self._words)
        if when.at and (self.slot.kind == "time" or not when.day):
            return self._time(when.at)
        part = self._words.aloud.day_parts[when.part] if when.part else ""
        return f"{self._date(when.day) if when.day else ''} {part}".strip()

    def _date(self, day: date) -> str:
        return spoken.say_date(day, self._words)

    def _time(self, at: time) -> str:
        return spoken.say_time(at, self._words)

    def accept_offer(self) -> bool:
        """A yes, where one moment was offered."""
        offered = self._state.moment.offered
        if len(offered) != 1:
            return False
        self._choose(offered[0])
        return True

    def decline_offers(self) -> bool:
        """A no, where moments were offered."""
        if not self._state.moment.offered:
            return False
        self._state.moment = PendingMoment()
        return True

    def _choose(self, moment: datetime) -> None:
        self._state.slots[self.slot.name] = moment.isoformat(timespec="minutes")
        self._state.moment = PendingMoment()

    def _known_day(self) -> date | None:
        if value := self._state.slots.get(self.slot.name):
            return datetime.fromisoformat(value).date() if self.slot.kind == "datetime" else None
        if self._state.moment.day:
            return self._state.moment.day
        days = {offer.date() for offer in self._state.moment.offered}
        return days.pop() if len(days) == 1 else None

    def _known_time(self) -> time | None:
        if value := self._state.slots.get(self.slot.name):
            return datetime.fromisoformat(value).time() if self.slot.kind == "datetime" else None
        return self._state.moment.at

    # -- whether it can be had ---------------------------------------------------------------------------------------

    def next_question(self) -> str | None:
        """Check a moment that is new. None: it holds, or nothing is known of it yet."""
        value, pending = self._state.slots.get(self.slot.name), self._state.moment
        if self.slot.kind != "datetime":
            return None
        if value and (pending.day or pending.at):
            return self._check(datetime.fromisoformat(value), value)
        if not value and pending.day:
            return self._offer_on(pending.day)
        return None

    def _check(self, moment: datetime, value: str) -> str | None:
        if moment < self._now:
            self.drop()
            return f"{self._talk.time_passed} {self.slot.ask}"
        found = self._tools.check(self.slot, moment, value)
        if found.free is not False:
            self._state.moment = PendingMoment(offered=self._state.moment.offered)
            return None
        offers = _nearest(found.offers, moment)
        self.drop(offered=offers)
        return f"{self._talk.not_free.format(moment=spoken.say_datetime(moment, self._words))} {self._offer(offers)}"

    def _offer_on(self, day: date) -> str:
        """Only the day is known: say what is free on it."""
        pending = self._state.moment
        if day < self._now.date():
            self.drop()
            return f"{self._talk.day_passed} {self.slot.ask}"
        found = self._tools.on_day(self.slot, day)
        on_day = [offer for offer in found.offers if offer.date() == day]
        wanted = [offer for offer in on_day if pending.part and slots.in_part(offer.time(), pending.part)]
        shown = _spread(wanted or on_day, MOST_OFFERS)
        if shown:
            pending.offered = shown
            times = spoken.say_list([self._time(offer.time()) for offer in shown], self._talk.joined[0])
            return f"{self._talk.free_then.format(day=self._date(day), times=times)} {self._talk.which}"
        if not found.answered:
            return self._talk.which_time.format(day=self._date(day))
        offers = found.offers[:MOST_OFFERS]
        self._state.moment = PendingMoment(at=pending.at, offered=offers)
        return f"{self._talk.nothing_free.format(day=self._date(day))} {self._offer(offers)}"

    def offer_instead(self, moment: datetime, value: str, offers: list[datetime]) -> str:
        """The moment is no longer free: offer others, from the refusal itself or from a look-up."""
        offers = offers or self._tools.check(self.slot, moment, value).offers
        offers = _nearest([offer for offer in offers if offer != moment], moment)
        self.drop(offered=offers)
        return self._offer(offers)

    def _offer(self, offers: list[datetime]) -> str:
        if not offers:
            return self.slot.ask
        if len({offer.date() for offer in offers}) == 1:
            times = spoken.say_list([self._time(offer.time()) for offer in offers], self._talk.joined[1])
            said = self._talk.free_then.format(day=self._date(offers[0].date()), times=times)
        else:
            moments = spoken.say_list(
                [spoken.say_datetime(offer, self._words) for offer in offers], self._talk.joined[1]
            )
            said = self._talk.free.format(moments=moments)
        return f"{said} {self._talk.suits if len(offers) == 1 else self._talk.which}"

    # -- asking for it -----------------------------------------------------------------------------------------------

    def question(self) -> str:
        """Ask for what is missing of it."""
        at = self._state.moment.at
        if self.slot.kind == "datetime" and at:
            return self._talk.which_day.format(time=self._time(at))
        return self.slot.ask

    def reopen(self, text: str) -> str:
        """What was read back is wrong: "the time is wrong" keeps the day, "the day is wrong" keeps the time."""
        known = self._state.slots.get(self.slot.name)
        self.drop()
        said, about = aligned(plain(text)), self._words.slots
        time_too, day_too = about.time_of.search(said), about.day_of.search(said)
        if self.slot.kind != "datetime" or not known or (time_too and day_too):
            return self.slot.ask
        moment = datetime.fromisoformat(known)
        if time_too:
            self._state.moment.day = moment.date()
            return self._talk.which_time.format(day=self._date(moment.date()))
        if day_too:
            self._state.moment.at = moment.time()
            return self.question()
        return self.slot.ask

    def drop(self, *, offered: list[datetime] | None = None) -> None:
        """Forget the moment. `offered`: what the caller may have instead."""
        self._state.slots.pop(self.slot.name, None)
        self._state.moment = PendingMoment(offered=offered or [])


def _nearest(offers: list[datetime], moment: datetime) -> list[datetime]:
    return sorted(sorted(offers, key=lambda offer: abs(offer - moment))[:MOST_OFFERS])


def _spread(offers: list[datetime], most: int) -> list[datetime]:
    """At most `most` of them, from over the whole day."""
    if len(offers) <= most:
        return offers
    step = (len(offers) - 1) / (most - 1)
    return [offers[round(at * step)] for at in range(most)]
