"""Takes tool calls out of a model's text: some models write `{"name": "find_slots", "arguments": {…}}` where they
should call. Used by `watch`.

Braces are no speech: text from a `{` on is held back until the braces close. What is a call of a tool that exists is
taken as one, whatever else stands there is dropped. The same holds for `find_slots(when="…")`, inside a fence too.
"""

import ast
import json
import re
from dataclasses import dataclass

from parley_core.text import load_json

MOST_CHARS = 8000  # of one call; more is no call, and not said either
_NAMES = ("name", "tool", "tool_name", "function", "function_name", "recipient_name")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "params", "kwargs")
_LISTS = ("tool_calls", "tool_uses", "calls", "function_calls")
_LEAD = re.compile(r"(?:```[ \t]*[a-z_]*\s*|<(?:function|tool)[^<>]{0,80}>\s*|\[\s*|functions\.)+$", re.IGNORECASE)
_TRAIL = re.compile(r"\s*(?:\]|```|</(?:function|tool)[^<>]{0,80}>)")
_TRAILS = ("]", "```", "</function", "</tool")
_HELD_LEAD = re.compile(r"(?:`{1,3}[ \t]*[a-z_]*\s*|<[^<>]{0,90}|<[^<>]{1,90}>\s*|\[\s*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WrittenCall:
    name: str
    arguments_json: str


class WrittenCalls:
    def __init__(self, tools: set[str]) -> None:
        """`tools`: names of what may be called."""
        self.calls: list[WrittenCall] = []
        self.dropped = False  # something was held back that is no call
        self._tools = tools
        names = "|".join(re.escape(name) for name in sorted(tools, key=len, reverse=True)) or "(?!)"
        self._opens = re.compile(r"\{|(?<![\w.])(?:functions\.)?(?P<tool>" + names + r")\s*\(")
        self._longest = max((len(name) for name in tools), default=0) + len("functions. (")
        self._text = ""
        self._behind = False  # a call has just ended: its fence may follow

    def feed(self, text: str) -> str:
        """Take the next piece; returns what may be said of it and of what was held back."""
        self._text += text
        said = ""
        while True:
            if self._behind and not self._pass_trail():
                return said
            opens = self._opens.search(self._text)
            if opens is None:
                keep = self._may_begin()
                said += self._text[: len(self._text) - keep]
                self._text = self._text[len(self._text) - keep :]
                return said
            said += _LEAD.sub("", self._text[: opens.start()])
            end = _closes(self._text, opens.end() - 1)
            if end is None:
                self._text = self._text[opens.start() :]
                if len(self._text) > MOST_CHARS:
                    self._text, self.dropped = "", True
                return said
            self._take(self._text[opens.start() : end], opens.group("tool") or "")
            self._text, self._behind = self._text[end:], True

    def flush(self) -> str:
        """The stream has ended: what is left to be said."""
        said = self.feed("")
        rest, self._text, self._behind = self._text, "", False
        if self._opens.match(rest):
            self.dropped = True
            return said
        return said + rest

    def _take(self, text: str, tool: str) -> None:
        found = _python_call(text, tool) if tool else self._json_calls(text)
        self.calls += found
        self.dropped = self.dropped or not found

    def _json_calls(self, text: str) -> list[WrittenCall]:
        try:
            value: object = load_json(text)
        except ValueError:
            return []
        return self._of(value)

    def _of(self, value: object) -> list[WrittenCall]:
        if isinstance(value, list):
            return [call for item in value for call in self._of(item)]
        if not isinstance(value, dict):
            return []
        for key in _LISTS:
            if isinstance(value.get(key), list):
                return self._of(value[key])
        inner = value.get("function")
        if isinstance(inner, dict):
            return self._of(inner)
        name = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), "")
        name = name.removeprefix("functions.")
        if name in self._tools:
            arguments: object = next((value[key] for key in _ARGUMENTS if key in value), {})
            return [WrittenCall(name, arguments if isinstance(arguments, str) else json.dumps(arguments))]
        named = [key for key in value if key in self._tools and isinstance(value[key], dict)]
        return [WrittenCall(key, json.dumps(value[key])) for key in named]

    def _pass_trail(self) -> bool:
        """Drop what closes a call's fence; whether it is known to be over."""
        while (trail := _TRAIL.match(self._text)) is not None:
            self._text = self._text[trail.end() :]
        left = self._text.lstrip().lower()
        if not left or any(mark.startswith(left) or left.startswith(mark) for mark in _TRAILS):
            return False
        self._text, self._behind = self._text.lstrip(), False
        return True

    def _may_begin(self) -> int:
        """How many of the last characters may be the beginning of a call: of its fence, or of a tool's name."""
        tail = self._text[-self._longest :].lstrip()
        kept = 0
        for at in range(len(tail)):
            inside = at > 0 and (tail[at - 1].isalnum() or tail[at - 1] in "_.")
            if not inside and any(_begins(tail[at:], name) for name in self._tools):
                kept = len(tail) - at
                break
        lead = _HELD_LEAD.search(self._text[: len(self._text) - kept])
        return kept + (len(lead.group()) if lead is not None else 0)


def _begins(piece: str, name: str) -> bool:
    bare = piece.removeprefix("functions.")
    return f"{name}(".startswith(bare) or bare.rstrip() == name or f"functions.{name}".startswith(piece)


def _closes(text: str, at: int) -> int | None:
    """Position behind the bracket that closes the one at `at`; None where it is not there yet."""
    depth, quote, escaped = 0, "", False
    for place in range(at, len(text)):
        char = text[place]
        if quote:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == quote:
                quote = ""
        elif char == '"' or (char == "'" and text[at] == "("):
            quote = char
        elif char in "{[(":
            depth += 1
        elif char in "}])":
            depth -= 1
            if not depth:
                return place + 1
    return None


def _python_call(text: str, tool: str) -> list[WrittenCall]:
    """`tool(when="…", limit=3)` or `tool({"when": "…"})`."""
    try:
        tree = ast.parse("call" + text[text.index("(") :], mode="eval").body
        if not isinstance(tree, ast.Call):
            return []
        arguments: dict[str, object] = {}
        for given in tree.args:
            value = ast.literal_eval(given)
            if not isinstance(value, dict):
                return []
            arguments |= value
        for keyword in tree.keywords:
            if keyword.arg is None:
                return []
            arguments[keyword.arg] = ast.literal_eval(keyword.value)
        return [WrittenCall(tool, json.dumps(arguments))]
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return []
