"""The tools of this process by name."""

import re
from collections.abc import Iterable

from jsonschema import Draft202012Validator
from parley_core.errors import BadInput, Conflict, NotFound

from parley_tools.tool import Tool


class Registry:
    """Knows every tool. Made once by the composition root; a tool with a wrong description stops the start."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            spec = tool.spec
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", spec.name):
                raise BadInput("tool", f"{spec.name!r} is not a name of a-z, 0-9 and '_'")
            if spec.name in self._tools:
                raise Conflict(f"tool {spec.name}", "there are two of this name")
            Draft202012Validator.check_schema(spec.parameters)
            Draft202012Validator.check_schema(spec.result)
            self._tools[spec.name] = tool

    def named(self, name: str) -> Tool:
        """Raises NotFound."""
        if name not in self._tools:
            raise NotFound("tool", name)
        return self._tools[name]

    def all(self) -> list[Tool]:
        return [self._tools[name] for name in sorted(self._tools)]
