"""Voice activity for every call of the process: one model, one batched run, and what each call makes of the scores.

`VadLoop` collects windows for a few milliseconds and scores them together; `Ear` is one call's side of it: the energy
gate, the hysteresis between voice and no voice, and where the last sound really ended.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from parley_audio.energy import EnergyGate, SoundEnd
from parley_audio.vad import WINDOW, WINDOW_S, VadBatch, VadStream

from parley_gateway.loudness import Loudness
from parley_gateway.ports import Scheduler, TimerHandle

GATHER_S = 0.006  # windows of other calls that come within it share the run
VOICE_ON = 0.5
VOICE_OFF = 0.35
_SCALE = 32768.0


class Ear:
    """Voice activity of one caller. Positions are samples since the first frame pushed.

    `on_started(position)` tells the first voiced sample, `on_ended(position)` the end of the last sound.
    """

    def __init__(self, on_started: Callable[[int], None], on_ended: Callable[[int], None]) -> None:
        self.stream = VadStream()
        self.on_started = on_started
        self.on_ended = on_ended
        self.voiced = False
        self.position = 0  # of the next sample to be scored
        self._loudness = Loudness()
        self._gate = EnergyGate()
        self._level = 0.0
        self._end = SoundEnd()

    @property
    def loudness(self) -> float:
        """Of the voice that is heard or was heard last; RMS in PCM16 steps."""
        return self._loudness.level

    def gated(self, window: NDArray[np.float32]) -> bool:
        """Take the window's energy in; True when it is too quiet for the model to be asked."""
        self._end.push(window)
        level = float(np.sqrt(np.dot(window, window) / WINDOW)) * _SCALE
        self._loudness.window(level, voiced=self.voiced)
        if self.voiced:
            return False
        self._level = level
        return not self._gate.open(level)

    def skipped(self, window: NDArray[np.float32]) -> None:
        self.stream.skip(window)
        self.position += WINDOW

    def scored(self, voice: float) -> None:
        start, self.position = self.position, self.position + WINDOW
        if not self.voiced and voice >= VOICE_ON:
            self.voiced = True
            self._loudness.begin(self._level)
            self.on_started(start)
        elif self.voiced and voice < VOICE_OFF:
            self.voiced = False
            quiet = int(self._end.quiet_s(self._gate.floor / _SCALE) * WINDOW / WINDOW_S)
            self.on_ended(max(0, self.position - quiet))


class VadLoop:
    """Scores the windows of all ears. Owned by the gateway's app; runs on its event loop, some 60 µs a window."""

    def __init__(self, scheduler: Scheduler, *, gather_s: float = GATHER_S) -> None:
        self._batch = VadBatch()
        self._scheduler = scheduler
        self._gather_s = gather_s
        self._waiting: dict[Ear, None] = {}
        self._timer: TimerHandle | None = None
        self.runs = 0
        self.windows = 0

    def push(self, ear: Ear, pcm: bytes | memoryview) -> None:
        ear.stream.push(pcm)
        if ear.stream.ready:
            self._waiting[ear] = None
            if self._timer is None:
                self._timer = self._scheduler.call_at(self._scheduler.time() + self._gather_s, self.run)

    def remove(self, ear: Ear) -> None:
        self._waiting.pop(ear, None)

    def run(self) -> None:
        """Score everything that waits, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            ears, self._waiting = self._waiting, {}
            work: list[tuple[Ear, NDArray[np.float32]]] = []
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
