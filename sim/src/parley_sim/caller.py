"""The caller's end of the line: a leg with an ear that knows what it hears, and a mouth that plays a script.

`world` makes one per call. The ear is what the invariants trust: it counts the milliseconds of every agent word that
were really played, by the schedule on which a client plays what it is sent.
"""

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from parley_core.errors import NotAllowed
from parley_core.reasons import EndReason, Reason
from parley_gateway.call_events import CallEvent

from parley_sim.script import Script, Step
from parley_sim.voices import BYTES_PER_MS, LOUD, NOISE, Voices, runs, sound

_AT_ONCE_S = 0.001
_CUT_S = 0.05  # of silence behind a word that was cut: a halt, not a voice that is lowered
_LINGER_S = 120.0  # a caller whose script is over and who hears nothing more hangs up


class CallerInput(Protocol):
    """See `parley_gateway.call.caller_side.CallerSide`."""

    def audio(self, pcm: bytes) -> None: ...

    def digits(self, digits: str) -> None: ...

    def typed(self, text: str) -> None: ...


class Line(Protocol):
    """The gateway's side, as a channel sees it: `parley_gateway.call.call.Call`."""

    @property
    def ready(self) -> bool: ...

    @property
    def caller(self) -> CallerInput: ...

    def hang_up(self, reason: EndReason, detail: str = "") -> None: ...


@dataclass(slots=True)
class Heard:
    """A word of the agent's as it came to the ear."""

    number: int
    first_at: float
    ms: int = 0


class EarListener(Protocol):
    def sent(self, numbers: list[int], ahead_s: float) -> None:
        """A frame with these words goes to the caller, who hears it after the delay."""
        ...

    def word_begins(self, heard: Heard, before: Heard | None) -> None: ...

    def told(self, event: CallEvent) -> None: ...


@dataclass(slots=True)
class _Frame:
    start: float
    runs: tuple[tuple[int, int], ...]
    pcm: bytes


class Leg:
    """See `parley_gateway.ports.Leg`. Plays what it is sent at once, behind what it still has."""

    def __init__(self, loop: asyncio.AbstractEventLoop, listener: EarListener) -> None:
        self._loop = loop
        self._listener = listener
        self._frames: deque[_Frame] = deque()
        self._until = 0.0
        self._newest: Heard | None = None
        self._cleared_at = 0.0
        self.words: dict[int, Heard] = {}
        self.quiet_since = loop.time()
        self.over = asyncio.Event()
        self.broken = False  # the next close is a broken line's, and the caller may come back
        self.last_seen = loop.time()
        self.ear_delay_s = 0.0
        self.played: deque[tuple[float, bytes]] = deque(maxlen=50)

    @property
    def sounding(self) -> bool:
        return self._until > self._loop.time()

    def send_audio(self, frame: bytes | memoryview) -> None:
        now = self._loop.time()
        if now <= self._cleared_at + _AT_ONCE_S:
            self._cleared_at = -math.inf  # filled again at once: a voice that is lowered, not a halt
        start = max(now, self._until)
        data = bytes(frame)
        named = runs(data)
        self._until = start + len(data) / (BYTES_PER_MS * 1000)
        self._listener.sent([number for number, _ in named if number], start - now)
        self._frames.append(_Frame(start, named, data))

    def clear_audio(self) -> None:
        self.listen()
        self._frames.clear()
        self._until = self._cleared_at = self._loop.time()

    def send_event(self, event: CallEvent) -> None:
        self._listener.told(event)

    async def transfer(self, address: str, summary: str) -> None:
        raise NotAllowed("a transfer", "nobody else is simulated")

    def close(self, reason: Reason, detail: str = "") -> None:
        self.listen()
        self._frames.clear()
        if self.broken:
            self.broken = False
            self._until = self._loop.time()
        else:
            self.over.set()

    def listen(self) -> None:
        """Bring what was heard up to now."""
        now = self._loop.time() + 1e-6
        while self._frames and self._frames[0].start < now:
            frame = self._frames[0]
            at = frame.start
            left = []
            for number, length_ms in frame.runs:
                heard_ms = min(length_ms, int((now - at) * 1000))
                if heard_ms > 0:
                    self._hear(number, heard_ms, at)
                if heard_ms < length_ms:
                    left.append((number, length_ms - max(heard_ms, 0)))
                at += length_ms / 1000
            if left:
                done = sum(length for _, length in frame.runs) - sum(length for _, length in left)
                frame.start += done / 1000
                frame.runs = tuple(left)
                return
            self.played.append((frame.start, frame.pcm))
            self._frames.popleft()

    def _hear(self, number: int, length_ms: int, at: float) -> None:
        if not number:
            return
        halted = self._cleared_at >= self.quiet_since - _CUT_S and at > self._cleared_at + _CUT_S
        self.quiet_since = max(self.quiet_since, at + length_ms / 1000)
        if halted and self._newest is not None and self._newest.number == number:
            self._newest.ms = 0  # it was cut, and is said again from its beginning
        if self._newest is None or self._newest.number != number:
            known = self.words.get(number)
            if known is None:
                known = self.words[number] = Heard(number, at)
            before, self._newest = self._newest, known
            self._listener.word_begins(known, before)
        self._newest.ms += length_ms


@dataclass(slots=True)
class Habits:
    """How this caller's machine and line behave."""

    frame_ms: int = 20
    drift: float = 0.0  # of the sound card: 0.01 a hundredth too slow
    frame_lost: float = 0.0
    stall: float = 0.0  # chance, per frame, of a gap that comes later in a burst
    lost: Callable[[str], None] = field(default=lambda kind: None)


class Caller:
    """Plays a script into a call, frame by frame."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        leg: Leg,
        voices: Voices,
        script: Script,
        *,
        chance: random.Random,
        habits: Habits,
        did: Callable[[str], None],
    ) -> None:
        """`did` is called with what the caller does, for the trace."""
        self._loop = loop
        self._leg = leg
        self._voices = voices
        self._steps = deque(script.steps)
        self._echo = script.echo
        self._chance = chance
        self._habits = habits
        self._did = did
        self._frame_s = habits.frame_ms / 1000
        self._frame_bytes = habits.frame_ms * BYTES_PER_MS
        self._silence = bytes(self._frame_bytes)
        self._sound = b""
        self._at = 0
        self._own_end = loop.time()
        self._step_since = loop.time()
        self._words_before = 0
        self._line: Line | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._held_back: list[bytes] = []
        self._release_at = 0.0
        self.last_voice = 0.0

    def start(self, line: Line) -> None:
        self._line = line
        self._begin_step()
        first = self._loop.time() + self._frame_s
        self._timer = self._loop.call_at(first, self._tick, first)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._line = None

    def _tick(self, due: float) -> None:
        line = self._line
        if line is None:
            return
        following = due + self._frame_s * (1.0 + self._habits.drift)
        self._timer = self._loop.call_at(following, self._tick, following)
        self._leg.last_seen = self._loop.time()
        self._leg.listen()
        frame = self._frame()
        if self._on_line(frame):
            line.caller.audio(frame)
        if line.ready and self._at >= len(self._sound):
            self._act(line)

    def _frame(self) -> bytes:
        if self._at < len(self._sound):
            frame = self._sound[self._at : self._at + self._frame_bytes]
            self._at += self._frame_bytes
            if self._at >= len(self._sound):
                self._own_end = self._loop.time()
                self._begin_step()
            return frame.ljust(self._frame_bytes, b"\0")
        if self._echo and len(self._leg.played) > 2 and self._leg.sounding:
            number, _ = max(runs(self._leg.played[-2][1]), key=lambda run: run[1])
            return sound(number, self._habits.frame_ms, int(LOUD * self._echo)).tobytes()
        return self._silence

    def _on_line(self, frame: bytes) -> bool:
        """Whether this frame goes out now, by what the caller's network does to it."""
        habits = self._habits
        if self._held_back or (habits.stall and self._chance.random() < habits.stall):
            now = self._loop.time()
            if not self._held_back:
                self._release_at = now + self._chance.uniform(0.06, 0.35)
                habits.lost("frames_late")
            self._held_back.append(frame)
            if now >= self._release_at and self._line is not None:
                held, self._held_back = self._held_back, []
                for one in held:
                    self._line.caller.audio(one)
            return False
        if habits.frame_lost and self._chance.random() < habits.frame_lost:
            habits.lost("frames_lost")
            return False
        return True

    def _begin_step(self) -> None:
        self._step_since = self._loop.time()
        self._words_before = len(self._leg.words)

    def _act(self, line: Line) -> None:
        now = self._loop.time()
        if not self._steps:
            if now - max(self._leg.quiet_since, self._step_since) > _LINGER_S:
                line.hang_up(EndReason.CALLER_HUNG_UP)
            return
        step = self._steps[0]
        if not self._due(step, now):
            return
        self._steps.popleft()
        if step.say or step.words:
            self._speak(step)
        elif step.noise_ms:
            self._did(f"makes a noise of {step.noise_ms} ms")
            self._play(sound(NOISE, step.noise_ms).tobytes())
        elif step.digits:
            self._did(f"keys {step.digits}")
            for digit in step.digits:
                line.caller.digits(digit)
        elif step.type:
            self._did(f"types {step.type!r}")
            line.caller.typed(step.type)
        elif step.hang_up:
            self._did("hangs up")
            line.hang_up(EndReason.CALLER_HUNG_UP)
        if not self._sound[self._at :]:
            self._own_end = now + step.wait_s
            self._begin_step()
            self._step_since = self._own_end

    def _due(self, step: Step, now: float) -> bool:
        kind, much = step.trigger
        since = now - self._step_since
        if since < 0:
            return False
        if kind == "pause":
            return now - self._own_end >= much
        if since >= step.patience_s:
            return True
        if kind == "word":
            return len(self._leg.words) - self._words_before >= much
        answered = self._leg.quiet_since >= self._own_end and len(self._leg.words) > self._words_before
        return answered and not self._leg.sounding and now - self._leg.quiet_since >= much

    def _speak(self, step: Step) -> None:
        self._did(f"says {step.say or ' '.join(word.text for word in step.words)!r}")
        pcm = []
        if step.words:
            at_ms = 0
            for timed in step.words:
                word = self._voices.caller(timed.text, max(1, timed.end_ms - timed.start_ms))
                pcm += [sound(0, max(0, timed.start_ms - at_ms)), sound(word.number, word.length_ms)]
                at_ms = timed.end_ms
        else:
            for text in step.say.split():
                word = self._voices.caller(text, step.word_ms)
                pcm += [sound(word.number, word.length_ms), sound(0, step.gap_ms)]
        self._play(b"".join(one.tobytes() for one in pcm))

    def _play(self, pcm: bytes) -> None:
        self._sound, self._at = pcm, 0
