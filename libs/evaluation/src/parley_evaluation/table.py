"""A run's figures as a table, with counts, intervals and goals. Pure; `run` prints it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from parley_evaluation import pauses
from parley_evaluation.recording import Kind
from parley_evaluation.results import Figures, Mean, Rate

HIDDEN_BELOW = 10  # events: τ-voice shows no rate of fewer


@dataclass(frozen=True, slots=True)
class Row:
    """`least` or `most`: the goal."""

    name: str
    value: float
    interval: tuple[float, float] = (math.nan, math.nan)
    count: int = 0
    unit: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def reached(self) -> bool | None:
        if math.isnan(self.value) or (self.least is None and self.most is None):
            return None
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)


def rows(found: Figures) -> list[Row]:
    panel = found.panel
    yields = Rate(len(panel.yields_s), panel.interruptions)
    responses = Rate(len(panel.responses_s), panel.turns)
    started_over = Rate(panel.agent_interruptions, panel.turns)
    listed = [
        _mean("L_R, response latency", panel.responses_s, "s"),
        _rate("R_R, responses", responses),
        _mean("L_Y, time to yield", panel.yields_s, "s", most=0.4),
        _mean("the same, not rounded to ticks", panel.exact_yields_s, "s"),
        _rate("R_Y, yields to an interruption", yields, least=0.95),
        _rate("I_A, interruptions of the caller", started_over, most=0.05),
        _held("S_BC, holds through backchannels", Kind.BACKCHANNEL, found, least=0.9),
        _held("S_VT, holds through vocal tics", Kind.VOCAL_TIC, found, least=0.9),
        _held("S_ND, holds through side talk", Kind.NON_DIRECTED, found, least=0.9),
        _held("holds through noise bursts", Kind.NOISE, found),
        _held("holds through television", Kind.TELEVISION, found),
        _mean("EVA turn-taking", found.eva, "", least=0.88),
    ]
    if found.echo_answers:
        quiet = Rate(max(0, found.echo_answers - found.echo_interruptions), found.echo_answers)
        listed.append(_rate("answers not stopped by their own echo", quiet, least=0.95))
    listed += _pause_rows(found.cases)
    for name, rate in (
        ("take-overs in pauses (Full-Duplex-Bench)", found.pause_take_overs),
        ("take-overs after turns (Full-Duplex-Bench)", found.turn_take_overs),
    ):
        if rate.whole:
            listed.append(_rate(name, rate))
    return listed


def markdown(listed: Sequence[Row]) -> str:
    lines = ["| | measured | 95 % interval | events | goal | |", "|---|---|---|---|---|---|"]
    for one in listed:
        shown = one.count >= HIDDEN_BELOW
        reached = "" if one.reached is None or not shown else ("yes" if one.reached else "no")
        cells = (
            one.name,
            _number(one.value, one.unit) if shown else f"fewer than {HIDDEN_BELOW} events",
            f"{_number(one.interval[0])} to {_number(one.interval[1])}"
            if shown and not math.isnan(one.interval[0])
            else "",
            str(one.count),
            _goal(one),
            reached,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def as_json(listed: Sequence[Row]) -> list[dict[str, object]]:
    return [
        {
            "name": one.name,
            "value": None if math.isnan(one.value) else round(one.value, 4),
            "interval": None if math.isnan(one.interval[0]) else [round(end, 4) for end in one.interval],
            "events": one.count,
            "least": one.least,
            "most": one.most,
            "reached": one.reached,
        }
        for one in listed
    ]


def _pause_rows(cases: Sequence[pauses.PauseCase]) -> list[Row]:
    inner = sum(not one.true_end for one in cases)
    if not inner:
        return []
    points = pauses.sweep(cases)
    now = points[0]
    cut = Rate(round(now.false_rate * inner), inner)
    listed = [
        _rate("pauses taken for the end", cut),
        Row("delay after the true end", now.delay_s, count=len(cases) - inner, unit="s"),
        Row(f"delay at {pauses.FALSE_RATE:.0%} of them", pauses.delay_at(points), count=inner, unit="s"),
    ]
    for budget_s in pauses.BUDGETS_S:
        rate = pauses.false_rate_at(points, budget_s)
        listed.append(Row(f"pauses taken for the end at a delay of {budget_s} s", rate, count=inner))
    return listed


def _held(name: str, kind: Kind, found: Figures, least: float | None = None) -> Row:
    events = found.panel.events.get(kind, 0)
    return _rate(name, Rate(events - found.panel.errors.get(kind, 0), events), least=least)


def _rate(name: str, rate: Rate, *, least: float | None = None, most: float | None = None) -> Row:
    return Row(name, rate.value, rate.interval, rate.whole, least=least, most=most)


def _mean(
    name: str, values: Sequence[float], unit: str, *, least: float | None = None, most: float | None = None
) -> Row:
    mean = Mean(tuple(values))
    return Row(name, mean.value, mean.interval, len(values), unit, least=least, most=most)


def _number(value: float, unit: str = "") -> str:
    if math.isnan(value):
        return "none"
    return f"{value:.3f} {unit}".rstrip()


def _goal(one: Row) -> str:
    if one.least is not None:
        return f"≥ {one.least:g}"
    return f"≤ {one.most:g}" if one.most is not None else ""
