"""The bus stands still in the middle of a call: nobody is hung up on, the caller hears to hold on, nothing is lost."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest
from parley_cli.caller import Caller, calling
from parley_cli.place import Turns, free_time
from parley_cli.review import booked_appointments
from parley_cli.script import ScriptedCaller, load_script
from parley_core.bus.connection import connect
from parley_core.bus.log import await_event, event_name
from parley_core.conversation import fold
from parley_local.stack import examples_folder

from tests.chaos.test_dying_gateway import speak
from tests.checks import log_of
from tests.conftest import Running

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

PUBLISHED_S = 90.0
REFUSED_WITHIN_S = 3.0


@asynccontextmanager
async def frozen_bus(running: Running, seconds: float) -> AsyncIterator[None]:
    """NATS stands still inside, for at least so long, and works again behind it."""
    guard = next(one.pid for one in running.stack.supervisor.statuses() if one.name == "nats")
    (pid,) = (child.pid for child in psutil.Process(guard).children())
    os.kill(pid, signal.SIGSTOP)
    until = time.monotonic() + seconds
    try:
        yield
        while time.monotonic() < until:  # noqa: ASYNC110 - how long it lasts is what is tried
            await asyncio.sleep(0.1)
    finally:
        os.kill(pid, signal.SIGCONT)


async def refusal(running: Running, agent: str) -> tuple[str, float]:
    """What a new caller hears, and after how long."""
    began = time.monotonic()
    with pytest.raises(Exception) as caught:
        async with calling(running.target.gateway_url, agent, tenant=running.target.tenant):
            pass
    return str(caught.value), time.monotonic() - began


@pytest.mark.parametrize("seconds", [5, 15, pytest.param(60, marks=pytest.mark.nightly)])
async def test_a_call_goes_on_after_the_bus_stood_still(running: Running, seconds: float) -> None:
    whole = load_script(examples_folder() / "calls" / "clinic.yaml")
    script = whole.model_copy(update={"lines": whole.lines[2:]})  # books, and says goodbye
    person = ScriptedCaller(script, {"when": await free_time(running.target, script.agent)})
    gateway = next(one.pid for one in running.stack.supervisor.statuses() if one.name == "gateway")
    async with calling(running.target.gateway_url, script.agent, tenant=running.target.tenant) as caller:
        await _converse(running, caller, person, seconds)
        call = caller.call
    async with connect(running.target.nats_url, "chaos") as bus:
        await await_event(bus, running.target.tenant, call, "PostcallFinished", timeout_s=PUBLISHED_S)
    events = await log_of(running.target, call)
    conversation = fold(events)
    assert conversation.ended is not None
    assert conversation.ended.reason in ("agent_hung_up", "caller_hung_up")
    assert len(booked_appointments(conversation)) == 1
    lost = {event.worker_lost.reason for event in events if event_name(event) == "WorkerLost"}
    assert lost <= (
        {"stalled"} if seconds >= 60 else set()
    )  # services/gateway/tests/cluster/test_frozen_bus.py says why
    statuses = running.stack.supervisor.statuses()
    assert next(one.pid for one in statuses if one.name == "gateway") == gateway  # no restart


async def _converse(running: Running, caller: Caller, person: ScriptedCaller, seconds: float) -> None:
    turns, frozen = Turns(caller), False
    while (text := person.reply_to(await turns.agent_finished())) is not None:
        turns.skip()
        if frozen:
            await speak(running, caller, person.script, text)
        else:
            frozen = True
            heard = len(caller.heard)
            async with frozen_bus(running, seconds):
                await speak(running, caller, person.script, text)
                if seconds >= 15:
                    words, after_s = await refusal(running, person.script.agent)
                    assert after_s < REFUSED_WITHIN_S + 1.0, words  # a second of it is the machine's
            if seconds >= 15:
                assert len(caller.heard) > heard  # the gateway itself has asked to hold on
        if caller.ended is not None:
            return
    await caller.hang_up()
    await caller.until_ended(timeout_s=20)
