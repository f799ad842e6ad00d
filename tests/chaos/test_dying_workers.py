"""A worker that dies in the middle of a spoken call: the caller is answered, nothing is lost, nothing is done twice."""

import asyncio
import json
import os
import signal
import time
from contextlib import aclosing

import psutil
import pytest
from parley.v1 import events_pb2
from parley_cli.place import Placed, place_scripted
from parley_cli.review import booked_appointments
from parley_cli.script import load_script
from parley_core.bus.connection import connect
from parley_core.bus.log import body_of, follow_log
from parley_local.stack import examples_folder

from tests.checks import check_call
from tests.conftest import Running

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

TAKEN_UP_WITHIN_US = 3_000_000


def process_of(running: Running, worker: str) -> int:
    """The process behind a worker's name on the bus; each process names itself in its log lines."""
    for status in running.stack.supervisor.statuses():
        log = running.stack.supervisor.logs / f"{status.name}.log"
        if not log.exists():
            continue
        for line in reversed(log.read_text(errors="replace").splitlines()):
            if line.startswith("{"):
                if json.loads(line).get("worker") == worker:
                    return status.pid
                break
    raise LookupError(worker)


async def next_call(running: Running) -> str:
    """Wait for the next call to start; returns its id."""
    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def note(message: object) -> None:
        if not started.done():
            started.set_result(message.subject.split(".")[2])  # type: ignore[attr-defined]

    async with connect(running.target.nats_url, "chaos") as bus:
        subscription = await bus.subscribe("call.*.*.log.CallStarted", note)
        call = await asyncio.wait_for(started, 60)
        await subscription.close()
    return call


async def kill_in_call(running: Running, role: str, turn: int) -> int:
    """Kill -9 the role's worker once the caller's `turn` is committed; returns when, in microseconds since 1970.

    The mark is the kill itself, not the event before it: that is some time in coming where the machine is busy.
    """
    call = await next_call(running)
    worker = ""
    async with (
        connect(running.target.nats_url, "chaos") as bus,
        aclosing(follow_log(bus, running.target.tenant, call)) as events,
    ):
        async for event in events:
            body = body_of(event)
            if isinstance(body, events_pb2.WorkerClaimed) and body.role == role:
                worker = body.worker
            due = (
                isinstance(body, events_pb2.SentenceSaid) and body.turn == turn
                if role == "tts"
                else isinstance(body, events_pb2.TurnCommitted) and body.turn == turn
            )
            if due:
                process = process_of(running, worker)
                marked_us = time.time_ns() // 1000
                os.kill(process, signal.SIGKILL)
                return marked_us
    raise AssertionError("the call ended before the kill")


async def kill_models_in_call(running: Running, turn: int) -> int:
    """Kill -9 every process that decodes speech once the caller's `turn` is committed; returns how many there were."""
    call = await next_call(running)
    async with (
        connect(running.target.nats_url, "chaos") as bus,
        aclosing(follow_log(bus, running.target.tenant, call)) as events,
    ):
        async for event in events:
            body = body_of(event)
            if isinstance(body, events_pb2.TurnCommitted) and body.turn == turn:
                workers = [one.pid for one in running.stack.supervisor.statuses() if one.name.startswith("asr-")]
                children = [child.pid for pid in workers for child in psutil.Process(pid).children(recursive=True)]
                for pid in children:
                    os.kill(pid, signal.SIGKILL)
                return len(children)
    raise AssertionError("the call ended before the kill")


async def test_a_killed_model_loses_no_word(running: Running) -> None:
    script = load_script(examples_folder() / "calls" / "clinic.yaml")
    killing = asyncio.create_task(kill_models_in_call(running, turn=2))
    await asyncio.sleep(0)
    placed: Placed = await place_scripted(running.target, script, running.console)
    assert await killing >= 1
    await check_call(running.target, placed)
    assert len(booked_appointments(placed.conversation)) == 1
    await running.stack.wait_healthy()


@pytest.mark.parametrize("role", ["asr", "llm", "tts"])
async def test_a_killed_worker_is_replaced_within_3_s(running: Running, role: str) -> None:
    whole = load_script(examples_folder() / "calls" / "clinic.yaml")
    script = whole.model_copy(update={"lines": whole.lines[2:]})  # books, and says goodbye
    killing = asyncio.create_task(kill_in_call(running, role, turn=2))
    await asyncio.sleep(0)
    placed: Placed = await place_scripted(running.target, script, running.console)
    killed_us = await killing
    events = await check_call(running.target, placed)

    resumed = [
        event
        for event in events
        if event.HasField("worker_claimed") and event.worker_claimed.role == role and event.worker_claimed.resume
    ]
    assert resumed
    assert resumed[0].time_us - killed_us < TAKEN_UP_WITHIN_US
    # The turn in which it happened was answered, and the call went on to its end.
    assert placed.conversation.turns[2].heard_text
    assert placed.conversation.newest_turn >= 5
    assert len(booked_appointments(placed.conversation)) == 1
    await running.stack.wait_healthy()
