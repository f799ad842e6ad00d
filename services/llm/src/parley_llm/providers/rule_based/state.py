"""The local brain's memory between turns: what FlowAdvanced carries, as one value."""

import json
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from parley.v1 import events_pb2
from parley_core.text import load_json

from parley_llm.providers.base import FlowMoved

WHAT_TO_CHANGE = "?"  # in `State.asking`: "what should I change?"


class Step(StrEnum):
    """Where a flow stands."""

    NONE = ""  # no flow is active
    COLLECT = "collect"
    CONFIRM = "confirm"  # all was read back, a yes is awaited
    CALL = "call"  # the flow's tool was called


@dataclass(slots=True)
class PendingMoment:
    """What the caller has said of a moment that is not settled, and what was offered instead."""

    day: date | None = None
    at: time | None = None
    part: str = ""  # "morning", "afternoon" or "evening"
    offered: list[datetime] = field(default_factory=list)  # in the agent's time zone, to choose from


@dataclass(slots=True)
class State:
    flow: str = ""
    step: Step = Step.NONE
    slots: dict[str, str] = field(default_factory=dict)
    asking: str = ""  # the slot that was asked for, or WHAT_TO_CHANGE
    moment: PendingMoment = field(default_factory=PendingMoment)
    doubted: str = ""  # the slot whose value was not certain: the caller is asked whether `meant` is it
    meant: str = ""
    digits: str = ""  # of a phone number that is not complete
    first_name: str = ""
    instead: str = ""  # the tool in place of the flow's own: it moves what was done
    made: dict[str, Any] = field(default_factory=dict)  # the last effect: its flow, slots and ids
    tries: int = 0  # how often the same question was not answered
    misses: int = 0  # how often what the flow looks up was not found
    refused: str = ""  # the slot that the caller would not give
    question: str = ""  # the agent's last question, to ask again
    open: str = (
        ""  # what a bare yes or no would answer outside a flow: "more", "handoff", "help", "message", "flow:NAME"
    )

    @classmethod
    def of(cls, flow: events_pb2.FlowAdvanced | None) -> "State":
        """Raises nothing: a state of another provider's making counts as none."""
        if flow is None:
            return cls()
        step = Step(flow.step) if flow.step in list(Step) else Step.NONE
        state = cls(flow=flow.flow, step=step, slots=dict(flow.slots))
        try:
            rest: Any = load_json(flow.state_json or "{}")
            moment = _moment_of(rest)
        except (ValueError, TypeError, AttributeError):
            return state
        state.moment = moment
        for name in _PLAIN & rest.keys():
            setattr(state, name, rest[name])
        return state

    def moved(self) -> FlowMoved:
        moment = self.moment
        rest: dict[str, object] = {name: getattr(self, name) for name in _PLAIN}
        rest |= {
            "day": moment.day.isoformat() if moment.day else "",
            "at": moment.at.isoformat(timespec="minutes") if moment.at else "",
            "part": moment.part,
            "offered": [offer.isoformat(timespec="minutes") for offer in moment.offered],
        }
        known = {name: value for name, value in rest.items() if value}
        return FlowMoved(self.flow, self.step.value, dict(self.slots), json.dumps(known, sort_keys=True))

    def keep(self, flow: str, result_json: str) -> None:
        """The flow's effect has happened: leave the flow, and know what was done and by which ids, to take it back."""
        ids = _ids(result_json) or self.made.get("ids", {})
        self.made = {"flow": flow, "slots": dict(self.slots), "ids": ids}
        self.leave_flow()
        self.open = "more"

    def leave_flow(self) -> None:
        """Forget the flow and everything collected for it; what was done stays known."""
        fresh = State(made=self.made)
        for one in fields(self):
            setattr(self, one.name, getattr(fresh, one.name))


_PLAIN = {one.name for one in fields(State)} - {"flow", "step", "slots", "moment"}


def _ids(result_json: str) -> dict[str, str]:
    """What a result calls the thing that was made: an appointment's id, an order's."""
    try:
        result: Any = load_json(result_json or "{}")
    except ValueError:
        return {}
    return (
        {name: str(value) for name, value in result.items() if name.endswith("_id")} if isinstance(result, dict) else {}
    )


def _moment_of(rest: dict[str, Any]) -> PendingMoment:
    return PendingMoment(
        date.fromisoformat(rest["day"]) if rest.get("day") else None,
        time.fromisoformat(rest["at"]) if rest.get("at") else None,
        rest.get("part", ""),
        [datetime.fromisoformat(offer) for offer in rest.get("offered", ())],
    )
