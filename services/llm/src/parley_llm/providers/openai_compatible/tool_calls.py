"""Puts tool calls together from a stream's deltas, whatever the server leaves out or repeats: they come whole or in
pieces, with or without ids and indexes."""

import json
from dataclasses import dataclass, field


@dataclass(slots=True)
class Call:
    id: str
    name: str = ""
    arguments: str = ""

    @property
    def complete(self) -> bool:
        try:
            json.loads(self.arguments or "{}")
        except ValueError:
            return False
        return True


@dataclass(slots=True)
class ToolCalls:
    calls: list[Call] = field(default_factory=list)
    by_index: dict[int, Call] = field(default_factory=dict)

    @property
    def wanted(self) -> list[Call]:
        return [call for call in self.calls if call.name]

    def take(self, delta: object) -> None:
        """One element of `delta.tool_calls`. Its fields may be missing or of other types than the SDK says."""
        function = getattr(delta, "function", None)
        name = getattr(function, "name", None) or ""
        arguments = getattr(function, "arguments", None)
        piece = arguments if isinstance(arguments, str) else "" if arguments is None else json.dumps(arguments)
        index = getattr(delta, "index", None)
        given = str(getattr(delta, "id", None) or "")
        call = self._known(index, given, name)
        if call is None:
            call = Call(given)
            self.calls.append(call)
        if isinstance(index, int):
            self.by_index[index] = call
        call.name = call.name or name
        call.arguments += piece

    def _known(self, index: object, given: str, name: str) -> Call | None:
        """The call that this delta continues; None where it opens one."""
        current = self.by_index.get(index) if isinstance(index, int) else (self.calls[-1] if self.calls else None)
        if current is None:
            return None
        if given and current.id and given != current.id:
            return None  # the same index with another id is another call
        if name and current.name and not given and current.arguments and current.complete:
            return None  # a name again, behind a complete call: a server that gives neither ids nor indexes
        return current
