"""The service as its own process: ready when its parts are, killed in the middle, told to stop."""

import asyncio
import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from clickhouse_connect.driver import create_async_client
from parley_core.bus.log import await_event, read_log
from parley_core.errors import BadInput
from parley_core.runtime import Runtime
from parley_core.settings import load
from parley_postcall import messages
from parley_postcall.settings import PostcallSettings
from parley_postcall.stores import crm
from parley_postcall.tuning import PostcallTuning
from parley_postcall.worker import PostcallWorker
from parley_store.engine import engine, reading
from parley_testing.servers import free_port
from sqlalchemy import select
from temporalio.service import RPCError

IMPATIENT = Path(__file__).parent / "processes" / "impatient.py"


@contextmanager
def worker(environment, log):
    """The service's process; killed at the end where it still runs."""
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, str(IMPATIENT)], env=environment, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def health(port):
    """The health report; {} while nobody answers."""

    def read():
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                return json.load(answer)
        except HTTPError as error:
            return json.load(error)
        except (URLError, ConnectionError, TimeoutError):
            return {}

    return await asyncio.to_thread(read)


async def until(question, timeout_s=40):
    """Ask until the answer is true; returns it."""
    async with asyncio.timeout(timeout_s):
        while True:
            if answer := await question():
                return answer
            await asyncio.sleep(0.1)


async def count(url, tenant, call):
    client = await create_async_client(dsn=url, autogenerate_session_id=False)
    try:
        counts = {}
        for table in ("calls", "turns", "events", "usage", "tool_calls"):
            query = (
                f"SELECT count() FROM parley.{table} FINAL WHERE tenant = {{tenant:String}} AND call = {{call:String}}"
            )
            counts[table] = (await client.query(query, parameters={"tenant": tenant, "call": call})).first_row[0]
        return counts
    finally:
        await client.close()


async def test_a_worker_killed_between_the_parts_repeats_nothing_and_loses_nothing(
    environment, start_warehouse, end_call, temporal, peers, bus, tmp_path, tenant, call
):
    warehouse_port = free_port()  # nobody listens there yet: the workflow gets as far as the rows
    values = environment(PARLEY_CLICKHOUSE_URL=f"http://127.0.0.1:{warehouse_port}")
    handle = temporal.get_workflow_handle(messages.workflow_id(tenant, call))

    async def trying_rows():
        try:
            described = await handle.describe()
        except RPCError:  # not started yet
            return False
        running = described.raw_description.pending_activities
        return any(one.activity_type.name == messages.WRITE_ROWS for one in running)

    with worker(values, tmp_path / "first.log") as first:
        await end_call(call)
        await until(trying_rows)
        first.kill()
        first.wait()

    with start_warehouse(warehouse_port) as url, worker(values, tmp_path / "second.log"):
        told = (await await_event(bus, tenant, call, "PostcallFinished", timeout_s=40)).postcall_finished
        await asyncio.wait_for(handle.result(), 20)
        # What the log had when the rows were written: everything but the end of this very work.
        events = await read_log(bus, tenant, call)
        counts = await count(url, tenant, call)
    assert counts == {"calls": 1, "turns": 3, "events": len(events) - 1, "usage": 2, "tool_calls": 1}
    assert [event.WhichOneof("body") for event in events].count("postcall_finished") == 1
    assert (told.degraded, told.summary, told.cost_micros) == (False, "Maria Lopez booked for Tuesday.", 1234)
    assert (len(peers.summarised), len(peers.rated)) == (1, 1)
    database = engine(values["PARLEY_DATABASE_URL"])
    async with reading(database) as connection:
        (note,) = (await connection.execute(select(crm.notes))).all()
        (contact,) = (await connection.execute(select(crm.contacts))).all()
    await database.dispose()
    assert (note.id, note.contact, note.summary) == (told.crm_note, contact.id, told.summary)


async def test_the_service_says_what_it_waits_for_becomes_ready_and_stops_when_told(
    environment, start_temporal, warehouse_url, tmp_path
):
    health_port, temporal_port = free_port(), free_port()
    values = environment(
        PARLEY_CLICKHOUSE_URL=warehouse_url,
        PARLEY_TEMPORAL_ADDRESS=f"127.0.0.1:{temporal_port}",
        PARLEY_POSTCALL_HEALTH_PORT=str(health_port),
    )

    async def waiting():
        report = await health(health_port)
        return report if "no server answers" in report.get("parts", {}).get("temporal", {}).get("detail", "") else None

    async def ready():
        report = await health(health_port)
        return report if report.get("ready") else None

    with worker(values, tmp_path / "log") as process:
        assert (await until(waiting))["ready"] is False
        with start_temporal(temporal_port):
            assert set((await until(ready))["parts"]) == {"bus", "started", "temporal", "warehouse"}
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, 20) == 0


async def test_a_worker_that_waits_for_temporal_stops_when_told(parts):
    settings = PostcallSettings(temporal_address=f"127.0.0.1:{free_port()}")
    runtime = Runtime("postcall", "w1")
    waiting = PostcallWorker(settings, PostcallTuning(), runtime, parts)
    async with runtime.tasks:
        runtime.tasks.spawn(waiting.run(), "worker")
        await asyncio.wait_for(waiting.drain(), 10)
    assert not runtime.failed


@pytest.mark.parametrize(
    ("name", "value"), [("PARLEY_POSTCALL_DRAIN_TIMEOUT_S", "-1"), ("PARLEY_POSTCALL_NO_SUCH", "1")]
)
def test_a_wrong_setting_names_itself(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(BadInput, match=name):
        load(PostcallSettings)
