"""What the caller's words put into a flow's slots: whole values, and the parts that a later turn completes. Used by
`flows`."""

from collections.abc import Mapping
from datetime import datetime

from parley_core.agents import Flow, Slot
from parley_core.languages.registry import pack, sentences

from parley_llm.providers.rule_based import intents, moments, slots, spoken
from parley_llm.providers.rule_based.flow_tools import FlowTools
from parley_llm.providers.rule_based.moments import MomentSlot
from parley_llm.providers.rule_based.state import State
from parley_llm.providers.rule_based.values import phones


class Collector:
    def __init__(self, flow: Flow, state: State, tools: FlowTools, *, text: str, now: datetime, language: str) -> None:
        """`text`: the caller's words in this turn. `now`: see `MomentSlot`."""
        self._flow = flow
        self._state = state
        self._text = text
        self._now = now
        self._region = phones.region_of(language)
        self._language = language
        self._says = sentences(language)
        self._words = pack(language)
        self._doubted = False  # a value of this turn is asked about
        self.moments = [
            MomentSlot(slot, state, tools, now=now, words=self._words)
            for slot in flow.slots
            if slot.kind in moments.KINDS
        ]

    @property
    def moment(self) -> MomentSlot | None:
        """The flow's moment, or the first of several."""
        return self.moments[0] if self.moments else None

    @property
    def missing(self) -> Slot | None:
        """The first slot that must be asked for."""
        return next((slot for slot in self._flow.slots if slot.required and slot.name not in self._state.slots), None)

    def hear(self, text: str) -> None:
        """Read from these words instead of all that the caller said."""
        self._text = text

    # -- reading -----------------------------------------------------------------------------------------------------

    def read(self, *, asking: str) -> slots.Values:
        """Values in the caller's words. `asking` names the slot whose question they may answer."""
        expected = self.moment.slot.name if self.moment is not None else ""
        offered = bool(self._state.moment.offered) and asking == expected
        return slots.read(self._text, self._flow, asking=asking, now=self._now, offered=offered, words=self._words)

    def proposes(self, values: slots.Values) -> bool:
        """Whether a question carries values for the flow: "do you have anything at eleven" does, "are you open on
        sunday" does not."""
        proposed = values.when.at is not None or intents.asks_for_slot(self._text, self._language)
        # "May third" begins like a question.
        answered = any(name == self._state.asking and name not in values.unsure for name, _ in values.others)
        return bool(values.phone.digits or values.name or (values.when and proposed) or answered)

    def differs(self, values: slots.Values, *, from_slots: Mapping[str, str] | None = None) -> bool:
        """Whether the values say anything else than the slots hold, or `from_slots`."""
        held = self._state.slots if from_slots is None else from_slots
        for slot in self._flow.slots:
            known = held.get(slot.name, "")
            if slot.kind == "datetime" and values.when and known:
                moment = datetime.fromisoformat(known)
                if values.when.day not in (None, moment.date()) or values.when.at not in (None, moment.time()):
                    return True
            elif (slot.kind == "person" and values.name and values.name.text != known) or (
                slot.kind == "phone" and values.phone.digits and self._phone_of(values) != known
            ):
                return True
        return any(held.get(name) != value for name, value in values.others)

    # -- taking ------------------------------------------------------------------------------------------------------

    def take(self, values: slots.Values) -> bool:
        """Put the values into the slots; whether there were any. One that is not certain is asked about first."""
        taken = False
        for moment in self.moments:
            taken |= self._take_moment(moment, values)
        for slot in self._flow.slots:
            if slot.kind == "person" and values.name:
                if values.name.sure:
                    taken |= self._take_name(slot, values.name.text)
                else:
                    taken |= self._doubt(slot, values.name.text)
            elif slot.kind == "phone" and values.phone.digits:
                taken |= self._take_phone(slot, values)
        for name, value in values.others:
            if name in values.unsure:
                self._doubt(next(slot for slot in self._flow.slots if slot.name == name), value)
            else:
                self._state.slots[name] = value
            taken = True
        return taken

    def _take_moment(self, moment: MomentSlot, values: slots.Values) -> bool:
        when = values.when
        if when.sure or not when:
            return moment.take(when, self._text)
        if moment.chooses(when, self._text):
            return True
        meant = moment.meant(when)
        return bool(meant) and self._doubt(moment.slot, meant)

    def _take_phone(self, slot: Slot, values: slots.Values) -> bool:
        said = values.phone
        if said.sure and not said.extension:
            return self._take_digits(slot, said.digits)
        whole = self._phone_of(values)
        if not phones.complete(said.digits, self._region):
            return False
        if said.sure:
            self._state.slots[slot.name], self._state.digits = whole, ""
            return True
        return self._doubt(slot, whole)

    def _phone_of(self, values: slots.Values) -> str:
        return phones.with_extension(values.phone.digits, values.phone.extension)

    # -- what is not certain -----------------------------------------------------------------------------------------

    def _doubt(self, slot: Slot, value: str) -> bool:
        """Ask about one value at a time: of two the first stands, and the other is asked for as if it was not said."""
        if not self._doubted:
            self._doubted = True
            self._state.doubted, self._state.meant = slot.name, value
            self._state.slots.pop(slot.name, None)
        return True

    @property
    def doubted(self) -> Slot | None:
        """The slot whose value is asked about."""
        name = self._state.doubted
        return next((slot for slot in self._flow.slots if name and slot.name == name), None)

    def doubt_question(self, slot: Slot) -> str:
        value = self._state.meant
        moment = self._moment_of(slot)
        said = moment.say_meant(value) if moment is not None else slots.say_value(slot, value, self._words)
        return self._says.meant.replace("{value}", said)

    def confirm_doubted(self, slot: Slot) -> None:
        """The caller has said yes to it."""
        value, self._state.doubted, self._state.meant = self._state.meant, "", ""
        if (moment := self._moment_of(slot)) is not None:
            moment.take(moment.when_of(value), "")
        elif slot.kind == "person":
            self._take_name(slot, value)
        else:
            self._state.slots[slot.name] = value
            self._state.digits = ""

    def forget_doubted(self) -> None:
        self._state.doubted = self._state.meant = ""

    # -- parts of values ---------------------------------------------------------------------------------------------

    def _take_name(self, slot: Slot, name: str) -> bool:
        state = self._state
        if state.first_name and " " not in name and state.asking == slot.name and name != state.first_name:
            name = f"{state.first_name} {name}"
        if " " not in name and not state.first_name:
            state.first_name = name
            return True
        state.slots[slot.name], state.first_name = name, ""
        return True

    def _take_digits(self, slot: Slot, said: str) -> bool:
        state = self._state
        digits = said if said.startswith("+") else state.digits + said
        if not phones.may_grow(digits, self._region):
            digits = said  # said anew rather than continued
        if phones.complete(digits, self._region):
            state.slots[slot.name], state.digits = digits, ""
        elif phones.may_grow(digits, self._region):
            state.slots.pop(slot.name, None)
            state.digits = digits
        else:
            state.digits = ""
            return False
        return True

    def add_late_digits(self) -> bool:
        """The caller was still dictating when the read-back began: the digits belong to the number."""
        slot = next((slot for slot in self._flow.slots if slot.kind == "phone"), None)
        found = phones.spoken_digits(self._text, words=self._words)
        if slot is None or not found.digits or found.others or slot.name not in self._state.slots:
            return False
        if found.extension or phones.parts(self._state.slots[slot.name])[1]:
            return False
        joined = self._state.slots[slot.name] + found.digits
        if not phones.complete(joined, self._region):
            return False
        self._state.slots[slot.name] = joined
        return True

    # -- asking ------------------------------------------------------------------------------------------------------

    def question(self, slot: Slot) -> str:
        """Ask for a slot, or for what is missing of it."""
        state = self._state
        if slot.kind == "phone" and state.digits:
            return self._words.talk.so_far.format(digits=spoken.say_digits(state.digits, self._words))
        if slot.kind == "person" and state.first_name:
            return self._words.talk.last_name.format(name=state.first_name)
        moment = self._moment_of(slot)
        return moment.question() if moment is not None else slot.ask

    def reopen(self, name: str) -> str:
        """Forget a slot that is wrong; returns the question for it."""
        slot = next(slot for slot in self._flow.slots if slot.name == name)
        self._state.digits = self._state.first_name = ""
        if (moment := self._moment_of(slot)) is not None:
            return moment.reopen(self._text)
        self._state.slots.pop(name, None)
        return slot.ask

    def _moment_of(self, slot: Slot) -> MomentSlot | None:
        return next((moment for moment in self.moments if moment.slot is slot), None)
