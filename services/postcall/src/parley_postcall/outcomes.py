"""How the log spells the outcome of a tool, and what its JSON says. Pure; used by the CRM note and the rows."""

from parley_core.conversation import Conversation, ToolUse
from parley_core.text import load_json

OK = "ok"
BOOKING_TOOLS = frozenset({"book_appointment"})


def status_of(status: str) -> str:
    """A ToolStatus name in lower case without its prefix: "ok", "conflict"; "" for a tool that never returned."""
    return status.lower().removeprefix("tool_status_")


def tools_of(conversation: Conversation) -> list[ToolUse]:
    """Every tool call of the conversation, turn by turn."""
    return [use for number in sorted(conversation.turns) for use in conversation.turns[number].tools.values()]


def booking_of(conversation: Conversation) -> ToolUse | None:
    """The last appointment that was really booked."""
    booked = [use for use in tools_of(conversation) if use.tool in BOOKING_TOOLS and status_of(use.status) == OK]
    return booked[-1] if booked else None


def fields_of(text: str) -> dict[str, str]:
    """The scalar fields of a JSON object as text, those of inner objects too; {} for anything else."""
    try:
        parsed = load_json(text) if text else {}
    except ValueError:
        return {}
    found: dict[str, str] = {}
    if isinstance(parsed, dict):
        for value in parsed.values():
            if isinstance(value, dict):
                found |= {inner: str(one) for inner, one in value.items() if isinstance(one, (str, int, float))}
        found |= {name: str(value) for name, value in parsed.items() if isinstance(value, (str, int, float))}
    return found
