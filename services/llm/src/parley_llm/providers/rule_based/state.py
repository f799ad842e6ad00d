"""The local brain's memory between turns: what FlowAdvanced carries, as one value."""

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from parley.v1 import events_pb2

from parley_llm.providers.base import FlowMoved


@dataclass(slots=True)
class State:
    flow: str = ""
    step: str = ""  # "collect", "confirm", "call"; "" where no flow is active
    slots: dict[str, str] = field(default_factory=dict)
    asking: str = ""  # the slot that was asked for; "?" after "what should I change"
    day: str = ""  # ISO; the half of a moment that is known
    at: str = ""
    part: str = ""
    offered: list[str] = field(default_factory=list)  # ISO moments that the caller may choose from
    digits: str = ""  # of a phone number that is not complete
    first_name: str = ""
    tries: int = 0  # how often the same question was not answered
    question: str = ""  # the agent's last question, to ask again
    open: str = ""  # what a bare yes or no would answer outside a flow: "more", "handoff", "message"
    tool_call: str = ""  # the call whose outcome decides how the flow ends

    @classmethod
    def of(cls, flow: events_pb2.FlowAdvanced | None) -> "State":
        """Raises nothing: a state of another provider's making counts as none."""
        if flow is None:
            return cls()
        try:
            rest: dict[str, Any] = json.loads(flow.state_json or "{}")
        except ValueError:
            rest = {}
        known = {one.name for one in fields(cls)} - {"flow", "step", "slots"}
        state = cls(flow=flow.flow, step=flow.step, slots=dict(flow.slots))
        return replace(state, **{name: value for name, value in rest.items() if name in known})

    def moved(self) -> FlowMoved:
        rest = {name: value for name, value in asdict(self).items() if name not in ("flow", "step", "slots") and value}
        return FlowMoved(self.flow, self.step, dict(self.slots), json.dumps(rest, sort_keys=True))

    def leave_flow(self) -> None:
        """Forget the flow and everything collected for it."""
        for name, value in asdict(State()).items():
            setattr(self, name, value)
