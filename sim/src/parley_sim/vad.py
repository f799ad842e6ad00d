"""Voice activity and echoes without a model. Stands where `parley_gateway.listening.vad.VadLoop` stands."""

from dataclasses import dataclass

import numpy as np
from parley_audio.formats import FRAME_BYTES
from parley_gateway.listening.echo import Echo
from parley_gateway.listening.vad import BatchedVad, CallVad
from parley_gateway.turns.types import Sound

from parley_sim.voices import FIRST_AGENT, LAST, NOISE, runs

_SILENT = bytes(FRAME_BYTES)
_LEAST_LEVEL = 500
_FRAME = FRAME_BYTES // 2


@dataclass(slots=True)
class _Heard:
    position: int = 0
    voiced_from: int = 0
    voiced_frames: int = 0
    last_sound: int = 0
    quiet_frames: int = 0


class SimVad(BatchedVad):
    """Voice begins after `on_frames` loud frames and ends after `off_frames` quiet ones, as the model's scores do."""

    def __init__(self, *, on_frames: int = 2, off_frames: int = 5) -> None:
        # The model that the base class loads is what this one does without.
        self._heard: dict[CallVad, _Heard] = {}
        self._on_frames = on_frames
        self._off_frames = off_frames

    def push(self, ear: CallVad, pcm: bytes | memoryview) -> None:
        state = self._heard.get(ear)
        if state is None:
            state = self._heard[ear] = _Heard()
        begin = state.position
        state.position += len(pcm) // 2
        if pcm == _SILENT:
            loud = -1
        else:
            over = np.flatnonzero(np.abs(np.frombuffer(pcm, np.int16)) >= _LEAST_LEVEL)
            loud = int(over[-1]) if len(over) else -1
        if loud >= 0:
            if not state.voiced_frames:
                state.voiced_from = begin + int(over[0])
            state.voiced_frames += 1
            state.quiet_frames = 0
            state.last_sound = begin + loud + 1
            if not ear.voiced and state.voiced_frames >= self._on_frames:
                ear.voiced = True
                ear.on_started(state.voiced_from)
            return
        state.quiet_frames += 1
        if not ear.voiced:
            state.voiced_frames = 0
        elif state.quiet_frames >= self._off_frames:
            ear.voiced = False
            state.voiced_frames = 0
            ear.on_ended(state.last_sound)

    def echo(self) -> Echo:
        return SimEcho()

    def remove(self, ear: CallVad) -> None:
        self._heard.pop(ear, None)

    def run(self) -> None:
        """Every frame was scored when it came."""


class SimEcho(Echo):
    """Reads in the audio itself whose words the line carries; simulated words are too much alike to be correlated."""

    def judge(self, since: float, until: float) -> Sound:
        agent = self._ms(since, until, range(FIRST_AGENT, LAST + 1))
        caller = self._ms(since, until, range(1, FIRST_AGENT))
        if agent == caller:
            return Sound.UNKNOWN
        return Sound.ECHO if agent > caller else Sound.CALLER

    def movement(self, since: float, until: float) -> float:
        """Words move, noises do not."""
        noise, words = self._ms(since, until, range(NOISE, NOISE + 1)), self._ms(since, until, range(1, NOISE))
        return float(words > noise)

    def _ms(self, since: float, until: float, numbers: range) -> int:
        frames = [frame for at, frame in self._line if since <= at < until]
        return sum(length_ms for frame in frames for number, length_ms in runs(frame) if number in numbers)
