"""Which slot of its flow the agent has just asked for, from where the flow stands on the log."""

import json

from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, Slot


def asked_slot(agent: AgentDocument, moved: events_pb2.FlowAdvanced) -> Slot | None:
    """None where no slot is asked for, or only the model that moved the flow knows which."""
    flow = next((one for one in agent.flows if one.name == moved.flow), None)
    if flow is None:
        return None
    try:
        state = json.loads(moved.state_json or "{}")
    except ValueError:
        return None
    asking = state.get("asking") if isinstance(state, dict) else None
    return next((slot for slot in flow.slots if slot.name == asking), None)
