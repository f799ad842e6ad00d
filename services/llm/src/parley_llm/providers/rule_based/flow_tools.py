"""A flow's tools: called with what its slots hold, and what a look-up says of a moment. Used by `flows`, `moments`."""

from dataclasses import dataclass
from datetime import date, datetime

from parley_core.agents import Flow, Slot

from parley_llm.providers.base import FAULTS, WITHDRAWN, ToolOutcome
from parley_llm.providers.rule_based import arguments
from parley_llm.providers.rule_based.turn import Turn


@dataclass(frozen=True, slots=True)
class Availability:
    answered: bool  # whether the look-up worked
    free: bool | None  # of the moment that was asked about; None: it does not say
    offers: list[datetime]  # other moments, in the agent's time zone, in order


class FlowTools:
    def __init__(self, turn: Turn, flow: Flow) -> None:
        self._turn = turn
        self._flow = flow
        self._zone = turn.request.now.tzinfo

    def call(self, tool: str, values: dict[str, str], *, text: str = "", day: str = "") -> ToolOutcome:
        """The outcome. Ends this stream where the tool has yet to be called: see `Turn.tool`."""
        spec = next((spec for spec in self._turn.request.tools if spec.name == tool), None)
        return self._turn.tool(tool, arguments.tool_arguments(spec, self._flow, values, text=text, day=day))

    def takes(self, names: tuple[str, ...]) -> str:
        """The first of the names that the flow's tool has an argument of; "" for none."""
        spec = next((spec for spec in self._turn.request.tools if spec.name == self._flow.call), None)
        known = arguments.properties_of(spec) or {}
        return next((name for name in names if name in known), "")

    def named(self, argument: str, value: str) -> str:
        """A value as the look-up of the flow's moment calls it; "" where it knows none such."""
        check = next((slot.check for slot in self._flow.slots if slot.check), "")
        if not check:
            return value
        outcome = self.call(check, {argument: value})
        return arguments.named_in(outcome, argument) or value if outcome.status == "OK" else ""

    def outcome(self, tool: str) -> ToolOutcome | None:
        """The tool's newest outcome in the call; None where it was never sent."""
        outcomes = self._turn.request.outcomes.values()
        known = [one for one in outcomes if one.tool == tool and one.error != WITHDRAWN]
        return known[-1] if known else None

    def check(self, slot: Slot, moment: datetime, value: str) -> Availability:
        """Look up whether the slot's moment is free. A slot without a look-up says nothing."""
        if not slot.check:
            return Availability(answered=False, free=None, offers=[])
        return self.read(self._look_up(slot.check, {slot.name: value}), moment)

    def on_day(self, slot: Slot, day: date) -> Availability:
        """Look up what is free on a day."""
        if not slot.check:
            return Availability(answered=False, free=None, offers=[])
        return self.read(self._look_up(slot.check, {}, day=day.isoformat()), None)

    def _look_up(self, tool: str, values: dict[str, str], *, day: str = "") -> ToolOutcome:
        outcome = self.call(tool, values, day=day)
        if outcome.status in FAULTS and not self._turn.faulty:
            self._turn.faulty = True
            self._turn.say(self._turn.says.cannot_look_up)
        return outcome

    def read(self, outcome: ToolOutcome, moment: datetime | None) -> Availability:
        free, offers = arguments.available(outcome, moment, self._zone)
        return Availability(outcome.status == "OK", free, offers)
