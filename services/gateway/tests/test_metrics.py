"""What the gateway counts towards its objectives."""

from collections import Counter
from collections.abc import Mapping

import pytest
from parley.v1 import events_pb2
from parley_core import telemetry
from parley_core.reasons import RefusalReason
from parley_gateway.metrics import Metrics


class Counting:
    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()

    def add(self, amount: int, attributes: Mapping[str, str] | None = None) -> None:
        self.counted[",".join((attributes or {}).values())] += amount


@pytest.fixture
def counters(monkeypatch: pytest.MonkeyPatch) -> dict[str, Counting]:
    made: dict[str, Counting] = {}
    monkeypatch.setattr(telemetry, "counter", lambda name, about: made.setdefault(name, Counting()))
    return made


def test_the_objectives_counters_begin_with_zero(counters: dict[str, Counting]) -> None:
    Metrics()
    assert counters["parley_gateway_offered"].counted == {"answered": 0, "platform": 0}
    assert "model" in counters["parley_gateway_dead_air"].counted


def test_a_refusal_counts_by_whose_doing_it_is(counters: dict[str, Counting]) -> None:
    metrics = Metrics()
    metrics.answered()
    metrics.not_set_up()
    metrics.turned_to_another()
    for reason in (
        RefusalReason.NOBODY_FREE,
        RefusalReason.LOW_DISK,
        RefusalReason.TENANT_LIMIT,
        RefusalReason.ADDRESS_RATE,
    ):
        metrics.turned_away(reason)
    assert counters["parley_gateway_offered"].counted == {
        "answered": 1,
        "platform": 3,
        "moved": 1,
        "business": 1,
        "caller": 1,
    }
    assert counters["parley_gateway_refused"].counted["nobody_free"] == 1


def test_a_turn_without_a_sound_for_three_seconds_is_dead_air_of_its_longest_part(
    counters: dict[str, Counting],
) -> None:
    metrics = Metrics()
    metrics.turn(events_pb2.TurnMeasured(total_us=2_900_000, model_us=2_000_000, pause_us=900_000))
    assert not counters["parley_gateway_dead_air"].counted.total()
    metrics.turn(events_pb2.TurnMeasured(total_us=3_100_000, model_us=2_000_000, pause_us=1_100_000))
    assert (
        counters["parley_gateway_dead_air"].counted["model"] == counters["parley_gateway_dead_air"].counted.total() == 1
    )
