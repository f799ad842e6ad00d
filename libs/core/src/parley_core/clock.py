"""Time as something that is handed in, so that tests and the simulator can own it.

Services hand a `Clock` to what they build. The bus' own parts (the log, claims) and ids, which have no owner to hand
them one, take `current()`: the system's clock, or the one that the simulator has set for the context they run in.
"""

import time
from contextvars import ContextVar
from typing import Protocol


class Clock(Protocol):
    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    def time_us(self) -> int:
        """Unix time in microseconds."""
        ...


class SystemClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def time_us(self) -> int:
        return time.time_ns() // 1000


CURRENT: ContextVar[Clock] = ContextVar("clock", default=SystemClock())  # noqa: B039 - it has no state


def current() -> Clock:
    """The clock of the running context."""
    return CURRENT.get()
