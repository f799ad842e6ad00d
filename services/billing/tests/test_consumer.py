"""The durable consumer on a real NATS server."""

import asyncio
from collections.abc import Iterable

from parley.v1 import events_pb2
from parley_billing.consumer import consuming
from parley_billing.ports import Decision, Invoice, UsageOf
from parley_billing.usage import Usage
from parley_core.bus import subjects
from parley_core.bus.connection import NatsBus
from parley_core.bus.log import CallLog
from parley_core.errors import Unavailable
from parley_core.ids import new_id


class Shelf:
    """A ledger in memory that can be away for a while."""

    def __init__(self, tenant: str, *, away: int = 0) -> None:
        self._tenant = tenant
        self._away = away
        self.arrived: asyncio.Queue[UsageOf] = asyncio.Queue(1000)

    async def add(self, usage: Iterable[UsageOf]) -> int:
        for one in usage:
            if one.tenant != self._tenant:
                continue
            if self._away:
                self._away -= 1
                raise Unavailable("database", "away")
            self.arrived.put_nowait(one)
        return 1

    async def find(self, tenant: str, call: str) -> Invoice | None:
        raise AssertionError("the consumer only adds")

    async def settle(self, tenant: str, call: str, usage: Iterable[Usage], decide: Decision) -> Invoice:
        raise AssertionError("the consumer only adds")

    async def next(self) -> UsageOf:
        return await asyncio.wait_for(self.arrived.get(), 15)


async def test_usage_is_kept_as_it_happens_and_after_a_restart(nats_url: str, bus: NatsBus, tenant: str) -> None:
    log = CallLog(bus, tenant, new_id(), "tts/w")
    shelf = Shelf(tenant)
    async with consuming(nats_url, "billing/w1", shelf):
        log.append(events_pb2.CallStarted())
        first = log.append(events_pb2.UsageMeasured(meter="tts_characters", provider="espeak", quantity=42_000))
        kept = await shelf.next()
        assert (kept.call, kept.usage.event, kept.usage.quantity) == (log.call, first.id, 42_000)
    missed = await log.append_stored(events_pb2.UsageMeasured(meter="sms", quantity=1000))
    async with consuming(nats_url, "billing/w2", shelf):
        assert (await shelf.next()).usage.event == missed.id
    assert shelf.arrived.empty()


async def test_usage_comes_back_while_the_database_is_away(nats_url: str, bus: NatsBus, tenant: str) -> None:
    log = CallLog(bus, tenant, new_id(), "tools/w")
    shelf = Shelf(tenant, away=1)
    async with consuming(nats_url, "billing/w3", shelf):
        event = await log.append_stored(events_pb2.UsageMeasured(meter="sms", quantity=1000))
        assert (await shelf.next()).usage.event == event.id


async def test_a_bad_message_stops_nothing(nats_url: str, bus: NatsBus, tenant: str) -> None:
    call = new_id()
    log = CallLog(bus, tenant, call, "tools/w")
    shelf = Shelf(tenant)
    async with consuming(nats_url, "billing/w4", shelf):
        await bus.post_stored(subjects.log(tenant, call, "UsageMeasured"), b"\xff\xff", message_id=new_id())
        await log.append_stored(events_pb2.UsageMeasured(meter="sms", quantity=-5))
        good = await log.append_stored(events_pb2.UsageMeasured(meter="sms", quantity=1000))
        assert (await shelf.next()).usage.event == good.id
