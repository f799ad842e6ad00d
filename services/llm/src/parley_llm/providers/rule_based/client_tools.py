"""A tool of the client's, when the caller's words match its description: all that rules can know of it.

Only a tool that needs no arguments is called. It says what the client says: a result that is a text, or has one named
`say`, `text` or `message`.
"""

from collections.abc import Sequence
from typing import Any

from parley_core.languages.talk_words import Talk
from parley_core.text import load_json

from parley_llm.providers.base import ToolOutcome, ToolSpec
from parley_llm.providers.rule_based.intents import content
from parley_llm.providers.rule_based.turn import Turn

_SHARED = 0.6  # of the description's words, for it to be what the caller wants
_SPOKEN = ("say", "text", "message")


def wanted(text: str, tools: Sequence[ToolSpec]) -> ToolSpec | None:
    """The client's tool whose description, or name, has the most of its words in the text."""
    words = content(text)
    best, most = None, 0.0
    for tool in tools:
        if not tool.by_client or _needs_arguments(tool):
            continue
        for phrase in (tool.description, tool.name.replace("_", " ")):
            meant = content(phrase)
            shared = len(meant & words) / len(meant) if len(meant) >= 2 else 0.0
            if shared >= _SHARED and shared > most:
                best, most = tool, shared
    return best


def use(turn: Turn, tool: ToolSpec) -> None:
    turn.say(_spoken(turn.tool(tool.name, {}), turn.talk))


def _needs_arguments(tool: ToolSpec) -> bool:
    try:
        schema: Any = load_json(tool.parameters_schema)
        return bool(schema.get("required"))
    except (ValueError, AttributeError):
        return True


def _spoken(outcome: ToolOutcome, talk: Talk) -> str:
    if outcome.status != "OK":
        return talk.tool_failed
    try:
        result = load_json(outcome.result_json or "null")
    except ValueError:
        return talk.done
    if isinstance(result, dict):
        result = next((result[name] for name in _SPOKEN if isinstance(result.get(name), str)), None)
    return result if isinstance(result, str) and result.strip() else talk.done
