"""Time as something that is handed in, so that tests and the simulator can own it."""

import time
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
