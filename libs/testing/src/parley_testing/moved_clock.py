"""Time that a test moves, with its timers: stands where the gateway's `Scheduler` stands."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count


@dataclass
class Handle:
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class MovedClock:
    """Time stands still but for `advance`, which fires what is due on its way."""

    def __init__(self, now: float = 100.0) -> None:
        self.now = now
        self._due: list[tuple[float, int, Handle, Callable[[], object]]] = []
        self._number = count()

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> Handle:
        handle = Handle()
        heapq.heappush(self._due, (when, next(self._number), handle, lambda: callback(*args)))
        return handle

    def advance(self, seconds: float) -> None:
        self.until(self.now + seconds)

    def until(self, then: float) -> None:
        while self._due and self._due[0][0] <= then:
            when, _, handle, callback = heapq.heappop(self._due)
            if not handle.cancelled:
                self.now = max(self.now, when)
                callback()
        self.now = then
