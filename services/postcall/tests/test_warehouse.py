"""The contract of the warehouse, on the fake and on ClickHouse's engine; then ClickHouse's own matters."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from clickhouse_connect.driver import create_async_client
from parley.v1 import llm_pb2
from parley_core.errors import Conflict, Unavailable
from parley_postcall import rows
from parley_postcall.messages import CallRef, CostRated, Outcome
from parley_postcall.stores import clickhouse as clickhouse_store
from parley_postcall.stores.clickhouse import clickhouse
from parley_postcall.stores.memory import MemoryWarehouse
from parley_testing.servers import free_port


class OnClickHouse:
    """The store, and its tables read back by a client of an analyst."""

    def __init__(self, store, client):
        self.store, self.client = store, client

    async def prepare(self):
        await self.store.prepare()

    async def check(self):
        await self.store.check()

    async def write(self, tables):
        await self.store.write(tables)

    async def events_of(self, tenant, call):
        return await self.store.events_of(tenant, call)

    async def rows(self, table, tenant, call):
        of_the_call = "WHERE tenant = {tenant:String} AND call = {call:String} ORDER BY ALL"
        query = f"SELECT * FROM parley.{table} FINAL {of_the_call}"
        found = await self.client.query(query, parameters={"tenant": tenant, "call": call})
        return list(found.named_results())


@pytest_asyncio.fixture
async def analyst(warehouse_url):
    client = await create_async_client(dsn=warehouse_url, autogenerate_session_id=False, tz_mode="aware")
    yield client
    await client.close()


@pytest_asyncio.fixture
async def on_clickhouse(warehouse_url, analyst):
    async with clickhouse(warehouse_url, timeout_s=20) as store:
        yield OnClickHouse(store, analyst)


@pytest.fixture(params=["memory", "clickhouse"])
def warehouse(request):
    return MemoryWarehouse() if request.param == "memory" else request.getfixturevalue("on_clickhouse")


@pytest.fixture
def outcome(tenant, call):
    return Outcome(
        CallRef(tenant, call), transcript_path="t.json", note="note-1", cost=CostRated(5, 30, "USD", {"m": 5})
    )


def tables_of(outcome, log, summary, written_us=2_000_000_000_000_000):
    return rows.tables_of(outcome, log, summary, written_us=written_us)


SUMMARY = llm_pb2.SummariseResponse(
    summary="Größe ✓", action_items=["a", "b"], sentiment="neutral", sentiment_score=0.25
)


class TestContract:
    async def test_rows_come_back_as_they_were_written(self, warehouse, outcome, events, tenant, call):
        written = tables_of(outcome, events, SUMMARY)
        await warehouse.write(written)
        for table in written:
            found = await warehouse.rows(table.name, tenant, call)
            assert len(found) == len(table.rows)
            for row in found:
                assert row in table.rows

    async def test_the_same_rows_twice_are_there_once(self, warehouse, outcome, events, tenant, call):
        for _ in range(2):
            await warehouse.write(tables_of(outcome, events, SUMMARY))
        assert len(await warehouse.rows("events", tenant, call)) == len(events)
        assert len(await warehouse.rows("calls", tenant, call)) == 1

    async def test_a_later_write_of_a_call_replaces_it(self, warehouse, outcome, events, tenant, call):
        await warehouse.write(tables_of(replace(outcome, cost=None, problems=["cost: TimedOut"]), events, None))
        await warehouse.write(tables_of(outcome, events, SUMMARY))
        (row,) = await warehouse.rows("calls", tenant, call)
        assert (row["cost_micros"], row["degraded"], row["summary"]) == (5, False, "Größe ✓")

    async def test_an_older_version_of_a_row_never_replaces_a_newer_one(self, warehouse, outcome, events, tenant, call):
        await warehouse.write(tables_of(outcome, events, SUMMARY))
        await warehouse.write(tables_of(replace(outcome, cost=None), events, None, written_us=1_900_000_000_000_000))
        (row,) = await warehouse.rows("calls", tenant, call)
        assert (row["cost_micros"], row["summary"]) == (5, "Größe ✓")

    async def test_it_knows_how_many_events_of_a_call_it_has(self, warehouse, outcome, events, tenant, call):
        assert await warehouse.events_of(tenant, call) == 0
        await warehouse.write(tables_of(outcome, events, SUMMARY))
        assert await warehouse.events_of(tenant, call) == len(events)

    async def test_a_tenant_sees_no_rows_of_another(self, warehouse, outcome, events, tenant, call):
        await warehouse.write(tables_of(outcome, events, SUMMARY))
        assert await warehouse.rows("calls", f"{tenant}x", call) == []

    async def test_preparing_again_changes_nothing(self, warehouse):
        await warehouse.prepare()
        await warehouse.prepare()
        await warehouse.check()


@pytest.mark.outside
async def test_a_warehouse_that_is_away_is_unavailable_and_works_when_it_comes():
    async with clickhouse(f"http://127.0.0.1:{free_port()}", timeout_s=2) as away:
        with pytest.raises(Unavailable):
            await away.prepare()
        with pytest.raises(Unavailable):
            await away.check()


async def test_a_version_that_was_changed_after_it_was_applied_stops_the_preparation(
    warehouse_url, on_clickhouse, monkeypatch
):
    await on_clickhouse.prepare()
    real = clickhouse_store._versions()
    monkeypatch.setattr(clickhouse_store, "_versions", lambda: [(1, real[0][1], real[0][2] + "-- changed")])
    async with clickhouse(warehouse_url, timeout_s=10) as again:
        with pytest.raises(Conflict):
            await again.prepare()


async def test_the_queries_of_the_readme_run(analyst, on_clickhouse, outcome, events, tenant):
    await on_clickhouse.write(tables_of(outcome, events, SUMMARY))
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    queries = re.findall(r"```sql\n(.*?)```", readme, re.DOTALL)
    assert len(queries) >= 5
    for query in queries:
        found = await analyst.query(query.strip().rstrip(";"), parameters={"tenant": tenant})
        assert found.row_count > 0, query


async def test_every_column_says_what_it_is(analyst, on_clickhouse):
    await on_clickhouse.prepare()
    tables = "SELECT name FROM system.tables WHERE database = 'parley' AND engine LIKE '%MergeTree'"
    bare = await analyst.query(
        f"SELECT table, name FROM system.columns WHERE database = 'parley' AND comment = '' AND table IN ({tables})"
    )
    assert bare.result_rows == []


async def test_views_show_a_row_written_again_once(analyst, on_clickhouse, outcome, events, tenant, call):
    await on_clickhouse.write(tables_of(replace(outcome, cost=None), events, None))
    await on_clickhouse.write(tables_of(outcome, events, SUMMARY, written_us=2_000_000_000_000_001))
    written = {table.name: len(table.rows) for table in tables_of(outcome, events, SUMMARY)}
    for table, count in written.items():
        found = await analyst.query(
            f"SELECT * FROM parley.v_{table} WHERE tenant = {{tenant:String}} AND call = {{call:String}}",
            parameters={"tenant": tenant, "call": call},
        )
        assert found.row_count == count, table
    ends = {"tenant": tenant, "call": call}
    costs = await analyst.query("SELECT meter, micros FROM parley.costs WHERE call = {call:String}", parameters=ends)
    assert costs.result_rows == [("m", 5)]
    running = await analyst.query("SELECT call FROM parley.live_calls WHERE call = {call:String}", parameters=ends)
    assert running.row_count == 0


async def test_one_call_and_a_tenants_month_read_only_their_part(analyst, on_clickhouse, outcome, events, tenant, call):
    """The key serves the call; ids grow with time, so the index of times serves the month."""
    await on_clickhouse.write(tables_of(outcome, events, SUMMARY))
    for condition, index in {
        "call = 'c-1'": "PrimaryKey\n        Keys:\n          tenant\n          call",
        "started_at >= '2026-09-01' AND started_at < '2026-10-01'": "by_time",
    }.items():
        explained = await analyst.query(
            "EXPLAIN indexes = 1 SELECT count() FROM parley.turns WHERE tenant = {tenant:String} AND " + condition,
            parameters={"tenant": tenant},
        )
        used = "\n".join(line for (line,) in explained.result_rows)
        assert re.sub(r"\s+", " ", index) in re.sub(r"\s+", " ", used), used
