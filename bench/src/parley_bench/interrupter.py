"""A synthetic caller who talks over the agent, again and again, and whose ear says what became of the agent's voice.

A caller's first sound is when it is *made*: its frame is sent when its 20 ms are over.
"""

import asyncio
import time

import numpy as np

from parley_bench.caller import Caller, Channel, Script
from parley_bench.clip import FRAME_MS, SAMPLE_RATE_HZ, first_sound
from parley_bench.ear import Ear

LISTEN_S = (0.7, 2.2)  # of an answer, before it is interrupted
SETTLE_S = 0.16  # behind the interrupting words: the next answer comes later


class Interrupter(Caller):
    def __init__(self, url: str, start: dict[str, object], script: Script) -> None:
        super().__init__(url, start, script)
        self._ear = Ear()

    async def converse(self, listener: Channel) -> None:
        script = self._script
        await asyncio.sleep(self._random.uniform(*script.think_s))
        speaks = False
        while time.monotonic() < script.end and not listener.closed.is_set():
            frames = self._random.choice(script.questions)
            await self.say(frames)
            if speaks:
                sound_at = self._began_at - FRAME_MS / 1000 + first_sound(b"".join(frames)) / SAMPLE_RATE_HZ
                await asyncio.sleep(max(0.0, self._spoke_at + SETTLE_S - time.monotonic()))
                self._judge(sound_at)
            speaks = await self.answered()
            await asyncio.sleep(self._random.uniform(*LISTEN_S))

    def heard(self, pcm: memoryview) -> None:
        super().heard(pcm)
        self._ear.take(np.frombuffer(bytes(pcm), "<i2"), time.monotonic())

    def told(self, message: dict[str, object]) -> bool:
        if message.get("type") == "clear":
            self._ear.clear(time.monotonic())
        return super().told(message)

    def _judge(self, sound_at: float) -> None:
        seen = self.seen
        judged = self._ear.judge(sound_at, time.monotonic())
        if judged is None:
            seen.into_silence += 1
            return
        if judged.ducked is None:
            seen.not_ducked += 1
        else:
            seen.ducked_ms.append(judged.ducked * 1000)
        if judged.silent is None:
            seen.not_silenced += 1
        else:
            seen.silent_ms.append(judged.silent * 1000)
