"""Tool calls and what came of them as chat messages. Used by `prompt`. Pure.

Calls of this turn are shown whole. Those of earlier turns stay in the model's context for the whole call, bounded: the
newest at length, older ones shortened, look-ups given up before receipts; and without card numbers.
"""

import json
from collections.abc import Iterable, Sequence

from parley_core.text import load_json

from parley_llm.guardrails import has_card_number, without_orders
from parley_llm.providers.base import FAULTS, ChatMessage, ToolOutcome

MOST = 24  # calls of earlier turns that a model is shown
RECENT = 4  # of them, those that are shown at length
RECENT_CHARS = 2000
OLDER_CHARS = 300

_CARD = "(a card number)"
_FAULT = (
    "a fault of the platform, and no answer: say that it cannot be done right now and what you can do instead; do not "
    "say that you do not know, that there is none, or that it is done"
)


def this_turn(outcomes: Iterable[ToolOutcome]) -> list[dict[str, object]]:
    return [
        message
        for number, outcome in enumerate(outcomes, start=1)
        # What was refused, or done before, has no id of its own.
        for message in _messages(outcome, outcome.tool_call or f"unlogged-{number}")
    ]


class EarlierTurns:
    """The calls of the turns before this one, and how much of each is shown."""

    def __init__(self, history: Iterable[ChatMessage]) -> None:
        # Nothing came of a look-up that was cut off; what has effects is shown with or without its result.
        calls = [one for message in history for one in message.tools if one.status or one.side_effects]
        receipts = [one for one in calls if one.side_effects][-MOST:]
        look_ups = [one for one in calls if not one.side_effects]
        kept = {one.tool_call for one in receipts + look_ups[max(0, len(look_ups) - (MOST - len(receipts))) :]}
        shown = [one.tool_call for one in calls if one.tool_call in kept]
        self._chars = {name: RECENT_CHARS if name in shown[-RECENT:] else OLDER_CHARS for name in shown}

    def of(self, outcomes: Sequence[ToolOutcome]) -> list[dict[str, object]]:
        """One turn's calls, in the order in which they were made."""
        return [
            message
            for one in outcomes
            if one.tool_call in self._chars
            for message in _messages(one, one.tool_call, chars=self._chars[one.tool_call])
        ]


def _messages(outcome: ToolOutcome, tool_call: str, *, chars: int | None = None) -> list[dict[str, object]]:
    """`chars`: the most that is shown of the arguments and of the result each; None: all of it, as it is."""
    arguments = _parsed(outcome.arguments_json or "{}")
    if not isinstance(arguments, dict):
        arguments = {"invalid": outcome.arguments_json}  # servers parse what a model has asked for
    result: dict[str, object] = {"status": outcome.status.lower() or "no result yet"}
    if outcome.result_json:
        result["result"] = _without_orders(_parsed(outcome.result_json))
    if outcome.error:
        result["error"] = outcome.error
    if note := outcome.note or (_FAULT if outcome.status in FAULTS else ""):
        result["note"] = note
    if chars is not None:
        shortened = _bounded(_without_cards(arguments), chars)
        arguments = shortened if isinstance(shortened, dict) else {"shortened": shortened}
        result = {key: _bounded(_without_cards(value), chars) for key, value in result.items()}
    called = {
        "id": tool_call,
        "type": "function",
        "function": {"name": outcome.tool, "arguments": json.dumps(arguments, ensure_ascii=False, sort_keys=True)},
    }
    return [
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "tool_call_id": tool_call, "content": json.dumps(result, ensure_ascii=False)},
    ]


def _parsed(text: str) -> object:
    try:
        return load_json(text)
    except ValueError:
        return text


def _without_orders(value: object) -> object:
    """A tool's result is data: a text in it that gives the agent orders is not shown."""
    match value:
        case str():
            return without_orders(value)
        case list():
            return [_without_orders(item) for item in value]
        case dict():
            return {name: _without_orders(item) for name, item in value.items()}
        case _:
            return value


def _without_cards(value: object) -> object:
    match value:
        case str():
            return _CARD if has_card_number(value) else value
        case int() if not isinstance(value, bool):
            return _CARD if has_card_number(str(value)) else value
        case list():
            return [_without_cards(item) for item in value]
        case dict():
            return {name: _without_cards(item) for name, item in value.items()}
        case _:
            return value


def _bounded(value: object, chars: int) -> object:
    """The value, or the beginning of what it looks like as text where that is too long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= chars else text[:chars] + "… (shortened)"
