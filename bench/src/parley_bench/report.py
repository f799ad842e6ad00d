"""Results for people and for programs: tables, and `bench.json`."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from parley_bench.measure import Row

GOALS = {"calls_10.overhead.p50": 15.0, "calls_10.overhead.p99": 40.0, "calls_30.cpu": 2.0}  # below these

_OF_CALLS = re.compile(r"calls_(\d+)\.(.+)")
_PERCENTILE = re.compile(r"(.+)\.(p\d+)")


def show(rows: Sequence[Row], console: Console) -> None:
    """Spoken calls side by side, one column for each number of calls; then the parts measured alone."""
    parts = [row for row in rows if not _OF_CALLS.fullmatch(row.name)]
    levels: dict[int, list[Row]] = {}
    for row in rows:
        if match := _OF_CALLS.fullmatch(row.name):
            levels.setdefault(int(match[1]), []).append(row)
    if levels:
        console.print(_calls_table(levels))
    if parts:
        console.print(_parts_table(parts))


def write(rows: Sequence[Row], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = [asdict(row) | {"value": None if math.isnan(row.value) else round(row.value, 6)} for row in rows]
    path.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


def _calls_table(levels: dict[int, list[Row]]) -> Table:
    table = Table(title="Spoken calls", header_style="bold")
    table.add_column("what", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    for calls in levels:
        table.add_column("1 call" if calls == 1 else f"{calls} calls", justify="right", no_wrap=True)
    lines: dict[str, tuple[str, dict[int, list[str]]]] = {}
    for calls, rows in levels.items():
        for row in rows:
            name = row.name.partition(".")[2]
            percentile = _PERCENTILE.fullmatch(name)
            if percentile and not name.startswith("turn."):
                name = percentile[1]
            _, cells = lines.setdefault(name, (row.unit, {}))
            cells.setdefault(calls, []).append(_with_goal(row))
    for name, (unit, cells) in lines.items():
        many = any(len(values) > 1 for values in cells.values())
        table.add_row(
            f"{name} (p50 / p95 / p99)" if many else name,
            unit,
            *(" / ".join(cells.get(calls, ["–"])) for calls in levels),
        )
    return table


def _parts_table(rows: Sequence[Row]) -> Table:
    table = Table(title="Parts alone", header_style="bold")
    for column in ("what", "value", "unit"):
        table.add_column(column, no_wrap=True, justify="right" if column == "value" else "left")
    table.add_column("conditions", overflow="fold")
    for row in rows:
        table.add_row(row.name, _number(row.value), row.unit, row.conditions)
    return table


def _with_goal(row: Row) -> str:
    goal = GOALS.get(row.name)
    if goal is None:
        return _number(row.value)
    return f"[{'green' if row.value < goal else 'red'}]{_number(row.value)}[/] (< {goal:g})"


def _number(value: float) -> str:
    if math.isnan(value):
        return "–"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4f}" if abs(value) < 0.1 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
