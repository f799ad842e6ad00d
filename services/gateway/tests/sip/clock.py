"""Time that a test moves: a `Scheduler`."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count


@dataclass
class Handle:
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self._due: list[tuple[float, int, Handle, Callable[[], object]]] = []
        self._number = count()

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> Handle:
        handle = Handle()
        heapq.heappush(self._due, (when, next(self._number), handle, lambda: callback(*args)))
        return handle

    def advance(self, seconds: float) -> None:
        until = self.now + seconds
        while self._due and self._due[0][0] <= until:
            when, _, handle, callback = heapq.heappop(self._due)
            if not handle.cancelled:
                self.now = max(self.now, when)
                callback()
        self.now = until
