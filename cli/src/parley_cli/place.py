"""Places a call and shows it: the scripted example, a text to speak, or a WAV file."""

import asyncio
import wave
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import soxr
from parley_core import clock
from parley_core.bus.connection import connect
from parley_core.bus.log import follow_log
from parley_core.conversation import Conversation
from parley_core.errors import BadInput, TimedOut, Unavailable
from parley_core.ids import new_id
from parley_core.tasks import Tasks
from rich.console import Console

from parley_cli.caller import Caller, calling, synthesise
from parley_cli.script import Script, ScriptedCaller
from parley_cli.show import CallView
from parley_cli.slots import call_tool, first_free, spoken_time
from parley_cli.target import Target

ANSWER_WITHIN_S = 25.0
BREATH_S = 0.35  # a person's pause before speaking
LAST_WORDS_S = 20.0
LOG_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A call that is over."""

    call: str
    conversation: Conversation
    heard: bytes  # the agent's audio as the caller received it
    messages: list[dict[str, object]]


class Turns:
    """Waits for the agent to finish, from the gateway's messages."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._position = 0

    async def agent_finished(self) -> str:
        """Return what the agent said since the last time, once it waits for the caller."""
        done = await self._caller.until("state", timeout_s=ANSWER_WITHIN_S, after=self._position, state="idle")
        end = self._caller.messages.index(done, self._position) + 1
        said = [
            str(one.get("text", ""))
            for one in self._caller.messages[self._position : end]
            if one.get("type") == "spoken"
        ]
        self._position = end
        return " ".join(said)

    def skip(self) -> None:
        """Forget what came until now: the next wait is for what follows the caller's next words."""
        self._position = len(self._caller.messages)


async def free_time(target: Target, agent: str) -> str:
    """A free time in the next days, as a person would say it. Raises Unavailable when there is none."""
    found = await call_tool(
        target.tools_address,
        tenant=target.tenant,
        agent=agent,
        tool="find_slots",
        arguments={"days": 7, "limit": 20},
        key=new_id("cli-"),
    )
    # The agent understands "tomorrow" by the business's day, which is not this machine's for some hours of each day.
    now = datetime.fromtimestamp(clock.current().time_us() / 1e6, ZoneInfo(str(found["timezone"])))
    listed = found.get("slots")
    times = [datetime.fromisoformat(str(slot["when"])) for slot in listed] if isinstance(listed, list) else []
    when = first_free(times, now)
    if when is not None:
        return spoken_time(when, now)
    raise Unavailable("a free appointment", f"the calendar of {agent} has none in the next seven days")


async def place_scripted(target: Target, script: Script, console: Console) -> Placed:
    values = {"when": await free_time(target, script.agent)} if script.needs_time else {}
    person = ScriptedCaller(script, values)

    async def converse(caller: Caller) -> None:
        turns = Turns(caller)
        while (text := person.reply_to(await turns.agent_finished())) is not None:
            speech = await synthesise(
                target.tts_address,
                text,
                tenant=target.tenant,
                voice=script.voice,
                words_per_minute=script.words_per_minute,
            )
            await asyncio.sleep(BREATH_S)
            turns.skip()
            await caller.speak(speech)

    return await _place(target, script.agent, converse, console)


async def place_spoken(target: Target, agent: str, texts: list[str], voice: str, console: Console) -> Placed:
    """Speak the texts in order, each after the agent's answer to the previous one, then hang up."""
    script = Script(agent=agent, voice=voice, lines=texts, max_turns=len(texts))
    return await place_scripted(target, script, console)


async def place_recording(target: Target, agent: str, path: Path, console: Console) -> Placed:
    """Play a WAV file to the agent, wait for its answer, hang up."""
    speech = await asyncio.to_thread(read_wav, path)

    async def converse(caller: Caller) -> None:
        turns = Turns(caller)
        await turns.agent_finished()
        turns.skip()
        await caller.speak(speech)
        await turns.agent_finished()

    return await _place(target, agent, converse, console)


async def _place(target: Target, agent: str, converse: Callable[[Caller], Awaitable[None]], console: Console) -> Placed:
    async with (
        connect(target.nats_url, "parley-cli") as bus,
        calling(target.gateway_url, agent, user="cli", api_key=target.api_key) as caller,
    ):
        view = CallView()
        conversation = Conversation()
        over = asyncio.Event()

        async def show() -> None:
            async with aclosing(follow_log(bus, target.tenant, caller.call)) as events:
                async for event in events:
                    conversation.apply(event)
                    for line in view.lines(event):
                        console.print(line, soft_wrap=True)
                    if conversation.ended is not None:
                        over.set()

        async with Tasks("call") as tasks:
            tasks.spawn(show(), "show")
            console.print(f"[dim]call {caller.call} to {agent}[/]")
            try:
                await converse(caller)
            except (TimedOut, Unavailable) as error:
                if caller.ended is None:
                    console.print(f"[yellow]{error}[/]")
            await caller.hang_up()
            try:
                await caller.until_ended(timeout_s=LAST_WORDS_S)
                async with asyncio.timeout(LOG_WITHIN_S):
                    await over.wait()
            except TimeoutError:
                raise TimedOut("the end of the call on its log", LOG_WITHIN_S) from None
        return Placed(caller.call, conversation, caller.heard, list(caller.messages))


def read_wav(path: Path) -> bytes:
    """A WAV file's first channel as PCM16 16 kHz. Raises BadInput for what is no PCM16 WAV."""
    try:
        with wave.open(str(path), "rb") as source:
            if source.getsampwidth() != 2:
                raise BadInput(str(path), f"has {source.getsampwidth() * 8}-bit samples; 16 are read")
            rate, channels = source.getframerate(), source.getnchannels()
            samples = np.frombuffer(source.readframes(source.getnframes()), "<i2").reshape(-1, channels)[:, 0]
    except (OSError, wave.Error, EOFError) as error:
        raise BadInput(str(path), getattr(error, "strerror", None) or "is not a WAV file") from None
    if rate != 16000:
        samples = soxr.resample(samples.astype(np.float32), rate, 16000).clip(-32768, 32767).astype("<i2")
    return samples.tobytes()
