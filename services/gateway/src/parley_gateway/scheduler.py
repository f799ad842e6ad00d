"""Time and timers, as everything in a call is given them."""

from collections.abc import Callable
from typing import Protocol


class TimerHandle(Protocol):
    def cancel(self) -> None: ...


class Scheduler(Protocol):
    """Time and timers; an asyncio event loop is one, tests have one whose time they move."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> TimerHandle: ...
