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

GOALS = {  # below these
    "calls_10.latency.p50": 380.0,
    "calls_10.latency.p95": 420.0,
    "calls_10_no_drafts.overhead.p50": 15.0,
    "calls_10_no_drafts.overhead.p99": 40.0,
    "calls_30.cpu": 2.0,
    "barge_in.ducked.p95": 120.0,
    "barge_in.silent.p50": 260.0,
    "barge_in.silent.p95": 350.0,
}
# Quoted, not measured here: how they come to them is in README.md.
PEERS_SILENT_P50 = {"Pipecat": "268", "LiveKit Agents, tuned": "225", "LiveKit Agents, as it comes": "522"}

_OF_CALLS = re.compile(r"calls_(\d+)(_no_drafts)?\.(.+)")
_BARGE_IN = re.compile(r"barge_in\.(.+)")
_PERCENTILE = re.compile(r"(.+)\.(p\d+)")


def show(rows: Sequence[Row], console: Console) -> None:
    """Spoken calls side by side, one column for each number of calls; barge-in; then the parts measured alone."""
    levels: dict[str, list[Row]] = {}
    barge_in: list[Row] = []
    parts: list[Row] = []
    for row in rows:
        if match := _OF_CALLS.fullmatch(row.name):
            calls = "1 call" if match[1] == "1" else f"{match[1]} calls"
            levels.setdefault(calls + (", no drafts" if match[2] else ""), []).append(row)
        else:
            (barge_in if _BARGE_IN.fullmatch(row.name) else parts).append(row)
    if levels:
        console.print(_calls_table(levels))
    if barge_in:
        console.print(_barge_in_table(barge_in))
    if parts:
        console.print(_parts_table(parts))


def write(rows: Sequence[Row], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = [asdict(row) | {"value": None if math.isnan(row.value) else round(row.value, 6)} for row in rows]
    path.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


def _calls_table(levels: dict[str, list[Row]]) -> Table:
    table = Table(title="Spoken calls", header_style="bold")
    table.add_column("what", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    for calls in levels:
        table.add_column(calls, justify="right", no_wrap=True)
    lines: dict[str, tuple[str, dict[str, list[str]]]] = {}
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


def _barge_in_table(rows: Sequence[Row]) -> Table:
    table = Table(title="Barge-in: from the caller's first sound, at the caller's ear", header_style="bold")
    table.add_column("what", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("Parley", justify="right", no_wrap=True)
    for peer in PEERS_SILENT_P50:
        table.add_column(f"{peer} (quoted)", justify="right")
    lines: dict[str, tuple[str, list[str]]] = {}
    for row in rows:
        name = row.name.partition(".")[2]
        percentile = _PERCENTILE.fullmatch(name)
        lines.setdefault(percentile[1] if percentile else name, (row.unit, []))[1].append(_with_goal(row))
    for name, (unit, values) in lines.items():
        peers = {"ducked": ["never"] * len(PEERS_SILENT_P50), "silent": list(PEERS_SILENT_P50.values())}
        told = f"{name} (p50 / p95 / p99)" if len(values) > 1 else name
        table.add_row(told, unit, " / ".join(values), *peers.get(name, ["–"] * len(PEERS_SILENT_P50)))
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
