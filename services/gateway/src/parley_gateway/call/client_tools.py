"""What a client brings to its call beyond voice: instructions, tools that it runs, corrections of what was heard.

Channels come here through `Call.client`. A tool call of the conversation that is the client's comes from the log,
goes to the client once, and its result, or that none came in time, goes to the log.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parley.v1 import events_pb2
from parley_core.errors import BadInput, NotAllowed

from parley_gateway.call.scope import CallScope
from parley_gateway.call_events import ClientToolCalled, ClientToolDone
from parley_gateway.scheduler import TimerHandle
from parley_gateway.speaking.word_positions import WordPositions
from parley_gateway.turns import events as ev
from parley_gateway.turns.state import State

MAX_TOOLS = 32
MAX_SCHEMA = 8 * 1024
MAX_DESCRIPTION = 2000
MAX_INSTRUCTIONS = 16 * 1024
MAX_RESULT = 32 * 1024
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_OWN = ("end_call",)  # the conversation's own function
_DEPTH = 12


def parse_tools(given: object) -> list[events_pb2.ClientTool]:
    """Check tools as `{"name", "description", "parameters"}`. Raises BadInput."""
    if not isinstance(given, list) or len(given) > MAX_TOOLS:
        raise BadInput("tools", f"must be a list of at most {MAX_TOOLS}")
    tools = [_parse_tool(one, f"tools[{at}]") for at, one in enumerate(given)]
    if len({tool.name for tool in tools}) < len(tools):
        raise BadInput("tools", "two have the same name")
    return tools


def _parse_tool(given: object, where: str) -> events_pb2.ClientTool:
    if not isinstance(given, Mapping):
        raise BadInput(where, "must be an object")
    name, description = given.get("name"), given.get("description") or ""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadInput(f"{where}.name", "must be up to 64 letters, digits, _ and -, and begin with a letter or _")
    if not isinstance(description, str) or len(description) > MAX_DESCRIPTION:
        raise BadInput(f"{where}.description", f"must be a text of at most {MAX_DESCRIPTION} characters")
    schema = given.get("parameters") or {"type": "object", "properties": {}}
    if not isinstance(schema, Mapping) or schema.get("type", "object") != "object":
        raise BadInput(f"{where}.parameters", "must be the JSON Schema of an object")
    if not isinstance(schema.get("properties", {}), Mapping) or not isinstance(schema.get("required", []), list):
        raise BadInput(f"{where}.parameters", "must have properties as an object and required as a list")
    if _depth(schema) > _DEPTH:
        raise BadInput(f"{where}.parameters", f"is nested more than {_DEPTH} deep")
    text = json.dumps(schema, separators=(",", ":"))
    if len(text) > MAX_SCHEMA:
        raise BadInput(f"{where}.parameters", f"must have at most {MAX_SCHEMA} characters")
    return events_pb2.ClientTool(name=name, description=description, parameters_schema=text)


def _depth(value: object) -> int:
    deepest, level = 0, [value]
    while level and deepest <= _DEPTH:
        deepest += 1
        inner = [one for one in level if isinstance(one, Mapping | list)]
        level = [part for one in inner for part in (one.values() if isinstance(one, Mapping) else one)]
    return deepest


@dataclass(slots=True)
class _Pending:
    turn: int
    since: float
    deadline: TimerHandle


class ClientTools:
    def __init__(self, scope: CallScope) -> None:
        self._scheduler = scope.scheduler
        self._log = scope.log
        self._agent = scope.agent
        self._line = scope.line
        self._turns = scope.turns
        self._tool_s = scope.gateway.tuning.client_tool_s
        self._pending: dict[str, _Pending] = {}
        self._seen: set[str] = set()
        self.words = WordPositions()

    def turn_control(
        self, event: ev.TurnControl | ev.CallerDone | ev.CallerCleared | ev.RequestReply | ev.CancelReply
    ) -> State:
        """What a client has a say in of the turn-taking; returns where that stands now."""
        if self._line.ready:
            self._turns.advance(event)
        return self._turns.state

    def configure(self, instructions: str, tools: Sequence[events_pb2.ClientTool]) -> None:
        """Give the conversation more instructions and tools, in place of earlier ones. Raises NotAllowed, BadInput."""
        if instructions and not self._agent.client_instructions:
            raise NotAllowed("instructions", f"the agent {self._agent.agent} takes none from its clients")
        if len(instructions) > MAX_INSTRUCTIONS:
            raise BadInput("instructions", f"must have at most {MAX_INSTRUCTIONS} characters")
        if tools and not self._agent.client_tools:
            raise NotAllowed("tools", f"the agent {self._agent.agent} takes none from its clients")
        taken = {*self._agent.tools, *_OWN}
        if clash := sorted(tool.name for tool in tools if tool.name in taken):
            raise BadInput("tools", f"the agent has tools of its own named {', '.join(clash)}")
        self._log.append(events_pb2.ClientConfigured(instructions=instructions, tools=tools))

    def called(self, called: events_pb2.ToolCalled) -> None:
        """A tool call of the conversation, from the log."""
        if not called.by_client or called.tool_call in self._seen:
            return
        self._seen.add(called.tool_call)
        now = self._scheduler.time()
        deadline = self._scheduler.call_at(now + self._tool_s, self._overdue, called.tool_call)
        self._pending[called.tool_call] = _Pending(called.turn, now, deadline)
        self._line.send_event(ClientToolCalled(called.turn, called.tool_call, called.tool, called.arguments_json))

    def tool_result(self, tool_call: str, result: object = None, error: str = "") -> bool:
        """Take the client's result, anything that JSON can say; False for a call that does not wait for one.

        Raises BadInput for a result that is too large.
        """
        if tool_call not in self._pending:
            return False
        text = json.dumps(result, separators=(",", ":"))
        if len(text) > MAX_RESULT or len(error) > MAX_DESCRIPTION:
            raise BadInput("result", f"must have at most {MAX_RESULT} characters")
        if error:
            self._return(tool_call, "TOOL_STATUS_FAILED", error=error)
        else:
            self._return(tool_call, "TOOL_STATUS_OK", result_json=text)
        return True

    def truncate(self, turn: int, heard_ms: int) -> None:
        """Of a reply that is over only this much was heard."""
        heard = self.words.until(turn, heard_ms)
        if heard is not None:
            self._log.append(events_pb2.ReplyTruncated(turn=turn, heard_ms=heard_ms, heard=heard))

    def close(self) -> None:
        for tool_call in list(self._pending):
            self._return(tool_call, "TOOL_STATUS_FAILED", error="the client is gone")

    def _overdue(self, tool_call: str) -> None:
        self._return(tool_call, "TOOL_STATUS_TIMED_OUT", error=f"the client did not answer within {self._tool_s:g} s")

    def _return(self, tool_call: str, status: str, *, result_json: str = "", error: str = "") -> None:
        pending = self._pending.pop(tool_call, None)
        if pending is None:
            return
        pending.deadline.cancel()
        took_ms = round((self._scheduler.time() - pending.since) * 1000)
        self._log.append(
            events_pb2.ClientToolReturned(
                turn=pending.turn,
                tool_call=tool_call,
                status=status,
                result_json=result_json,
                error=error,
                took_ms=took_ms,
            )
        )
        self._line.send_event(ClientToolDone(pending.turn, tool_call, ok=not error))
