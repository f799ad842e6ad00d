"""`parley sql --name` and `parley analytics`: the named queries, and synthetic calls to try them on."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from parley_analytics.queries import named_queries, named_query, parameters
from parley_analytics.synthetic import statements
from parley_core import clock
from parley_core.errors import BadInput
from rich.console import Console
from rich.table import Table

from parley_cli.review import Rows, command, query, show_rows
from parley_cli.target import Target


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `parley sql` is asked: a statement, a named query or their list."""

    statement: str
    name: str
    listed: bool
    show: bool
    days: int
    tenant: str
    as_lines: bool


async def answer(wanted: Wanted, console: Console) -> None:
    """Raises BadInput where not one of the three is asked."""
    if sum((bool(wanted.statement), bool(wanted.name), wanted.listed)) != 1:
        raise BadInput("sql", "takes a statement, --name or --list, one of them")
    if wanted.listed:
        show_list(console)
    elif wanted.name and wanted.show:
        print(named_query(wanted.name).sql)
    else:
        target = Target.from_environment()
        if wanted.name:
            rows = await run_named(target, wanted.name, wanted.tenant, wanted.days)
        else:
            rows = await query(target, wanted.statement)
        _show(rows, console, as_lines=wanted.as_lines)


def _show(rows: Rows, console: Console, *, as_lines: bool) -> None:
    if not as_lines:
        show_rows(console, rows)
        return
    for row in rows.rows:
        print(json.dumps(dict(zip(rows.columns, row, strict=True)), default=str, ensure_ascii=False))


def show_list(console: Console) -> None:
    table = Table("name", "what it answers", box=None)
    for one in named_queries().values():
        table.add_row(one.name, one.title)
    console.print(table)


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
