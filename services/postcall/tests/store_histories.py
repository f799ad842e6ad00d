"""Stores the histories that `test_workflow.py` replays: `python tests/store_histories.py`, after a deliberate change.

Runs the workflow against a real Temporal server with parts that are made up here, once for each way through it.
"""

import asyncio
import re
import tempfile
from pathlib import Path

from conftest import connected, temporal_server
from parley_postcall import messages
from parley_postcall.messages import (
    CallRef,
    CostRated,
    FinishedAppended,
    Limits,
    NoteWritten,
    Outcome,
    PostcallInput,
    RowsWritten,
    Stored,
)
from parley_postcall.workflow import PostcallWorkflow
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

FOLDER = Path(__file__).parent / "histories"


def parts(*, llm: bool = True, warehouse_fails: int = 0) -> list[object]:
    failures = warehouse_fails

    @activity.defn(name=messages.STORE_TRANSCRIPT)
    async def store_transcript(call: CallRef) -> Stored:
        return Stored("transcripts/acme/c-1.json")

    @activity.defn(name=messages.STORE_SUMMARY)
    async def store_summary(call: CallRef) -> Stored:
        if not llm:
            raise ApplicationError("llm refused", type="Rejected", non_retryable=True)
        return Stored("transcripts/acme/c-1.summary.json")

    @activity.defn(name=messages.WRITE_NOTE)
    async def write_note(call: CallRef) -> NoteWritten:
        return NoteWritten("note-1")

    @activity.defn(name=messages.RATE_CALL)
    async def rate_call(call: CallRef) -> CostRated:
        return CostRated(1234, 7404, "USD", {"asr_seconds": 1234})

    @activity.defn(name=messages.COMPLETE_NOTE)
    async def complete_note(outcome: Outcome) -> NoteWritten:
        return NoteWritten(outcome.note)

    @activity.defn(name=messages.WRITE_ROWS)
    async def write_rows(outcome: Outcome) -> RowsWritten:
        nonlocal failures
        if failures:
            failures -= 1
            raise ApplicationError("ClickHouse is unavailable", type="Unavailable", non_retryable=True)
        return RowsWritten({"calls": 1, "turns": 3})

    @activity.defn(name=messages.APPEND_FINISHED)
    async def append_finished(outcome: Outcome) -> FinishedAppended:
        return FinishedAppended("postcall#finished:1")

    return [store_transcript, store_summary, write_note, rate_call, complete_note, write_rows, append_finished]


async def store(client: Client, name: str, activities: list[object]) -> None:
    given = PostcallInput(CallRef("acme", "c-1"), Limits(settle_s=0.1, part_s=10))
    async with Worker(client, task_queue=name, workflows=[PostcallWorkflow], activities=activities, identity="worker"):
        handle = await client.start_workflow(messages.WORKFLOW, given, id=name, task_queue=name)
        await asyncio.wait_for(handle.result(), 30)
    FOLDER.mkdir(exist_ok=True)
    history = re.sub(r'"stackTrace": "(?:[^"\\]|\\.)*"', '"stackTrace": ""', (await handle.fetch_history()).to_json())
    (FOLDER / f"{name}.json").write_text(history + "\n", encoding="utf-8")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder, temporal_server(Path(folder)) as address:
        client = await connected(address)
        await store(client, "complete", parts())
        await store(client, "degraded", parts(llm=False))
        await store(client, "late_rows", parts(warehouse_fails=1))


if __name__ == "__main__":
    asyncio.run(main())
