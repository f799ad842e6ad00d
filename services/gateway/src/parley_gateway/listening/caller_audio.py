"""The caller's side of a call: audio in, on the gateway's clock, to voice activity, the recogniser and the recording.

`call.caller_side` feeds it with what the channel received, `call.turn_commands` with what `machine` decided; voice is
reported in seconds on the scheduler's clock.
"""

import math
from collections.abc import Callable

from parley_audio.beep import BeepDetector
from parley_audio.formats import FRAME_BYTES, FRAME_SAMPLES, silence

from parley_gateway.listening.caller_clock import CallerClock
from parley_gateway.listening.echo import Echo
from parley_gateway.listening.utterances import Utterances
from parley_gateway.listening.vad import BatchedVad, CallVad
from parley_gateway.recording import RecordingTrack
from parley_gateway.scheduler import Scheduler

_SILENT_FRAME = silence(20)
_LEARNING = 0.3  # how much of the caller's level one turn changes


class CallerAudio:
    def __init__(
        self,
        scheduler: Scheduler,
        vad: BatchedVad,
        utterances: Utterances,
        recorded: RecordingTrack | None,
        echo: Echo,
        *,
        started: float,
        on_voice: Callable[[float], None],
        on_quiet: Callable[[float], None],
    ) -> None:
        """`echo` is given what comes over the line. `started`: when the call began. `on_voice` gets the time of the
        first voiced sample, `on_quiet` that of the last."""
        self._scheduler = scheduler
        self._vad = vad
        self._utterances = utterances
        self._recorded = recorded
        self._clock = CallerClock(started)
        self._ear = CallVad(lambda at: on_voice(self._time_of(at)), lambda at: on_quiet(self._time_of(at)))
        self._offset: int | None = None  # from the ear's samples to the call's
        self._echo = echo
        self._own = 0.0  # how loud the caller is
        self._beeps: BeepDetector | None = None
        self._on_beep: Callable[[], None] | None = None
        self._rest = b""  # of a message that was not a multiple of 20 ms

    def audio(self, pcm: bytes) -> None:
        """Take 10 to 60 ms. The hot path."""
        gap = self._clock.arrived(len(pcm) // 2, self._scheduler.time())
        for _ in range(0, gap, FRAME_SAMPLES):
            self._frame(_SILENT_FRAME)
        if len(pcm) == FRAME_BYTES and not self._rest:
            self._frame(pcm)
            return
        pcm = self._rest + pcm
        whole = len(pcm) // FRAME_BYTES * FRAME_BYTES
        for at in range(0, whole, FRAME_BYTES):
            self._frame(pcm[at : at + FRAME_BYTES])
        self._rest = pcm[whole:]

    def listen_for_beep(self, on_beep: Callable[[], None] | None) -> None:
        """Look for an answering machine's tone; None: no longer."""
        self._on_beep = on_beep
        self._beeps = BeepDetector() if on_beep is not None else None

    def score(self) -> None:
        """Have what waits to be scored scored now."""
        self._vad.run()

    def open(self, number: int, at: float, *, unlogged: bool = False) -> None:
        self._utterances.open(number, self._clock.position_of(at), unlogged=unlogged)

    def record(self, recorded: RecordingTrack) -> None:
        """Record from here on."""
        self._recorded = recorded

    def pause(self, number: int, speech_end: float, now: float) -> None:
        self._utterances.pause(number, self._clock.position_of(speech_end), self._clock.position_of(now))

    def cancel(self, number: int) -> None:
        self._utterances.cancel(number)

    def heard(self, number: int) -> None:
        """The utterance's final text is there."""
        self._utterances.heard(number)

    def in_language(self, language: str) -> None:
        self._utterances.language = language

    def replay(self) -> None:
        """Give a new recogniser everything that has no final text."""
        self._utterances.replay()

    def level_below_caller_db(self) -> float:
        """How far the voice that is heard, or was heard last, lies below the caller's own; 0 while that is unknown."""
        if not self._own or not self._ear.loudness:
            return 0.0
        return 20 * math.log10(self._own / self._ear.loudness)

    def was_the_caller(self) -> None:
        """The voice that was heard last was the caller's: learn how loud they are."""
        level = self._ear.loudness
        self._own = level if not self._own else (1 - _LEARNING) * self._own + _LEARNING * level

    def close(self) -> None:
        self._vad.remove(self._ear)

    def _frame(self, pcm: bytes) -> None:
        position = self._clock.advance(FRAME_SAMPLES)
        if self._offset is None:
            self._offset = position
        self._utterances.frame(position, pcm)
        if self._recorded is not None:
            self._recorded.put(position, pcm)
        self._echo.line(pcm, self._clock.time_of(position))
        self._vad.push(self._ear, pcm)
        if self._beeps is not None and self._beeps.ended(pcm) and self._on_beep is not None:
            self._on_beep()

    def _time_of(self, ear_position: int) -> float:
        return self._clock.time_of(ear_position + (self._offset or 0))
