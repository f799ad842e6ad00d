"""The live feed: rows while calls run, each once, whatever is delivered again or to another worker."""

import asyncio

import pytest
from clickhouse_connect.driver import create_async_client
from parley.v1 import events_pb2
from parley_core.bus import subjects
from parley_core.bus.log import CallLog
from parley_core.errors import BadInput, Unavailable
from parley_postcall.activities import Activities
from parley_postcall.live import Arrived, LiveFeed, feeding
from parley_postcall.messages import CallRef, CostRated, Outcome
from parley_postcall.peers import BusLogs
from parley_postcall.rows import KEYS, tables_of
from parley_postcall.stores.clickhouse import clickhouse
from parley_postcall.stores.memory import MemoryWarehouse


async def everything(warehouse, tenant, call):
    found = {name: await warehouse.rows(name, tenant, call) for name in KEYS}
    return {name: [{k: v for k, v in row.items() if k != "written_at"} for row in rows] for name, rows in found.items()}


@pytest.fixture
def whole(events, tenant, call):
    """The rows of the ended call, made from its whole log at once."""
    made = tables_of(Outcome(CallRef(tenant, call)), events, None, written_us=1)
    return {
        table.name: sorted(
            ({k: v for k, v in row.items() if k != "written_at"} for row in table.rows),
            key=lambda row: str(tuple(row[column] for column in KEYS[table.name])),
        )
        for table in made
    }


def ordered(found):
    return {
        name: sorted(rows, key=lambda row: str(tuple(row[column] for column in KEYS[name])))
        for name, rows in found.items()
    }


async def test_the_rows_of_a_running_call_are_there(events, tenant, call, stored_logs, arrivals, redaction):
    warehouse = MemoryWarehouse()
    await LiveFeed(stored_logs(events[:8]), warehouse, redaction).take(arrivals(events[:8]))
    (row,) = await warehouse.rows("calls", tenant, call)
    assert (row["agent"], row["turns"], row["end_reason"], row["fault_owner"]) == ("clinic", 1, "", "")
    turns = await warehouse.rows("turns", tenant, call)
    assert [(turn["turn"], turn["caller_text"]) for turn in turns] == [(0, ""), (1, "are you open on saturday")]


@pytest.mark.parametrize("size", [1, 3, 100])
async def test_batches_of_any_size_leave_the_rows_of_the_whole_log(
    events, tenant, call, whole, size, stored_logs, arrivals, redaction
):
    warehouse = MemoryWarehouse()
    stored = stored_logs(events)
    feed = LiveFeed(stored, warehouse, redaction)
    given = arrivals(events)
    for at in range(0, len(given), size):
        stored.logs[tenant, call] = events[: at + size]
        await feed.take(given[at : at + size])
    assert ordered(await everything(warehouse, tenant, call)) == whole
    assert stored.reads == 1


async def test_a_batch_that_comes_again_and_batches_of_two_workers_leave_the_same_rows(
    events, tenant, call, whole, stored_logs, arrivals, redaction
):
    warehouse = MemoryWarehouse()
    stored = stored_logs(events)
    first, second = LiveFeed(stored, warehouse, redaction), LiveFeed(stored, warehouse, redaction)
    given = arrivals(events)
    for at, feed in ((0, first), (5, second), (10, first), (5, first), (10, second), (15, first), (20, second)):
        await feed.take(given[at : at + 5])
    assert ordered(await everything(warehouse, tenant, call)) == whole


async def test_a_warehouse_that_is_away_gets_the_batch_again(
    events, tenant, call, whole, stored_logs, arrivals, redaction
):
    warehouse = MemoryWarehouse()
    feed = LiveFeed(stored_logs(events), warehouse, redaction)
    warehouse.down = True
    with pytest.raises(Unavailable):
        await feed.take(arrivals(events))
    warehouse.down = False
    await feed.take(arrivals(events, delivery=1 + len(events)))
    assert ordered(await everything(warehouse, tenant, call)) == whole


async def test_what_the_workflow_wrote_stays_when_the_feed_comes_late(
    events, tenant, call, stored_logs, arrivals, redaction
):
    warehouse = MemoryWarehouse()
    outcome = Outcome(CallRef(tenant, call), cost=CostRated(5, 30, "USD", {"m": 5}))
    await warehouse.write(tables_of(outcome, events, None, written_us=events[-1].time_us + 1))
    late = events_pb2.Event(id="tts:9", tenant=tenant, call=call, source="tts", time_us=events[-1].time_us + 10**7)
    late.usage_measured.CopyFrom(events_pb2.UsageMeasured(meter="tts_characters", quantity=1000, turn=1))
    finished = events_pb2.Event(id="p:1", tenant=tenant, call=call, time_us=late.time_us + 1)
    finished.postcall_finished.CopyFrom(events_pb2.PostcallFinished(summary="words"))
    log = [*events, late, finished]
    await LiveFeed(stored_logs(log), warehouse, redaction).take(arrivals(log))
    (row,) = await warehouse.rows("calls", tenant, call)
    assert row["cost_micros"] == 5
    assert len(await warehouse.rows("usage", tenant, call)) == 3
    assert [one for one in await warehouse.rows("events", tenant, call) if one["name"] == "PostcallFinished"] == []


async def test_unreadable_events_and_refused_rows_hold_up_no_other_call(
    events, tenant, call, whole, stored_logs, arrivals, redaction
):
    class Picky(MemoryWarehouse):
        async def write(self, tables):
            if any(row["call"] == "c-odd" for table in tables for row in table.rows):
                raise BadInput("warehouse row", "refused")
            await super().write(tables)

    warehouse = Picky()
    odd = events_pb2.Event(id="x:1", tenant=tenant, call="c-odd", time_us=1)
    odd.digits_entered.CopyFrom(events_pb2.DigitsEntered(digits="1"))
    feed = LiveFeed(stored_logs(events), warehouse, redaction)
    garbage = Arrived(subjects.log(tenant, "c-x", "Heard"), b"\xff\xff", 1, 1)
    foreign = Arrived(subjects.log(tenant, "c-other", "Heard"), events[0].SerializeToString(), 2, 2)
    await feed.take([garbage, foreign, *arrivals([odd, *events], first=3, delivery=3)])
    assert ordered(await everything(warehouse, tenant, call)) == whole


async def test_the_feed_follows_the_stream_into_clickhouse_and_the_workflow_adds_what_it_knows(
    bus, nats_url, warehouse_url, end_call, parts, tenant, call, redaction
):
    client = await create_async_client(dsn=warehouse_url, autogenerate_session_id=False)

    async def rows(sql):
        return (await client.query(sql, parameters={"tenant": tenant, "call": call})).result_rows

    async def until(sql, wanted):
        async with asyncio.timeout(60):
            while await rows(sql) != wanted:  # noqa: ASYNC110 - ClickHouse tells nobody of its rows
                await asyncio.sleep(0.05)

    mine = "tenant = {tenant:String} AND call = {call:String}"
    async with clickhouse(warehouse_url, timeout_s=30) as store:
        await store.prepare()
        feed = LiveFeed(BusLogs(bus), store, redaction)
        async with feeding(nats_url, "feed", feed, linger_s=0.1, delay_max_s=1):
            running = events_pb2.CallStarted()
            running.session.tenant, running.session.call, running.session.agent = tenant, f"{call}r", "clinic"
            await CallLog(bus, tenant, f"{call}r", "gateway/g1").append_stored(running)
            alive = f"SELECT agent FROM parley.live_calls WHERE tenant = {{tenant:String}} AND call = '{call}r'"
            await until(alive, [("clinic",)])
            await end_call(call)
            await until(f"SELECT end_reason FROM parley.v_calls WHERE {mine}", [("caller_hung_up",)])
            log = await BusLogs(bus).read(tenant, call)
            await until(f"SELECT count() FROM parley.v_events WHERE {mine}", [(len(log),)])
        works = Activities(**{name: getattr(parts, name) for name in parts.__dataclass_fields__} | {"warehouse": store})
        written = []
        real = store.write

        async def write(tables):
            written.extend(table.name for table in tables)
            await real(tables)

        store.write = write
        counts = await works.write_rows(Outcome(CallRef(tenant, call), cost=CostRated(5, 30, "USD", {"m": 5})))
        assert written == ["turns", "sentences", "tool_calls", "calls"]
        assert counts.rows["events"] == len(log)
        assert await rows(f"SELECT cost_micros FROM parley.v_calls WHERE {mine}") == [(5,)]
    await client.close()
