"""Results for people and for programs: a table, and `bench.json`."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from parley_bench.measure import Row

GOALS = {  # name of a row -> (limit, what the goal is called)
    "calls_10.overhead.p50": 15.0,
    "calls_10.overhead.p99": 40.0,
    "calls_30.cpu": 2.0,
}


def show(rows: Sequence[Row], console: Console) -> None:
    table = Table(title="Parley bench", header_style="bold")
    table.add_column("what", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("goal", justify="right", no_wrap=True)
    table.add_column("conditions", overflow="fold")
    group = ""
    for row in rows:
        if row.name.partition(".")[0] != group and group:
            table.add_section()
        group = row.name.partition(".")[0]
        goal = GOALS.get(row.name)
        style = "" if goal is None else ("green" if row.value < goal else "red")
        told = "" if goal is None else f"< {goal:g}"
        table.add_row(
            row.name,
            f"[{style}]{_number(row.value)}[/]" if style else _number(row.value),
            row.unit,
            told,
            row.conditions,
        )
    console.print(table)


def write(rows: Sequence[Row], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = [asdict(row) | {"value": None if math.isnan(row.value) else round(row.value, 6)} for row in rows]
    path.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


def _number(value: float) -> str:
    if math.isnan(value):
        return "–"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4f}" if abs(value) < 0.1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
