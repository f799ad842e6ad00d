"""One utterance's audio in order, from messages that come twice, out of order or not at all. `call.py` drives it."""

from dataclasses import dataclass, field

from parley_core.errors import BadInput

BYTES_PER_MS = 32  # PCM16 mono 16 kHz
MAX_MESSAGE_BYTES = 32_000  # a second
MAX_AHEAD = 25  # messages held behind a missing one before it is given up; half a second of 20 ms frames
MAX_GAP_MS = 1000  # silence put in the place of lost audio


@dataclass(slots=True)
class Utterance:
    """Collects messages with `add` and gives their audio in order with `take`, keeping all for a replay."""

    number: int
    max_ms: int = 60_000
    start_ms: int | None = None  # of the first sample, on the call's clock
    paused: bool = False
    speech_end_ms: int = 0
    duplicates: int = 0
    lost: int = 0
    _expected: int | None = None  # messages in all, known from the pause on
    _next: int = 0
    _ahead: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    _chunks: list[bytes] = field(default_factory=list)
    _bytes: int = 0
    _taken: int = 0  # chunks

    def add(self, seq: int, *, start_ms: int, pcm: bytes) -> None:
        """Take one message. Raises BadInput for audio that cannot be; ignores what came before."""
        if not pcm or len(pcm) % 2 or len(pcm) > MAX_MESSAGE_BYTES:
            raise BadInput("audio message", f"must have 2 to {MAX_MESSAGE_BYTES} bytes, an even number")
        if seq < self._next or seq in self._ahead:
            self.duplicates += 1
            return
        if self._bytes >= self.max_ms * BYTES_PER_MS:
            self.lost += 1
            self._next = max(self._next, seq + 1)
            return
        if seq - self._next > 50 * self.max_ms // 1000:
            raise BadInput("audio message", "is far ahead of the utterance")
        self._ahead[seq] = (start_ms, pcm)
        self._join()
        if len(self._ahead) > MAX_AHEAD:
            self.give_up_missing()

    def pause(self, *, messages: int, speech_end_ms: int) -> None:
        """No more voice follows: `messages` make the utterance."""
        self.paused = True
        self._expected = messages
        self.speech_end_ms = speech_end_ms

    def give_up_missing(self) -> None:
        """Go on without the messages that are missing before those that are here; silence takes their place."""
        while self._ahead:
            first = min(self._ahead)
            self.lost += first - self._next
            start_ms, _ = self._ahead[first]
            missing_ms = max(start_ms - self.end_ms, 0) if self.start_ms is not None else 0
            self._keep(bytes(min(missing_ms, MAX_GAP_MS) * BYTES_PER_MS))
            self._next = first
            self._join()

    def end_here(self) -> None:
        """Whatever has not come by now will not come: the utterance is what is here."""
        self.give_up_missing()
        if self._expected is not None:
            self.lost += max(self._expected - self._next, 0)
        self.paused = True
        self._expected = self._next

    @property
    def complete(self) -> bool:
        return self.paused and self._expected is not None and self._next >= self._expected and not self._ahead

    @property
    def duration_ms(self) -> int:
        return self._bytes // BYTES_PER_MS

    @property
    def end_ms(self) -> int:
        return (self.start_ms or 0) + self.duration_ms

    @property
    def taken_ms(self) -> int:
        """Audio taken since the start, or since the last `rewind`."""
        return sum(len(chunk) for chunk in self._chunks[: self._taken]) // BYTES_PER_MS

    @property
    def ready_bytes(self) -> int:
        return sum(len(chunk) for chunk in self._chunks[self._taken :])

    def take(self, at_most: int = 1 << 30) -> bytes:
        """Return audio in order that was not taken yet: whole messages, about `at_most` bytes of them."""
        size, end = 0, self._taken
        while end < len(self._chunks) and (size == 0 or size + len(self._chunks[end]) <= at_most):
            size += len(self._chunks[end])
            end += 1
        taken = b"".join(self._chunks[self._taken : end])
        self._taken = end
        return taken

    def rewind(self) -> None:
        """Take everything again, for another stream."""
        self._taken = 0

    def _join(self) -> None:
        while (here := self._ahead.pop(self._next, None)) is not None:
            start_ms, pcm = here
            if self.start_ms is None:
                self.start_ms = start_ms
            self._keep(pcm)
            self._next += 1

    def _keep(self, pcm: bytes) -> None:
        if pcm:
            self._chunks.append(pcm)
            self._bytes += len(pcm)
