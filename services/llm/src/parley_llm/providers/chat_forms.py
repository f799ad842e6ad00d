"""The conversation's chat messages (`prompt.messages`) in other forms than OpenAI's. Pure; adapters call it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from parley_core.errors import BadReply
from parley_core.text import load_json

BEGINNING = "(the call begins)"  # stands for the caller where the agent spoke first

Message = dict[str, object]


@dataclass(frozen=True, slots=True)
class Words:
    role: str  # "user", "assistant"
    text: str


@dataclass(frozen=True, slots=True)
class Called:
    id: str
    name: str
    arguments: dict[str, object]


@dataclass(frozen=True, slots=True)
class Returned:
    id: str
    name: str
    content: str


Step = Words | Called | Returned


def steps(messages: Sequence[Message]) -> list[Step]:
    """The conversation without its system prompt, one thing after the other."""
    found: list[Step] = []
    names: dict[str, str] = {}
    for message in messages:
        role, content = message["role"], message.get("content")
        if role == "tool":
            call = str(message["tool_call_id"])
            found.append(Returned(call, names.get(call, ""), str(content or "")))
            continue
        if role != "system" and isinstance(content, str) and content:
            found.append(Words(str(role), content))
        for call_id, name, arguments in _calls(message):
            names[call_id] = name
            found.append(Called(call_id, name, arguments))
    return found


def by_turns(found: Sequence[Step]) -> list[tuple[str, list[Step]]]:
    """The steps in turns of "user" and "assistant", the user first. A tool's result is the user's."""
    turns: list[tuple[str, list[Step]]] = []
    for step in found:
        role = step.role if isinstance(step, Words) else "assistant" if isinstance(step, Called) else "user"
        if not turns and role == "assistant":
            turns.append(("user", [Words("user", BEGINNING)]))
        if turns and turns[-1][0] == role:
            turns[-1][1].append(step)
        else:
            turns.append((role, [step]))
    return turns


def alternating(messages: Sequence[Message]) -> list[Message]:
    """OpenAI's form for templates that want the user first and no two messages of a role in a row."""
    found: list[Message] = []
    for message in messages:
        last = found[-1] if found else {}
        if message["role"] == "assistant" and last.get("role") in (None, "system"):
            found.append({"role": "user", "content": BEGINNING})
            last = found[-1]
        plain = "tool_calls" not in message and "tool_calls" not in last
        if plain and message["role"] == last.get("role") and message["role"] in ("user", "assistant"):
            found[-1] = {**last, "content": f"{last['content']}\n{message['content']}"}
        else:
            found.append(message)
    return found


def with_short_ids(messages: Sequence[Message], chars: int) -> list[Message]:
    """The ids of tool calls as hexadecimal digits of this length."""
    return [_renamed(message, chars) for message in messages]


def json_object(content: str, provider: str) -> dict[str, object]:
    """The JSON object in a text, inside a fence or between words. Raises BadReply."""
    try:
        found = load_json(content[content.find("{") : content.rfind("}") + 1])
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadReply(provider, "not a JSON object")
    return found


def _calls(message: Message) -> list[tuple[str, str, dict[str, object]]]:
    calls = message.get("tool_calls")
    found = []
    for call in calls if isinstance(calls, list) else []:
        arguments = load_json(call["function"]["arguments"] or "{}")
        found.append((str(call["id"]), str(call["function"]["name"]), arguments if isinstance(arguments, dict) else {}))
    return found


def _renamed(message: Message, chars: int) -> Message:
    def short(given: object) -> str:
        return hashlib.sha256(str(given).encode()).hexdigest()[:chars]

    if "tool_call_id" in message:
        return {**message, "tool_call_id": short(message["tool_call_id"])}
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        return {**message, "tool_calls": [{**call, "id": short(call["id"])} for call in calls]}
    return message
