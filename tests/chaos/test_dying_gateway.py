"""The gateway that holds a caller dies in the middle of a sentence: the caller comes back at another one and books."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import aiohttp
import pytest
from parley.v1 import events_pb2
from parley_cli.caller import Caller, calling, synthesise
from parley_cli.place import Turns, free_time
from parley_cli.review import booked_appointments
from parley_cli.script import Script, ScriptedCaller, load_script
from parley_core.bus.connection import connect
from parley_core.bus.log import Event, await_event, body_of, event_name
from parley_core.conversation import fold
from parley_core.tasks import Tasks
from parley_local.stack import examples_folder
from parley_testing.servers import free_port

from tests.chaos.test_dying_workers import process_of
from tests.checks import log_of
from tests.conftest import Running

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

PUBLISHED_S = 60.0


@dataclass(frozen=True, slots=True)
class Second:
    """A further gateway of the stack."""

    ws: str


@asynccontextmanager
async def second_gateway(running: Running) -> AsyncIterator[Second]:
    program = running.plan.program("gateway")
    ws, health = free_port(), free_port()
    environment = {
        **program.environment,
        "PARLEY_GATEWAY_HTTP_PORT": str(free_port()),
        "PARLEY_GATEWAY_WS_PORT": str(ws),
        "PARLEY_GATEWAY_SIP_PORT": "0",
        "PARLEY_HEALTH_PORT": str(health),
    }
    process = await asyncio.create_subprocess_exec(
        *program.command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(60), aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.get(f"http://127.0.0.1:{health}/readyz") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)
        yield Second(f"ws://127.0.0.1:{ws}/v1/call")
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait_for(process.wait(), 30)


@asynccontextmanager
async def coming_back(gateway: Second, resume: str) -> AsyncIterator[Caller]:
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(gateway.ws, max_msg_size=1 << 20) as socket,
        Tasks("caller") as tasks,
    ):
        await socket.send_str(json.dumps({"type": "start", "resume": resume}))
        ready = json.loads((await socket.receive(timeout=15)).data)
        assert ready.get("resumed"), ready
        yield Caller(socket, ready["call"], ready["session"], tasks)


async def speak(running: Running, caller: Caller, script: Script, text: str) -> None:
    speech = await synthesise(
        running.target.tts_address,
        text,
        tenant=running.target.tenant,
        voice=script.voice,
        words_per_minute=script.words_per_minute,
    )
    await caller.speak(speech)


async def cut_off_in_mid_sentence(running: Running, script: Script, person: ScriptedCaller) -> tuple[str, str]:
    """Ask for an appointment and kill the gateway while it answers; returns the call and its token."""
    async with calling(running.target.gateway_url, script.agent, tenant=running.target.tenant) as caller:
        turns = Turns(caller)
        text = person.reply_to(await turns.agent_finished())
        assert text
        turns.skip()
        before = len(caller.messages)
        await speak(running, caller, script, text)
        await caller.until("state", timeout_s=25, after=before, state="speaking")
        heard = len(caller.heard)
        async with asyncio.timeout(10):
            while len(caller.heard) < heard + 12_800:  # noqa: ASYNC110 - 400 ms of the answer; audio tells nobody
                await asyncio.sleep(0.02)
        started = next(e for e in await log_of(running.target, caller.call) if event_name(e) == "CallStarted")
        os.kill(process_of(running, started.call_started.gateway), signal.SIGKILL)
        await caller.until_ended(timeout_s=10)
        return caller.call, str(next(one["resume"] for one in caller.messages if one["type"] == "ready"))


async def finish(running: Running, gateway: Second, resume: str, script: Script, person: ScriptedCaller) -> None:
    async with coming_back(gateway, resume) as caller:
        turns = Turns(caller)
        while (text := person.reply_to(await turns.agent_finished())) is not None:
            turns.skip()
            await speak(running, caller, script, text)
            if caller.ended is not None:
                return
        await caller.hang_up()
        await caller.until_ended(timeout_s=20)


async def test_a_caller_whose_gateway_is_killed_finishes_the_conversation_at_another(running: Running) -> None:
    whole = load_script(examples_folder() / "calls" / "clinic.yaml")
    script = whole.model_copy(update={"lines": whole.lines[2:3]})  # books
    person = ScriptedCaller(script, {"when": await free_time(running.target, script.agent)})
    async with second_gateway(running) as other:
        call, resume = await cut_off_in_mid_sentence(running, script, person)
        await finish(running, other, resume, script, person)
        async with connect(running.target.nats_url, "chaos") as bus:
            await await_event(bus, running.target.tenant, call, "PostcallFinished", timeout_s=PUBLISHED_S)
    events: list[Event] = await log_of(running.target, call)
    conversation = fold(events)
    names = [event_name(event) for event in events]
    assert names.count("CallStarted") == names.count("CallEnded") == 1
    taken = [body_of(event) for event in events if event_name(event) == "LegTakenUp"]
    assert [one.from_log for one in taken] == [True]
    resumed = {one.role for one in map(body_of, events) if isinstance(one, events_pb2.WorkerClaimed) and one.resume}
    assert resumed == {"asr", "llm", "tts"}
    assert len(booked_appointments(conversation)) == 1
    assert conversation.turns[2].resumes
    await running.stack.wait_healthy()
