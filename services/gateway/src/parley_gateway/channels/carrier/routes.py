"""Which agent a called number reaches: `+15550100=acme/clinic, +15550101=acme/hotel`."""

from collections.abc import Mapping

from parley_core.errors import BadInput
from parley_core.ids import TOKEN

Route = tuple[str, str]  # tenant, agent


def parse_routes(text: str, where: str) -> Mapping[str, Route]:
    """Raises BadInput, naming the setting `where`."""
    routes: dict[str, Route] = {}
    for entry in filter(None, (one.strip() for one in text.split(","))):
        called, _, reached = (one.strip() for one in entry.partition("="))
        tenant, _, agent = reached.partition("/")
        if not called or not TOKEN.fullmatch(tenant) or not TOKEN.fullmatch(agent):
            raise BadInput(where, f"{entry!r} is not <number>=<tenant>/<agent>")
        routes[called] = (tenant, agent)
    return routes
