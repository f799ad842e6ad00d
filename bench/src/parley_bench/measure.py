"""What a measurement is: a named number with its unit and conditions, and distributions in three numbers."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table and one object of `bench.json`."""

    name: str
    value: float
    unit: str
    conditions: str


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed, by the nearest rank; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread_rows(name: str, values: Iterable[float], unit: str, conditions: str) -> list[Row]:
    """p50, p95 and p99 of a distribution."""
    listed = list(values)
    where = f"{conditions}, n={len(listed)}"
    return [Row(f"{name}.p{round(share * 100)}", percentile(listed, share), unit, where) for share in (0.5, 0.95, 0.99)]
