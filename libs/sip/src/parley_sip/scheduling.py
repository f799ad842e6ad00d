"""Time with timers, as the library is given it: a gateway's scheduler, or a test's clock."""

from collections.abc import Callable
from typing import Protocol


class TimerHandle(Protocol):
    def cancel(self) -> None: ...


class Scheduler(Protocol):
    """Monotonic seconds, and callbacks at a point of them."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> TimerHandle: ...
