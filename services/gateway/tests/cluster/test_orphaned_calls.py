"""The search for calls of lost gateways while the bus does not answer."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import pytest
from parley_core.errors import ParleyError, TimedOut, Unavailable
from parley_gateway.cluster.orphaned_calls import OrphanedCalls

FROZEN, GONE = TimedOut("NATS", 5.0), Unavailable("NATS", "reconnecting")


class FailingLeases:
    """Fails as told, then finds nothing, for ever."""

    def __init__(self, outcomes: Sequence[ParleyError | None]) -> None:
        self._outcomes = iter(outcomes)
        self.done = asyncio.Event()

    async def every(self) -> list[Any]:
        outcome = next(self._outcomes, self)
        if outcome is self:
            self.done.set()
        elif isinstance(outcome, ParleyError):
            raise outcome
        return []


async def searched(outcomes: Sequence[ParleyError | None], monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: Any = None
    leases: Any = FailingLeases(outcomes)
    monkeypatch.setattr("parley_gateway.cluster.orphaned_calls.LOOK_EVERY_S", 0.0)
    task = asyncio.create_task(OrphanedCalls(nothing, "gateway-1", leases, nothing, hold_s=15.0).run())
    try:
        async with asyncio.timeout(30):
            await leases.done.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_frozen_bus_is_logged_once(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    with caplog.at_level(logging.INFO, logger="parley_gateway.cluster.orphaned_calls"):
        await searched([FROZEN] * 5 + [GONE] * 3 + [None] * 2 + [FROZEN], monkeypatch)
    assert [(one.levelname, getattr(one, "error", "")) for one in caplog.records] == [
        ("WARNING", "TimedOut"),
        ("WARNING", "Unavailable"),
        ("INFO", ""),
        ("WARNING", "TimedOut"),
        ("INFO", ""),
    ]
