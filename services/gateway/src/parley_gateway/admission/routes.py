"""Which agent a called number reaches: one table for every channel by which a number is called.

`+15550100=clinic +4930*=berlin/reception *=clinic`: entries of a number, or SIP user, and an agent or tenant/agent,
separated by blanks or commas. `*` ends a prefix; alone it stands for every other number. Where there are entries, a
number without one reaches no agent; where there are none, every number reaches the default agent.
"""

from dataclasses import dataclass

from parley_core.errors import BadInput
from parley_core.ids import TOKEN

SETTING = "PARLEY_GATEWAY_ROUTES"


@dataclass(frozen=True, slots=True)
class Route:
    tenant: str
    agent: str


class Routes:
    def __init__(self, table: str, default: Route) -> None:
        """`default`: also the tenant of agents that name none. Raises BadInput."""
        self._exact: dict[str, Route] = {}
        self._prefixes: list[tuple[str, Route]] = []
        entries = table.replace(",", " ").split()
        for entry in entries:
            called, equals, reached = entry.rpartition("=")
            if not equals or not called or "*" in called[:-1]:
                raise BadInput(SETTING, f"{entry!r} is not <number>=<agent>")
            route = _route(reached, default.tenant)
            if called.endswith("*"):
                self._prefixes.append((called[:-1], route))
            else:
                self._exact[called] = route
        self._prefixes.sort(key=lambda one: len(one[0]), reverse=True)
        self._other = None if entries else default

    def find(self, called: str) -> Route | None:
        """The exact number goes before the longest prefix. None: the number reaches no agent."""
        if called in self._exact:
            return self._exact[called]
        for prefix, route in self._prefixes:
            if called.startswith(prefix):
                return route
        return self._other


def _route(text: str, tenant: str) -> Route:
    named, _, agent = text.rpartition("/")
    for name in (named or tenant, agent):
        if not TOKEN.fullmatch(name):
            raise BadInput(SETTING, f"{text!r} is not an agent, or tenant/agent")
    return Route(named or tenant, agent)
