"""A sentence on its way to the caller's ear: its audio, its words, and how much of it was heard. Used by `playout` and
`text_playout`."""

from collections import deque
from dataclasses import dataclass, field

from parley.v1 import events_pb2, live_pb2
from parley_audio.formats import SAMPLE_RATE

EARLY_S = 0.001  # event loops' timers count in milliseconds and may come so early
BYTES_PER_S = SAMPLE_RATE * 2
MAX_GAP_MS = 2000  # lost audio longer than this is left out
_BYTES_PER_MS = BYTES_PER_S // 1000


@dataclass(slots=True)
class Sentence:
    """One take of one sentence, as far as it has come."""

    turn: int
    number: int
    take: int
    text: str = ""  # from the conversation; may come after the first audio
    kind: "events_pb2.SayKind.ValueType" = events_pb2.SAY_KIND_REPLY
    uninterruptible: bool = False
    chunks: deque[memoryview] = field(default_factory=deque)
    words: list[events_pb2.Word] = field(default_factory=list)  # times in the sentence
    early: dict[int, live_pb2.AudioOut] = field(default_factory=dict)  # by seq: behind one that has not come
    gaps: list[tuple[int, int]] = field(default_factory=list)  # from and to, in ms: lost audio, played as silence
    received_bytes: int = 0  # what is here of it without a hole, gaps included
    worker: str | None = None  # who speaks it; None until the first audio came
    next_seq: int = 0
    complete: bool = False  # no more audio is to come
    cut_short: bool = False  # the speech service could not say all of it
    broken: bool = False  # no more audio will come for it
    sent_bytes: int = 0
    started_at: float | None = None  # when its first sample was or will be heard
    heard_until: float = 0.0  # when the last sample sent will have been heard

    @property
    def whole(self) -> bool:
        """Whether all of it is here: a speech service that fails ends a sentence early."""
        return self.complete and not self.cut_short

    def heard_text(self, now: float) -> str:
        """The words that have been heard to their end."""
        if self.started_at is None:
            return ""
        if self.whole and not self.gaps and not self.chunks and now >= self.heard_until - EARLY_S:
            return self.text or " ".join(word.text for word in self.words)
        heard_ms = self._heard_ms(now)
        return " ".join(word.text for word in self.words if word.end_ms <= heard_ms + 1 and not self._in_gap(word))

    def word_began(self, now: float) -> float:
        """When the word that is heard at `now` began to be; `now` where there is none."""
        heard_ms = self._heard_ms(now)
        # One that has just ended has been heard, however the sum of the times is rounded.
        word = next((one for one in self.words if one.start_ms < heard_ms and heard_ms + 0.01 < one.end_ms), None)
        return now if word is None else now - (heard_ms - word.start_ms) / 1000

    def put_back(self, frame: memoryview, heard_at: float) -> None:
        """Take back the frame that was sent last; it was to be heard at `heard_at`."""
        self.chunks.appendleft(frame)
        self.sent_bytes -= len(frame)
        self.heard_until = heard_at
        if not self.sent_bytes:
            self.started_at = None

    def _heard_ms(self, now: float) -> float:
        # A pause in the audio moved what follows it; counting back from the end is right on either side of it.
        return (self.sent_bytes / BYTES_PER_S - max(0.0, self.heard_until - now)) * 1000

    def _in_gap(self, word: events_pb2.Word) -> bool:
        return any(word.start_ms < end and word.end_ms > start for start, end in self.gaps)

    def take_in(self, audio: live_pb2.AudioOut) -> int:
        """Put the next audio behind what is here; returns how many bytes of silence came before it."""
        self.next_seq = audio.seq + 1
        missing_ms = audio.start_ms - self.received_bytes // _BYTES_PER_MS
        silent = 0
        if 0 < missing_ms <= MAX_GAP_MS:
            silent = missing_ms * _BYTES_PER_MS
            self.gaps.append((audio.start_ms - missing_ms, audio.start_ms))
            self._put(bytes(silent))
        if audio.pcm:
            self._put(audio.pcm)
        for word in audio.words:
            while self.words and self.words[-1].end_ms > word.start_ms:
                self.words.pop()  # it was broken off, and another voice says it again
            self.words.append(word)
        self.complete = audio.last
        # An end without audio: nothing could be made of the rest, or there was nothing that has a sound.
        self.cut_short = audio.last and not audio.pcm and any(char.isalnum() for char in self.text)
        return silent

    def _put(self, pcm: bytes) -> None:
        self.chunks.append(memoryview(pcm))
        self.received_bytes += len(pcm)

    def waiting_bytes(self) -> int:
        return sum(len(chunk) for chunk in self.chunks) + sum(len(audio.pcm) for audio in self.early.values())
