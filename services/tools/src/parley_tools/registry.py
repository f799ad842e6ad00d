"""The tools of this process by name: the platform's own, and those that tenants bring."""

import re
from collections.abc import Collection, Iterable

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from parley_core.errors import BadInput, Conflict, NotFound

from parley_tools.tool import Tool

DEFAULT = ""  # stands for every tenant without rules of its own


class Registry:
    """Knows every tool. A tool with a wrong description stops the start."""

    def __init__(self, tools: Iterable[Tool], tenants: Collection[str] = ()) -> None:
        """`tenants`: those with rules of their own, for whom the default's tools are not."""
        self._tenants = frozenset(tenants)
        self._brought: dict[str, dict[str, Tool]] = {}
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            self._put(self._tools, tool)

    def add(self, tenant: str, tools: Iterable[Tool]) -> None:
        """Tools that one tenant brings, or the default. Raises BadInput, and Conflict for a name that is taken."""
        brought = self._brought.setdefault(tenant, {})
        for tool in tools:
            if tool.spec.name in self._tools:
                raise Conflict(f"tool {tool.spec.name}", "the platform has one of this name")
            self._put(brought, tool)

    def named(self, name: str, tenant: str = DEFAULT) -> Tool:
        """Raises NotFound."""
        found = self._tools.get(name) or self._of(tenant).get(name)
        if found is None:
            raise NotFound("tool", name)
        return found

    def all(self, tenant: str = DEFAULT) -> list[Tool]:
        known = {**self._tools, **self._of(tenant)}
        return [known[name] for name in sorted(known)]

    def _of(self, tenant: str) -> dict[str, Tool]:
        return self._brought.get(tenant if tenant in self._tenants else DEFAULT, {})

    @staticmethod
    def _put(tools: dict[str, Tool], tool: Tool) -> None:
        spec = tool.spec
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", spec.name):
            raise BadInput("tool", f"{spec.name!r} is not a name of a-z, 0-9 and '_'")
        if spec.name in tools:
            raise Conflict(f"tool {spec.name}", "there are two of this name")
        for what, schema in (("parameters", spec.parameters), ("result", spec.result)):
            try:
                Draft202012Validator.check_schema(schema)
            except SchemaError as error:
                raise BadInput(f"tool {spec.name}", f"its {what} are no JSON Schema: {error.message[:200]}") from None
        tools[spec.name] = tool
