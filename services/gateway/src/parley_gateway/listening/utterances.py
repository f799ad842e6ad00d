"""A caller's utterances on their way to the recogniser: pre-roll, numbered frames, signals, and replay to a new worker.

Silence never gets here: only what lies between `open` and `pause`, and the 300 ms before it, is published. What has no
final text yet is kept, bounded, for the recogniser that takes over from a lost one.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from parley.v1 import live_pb2
from parley_audio.formats import FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE
from parley_core.bus import subjects

PRE_ROLL_MS = 300
MAX_KEPT = 4  # utterances without a final text
_RING_FRAMES = (PRE_ROLL_MS + 200) // FRAME_MS
_PER_MS = SAMPLE_RATE // 1000


@dataclass(slots=True)
class _Kept:
    number: int
    started: live_pb2.Speech
    audio: list[bytes] = field(default_factory=list)
    paused: live_pb2.Speech | None = None


class Utterances:
    """One call's. Positions are samples since the call's start; frames are 20 ms."""

    def __init__(self, post: Callable[[str, bytes], None], tenant: str, call: str) -> None:
        self._post = post
        self._audio_in = subjects.live_audio_in(tenant, call)
        self._speech = subjects.live_speech(tenant, call)
        self._ring: deque[tuple[int, bytes]] = deque(maxlen=_RING_FRAMES)
        self._message = live_pb2.AudioIn()
        self._open: _Kept | None = None
        self._kept: dict[int, _Kept] = {}
        self._published_until = 0
        self.language = ""  # what the next utterances are recognised in; "": what was claimed

    def frame(self, position: int, pcm: bytes) -> None:
        """Take the next frame; it is published at once while an utterance is open. The hot path."""
        self._ring.append((position, pcm))
        if self._open is not None:
            self._publish(self._open, position, pcm)

    def open(self, number: int, at: int, *, unlogged: bool = False) -> None:
        """Begin an utterance whose first voiced sample is at `at`. `unlogged`: its text is to be kept off the log."""
        self._message.unlogged = unlogged
        started = live_pb2.Speech(
            kind=live_pb2.Speech.KIND_STARTED,
            utterance=number,
            at_ms=at // _PER_MS,
            unlogged=unlogged,
            language=self.language,
        )
        self._signal(started)
        self._open = self._kept[number] = _Kept(number, started)
        while len(self._kept) > MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        first = max(at - PRE_ROLL_MS * _PER_MS, self._published_until)
        for position, pcm in self._ring:
            if position + FRAME_SAMPLES > first and position >= self._published_until:
                self._publish(self._open, position, pcm)

    def pause(self, number: int, speech_end: int, at: int) -> None:
        """End an utterance: the recogniser makes its final text."""
        kept = self._kept.get(number)
        if kept is None:
            return
        kept.paused = live_pb2.Speech(
            kind=live_pb2.Speech.KIND_PAUSED,
            utterance=number,
            at_ms=at // _PER_MS,
            audio_messages=len(kept.audio),
            speech_end_ms=speech_end // _PER_MS,
            unlogged=kept.started.unlogged,
        )
        self._signal(kept.paused)
        if self._open is kept:
            self._open = None

    def cancel(self, number: int) -> None:
        self._signal(live_pb2.Speech(kind=live_pb2.Speech.KIND_CANCELLED, utterance=number))
        self.heard(number)

    def heard(self, number: int) -> None:
        """The final text is there: the audio need not be kept."""
        kept = self._kept.pop(number, None)
        if kept is not None and kept is self._open:
            self._open = None

    def replay(self) -> None:
        """Publish again everything that has no final text."""
        for kept in self._kept.values():
            self._signal(kept.started)
            for audio in kept.audio:
                self._post(self._audio_in, audio)
            if kept.paused is not None:
                self._signal(kept.paused)

    def _publish(self, kept: _Kept, position: int, pcm: bytes) -> None:
        message = self._message
        message.utterance = kept.number
        message.seq = len(kept.audio)
        message.start_ms = position // _PER_MS
        message.pcm = pcm
        data = message.SerializeToString()
        kept.audio.append(data)
        self._post(self._audio_in, data)
        self._published_until = position + FRAME_SAMPLES

    def _signal(self, speech: live_pb2.Speech) -> None:
        self._post(self._speech, speech.SerializeToString())
