import json
import math
from pathlib import Path

import pytest
from parley_bench.measure import Row, percentile, spread_rows
from parley_bench.report import write


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], share) == value


def test_nothing_measured_is_no_number() -> None:
    assert math.isnan(percentile([], 0.5))


def test_a_distribution_is_three_rows_with_its_size() -> None:
    rows = spread_rows("calls_1.latency", [1.0, 2.0], "ms", "1 call")
    assert [row.name for row in rows] == ["calls_1.latency.p50", "calls_1.latency.p95", "calls_1.latency.p99"]
    assert {row.conditions for row in rows} == {"1 call, n=2"}


def test_the_file_is_a_list_of_objects(tmp_path: Path) -> None:
    path = tmp_path / "var" / "bench.json"
    write([Row("a", 1.5, "ms", "here"), Row("b", math.nan, "ms", "nothing came")], path)
    assert json.loads(path.read_text()) == [
        {"name": "a", "value": 1.5, "unit": "ms", "conditions": "here"},
        {"name": "b", "value": None, "unit": "ms", "conditions": "nothing came"},
    ]
