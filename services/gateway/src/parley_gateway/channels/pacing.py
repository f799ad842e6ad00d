"""Callers' audio on its way in, where clients may send it faster than it is spoken: it waits for its time here."""

from collections import deque
from collections.abc import Callable

from parley_audio.codecs import Framer
from parley_audio.formats import BYTES_PER_MS, FRAME_BYTES

from parley_gateway.scheduler import Scheduler, TimerHandle

AHEAD_S = 0.3  # a client that sends lumps of 256 ms is not delayed
MAX_WAITING = 3000  # frames of 20 ms: a minute


class PacedInput:
    """Gives 20 ms frames on, no faster than they are spoken, and does in their order what is asked for behind them."""

    def __init__(self, scheduler: Scheduler, take: Callable[[bytes], None], catch_up_s: float = 0.0) -> None:
        """`catch_up_s`: audio behind a stall of the client that is given on at once, not late from then on."""
        self._scheduler = scheduler
        self._take = take
        self._catch_up_s = catch_up_s
        self._framer = Framer(FRAME_BYTES)
        self._waiting: deque[bytes | Callable[[], None]] = deque()
        self._until = 0.0  # what was given on lasts until then
        self._timer: TimerHandle | None = None
        self._open = False

    def open(self) -> None:
        """From here on the frames are taken."""
        self._open = True
        self._pump()

    def put(self, pcm: bytes) -> bool:
        """Take PCM16 mono 16 kHz; False, and nothing of it is kept, when too much waits already."""
        if len(self._waiting) + len(pcm) // FRAME_BYTES > MAX_WAITING:
            return False
        self._waiting += self._framer.push(pcm)
        self._pump()
        return True

    def then(self, do: Callable[[], None]) -> bool:
        """Do this once everything put before has been taken; False when too much waits already."""
        if len(self._waiting) >= MAX_WAITING:
            return False
        if self._waiting or not self._open:
            self._waiting.append(do)
        else:
            do()
        return True

    def clear(self) -> None:
        """Forget the audio that waits; what was asked for behind it is done."""
        kept = [one for one in self._waiting if not isinstance(one, bytes)]
        self._waiting = deque(kept)
        self._framer.clear()
        self._pump()

    def close(self) -> None:
        self._open = False
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _pump(self) -> None:
        if not self._open or self._timer is not None:
            return
        now = self._scheduler.time()
        while self._waiting:
            if self._until > now + AHEAD_S:
                self._timer = self._scheduler.call_at(self._until - AHEAD_S, self._due)
                return
            one = self._waiting.popleft()
            if isinstance(one, bytes):
                self._until = max(self._until, now - self._catch_up_s) + len(one) / BYTES_PER_MS / 1000
                self._take(one)
            else:
                one()

    def _due(self) -> None:
        self._timer = None
        self._pump()
