"""The flow engine: collects an agent document's slots, checks them, reads them back, and acts after a clear yes.

Order and effects are decided here, never by a model. It runs inside one turn of the brain; what it must remember goes
to the log with the state.
"""

from datetime import date, datetime, time

from parley_core.agents import Flow, Slot

from parley_llm.providers.base import ToolOutcome, ToolSpec
from parley_llm.providers.rule_based import arguments, intents, phones, slots, spoken
from parley_llm.providers.rule_based.dates import When
from parley_llm.providers.rule_based.state import State
from parley_llm.providers.rule_based.turn import Turn
from parley_llm.providers.rule_based.words import plain

ANYTHING_ELSE = "Is there anything else I can help you with?"
MOST_TRIES = 3  # then a colleague is offered
MOST_OFFERS = 3
_MOMENTS = ("datetime", "date", "time")


class FlowRun:
    """One flow in one turn."""

    def __init__(self, turn: Turn, flow: Flow) -> None:
        self.turn = turn
        self.flow = flow
        self.state: State = turn.state
        # Values are the wall clock's in the agent's time zone, as the tools take them.
        self.now = turn.request.now.replace(tzinfo=None)
        self.zone = turn.request.now.tzinfo
        self.region = phones.region_of(turn.request.agent.language)

    # -- what the brain calls ------------------------------------------------------------------------------------

    def start(self) -> None:
        self.state.leave_flow()
        self.state.flow, self.state.step = self.flow.name, "collect"
        self._take(self._read(asking=""))
        self._go_on()

    def advance(self) -> bool:
        """Use the caller's words for the flow. False: they say nothing that belongs to it, and nothing was done."""
        if self.state.step == "confirm":
            return self._answer_to_confirm()
        text = self.turn.text
        about = slots.mentioned(text, self.flow)
        if self.state.asking == "?" or (intents.is_no(text) and about in self.state.slots):
            return self._change(text)
        values = self._read(asking=self.state.asking)
        if intents.is_question(text) and not self._proposes(values):
            return False
        if not self._take(values):
            return self._yes_to_single_offer()
        self.state.tries = 0
        self._go_on()
        return True

    def ask_again(self) -> None:
        """The words were not understood: ask once more, and after some tries offer a person."""
        self.state.tries += 1
        if self.state.tries >= MOST_TRIES and self.turn.can_hand_off:
            self.state.tries = 0
            self.turn.hand_off("not understood")
            return
        if self.state.step == "confirm":
            self._ask("Sorry, I need a yes or a no. " + self.state.question)
            return
        self.turn.say("Sorry, I did not get that.", self.state.question)

    def settle(self, outcome: ToolOutcome) -> None:
        """The flow's tool has returned: say what came of it."""
        if outcome.status == "OK":
            self._done()
        elif outcome.status == "CONFLICT":
            self._taken(outcome)
        elif outcome.status == "WAITING_FOR_APPROVAL":
            self.state.leave_flow()
            self.state.open = "more"
            self.turn.say("A colleague has to approve that. We will let you know.", ANYTHING_ELSE)
        else:
            self.state.leave_flow()
            self.turn.say("I am sorry, I could not do that just now.")
            self._offer_person()

    # -- collecting ----------------------------------------------------------------------------------------------

    def _read(self, *, asking: str) -> slots.Values:
        offered = bool(self.state.offered) and asking == self._moment_slot()
        return slots.read(self.turn.text, self.flow, asking=asking, now=self.now, offered=offered)

    def _proposes(self, values: slots.Values) -> bool:
        """Whether a question carries values for the flow: "do you have anything at eleven" does, "are you open on
        sunday" does not."""
        proposed = values.when.at is not None or intents.asks_for_slot(self.turn.text)
        return bool(values.digits or values.name or (values.when and proposed))

    def _take(self, values: slots.Values) -> bool:
        """Put found values into the state; say whether there were any."""
        taken = False
        for slot in self.flow.slots:
            if slot.kind in _MOMENTS:
                taken |= self._take_moment(slot, values.when)
            elif slot.kind == "person" and values.name:
                taken |= self._take_name(slot, values.name)
            elif slot.kind == "phone" and values.digits:
                taken |= self._take_digits(slot, values)
            for name, value in values.others:
                if name == slot.name:
                    self.state.slots[name] = value
                    taken = True
        return taken

    def _take_moment(self, slot: Slot, when: When) -> bool:
        state = self.state
        if state.offered and (choice := slots.chosen(self.turn.text, state.offered, when)):
            state.slots[slot.name] = choice
            state.day = state.at = state.part = ""
            state.offered = []
            return True
        if not when:
            return False
        day = when.day or self._known_day(slot)
        at = when.at or (self._known_time(slot) if when.day else None)
        if when.bare and when.at is not None and day is None and state.asking != slot.name:
            return False
        state.slots.pop(slot.name, None)
        state.day = day.isoformat() if day else ""
        state.at = at.isoformat(timespec="minutes") if at else ""
        state.part = when.part or ("" if at else state.part)
        state.offered = []
        if slot.kind == "datetime" and day and at:
            state.slots[slot.name] = datetime.combine(day, at).isoformat(timespec="minutes")
        elif slot.kind == "date" and day:
            state.slots[slot.name] = state.day
        elif slot.kind == "time" and at:
            state.slots[slot.name] = state.at
        return True

    def _known_day(self, slot: Slot) -> date | None:
        if value := self.state.slots.get(slot.name):
            return datetime.fromisoformat(value).date() if slot.kind == "datetime" else None
        if self.state.day:
            return date.fromisoformat(self.state.day)
        days = {datetime.fromisoformat(one).date() for one in self.state.offered}
        return days.pop() if len(days) == 1 else None

    def _known_time(self, slot: Slot) -> time | None:
        if value := self.state.slots.get(slot.name):
            return datetime.fromisoformat(value).time() if slot.kind == "datetime" else None
        return time.fromisoformat(self.state.at) if self.state.at else None

    def _take_name(self, slot: Slot, name: str) -> bool:
        state = self.state
        if state.first_name and " " not in name and state.asking == slot.name and name != state.first_name:
            name = f"{state.first_name} {name}"
        if " " not in name and not state.first_name:
            state.first_name = name
            return True
        state.slots[slot.name], state.first_name = name, ""
        return True

    def _take_digits(self, slot: Slot, values: slots.Values) -> bool:
        state = self.state
        digits = values.digits if values.digits.startswith("+") else state.digits + values.digits
        if not phones.may_grow(digits, self.region):
            digits = values.digits  # said anew rather than continued
        if phones.complete(digits, self.region):
            state.slots[slot.name], state.digits = digits, ""
        elif phones.may_grow(digits, self.region):
            state.slots.pop(slot.name, None)
            state.digits = digits
        else:
            state.digits = ""
            return False
        return True

    def _yes_to_single_offer(self) -> bool:
        if len(self.state.offered) == 1 and intents.is_yes(self.turn.text):
            self.state.slots[self._moment_slot()] = self.state.offered[0]
            self.state.offered, self.state.day, self.state.at, self.state.part, self.state.tries = [], "", "", "", 0
            self._go_on()
            return True
        if self.state.offered and intents.is_no(self.turn.text):
            self.state.offered, self.state.day, self.state.at, self.state.part = [], "", "", ""
            self._ask("All right. " + self._slot(self._moment_slot()).ask)
            return True
        return False

    # -- what comes next -----------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Check what is new, then ask for what is missing, read back what is complete, or act."""
        for slot in self.flow.slots:
            if slot.kind in _MOMENTS and not self._moment_holds(slot):
                return
        for slot in self.flow.slots:
            if slot.required and slot.name not in self.state.slots:
                self._ask_for(slot)
                return
        if self.flow.confirm:
            self.state.step, self.state.asking = "confirm", ""
            self._ask(self._fill(self.flow.confirm))
            return
        self._act()

    def _ask_for(self, slot: Slot) -> None:
        self.state.step, self.state.asking = "collect", slot.name
        if slot.kind == "phone" and self.state.digits:
            self._ask(f"I have {spoken.say_digits(self.state.digits)} so far. Please go on.")
        elif slot.kind == "person" and self.state.first_name:
            self._ask(f"Thank you, {self.state.first_name}. And your last name?")
        elif slot.kind == "datetime" and self.state.at:
            at = time.fromisoformat(self.state.at)
            self._ask(f"On which day would you like to come at {spoken.say_time(at)}?")
        else:
            self._ask(slot.ask)

    def _moment_holds(self, slot: Slot) -> bool:
        """Check a moment that is new. False: something was asked instead of going on."""
        state = self.state
        value = state.slots.get(slot.name, "")
        if value and slot.kind == "datetime":
            moment = datetime.fromisoformat(value)
            if not (state.day or state.at):
                return True  # checked before
            if moment < self.now:
                self._drop_moment(slot)
                self._ask("That time has already passed. " + slot.ask)
                return False
            return self._free(slot, moment)
        if not value and slot.kind == "datetime" and state.day:
            return self._offer_on(slot, date.fromisoformat(state.day))
        return True

    def _free(self, slot: Slot, moment: datetime) -> bool:
        state = self.state
        if slot.check:
            given = {slot.name: state.slots[slot.name]}
            outcome = self.turn.tool(slot.check, self._arguments(slot.check, given))
            free, offers = arguments.available(outcome, moment, self.zone)
            if free is False:
                offers = self._nearest(offers, moment)
                state.slots.pop(slot.name, None)
                state.asking, state.step = slot.name, "collect"
                state.day, state.at, state.part, state.offered = "", "", "", offers
                self._ask(f"I am sorry, {spoken.say_datetime(moment)} is not free. " + self._offer(slot, offers))
                return False
        state.day = state.at = state.part = ""
        return True

    def _offer_on(self, slot: Slot, day: date) -> bool:
        """Only the day is known: say what is free on it."""
        state = self.state
        state.asking, state.step = slot.name, "collect"
        if day < self.now.date():
            self._drop_moment(slot)
            self._ask("That day has already passed. " + slot.ask)
            return False
        offers: list[str] = []
        asked = False
        if slot.check:
            outcome = self.turn.tool(slot.check, self._arguments(slot.check, {}, day=state.day))
            asked = outcome.status == "OK"
            offers = arguments.available(outcome, None, self.zone)[1]
        on_day = [one for one in offers if datetime.fromisoformat(one).date() == day]
        wanted = [one for one in on_day if state.part and slots.in_part(datetime.fromisoformat(one).time(), state.part)]
        shown = _spread(wanted or on_day, MOST_OFFERS)
        if shown:
            state.offered = shown
            times = [spoken.say_time(datetime.fromisoformat(one).time()) for one in shown]
            self._ask(f"On {spoken.say_date(day)} I have {spoken.say_list(times, 'and')}. Which would you like?")
        elif asked:
            state.day = state.part = ""
            state.offered = offers[:MOST_OFFERS]
            self._ask(
                f"I am sorry, there is nothing free on {spoken.say_date(day)}. " + self._offer(slot, state.offered)
            )
        else:
            self._ask(f"What time on {spoken.say_date(day)} would you like?")
        return False

    def _offer(self, slot: Slot, offers: list[str]) -> str:
        if not offers:
            return slot.ask
        moments = [datetime.fromisoformat(one) for one in offers]
        days = {moment.date() for moment in moments}
        if len(days) == 1:
            times = spoken.say_list([spoken.say_time(moment.time()) for moment in moments], "or")
            said = f"On {spoken.say_date(moments[0].date())} I have {times}."
        else:
            said = f"I have {spoken.say_list([spoken.say_datetime(moment) for moment in moments], 'or')}."
        return said + (" Would that suit you?" if len(offers) == 1 else " Which would you like?")

    def _nearest(self, offers: list[str], moment: datetime) -> list[str]:
        near = sorted(offers, key=lambda one: abs(datetime.fromisoformat(one) - moment))[:MOST_OFFERS]
        return sorted(near, key=datetime.fromisoformat)

    def _drop_moment(self, slot: Slot) -> None:
        self.state.slots.pop(slot.name, None)
        self.state.day = self.state.at = self.state.part = ""
        self.state.offered = []
        self.state.asking, self.state.step = slot.name, "collect"

    # -- the read-back ---------------------------------------------------------------------------------------------

    def _answer_to_confirm(self) -> bool:
        text = self.turn.text
        before = dict(self.state.slots)
        values = self._read(asking="")
        more_digits = self._late_digits(text)
        if intents.is_yes(text) and not self._differs(values, before):
            self._act()
            return True
        if more_digits:
            return True
        if intents.is_question(text) and not self._proposes(values):
            return False
        about = slots.mentioned(text, self.flow)
        if self._differs(values, before) and self._take(values):
            self.state.tries = 0
            self._go_on()
            return True
        if intents.is_no(text) or (about and not intents.is_yes(text)):
            return self._change(text)
        return False

    def _late_digits(self, text: str) -> bool:
        """The caller was still dictating when the read-back began: the digits belong to the number."""
        slot = next((slot for slot in self.flow.slots if slot.kind == "phone"), None)
        found = phones.spoken_digits(text)
        if slot is None or not found.digits or found.others or slot.name not in self.state.slots:
            return False
        joined = self.state.slots[slot.name] + found.digits
        if not phones.complete(joined, self.region):
            return False
        self.state.slots[slot.name] = joined
        self._go_on()
        return True

    def _differs(self, values: slots.Values, before: dict[str, str]) -> bool:
        """Whether the values say anything else than what was read back."""
        for slot in self.flow.slots:
            known = before.get(slot.name, "")
            if slot.kind == "datetime" and values.when and known:
                moment = datetime.fromisoformat(known)
                if values.when.day not in (None, moment.date()) or values.when.at not in (None, moment.time()):
                    return True
            elif (slot.kind == "person" and values.name and values.name != known) or (
                slot.kind == "phone" and values.digits and values.digits != known
            ):
                return True
        return any(before.get(name) != value for name, value in values.others)

    def _change(self, text: str) -> bool:
        """Something that was read back is wrong: use the new value, or ask for it, or ask what it is."""
        about = slots.mentioned(text, self.flow)
        values = self._read(asking=about)
        if self._differs(values, dict(self.state.slots)) and self._take(values):
            self.state.tries = 0
            self._go_on()
            return True
        if about:
            slot = self._slot(about)
            known = self.state.slots.pop(about, "")
            self.state.digits = self.state.first_name = ""
            self.state.step, self.state.asking, self.state.tries = "collect", about, 0
            if slot.kind in _MOMENTS:
                self._ask("All right. " + self._ask_moment_anew(slot, known, text))
            else:
                self._ask("All right. " + slot.ask)
            return True
        if self.state.asking == "?" and intents.is_yes(text):
            self._go_on()
            return True
        if self.state.asking == "?":
            return False
        self.state.step, self.state.asking = "collect", "?"
        names = spoken.say_list([f"the {_noun(slot)}" for slot in self.flow.slots], "or")
        self._ask(f"What should I change: {names}?")
        return True

    def _ask_moment_anew(self, slot: Slot, known: str, text: str) -> str:
        """ "The time is wrong" keeps the day, "the day is wrong" keeps the time."""
        self._drop_moment(slot)
        said = set(plain(text).split())
        if slot.kind != "datetime" or not known or {"time", "day"} <= said or {"time", "date"} <= said:
            return slot.ask
        moment = datetime.fromisoformat(known)
        if "time" in said:
            self.state.day = moment.date().isoformat()
            return f"What time on {spoken.say_date(moment.date())} would you like?"
        if said & {"day", "date"}:
            self.state.at = moment.time().isoformat(timespec="minutes")
            return f"On which day would you like to come at {spoken.say_time(moment.time())}?"
        return slot.ask

    # -- the effect ------------------------------------------------------------------------------------------------

    def _act(self) -> None:
        if not self.flow.call:
            self._done()
            return
        self.state.step, self.state.asking = "call", ""
        # The state goes to the log before the call: whoever takes this conversation up knows that it was made.
        self.turn.remember()
        self.settle(self.turn.tool(self.flow.call, self._arguments(self.flow.call, self.state.slots)))

    def _done(self) -> None:
        said = self._fill(self.flow.done)
        values = dict(self.state.slots)
        sent = True
        if self.flow.then_call:
            text = self._written(self.flow.done)
            outcome = self.turn.tool(self.flow.then_call, self._arguments(self.flow.then_call, values, text=text))
            sent = outcome.status == "OK"
        self.state.leave_flow()
        self.state.open = "more"
        self.turn.say(said)
        if not sent:
            self.turn.say("The text message could not be sent just now, but what I said stands.")
        self._ask(ANYTHING_ELSE)

    def _taken(self, outcome: ToolOutcome) -> None:
        """Somebody else was quicker: offer others, from the refusal itself or from the look-up."""
        slot = self._slot(self._moment_slot())
        moment = datetime.fromisoformat(self.state.slots[slot.name])
        offers = arguments.available(outcome, moment, self.zone)[1]
        if not offers and slot.check:
            again = self.turn.tool(slot.check, self._arguments(slot.check, {slot.name: self.state.slots[slot.name]}))
            offers = arguments.available(again, moment, self.zone)[1]
        offers = self._nearest([one for one in offers if datetime.fromisoformat(one) != moment], moment)
        self._drop_moment(slot)
        self.state.offered = offers
        self.turn.say(self.flow.taken or "I am sorry, that is no longer possible.")
        self._ask(self._offer(slot, offers))

    def _offer_person(self) -> None:
        if self.turn.can_hand_off:
            self.state.open = "handoff"
            self._ask("Shall I connect you to a colleague?")
        else:
            self.state.open = "more"
            self._ask(ANYTHING_ELSE)

    # -- small ones ------------------------------------------------------------------------------------------------

    def _ask(self, question: str) -> None:
        self.state.question = question
        self.turn.say(question)

    def _slot(self, name: str) -> Slot:
        return next(slot for slot in self.flow.slots if slot.name == name)

    def _moment_slot(self) -> str:
        return next((slot.name for slot in self.flow.slots if slot.kind in _MOMENTS), "")

    def _spec(self, tool: str) -> ToolSpec | None:
        return next((spec for spec in self.turn.request.tools if spec.name == tool), None)

    def _arguments(self, tool: str, values: dict[str, str], *, text: str = "", day: str = "") -> dict[str, object]:
        return arguments.tool_arguments(self._spec(tool), self.flow, values, text=text, day=day)

    def _fill(self, template: str) -> str:
        said = {slot.name: slots.say_value(slot, self.state.slots.get(slot.name, "")) for slot in self.flow.slots
                if slot.name in self.state.slots}  # fmt: skip
        return _format(template, said)

    def _written(self, template: str) -> str:
        written = {slot.name: slots.write_value(slot, self.state.slots[slot.name]) for slot in self.flow.slots
                   if slot.name in self.state.slots}  # fmt: skip
        first = template.split(". ")[0].rstrip(".") + "."
        return f"{self.turn.request.agent.name}: {_format(first, written)}".removeprefix(": ")


def _format(template: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


def _noun(slot: Slot) -> str:
    usual = {"datetime": "day and time", "date": "day", "time": "time", "person": "name", "phone": "phone number"}
    return usual.get(slot.kind, slot.name.replace("_", " "))


def _spread(offers: list[str], most: int) -> list[str]:
    """At most `most` of them, from over the whole day."""
    if len(offers) <= most:
        return offers
    step = (len(offers) - 1) / (most - 1)
    return [offers[round(at * step)] for at in range(most)]
