"""Of whose documents a caller may hear: the groups of their token, and those that the agent's document grants in the
call.

A grant names a tool (the caller has proved who they are: it said OK in this call) or a flow (while the call is in it).
Used by `context`.
"""

from parley_core.agents import AgentDocument

from parley_llm.memory import Memory


def groups_of(agent: AgentDocument, memory: Memory, turn: int) -> tuple[str, ...]:
    session = memory.conversation.session
    groups = list(session.policy.groups) if session is not None else []
    if agent.grants:
        done = {one.tool for one in memory.outcomes().values() if one.status == "OK"}
        flow = memory.flow_before(turn)
        done |= {flow.flow} if flow is not None else set()
        groups += [group for name, granted in agent.grants.items() if name in done for group in granted]
    return tuple(dict.fromkeys(groups))
