"""Plays one call's plan on the platform's real channel and makes its recording: both channels, and what sounded when.

The policy is τ-voice's: the caller speaks no sooner than 1.0 s after the agent's last sound. What is due over the
agent's voice is left out where the agent has stopped; `run` counts what came about.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from parley_cli.loudspeaker import Loudspeaker

from parley_evaluation.line import FRAME_S, Line
from parley_evaluation.plans import SIDE_CUTOFF_HZ, CallPlan, Event, Question
from parley_evaluation.recording import MERGE_S, RATE, Kind, Recording, Span, Stimulus, sounding
from parley_evaluation.sounds import Chance, Samples, at_level, burst, hum, muffled, tic
from parley_evaluation.trades import HUMMED
from parley_evaluation.voices import Speaker, Spoken, Voice

QUIET_S = 1.0
GREETED_WITHIN_S = 15.0
ANSWERED_WITHIN_S = 6.0
ANSWER_OVER_WITHIN_S = 40.0
AFTER_A_SOUND_S = 2.2  # an agent that a sound started would have begun by then
_LOOK_S = 0.02
_VOICE_S = 0.1  # of sound is a voice
_LEAST_LEFT_S = 0.3


class Called(Protocol):
    """A call as its caller sees it: `parley_cli.caller.Caller` on a socket, `virtual.VirtualCaller` without."""

    loudspeaker: Loudspeaker
    began: float
    ended: dict[str, Any] | None

    async def hang_up(self) -> None: ...


class _Ended(Exception):
    """The agent has hung up."""


@dataclass(slots=True)
class Scene:
    """The voices of a call: whose it is, and who else is in the room. Makes every sound of its plan."""

    speaker: Speaker
    voices: list[Voice]
    own: int
    chance: Chance

    def question(self, question: Question) -> Spoken:
        return self.speaker.speak(self._own, question.text, inner_pause_s=question.inner_pause_s)

    def event(self, event: Event) -> Spoken:
        if event.kind is Kind.SPEECH:
            return self.speaker.speak(self._own, event.label)
        return Spoken(at_level(self._side_sound(event), event.level_db))

    def _side_sound(self, event: Event) -> Samples:
        if event.kind is Kind.VOCAL_TIC:
            return tic(event.label, self.chance)
        if event.kind is Kind.NOISE:
            return burst(event.label, self.chance)
        if event.kind is Kind.TELEVISION:
            return muffled(self.speaker.speak(self._other(2), event.label).samples, 2.5 * SIDE_CUTOFF_HZ)
        if event.kind is Kind.NON_DIRECTED:
            return muffled(self.speaker.speak(self._own, event.label).samples, SIDE_CUTOFF_HZ)
        if event.label.startswith(HUMMED):
            one = hum(self.chance)
            return one if event.label == HUMMED else np.concatenate([one, np.zeros(RATE // 4), hum(self.chance)])
        return self.speaker.speak(self._own, event.label.capitalize() + ".").samples

    @property
    def _own(self) -> Voice:
        return self.voices[self.own % len(self.voices)]

    def _other(self, away: int) -> Voice:
        return self.voices[(self.own + away) % len(self.voices)]


@dataclass(slots=True)
class PlanCaller:
    """`microphone` is given to the channel; `sounds`: every sound of the plan, made before the call."""

    plan: CallPlan
    line: Line
    sounds: dict[Question | Event, Spoken]
    clock: Callable[[], float] = time.monotonic
    caller: Called | None = None
    left_out: int = 0  # events for which the agent had stopped too early
    unanswered: int = 0
    _stimuli: list[Stimulus] = field(default_factory=list)
    _sent: list[bytes] = field(default_factory=list)

    def microphone(self, echo: bytes) -> bytes:
        frame = self.line.frame(np.frombuffer(echo, "<i2").astype(np.float64) / 32768)
        self._sent.append(frame)
        return frame

    async def play(self, caller: Called) -> None:
        """Go through the plan, or to the end of the call, and hang up."""
        self.caller = caller
        if await self._until(lambda: self._voice_since(0.0), GREETED_WITHIN_S):
            await self._agent_is_quiet()
        with suppress(_Ended):
            for question in self.plan.questions:
                await self._ask(question)
        await caller.hang_up()

    def recording(self) -> Recording:
        return Recording(tuple(self._stimuli), sounding(self.channels()[1]), len(self._sent) * FRAME_S)

    def channels(self) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """The caller's and the agent's, as one would hear them at the caller's end."""
        own = np.frombuffer(b"".join(self._sent), "<i2").copy()
        agent = np.zeros(len(own), np.int16)
        played = self.caller.loudspeaker.played if self.caller is not None else ()
        for one in played:
            at = round((one.start - self._began) * RATE)
            part = np.frombuffer(one.pcm[: len(one.pcm) // 2 * 2], "<i2")[max(0, -at) : max(0, len(agent) - at)]
            agent[max(0, at) : max(0, at) + len(part)] = part
        return own, agent

    async def _ask(self, question: Question) -> None:
        asked = await self._sound(Kind.SPEECH, question.text, self.sounds[question])
        if not await self._until(lambda: self._voice_since(asked), ANSWERED_WITHIN_S):
            self.unanswered += 1
            return
        since = self._now()
        for event in question.over:
            await self._until_time(since + event.after_s)
            if not self._speaks():
                self.left_out += 1
                continue
            since = await self._sound(event.kind, event.label, self.sounds[event])
            if event.kind is Kind.SPEECH:
                await self._until(partial(self._voice_since, since + MERGE_S), ANSWERED_WITHIN_S)
        await self._agent_is_quiet(0.0)
        for event in question.then:
            await self._until_time(max(self._last_sound(), since) + event.after_s)
            since = await self._sound(event.kind, event.label, self.sounds[event])
            await self._until_time(since + AFTER_A_SOUND_S)
        await self._agent_is_quiet()

    async def _sound(self, kind: Kind, label: str, spoken: Spoken) -> float:
        """Play a sound; returns when it ended. Raises _Ended where the call is over."""
        if self._ended:
            raise _Ended
        at = self.line.play(spoken.samples)
        pauses = tuple(Span(at + one.start_s, at + one.end_s) for one in spoken.pauses) if kind is Kind.SPEECH else ()
        self._stimuli.append(Stimulus(kind, Span(at, at + spoken.length_s), label, pauses))
        await self._until_time(at + spoken.length_s)
        return at + spoken.length_s

    async def _agent_is_quiet(self, after_s: float = QUIET_S) -> None:
        least = max(after_s, MERGE_S)
        await self._until(lambda: self._now() - self._last_sound() >= least, ANSWER_OVER_WITHIN_S)

    async def _until(self, true: Callable[[], bool], timeout_s: float) -> bool:
        """False when the call ends before, or it takes too long."""
        deadline = self._now() + timeout_s
        while not true():
            if self._ended or self._now() > deadline:
                return False
            await asyncio.sleep(_LOOK_S)
        return True

    async def _until_time(self, at: float) -> None:
        await self._until(lambda: self.line.frames * FRAME_S >= at, max(0.0, at - self._now()) + 5.0)

    def _speaks(self) -> bool:
        return self._now() - self._last_sound() < _LEAST_LEFT_S

    def _voice_since(self, at: float) -> bool:
        if self.caller is None:
            return False
        return self.caller.loudspeaker.voice_s(self._began + at, self.clock()) >= _VOICE_S

    def _last_sound(self) -> float:
        last = self.caller.loudspeaker.last_sound(self.clock()) if self.caller is not None else 0.0
        return last - self._began if last else 0.0

    def _now(self) -> float:
        return self.clock() - self._began

    @property
    def _began(self) -> float:
        return self.caller.began if self.caller is not None else 0.0

    @property
    def _ended(self) -> bool:
        return self.caller is None or self.caller.ended is not None


def sounds_of(plan: CallPlan, scene: Scene) -> dict[Question | Event, Spoken]:
    """Every sound of a plan; takes seconds where the texts are new."""
    made: dict[Question | Event, Spoken] = {}
    for question in plan.questions:
        made[question] = scene.question(question)
        for event in (*question.over, *question.then):
            made[event] = scene.event(event)
    return made
