"""The workflow on a real Temporal server: every part once, none stopped by another, the log told at the end."""

import asyncio
import json
from pathlib import Path

import pytest
import pytest_asyncio
from parley.v1 import events_pb2
from parley_core.agents import AgentStore, Postcall, load_agent
from parley_core.bus.log import await_event, read_log
from parley_core.errors import Unavailable
from parley_postcall import messages
from parley_postcall.messages import CallRef, Limits, PostcallDone, PostcallInput
from parley_postcall.worker import postcall_worker
from parley_postcall.workflow import PostcallWorkflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

CLINIC = Path(__file__).parents[3] / "examples" / "clinic" / "agent.yaml"
HISTORIES = Path(__file__).parent / "histories"


@pytest_asyncio.fixture
async def serve(temporal, parts, task_queue):
    return postcall_worker(temporal, parts, task_queue=task_queue, identity="test", concurrent=8, grace_s=1)


@pytest.fixture
def start(temporal, task_queue, tenant, call):
    async def run(**limits):
        given = PostcallInput(CallRef(tenant, call), Limits(**{"settle_s": 0, "heartbeat_s": 2, "part_s": 20} | limits))
        return await temporal.start_workflow(
            messages.WORKFLOW,
            given,
            id=messages.workflow_id(tenant, call),
            task_queue=task_queue,
            result_type=PostcallDone,
        )

    return run


async def finished(bus, tenant, call):
    events = await read_log(bus, tenant, call)
    return [event.postcall_finished for event in events if event.WhichOneof("body") == "postcall_finished"]


async def test_a_finished_call_gets_all_its_parts(serve, start, end_call, parts, bus, tenant, call):
    await end_call(call)
    async with serve:
        done = await asyncio.wait_for((await start(settle_s=0.1)).result(), 30)
    assert done.problems == []
    (told,) = await finished(bus, tenant, call)
    assert told == events_pb2.PostcallFinished(
        summary="Maria Lopez booked for Tuesday.",
        action_items=["Send a reminder"],
        sentiment="positive",
        crm_note=told.crm_note,
        cost_micros=1234,
        currency="USD",
        transcript_path=f"transcripts/{tenant}/{call}.json",
    )
    assert len(json.loads(await parts.objects.get(told.transcript_path))["lines"]) == 6
    assert b"caller: goodbye" in await parts.objects.get(f"transcripts/{tenant}/{call}.txt")
    (row,) = await parts.warehouse.rows("calls", tenant, call)
    assert (row["summary"], row["cost_micros"], row["crm_note"]) == (told.summary, 1234, told.crm_note)
    assert row["cost_by_meter"] == {"asr_seconds": 1234}


async def test_the_summary_is_asked_for_with_the_words_that_were_heard(serve, start, end_call, peers, call):
    await end_call(call)
    async with serve:
        await asyncio.wait_for((await start()).result(), 30)
    (request,) = peers.summarised
    assert [line.text for line in request.lines][2] == "On Saturdays we open at nine. We close"
    assert [outcome.tool for outcome in request.outcomes] == ["book_appointment"]


async def test_a_part_that_stays_broken_is_named_and_stops_no_other(
    serve, start, end_call, parts, peers, bus, tenant, call
):
    peers.llm_down = True
    await end_call(call)
    async with serve:
        done = await asyncio.wait_for((await start(part_s=2)).result(), 30)
    assert done.problems == ["summary: Unavailable"]
    (told,) = await finished(bus, tenant, call)
    assert (told.degraded, list(told.problems), told.summary) == (True, ["summary: Unavailable"], "")
    assert told.cost_micros == 1234
    assert told.crm_note != ""
    (row,) = await parts.warehouse.rows("calls", tenant, call)
    assert (row["degraded"], row["problems"]) == (True, ["summary: Unavailable"])


async def test_a_part_that_fails_at_first_is_tried_again(serve, start, end_call, peers, call):
    peers.billing_down = True
    await end_call(call)
    async with serve:
        handle = await start()
        await asyncio.wait_for(peers.asked_for_cost.wait(), 20)
        peers.billing_down = False
        assert (await asyncio.wait_for(handle.result(), 30)).problems == []


async def test_rows_reach_a_warehouse_that_comes_back_after_the_call_was_finished(
    serve, start, end_call, parts, bus, tenant, call
):
    parts.warehouse.down = True
    await end_call(call)
    async with serve:
        handle = await start(part_s=1)
        await await_event(bus, tenant, call, "PostcallFinished", timeout_s=20)
        assert await parts.warehouse.rows("calls", tenant, call) == []
        parts.warehouse.down = False
        done = await asyncio.wait_for(handle.result(), 30)
    assert done.problems == ["warehouse: Unavailable"]
    (row,) = await parts.warehouse.rows("calls", tenant, call)
    assert row["problems"] == ["warehouse: Unavailable"]


async def test_a_call_without_a_log_fails_its_parts_for_good(serve, start, parts, tenant, call):
    async with serve:
        handle = await start(part_s=60)
        with pytest.raises(Exception, match="Workflow execution failed"):
            await asyncio.wait_for(handle.result(), 20)


async def test_speech_stays_out_of_the_history(serve, start, end_call, call):
    await end_call(call)
    async with serve:
        handle = await start()
        await asyncio.wait_for(handle.result(), 30)
    history = (await handle.fetch_history()).to_json()
    for words in ("Maria", "saturday", "Tuesday", "0142"):
        assert words not in history


async def test_appending_the_end_again_gives_the_same_event(end_call, parts, bus, tenant, call):
    await end_call(call)
    body = events_pb2.PostcallFinished(summary="x")
    first = await parts.logs.append_once(tenant, call, body, "")
    assert await parts.logs.append_once(tenant, call, body, "") == first
    assert len(await finished(bus, tenant, call)) == 1


async def test_a_summary_that_is_stored_is_not_asked_for_again(end_call, parts, peers, tenant, call):
    await end_call(call)
    for _ in range(2):
        await parts.store_summary(CallRef(tenant, call))
    assert len(peers.summarised) == 1


async def test_what_the_agent_document_does_not_ask_for_is_not_made(
    serve, start, end_call, parts, peers, bus, tenant, call
):
    document = load_agent(CLINIC).model_copy(update={"postcall": Postcall(summary=False, crm=False)})
    for version in range(3):  # the call of these tests was held by version 3
        await AgentStore(bus).put(tenant, document.model_copy(update={"name": f"clinic {version}"}))
    await end_call(call)
    async with serve:
        done = await asyncio.wait_for((await start()).result(), 30)
    (told,) = await finished(bus, tenant, call)
    assert (done.problems, told.degraded, told.summary, told.crm_note) == ([], False, "", "")
    assert (peers.summarised, told.cost_micros) == ([], 1234)


async def test_an_unreachable_service_is_unavailable(parts, peers, end_call, tenant, call):
    await end_call(call)
    peers.billing_down = True
    with pytest.raises(Unavailable):
        await parts.rate_call(CallRef(tenant, call))


@pytest.mark.parametrize("file", sorted(HISTORIES.glob("*.json")), ids=lambda file: file.stem)
async def test_stored_histories_replay(file):
    """A change that breaks running workflows fails here: version it with `workflow.patched`, or store a new history."""
    history = WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8"))
    await Replayer(workflows=[PostcallWorkflow]).replay_workflow(history)


def test_a_history_is_stored_for_each_way_through_the_workflow():
    assert {file.stem for file in HISTORIES.glob("*.json")} >= {"complete", "degraded", "late_rows"}
