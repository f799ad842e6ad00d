"""The named queries on the tables: what they answer of a known call, and that each answers something of many."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from clickhouse_connect.driver import create_async_client
from parley.v1 import events_pb2, llm_pb2, session_pb2
from parley_analytics.queries import named_queries, parameters
from parley_analytics.synthetic import statements
from parley_postcall.messages import CallRef, CostRated, Outcome
from parley_postcall.rows import tables_of
from parley_postcall.stores.clickhouse import clickhouse

UNTIL = datetime(2026, 9, 30, tzinfo=UTC)  # the known call is of 2026-09-21
SUMMARY = llm_pb2.SummariseResponse(summary="Booked.", sentiment="positive", sentiment_score=0.5)


@pytest_asyncio.fixture
async def store(warehouse_url):
    async with clickhouse(warehouse_url, timeout_s=60) as store:
        await store.prepare()
        yield store


@pytest_asyncio.fixture
async def ask(warehouse_url, tenant):
    client = await create_async_client(dsn=warehouse_url, autogenerate_session_id=False)

    async def asked(name, *, of="", days=30):
        given = parameters(of or tenant, UNTIL - timedelta(days=days), UNTIL)
        found = await client.query(named_queries()[name].sql, parameters=given)
        return [dict(zip(found.column_names, row, strict=True)) for row in found.result_rows]

    asked.client = client
    yield asked
    await client.close()


async def test_a_known_call_is_counted_as_it_was(store, ask, events, tenant, call):
    """Greeting, an answer that was cut off, a booking after one timed-out attempt; ended by the caller after 10 s."""
    searched = events_pb2.Event(id="llm:90", tenant=tenant, call=call, source="llm", time_us=events[8].time_us)
    searched.knowledge_searched.CopyFrom(events_pb2.KnowledgeSearched(turn=1, query="saturday"))
    tripped = events_pb2.Event(id="llm:91", tenant=tenant, call=call, source="llm", time_us=events[8].time_us)
    tripped.guardrail_tripped.CopyFrom(events_pb2.GuardrailTripped(turn=1, rule="unproven_claim", side="agent"))
    outcome = Outcome(CallRef(tenant, call), cost=CostRated(1200, 7200, "USD", {"asr_seconds": 900, "sms": 300}))
    log = [*events[:9], searched, tripped, *events[9:]]
    written_us = log[-1].time_us + 1
    for _ in range(2):  # written again: counted once
        await store.write(tables_of(outcome, log, SUMMARY, written_us=written_us))
    refused = events_pb2.CallRefused(reason="busy")
    refused.session.CopyFrom(session_pb2.Session(agent="clinic"))
    turned_away = events_pb2.Event(id="g:1", time_us=events[0].time_us, call_refused=refused)
    other = Outcome(CallRef(tenant, f"{call}x"))
    await store.write(tables_of(other, [turned_away], None, written_us=written_us))

    expected = {
        "end_to_end_latency": {"agent": "clinic", "turns": 1, "p50": 700.0},
        "response_time": {"p95": 200.0, "model": 100.0, "bus": 100.0},
        "call_drop_rate": {"calls": 1, "dropped": 0},
        "interruption_success": {"interruptions": 1, "understood": 1, "percent": 100.0},
        "tool_failures": {"tool": "book_appointment", "uses": 1, "failed": 0, "retries": 1},
        "hand_off_rate": {"calls": 1, "handed": 0},
        "hallucination_reports": {"rule": "agent: unproven_claim", "reports": 1},
        "satisfaction": {"calls": 1, "positive": 100.0, "mean": 0.5},
        "cost_per_minute": {"per_minute": 0.0072, "calls": 1},
        "cost_by_part": {"meter": "asr_seconds", "percent": 75.0},
        "audio_minutes": {"on_the_line": 0.2, "recognised": 0.0},
        "containment": {"calls": 1, "contained": 1},
        "first_call_resolution": {"percent": 100.0, "callers": 1},
        "experiments": {"version": 3, "successes": 1, "percent": 100.0},
        "unanswered_questions": {"asked": "are you open on saturday", "times": 1},
        "refusals": {"reason": "busy", "callers": 1},
        "spam": {"calls": 1, "silent": 0},
        "calls_per_day": {"calls": 2, "bookings": 1},
    }
    for name, wanted in expected.items():
        first = (await ask(name))[0]
        assert {column: pytest.approx(first[column]) for column in wanted} == wanted, name
    owners = {(row["owner"], row["reason"], row["refused"]): row["calls"] for row in await ask("fault_owners")}
    assert owners == {("caller", "caller_hung_up", False): 1, ("platform", "busy", True): 1}


async def test_every_query_answers_something_of_synthetic_calls(store, ask, tenant):
    common = {"tenant": tenant, "seed": 7, "days": 28, "until": UNTIL}
    for _, sql, more in statements(1500):
        await ask.client.command(sql, parameters=common | more)
    for name in named_queries():
        rows = await ask(name)
        assert rows or name == "live_calls", name
    drops = await ask("call_drop_rate")
    assert {row["channel"] for row in drops} == {"sip", "twilio", "webrtc", "websocket"}
    assert all(0 <= row["percent"] < 15 for row in drops)
    assert sum(row["calls"] for row in await ask("calls_per_day")) == 1500
    assert await ask("calls_per_day", of=f"{tenant}x") == []


async def test_the_same_seed_makes_the_same_calls(store, ask, tenant):
    sums = []
    for name in (f"{tenant}a", f"{tenant}b"):
        for _, sql, more in statements(200):
            await ask.client.command(sql, parameters={"tenant": name, "seed": 3, "days": 28, "until": UNTIL} | more)
        query = (
            "SELECT sum(cityHash64(call, started_at, turns, cost_micros)) FROM parley.calls WHERE tenant = {t:String}"
        )
        sums.append((await ask.client.query(query, parameters={"t": name})).result_rows)
    assert sums[0] == sums[1]
