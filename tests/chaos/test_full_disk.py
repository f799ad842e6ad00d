"""The disk of the log is full for a while in a spoken call: nobody is hung up on, and every event is kept in the end.

The stack is one of its own, because its NATS stores on a file system that a test can fill.
"""

import asyncio
import itertools
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from parley_cli.caller import Caller, calling
from parley_cli.place import Turns, free_time
from parley_cli.review import booked_appointments, query
from parley_cli.script import ScriptedCaller, load_script
from parley_core.bus.connection import connect
from parley_core.bus.log import await_event, event_name
from parley_core.conversation import fold
from parley_core.errors import Unavailable
from parley_local.nats_guard import ROOM_BYTES
from parley_local.stack import examples_folder
from parley_testing.peers import require_small_disk

from tests.chaos.test_dying_gateway import speak
from tests.chaos.test_frozen_bus import REFUSED_WITHIN_S
from tests.checks import log_of
from tests.conftest import Running, running_stack

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(500)]

MB = 1024 * 1024
PUBLISHED_S = 90.0
SEEN_WITHIN_S = 20.0  # the first event that the stream refuses shows the gateway that the disk is full


@pytest.fixture(scope="module")
def on_a_small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    var = tmp_path_factory.mktemp("small") / "var"
    disk = var / "nats"
    disk.mkdir(parents=True)
    require_small_disk(disk, ROOM_BYTES // MB + 64)
    try:
        with running_stack(var, workers=1) as running:
            yield running
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@asynccontextmanager
async def full_disk(disk: Path, seconds: float) -> AsyncIterator[None]:
    """No byte can be written there inside, for at least so long; behind it there is room again."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(64 * 1024))
    until = time.monotonic() + seconds
    try:
        yield
        while time.monotonic() < until:  # noqa: ASYNC110 - how long it lasts is what is tried
            await asyncio.sleep(0.1)
    finally:
        filler.unlink()


@pytest.mark.parametrize(
    ("seconds", "books"), [(12, False), pytest.param(60, True, marks=pytest.mark.nightly)], ids=["12", "60"]
)
async def test_a_call_goes_on_while_the_disk_is_full_and_loses_nothing(
    on_a_small_disk: Running, seconds: float, books: bool
) -> None:
    running = on_a_small_disk
    whole = load_script(examples_folder() / "calls" / "clinic.yaml")
    *questions, books_one, goodbye = whole.lines
    script = whole.model_copy(update={"lines": [books_one, goodbye] if books else [goodbye]})
    person = ScriptedCaller(script, {"when": await free_time(running.target, script.agent)})
    before = {one.name: one.pid for one in running.stack.supervisor.statuses()}
    async with calling(running.target.gateway_url, script.agent, tenant=running.target.tenant) as caller:
        await _converse(running, caller, person, questions, seconds)
        call = caller.call
    async with connect(running.target.nats_url, "chaos") as bus:
        await await_event(bus, running.target.tenant, call, "PostcallFinished", timeout_s=PUBLISHED_S)
    events = await log_of(running.target, call)
    conversation = fold(events)
    assert conversation.ended is not None
    assert conversation.ended.reason in ("agent_hung_up", "caller_hung_up")
    assert len(booked_appointments(conversation)) == (1 if books else 0)
    assert [event_name(event) for event in events if event_name(event) == "WorkerLost"] == []
    assert {one.name: one.pid for one in running.stack.supervisor.statuses()} == before  # no process started anew
    # What the caller's client was shown live is what the log says, and what the warehouse counts.
    shown = [str(one["text"]) for one in caller.messages if one.get("type") == "transcript" and one["text"]]
    assert [turn.text for _, turn in sorted(conversation.turns.items()) if turn.committed and turn.text] == shown
    last = next(number for number, event in enumerate(events) if event_name(event) == "CallEnded")
    rows = await query(
        running.target,
        "SELECT id FROM parley.events FINAL WHERE tenant = {tenant:String} AND call = {call:String}",
        {"tenant": running.target.tenant, "call": call},
    )
    assert {event.id for event in events[: last + 1]} <= {row[0] for row in rows.rows}
    # And new callers are taken again.
    async with calling(running.target.gateway_url, script.agent, tenant=running.target.tenant) as another:
        await Turns(another).agent_finished()


async def _converse(
    running: Running, caller: Caller, person: ScriptedCaller, questions: list[str], seconds: float
) -> None:
    """The caller asks while the disk is full, and goes on as the script says when there is room again."""
    turns, asked = Turns(caller), itertools.cycle(questions)
    await turns.agent_finished()
    async with asyncio.TaskGroup() as meanwhile:
        full = meanwhile.create_task(_fill(running, person.script.agent, seconds), name="full disk")
        answer = ""
        while not full.done():
            turns.skip()
            await speak(running, caller, person.script, next(asked))
            answer = await turns.agent_finished()
    while caller.ended is None and (text := person.reply_to(answer)) is not None:
        turns.skip()
        await speak(running, caller, person.script, text)
        if caller.ended is None:
            answer = await turns.agent_finished()
    if caller.ended is None:
        await caller.hang_up()
        await caller.until_ended(timeout_s=20)


async def _fill(running: Running, agent: str, seconds: float) -> None:
    async with full_disk(running.plan.var / "nats", seconds):
        await _refused_in_words(running, agent)


async def _refused_in_words(running: Running, agent: str) -> None:
    """New callers hear so, soon, once an event has met the full disk."""
    async with asyncio.timeout(SEEN_WITHIN_S):
        words = ""
        while not words:
            began = time.monotonic()
            words = await _refusal(running, agent)
            assert time.monotonic() - began < REFUSED_WITHIN_S + 1.0  # a second of it is the machine's
    assert "call again" in words


async def _refusal(running: Running, agent: str) -> str:
    """What a new caller hears; "" for a call that is taken, while the stream still has room for its first event."""
    try:
        async with calling(running.target.gateway_url, agent, tenant=running.target.tenant):
            return ""
    except Unavailable as error:
        return str(error)
