"""`parley sql --name` and `parley analytics`: the named queries, and synthetic calls to try them on."""

from datetime import UTC, datetime, time, timedelta

from parley_analytics.queries import named_queries, named_query, parameters
from parley_analytics.synthetic import statements
from parley_core import clock
from rich.console import Console
from rich.table import Table

from parley_cli.review import Rows, command, query
from parley_cli.target import Target


def show_list(console: Console) -> None:
    table = Table("name", "what it answers", box=None)
    for one in named_queries().values():
        table.add_row(one.name, one.title)
    console.print(table)


def text_of(name: str) -> str:
    """Raises BadInput for a name that there is not."""
    return named_query(name).sql


async def run_named(target: Target, name: str, tenant: str, days: int) -> Rows:
    """The rows of the last `days` days, today's included."""
    until = _now() + timedelta(minutes=1)
    period = parameters(tenant or target.tenant, until - timedelta(days=days), until)
    return await query(target, named_query(name).sql, period)


async def generate(target: Target, console: Console, *, calls: int, days: int, seed: int, tenant: str) -> None:
    today = datetime.combine(_now().date(), time(), UTC)
    common: dict[str, object] = {"tenant": tenant, "seed": seed, "days": days, "until": today}
    with console.status("making calls") as status:
        for done, sql, more in statements(calls):
            await command(target, sql, common | more)
            status.update(f"{done} of {calls} calls are there")
    console.print(f"{calls} calls of tenant {tenant}; try: parley sql --name end_to_end_latency --tenant {tenant}")


def _now() -> datetime:
    return datetime.fromtimestamp(clock.current().time_us() / 1e6, UTC)
