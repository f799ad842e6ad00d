"""Voice activity for every call of the process: one model, one batched run, and what each call makes of the scores.

`BatchedVad` collects windows for a few milliseconds and scores them together; `Ear` is one call's side of it: the
energy gate, the hysteresis between voice and no voice, and where the last sound really ended. The model says that it
is voice; while it says so, energy shows to a frame when the voice pauses and goes on, which the model shows some 100
ms later.
"""

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from parley_audio.energy import EnergyGate, SoundEnd, rms
from parley_audio.formats import SAMPLE_RATE, samples_of
from parley_audio.vad import WINDOW, VadBatch, VadStream

from parley_gateway.listening.echo import Echo
from parley_gateway.listening.loudness import Loudness
from parley_gateway.scheduler import Scheduler, TimerHandle

GATHER_S = 0.006  # windows of other calls that come within it share the run
VOICE_ON = 0.5
VOICE_OFF = 0.35
QUIET_S = 0.064  # a voice without sound for so long has paused; closures inside words are mostly shorter
_SCALE = 32768.0
_RECENT = 3  # messages: a window and what may wait behind it


class CallVad:
    """Voice activity of one caller. Positions are samples since the first frame pushed.

    `on_started(position)` gets the first voiced sample, `on_ended(position)` the end of the last sound.
    """

    def __init__(self, on_started: Callable[[int], None], on_ended: Callable[[int], None]) -> None:
        self.stream = VadStream()
        self.on_started = on_started
        self.on_ended = on_ended
        self.voiced = False
        self.position = 0  # of the next sample to be scored
        self._pushed = 0  # samples
        self._model = False  # whether the model hears voice
        self._started = 0
        self._loudness = Loudness()
        self._gate = EnergyGate()
        self._level = 0.0
        self._end = SoundEnd()
        self._recent: deque[bytes | memoryview] = deque(maxlen=_RECENT)  # pushed while the model hears no voice
        self._eager = False

    @property
    def loudness(self) -> float:
        """Of the voice that is heard or was heard last; RMS in PCM16 steps."""
        return self._loudness.level

    @property
    def eager(self) -> bool:
        """Whether the frame that was pushed may begin a voice: the agent's may have to be lowered, so score it now."""
        return self._eager

    def push(self, pcm: bytes | memoryview) -> None:
        """Take a whole number of 4 ms blocks. The hot path."""
        self.stream.push(pcm)
        self._pushed += len(pcm) // 2
        if not self._model:
            self._recent.append(pcm)
            self._eager = self._gate.above(rms(samples_of(pcm)))
            return
        self._end.push(_floats(pcm))
        quiet_s = self._quiet_s()
        if self.voiced and quiet_s >= QUIET_S:
            self._ends()
        elif not self.voiced and quiet_s * SAMPLE_RATE < len(pcm) // 2:
            self._begins(self._pushed - len(pcm) // 2)

    def gated(self, window: NDArray[np.float32]) -> bool:
        """Take the window's energy in; True when it is too quiet for the model to be asked."""
        level = float(np.sqrt(np.dot(window, window) / WINDOW)) * _SCALE
        self._loudness.window(level, voiced=self._model)
        if self._model:
            return False
        self._level = level
        return not self._gate.open(level)

    def skipped(self, window: NDArray[np.float32]) -> None:
        self.stream.skip(window)
        self.position += WINDOW

    def scored(self, voice: float) -> None:
        start, self.position = self.position, self.position + WINDOW
        if not self._model and voice >= VOICE_ON:
            self._model, self._eager = True, False
            self._loudness.begin(self._level)
            self._end.reset()
            for pcm in self._recent:
                self._end.push(_floats(pcm))
            self._begins(start)
        elif self._model and voice < VOICE_OFF:
            self._model = False
            if self.voiced:
                self._ends()

    def _begins(self, at: int) -> None:
        self.voiced, self._started = True, at
        self.on_started(at)

    def _ends(self) -> None:
        self.voiced = False
        self.on_ended(max(self._started, self._pushed - int(self._quiet_s() * SAMPLE_RATE)))

    def _quiet_s(self) -> float:
        return self._end.quiet_s(self._gate.floor / _SCALE)


def _floats(pcm: bytes | memoryview) -> NDArray[np.float32]:
    samples = samples_of(pcm).astype(np.float32)
    samples *= 1 / _SCALE
    return samples


class BatchedVad:
    """Scores the windows of all ears. Owned by the gateway's app; runs on its event loop, some 60 µs a window."""

    def __init__(self, scheduler: Scheduler, *, gather_s: float = GATHER_S) -> None:
        self._batch = VadBatch()
        self._scheduler = scheduler
        self._gather_s = gather_s
        self._waiting: dict[CallVad, None] = {}
        self._timer: TimerHandle | None = None
        self.runs = 0
        self.windows = 0

    def push(self, ear: CallVad, pcm: bytes | memoryview) -> None:
        ear.push(pcm)
        if ear.stream.ready:
            self._waiting[ear] = None
            if ear.eager:
                self.run()
            elif self._timer is None:
                self._timer = self._scheduler.call_at(self._scheduler.time() + self._gather_s, self.run)

    def echo(self) -> Echo:
        """The detector of the agent's own voice on a new call's line."""
        return Echo()

    def remove(self, ear: CallVad) -> None:
        self._waiting.pop(ear, None)

    def run(self) -> None:
        """Score everything that waits, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            ears, self._waiting = self._waiting, {}
            work: list[tuple[CallVad, NDArray[np.float32]]] = []
            for ear in ears:
                window = ear.stream.window()
                if window is None:
                    continue
                if ear.gated(window):
                    ear.skipped(window)
                else:
                    work.append((ear, window))
            scores = self._batch.run([(ear.stream, window) for ear, window in work])
            if work:
                self.runs += 1
                self.windows += len(work)
            for ear in ears:
                if ear.stream.ready:
                    self._waiting[ear] = None
            for (ear, _), voice in zip(work, scores, strict=True):
                ear.scored(voice)
