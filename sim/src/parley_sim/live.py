"""The scripts on a running platform, in real time and with spoken audio. Called by `parley simulate --live`.

What comes of a call is read from its log and compared with the script by the code that compares simulated calls. So the
simulator's turn logic and the deployed one are held to the same words.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from parley_cli.caller import Caller, calling, synthesise
from parley_cli.target import Target
from parley_core.bus.connection import connect
from parley_core.bus.log import Event, follow_log
from parley_core.bus.port import Bus
from parley_core.errors import BadInput, ParleyError, TimedOut, Unavailable
from rich.console import Console

from parley_sim import live_agent
from parley_sim.expect import Observed, alike, deviations, observed
from parley_sim.live_caller import LiveCaller, Silenced
from parley_sim.script import Script, load_script

AT_ONCE = 2  # calls; each takes a recogniser's share of a core
LOG_WITHIN_S = 10.0
AGAIN_S = 0.5
LATE_S = 0.15  # a caller whose frames are so late is not in real time: the call says nothing
BEHIND_S = 1.0  # nor is a recogniser that is so far behind
TRIES = 3
TAKEN_WITHIN_S = 40.0  # a recogniser makes the agents' language model first
VOICE = ""  # the best there is
SPEAKING_RATE = 160  # words a minute


@dataclass(frozen=True, slots=True)
class Lived:
    """A script's call; `events`: its log."""

    script: Script
    call: str
    seen: Observed
    deviations: tuple[str, ...]
    silenced: tuple[Silenced, ...]
    late_s: float  # by which this machine sent a frame of the caller's too late, at most
    behind_s: float  # by which a final text came after its pause, at most
    heard: bytes  # the agent's audio as it was played, PCM16 16 kHz
    events: tuple[Event, ...]

    @property
    def in_real_time(self) -> bool:
        return self.late_s < LATE_S and self.behind_s < BEHIND_S


def scripts_folder() -> Path:
    """The scripts of the checkout that this package was installed from."""
    return Path(__file__).resolve().parents[2] / "scripts"


def all_scripts(chosen: Path | None = None) -> list[Script]:
    """The script of a file, or those of a folder. Raises BadInput."""
    place = chosen or scripts_folder()
    paths = [place] if place.is_file() else sorted(place.glob("*.yaml"))
    if not paths:
        raise BadInput(str(place), "holds no script")
    return [load_script(path) for path in paths]


async def live_call(target: Target, script: Script, among: Sequence[Script] = ()) -> Lived:
    """Place one call and play the script; `among`: those that are played as well.

    Raises Unavailable, NotAllowed and TimedOut where there is no whole call.
    """
    async with connect(target.nats_url, "parley-live", timeout_s=5) as bus:
        agent = await live_agent.publish(bus, target, script, among or [script])
        spoken = {text: await _speak(target, text) for text in script.texts}
        async with _taken(target, agent, script) as caller:
            person = LiveCaller(caller, script, spoken)
            await person.play()
            heard = caller.heard
        events = await _log(bus, target.tenant, caller.call)
    seen = observed(events)
    return Lived(
        script,
        caller.call,
        seen,
        tuple(deviations(script.expect, seen, same=alike)),
        tuple(person.silenced),
        caller.late_s,
        _behind_s(script, events),
        heard,
        tuple(events),
    )


async def live_calls(target: Target, scripts: Sequence[Script]) -> list[Lived | ParleyError]:
    """Play the scripts, some at once; in their order.

    One that deviates in a call which this machine could not play in real time is played again, alone.
    """
    if len({script.name for script in scripts}) < len(scripts):
        raise BadInput("scripts", "need names of their own")
    room = asyncio.Semaphore(AT_ONCE)

    async def one(script: Script) -> Lived | ParleyError:
        try:
            return await live_call(target, script, scripts)
        except ParleyError as error:
            return error

    async def among_others(script: Script) -> Lived | ParleyError:
        async with room:
            return await one(script)

    lived = list(await asyncio.gather(*(among_others(script) for script in scripts)))
    for number, script in enumerate(scripts):
        for _ in range(TRIES - 1):
            last = lived[number]
            if not isinstance(last, Lived) or not last.deviations or last.in_real_time:
                break
            lived[number] = await one(script)
    return lived


@asynccontextmanager
async def _taken(target: Target, agent: str, script: Script) -> AsyncIterator[Caller]:
    """A call, retried while no worker is free."""
    deadline = time.monotonic() + TAKEN_WITHIN_S
    async with AsyncExitStack() as stack:
        while True:
            calling_one = calling(
                target.gateway_url,
                agent,
                user="script",
                tenant=target.tenant,
                language=script.language,
                echo=script.echo,
                api_key=target.api_key,
            )
            try:
                caller = await stack.enter_async_context(calling_one)
                break
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(AGAIN_S)
        yield caller


def _behind_s(script: Script, events: Sequence[Event]) -> float:
    finals = [event.heard.final_ms / 1000 for event in events if event.HasField("heard")]
    return max(finals) if finals else (math.inf if script.texts else 0.0)


async def _speak(target: Target, text: str) -> bytes:
    return await synthesise(target.tts_address, text, tenant=target.tenant, voice=VOICE, words_per_minute=SPEAKING_RATE)


async def _log(bus: Bus, tenant: str, call: str) -> list[Event]:
    events: list[Event] = []
    try:
        async with asyncio.timeout(LOG_WITHIN_S), aclosing(follow_log(bus, tenant, call)) as followed:
            async for event in followed:
                events.append(event)
                if event.HasField("call_ended"):
                    return events
    except TimeoutError:
        raise TimedOut("the end of the call on its log", LOG_WITHIN_S) from None
    return events


def report(script: Script, lived: Lived | ParleyError, console: Console) -> bool:
    """Tell what was expected and what was observed; returns whether that fits."""
    wanted = {name: value for name, value in script.expect.model_dump().items() if value is not None}
    well = isinstance(lived, Lived) and not lived.deviations
    console.print(f"{'ok  ' if well else 'NOT '} {script.name}: {script.about}", markup=False, soft_wrap=True)
    console.print(f"     expected  {_told(wanted)}", markup=False, soft_wrap=True)
    if not isinstance(lived, Lived):
        console.print(f"     no call   {lived}", markup=False, soft_wrap=True)
        return False
    seen = lived.seen
    found = {name: list(value) if isinstance(value := getattr(seen, name), tuple) else value for name in wanted}
    console.print(f"     observed  {_told(found)}  (call {lived.call})", markup=False, soft_wrap=True)
    for one in lived.silenced:
        console.print(f"     the agent fell silent {one.after_s * 1000:.0f} ms after the caller's first sound")
    if lived.deviations and not lived.in_real_time:
        busy = f"frames {lived.late_s:.1f} s late, final texts {lived.behind_s:.1f} s behind"
        console.print(f"     this machine was not in real time: {busy}")
    for deviation in lived.deviations:
        console.print(f"     deviation {deviation}", markup=False, soft_wrap=True)
    return well


def _told(facts: dict[str, object]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in facts.items())


def command_live(*, script: Path | None, console: Console) -> int:
    """`parley simulate --live`: 0 when every script's call was as expected."""
    scripts = all_scripts(script)
    with console.status(f"{len(scripts)} scripts, {AT_ONCE} calls at a time"):
        lived = asyncio.run(live_calls(Target.from_environment(), scripts))
    well = [report(one, came, console) for one, came in zip(scripts, lived, strict=True)]
    console.print(f"{sum(well)} of {len(well)} scripts as expected")
    return 0 if all(well) else 1
