"""The named queries: one SQL file each in `sql`, its first line says what it answers. Used by the `parley` command, the
bench and boards.

Every query reads the views of the database `parley` (postcall's `stores/ddl`) for one tenant and one period: the
parameters `tenant`, `since` and `until`.
"""

from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from parley_core.errors import BadInput


@dataclass(frozen=True, slots=True)
class NamedQuery:
    name: str
    title: str
    sql: str


def named_queries() -> dict[str, NamedQuery]:
    """By name, in the order of the names."""
    found = {}
    for file in sorted(resources.files("parley_analytics").joinpath("sql").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".sql"):
            first, _, sql = file.read_text(encoding="utf-8").partition("\n")
            name = file.name.removesuffix(".sql")
            found[name] = NamedQuery(name, first.removeprefix("-- ").strip(), sql.strip())
    return found


def named_query(name: str) -> NamedQuery:
    """Raises BadInput, naming those that there are."""
    queries = named_queries()
    if name not in queries:
        raise BadInput("query", f"{name!r} is not one of {', '.join(queries)}")
    return queries[name]


def parameters(tenant: str, since: datetime, until: datetime) -> dict[str, object]:
    """What every named query takes; times in UTC."""
    return {"tenant": tenant, "since": since, "until": until}
