"""Handing the caller to a person: on the log, and through the agent's `hand_off` tool. Used by `reply`."""

from parley.v1 import events_pb2
from parley_core.errors import ParleyError

from parley_llm.guardrails import without_card_digits
from parley_llm.reply.context import TurnContext

_LINES = 6  # of the conversation, for the person who takes over


async def hand_off(turn: TurnContext, reason: str) -> None:
    """Request it once in the turn. A tool that fails prevents nothing: the gateway acts on the reply's end."""
    if not any(one.turn == turn.number for one in turn.memory.conversation.handoffs):
        target = turn.context.agent.handoff.target
        turn.output.append(
            events_pb2.HandoffRequested(turn=turn.number, reason=reason, summary=_summary(turn), target=target)
        )
    try:
        await turn.context.toolbox.executor(turn.number, gated=False, output=turn.output).hand_off(reason)
    except ParleyError as error:
        turn.log_failure("tools", type(error).__name__, "handed_off")


def _summary(turn: TurnContext) -> str:
    lines = [f"{message.role}: {message.text}" for message in turn.memory.history(turn.number)[-_LINES:]]
    return "\n".join([*lines, f"caller: {without_card_digits(turn.known.text)}"])
