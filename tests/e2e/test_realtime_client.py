"""OpenAI's realtime client against the whole stack, spoken: recognised, answered, interrupted, a function called."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import numpy as np
import pytest
from openai import AsyncOpenAI
from parley_audio.formats import samples_of
from parley_audio.resample import resample
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.connection import connect
from parley_testing import neural_speech

from tests.conftest import Running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

RATE = 24_000
SCREEN = AgentDocument.model_validate(
    {
        "agent": "screen",
        "first_speaker": "caller",
        "client_tools": True,
    }
)
DARK = {
    "type": "function",
    "name": "dark_mode",
    "description": "Make the screen dark",
    "parameters": {"type": "object"},
}


class Conversation:
    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.events: list[Any] = []
        self.audio = bytearray()
        self._to_say: list[bytes] = []
        self._arrived = asyncio.Condition()

    async def read(self) -> None:
        with suppress(Exception):  # the connection's end
            async for event in self.connection:
                async with self._arrived:
                    self.events.append(event)
                    if event.type == "response.output_audio.delta":
                        self.audio += base64.b64decode(event.delta)
                    self._arrived.notify_all()

    async def talk(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            pcm = self._to_say.pop(0) if self._to_say else bytes(RATE // 50 * 2)
            await self.connection.input_audio_buffer.append(audio=base64.b64encode(pcm).decode())
            due += 0.02
            await asyncio.sleep(max(0.0, due - loop.time()))

    def say(self, text: str) -> None:
        pcm, size = resample(neural_speech.say(text), 16_000, RATE), RATE // 50 * 2
        self._to_say += [pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)]

    async def until(self, kind: str, count: int = 1) -> Any:
        def found() -> list[Any]:
            return [event for event in self.events if event.type == kind]

        async with asyncio.timeout(40), self._arrived:
            await self._arrived.wait_for(lambda: len(found()) >= count)
        return found()[count - 1]


@asynccontextmanager
async def conversation(running: Running, agent: str, **session: Any) -> AsyncIterator[Conversation]:
    url = running.target.gateway_url
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{url}/v1/realtime/client_secrets", json={"session": {"model": agent}}) as answer:
            secret = (await answer.json())["value"]
        async with http.get(f"{url}/v1/config") as answer:
            sockets = (await answer.json())["ws_url"].replace("/v1/call", "/v1")
    client = AsyncOpenAI(api_key=secret, websocket_base_url=sockets)
    async with client.realtime.connect(model=agent) as connection:
        made = Conversation(connection)
        tasks = [asyncio.create_task(made.read(), name="client reads")]
        if session:
            await connection.session.update(session={"type": "realtime", **session})
        tasks.append(asyncio.create_task(made.talk(), name="client talks"))
        try:
            yield made
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task
    await client.close()


async def test_a_patient_asks_aloud_and_interrupts(running: Running) -> None:
    async with conversation(running, "clinic") as call:
        greeting = await call.until("response.done")
        assert greeting.response.status == "completed"
        call.say("what are your opening hours on saturday")
        completed = await call.until("conversation.item.input_audio_transcription.completed")
        assert "saturday" in completed.transcript.lower()
        answer = await call.until("response.done", 2)
        assert "nine in the morning" in answer.response.output[0].content[0].transcript.lower()
        assert np.abs(samples_of(bytes(call.audio))).max() > 1000
        call.say("do you accept blue cross insurance")
        await call.until("response.content_part.added", 3)
        await call.until("response.output_audio.delta")
        call.say("i would like to book an appointment please")
        cut = await call.until("response.done", 3)
        assert cut.response.status in ("cancelled", "completed")
        assert (await call.until("response.done", 4)).response.output


async def test_the_client_runs_a_function_that_was_asked_for_aloud(running: Running) -> None:
    async with connect(running.target.nats_url, "tests") as bus:
        await AgentStore(bus).put(running.target.tenant, SCREEN)
    async with conversation(running, "screen", tools=[DARK]) as call:
        await call.until("session.updated")
        call.say("please make the screen dark")
        asked = await call.until("response.function_call_arguments.done")
        assert asked.name == "dark_mode"
        item = {"type": "function_call_output", "call_id": asked.call_id, "output": '{"say": "It is dark now."}'}
        await call.connection.conversation.item.create(item=item)
        await call.connection.response.create()
        done = await call.until("response.done", 2)
        assert done.response.output[0].content[0].transcript == "It is dark now."
