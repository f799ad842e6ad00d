"""A script's caller on the platform's real channel: spoken words, real time. `live` makes one per call.

It waits for the same things as the simulated caller. Where that counts the agent's words, this one counts the time for
which the agent's voice was heard, at the pace of that voice.
"""

import asyncio
import time
from dataclasses import dataclass

import numpy as np
from parley_cli.caller import Caller
from parley_core.errors import TimedOut, Unavailable

from parley_sim.live_agent import WORDS_PER_MINUTE
from parley_sim.script import Script, Step

RATE = 16_000
NOISE_LEVEL = 6_000
SOUND = 500  # quieter ends of spoken words are cut off, so that pauses are as long as the script says
LINGER_S = 30.0  # a caller whose script is over and who hears nothing more hangs up
LAST_WORDS_S = 20.0
_LOOK_S = 0.02
_WORD_S = 60 / WORDS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class Silenced:
    """An interruption: how long after the caller's first sound the agent was last heard, in seconds."""

    step: int
    after_s: float


class LiveCaller:
    def __init__(self, caller: Caller, script: Script, spoken: dict[str, bytes]) -> None:
        """`spoken`: every text that the script says, as PCM16 16 kHz."""
        self._caller = caller
        self._script = script
        self._spoken = spoken
        self._own_end = self._step_since = time.monotonic()
        self.silenced: list[Silenced] = []

    async def play(self) -> None:
        """Go through the script to the end of the call. Raises TimedOut when that does not come."""
        for number, step in enumerate(self._script.steps):
            try:
                if not await self._due(step):
                    break
                await self._do(number, step)
            except Unavailable:
                break  # the agent has hung up
            self._step_since = time.monotonic()
        if self._caller.ended is None:
            try:
                await self._caller.until_ended(timeout_s=LINGER_S)
            except TimedOut:
                await self._caller.hang_up()
        await self._caller.until_ended(timeout_s=LAST_WORDS_S)

    async def _due(self, step: Step) -> bool:
        """Wait for the step's trigger; False when the call ends before."""
        while not self._is_due(step, time.monotonic()):
            if self._caller.ended is not None:
                return False
            await asyncio.sleep(_LOOK_S)
        return True

    def _is_due(self, step: Step, now: float) -> bool:
        kind, much = step.trigger
        if kind == "pause":
            return now - self._own_end >= much
        if now - self._step_since >= step.patience_s:
            return True
        heard = self._caller.loudspeaker
        if kind == "word":
            return heard.voice_s(self._step_since, now) >= (much - 1) * _WORD_S + _LOOK_S
        last = heard.last_sound(now)
        return last > self._own_end and now - last >= much and self._state() == "idle"

    def _state(self) -> str:
        for message in reversed(self._caller.messages):
            if message.get("type") == "state":
                return str(message.get("state"))
        return ""

    async def _do(self, number: int, step: Step) -> None:
        began = time.monotonic()
        if step.said or step.noise_ms:
            await self._caller.speak(self._sound(step))
        elif step.digits:
            await self._caller.control(type="digits", digits=step.digits)
        elif step.type:
            await self._caller.control(type="text", text=step.type)
        elif step.hang_up:
            await self._caller.hang_up()
        else:
            await asyncio.sleep(step.wait_s)
        self._own_end = now = time.monotonic()
        if step.said and step.at_agent_word is not None:
            last = self._caller.loudspeaker.last_sound(now)
            if began < last < now - _LOOK_S:
                self.silenced.append(Silenced(number, last - began))

    def _sound(self, step: Step) -> bytes:
        if step.noise_ms:
            noise = np.random.default_rng(1).normal(0, NOISE_LEVEL, step.noise_ms * RATE // 1000)
            return noise.clip(-32768, 32767).astype("<i2").tobytes()
        if not step.words:
            return trimmed(self._spoken[step.say])
        whole = np.zeros(0, "<i2")
        for word in step.words:
            said = np.frombuffer(trimmed(self._spoken[word.text]), "<i2")
            gap = max(0, word.start_ms * RATE // 1000 - len(whole))
            whole = np.concatenate([whole, np.zeros(gap, "<i2"), said])
        return whole.tobytes()


def trimmed(pcm: bytes) -> bytes:
    """From the first sound to the last."""
    samples = np.frombuffer(pcm, "<i2")
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > SOUND)
    return samples[int(loud[0]) : int(loud[-1]) + 1].tobytes() if len(loud) else pcm
