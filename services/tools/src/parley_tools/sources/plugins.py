"""Tools of Python packages: an entry point of the group `parley.tools` is a function that returns tools. Only those
that the rules name are loaded.
"""

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points

from parley_core.errors import BadInput, NotFound

from parley_tools.tool import Tool

GROUP = "parley.tools"


def plugin_tools(names: Iterable[str], found: Callable[[str], Iterable[EntryPoint]] | None = None) -> list[Tool]:
    """Raises NotFound for a name that no installed package has, BadInput for one that makes no tools."""
    points = {one.name: one for one in (found or _installed)(GROUP)}
    tools: list[Tool] = []
    for name in names:
        if name not in points:
            raise NotFound(f"entry point of {GROUP}", name)
        try:
            made = list(points[name].load()())
        except Exception as error:
            raise BadInput(f"plug-in {name}", f"cannot be loaded: {type(error).__name__}") from error
        tools += made
    return tools


def _installed(group: str) -> Iterable[EntryPoint]:
    return entry_points(group=group)
