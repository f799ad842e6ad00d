"""Virtual time: an event loop whose clock jumps to the next timer, and clocks that read it, some of them badly.

`world` runs every simulated call on a `VirtualLoop`. Nothing in it waits: a call of a minute takes as long as its
callbacks compute. Equal runs fire equal callbacks in equal order, which is what makes a seed reproduce.
"""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

EPOCH_US = 1_767_225_600_000_000  # what the world's calendar says when its clock starts: 2026-01-01
START_S = 1000.0  # of the loop's clock: programs that take 0 for "never" would not show in a clock that starts there
_CHECK_EVERY = 4096  # turns of the loop between two looks at the real clock
_MOST_TURNS_IN_A_MOMENT = 200_000


class Stuck(Exception):
    """The simulation itself stands: a deadlock, an endless loop at one moment, or far too much work."""


class _Jump:
    """Stands where a loop's selector stands: instead of waiting it moves the time."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        self._loop.passed(timeout)
        return []

    def close(self) -> None:
        """Nothing is held."""


class VirtualLoop(asyncio.BaseEventLoop):
    """`time()` is virtual; timers of one moment fire in the order in which they were set.

    `real_s` is how long a run may take in real time before it is `Stuck`.
    """

    def __init__(self, *, real_s: float = 60.0) -> None:
        super().__init__()
        self._now = START_S
        self._clock_resolution = 1e-9
        self._selector = _Jump(self)
        self._turns = 0
        self._moment = 0
        self._real_s = real_s
        self._real_start = time.perf_counter()
        self.problem: Stuck | None = None

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:
        # The heap of timers is not stable; a nanosecond's fraction by order of setting makes it so.
        self._order = getattr(self, "_order", 0) + 1
        return super().call_at(max(when, self._now) + self._order * 1e-12, callback, *args, context=context)

    def passed(self, timeout: float | None) -> None:
        """Let the time until the next timer pass; called by the loop when it has nothing else to do."""
        self._turns += 1
        if self._turns % _CHECK_EVERY == 0 and time.perf_counter() - self._real_start > self._real_s:
            self._stop(f"more than {self._real_s:.0f} s of real time")
        elif timeout is None:
            self._stop("nothing can ever happen any more")
        elif timeout > 0:
            self._now += timeout
            self._moment = 0
        else:
            self._moment += 1
            if self._moment > _MOST_TURNS_IN_A_MOMENT:
                self._stop("time stands still")

    def _stop(self, why: str) -> None:
        if self.problem is None:
            self.problem = Stuck(why)
        self.stop()

    def _process_events(self, event_list: Any) -> None:
        """There are no sockets."""

    def _write_to_self(self) -> None:
        """Nobody is woken from another thread."""


def run(work: Coroutine[Any, Any, T], *, real_s: float = 60.0) -> T:
    """Run to the end on a loop of its own. Raises Stuck, and whatever the work raises."""
    loop = VirtualLoop(real_s=real_s)
    try:
        asyncio.set_event_loop(loop)
        task = loop.create_task(work, name="world")
        try:
            return loop.run_until_complete(task)
        except RuntimeError:
            if loop.problem is None:
                raise
            raise loop.problem from None
    finally:
        left = asyncio.all_tasks(loop)
        for one in left:
            one.cancel()
        loop.problem = None
        with contextlib.suppress(RuntimeError):
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()


class SimClock:
    """A machine's clock: `drift` (0.01: a hundredth too fast) and `offset_s` of its calendar are its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, drift: float = 0.0, offset_s: float = 0.0) -> None:
        self._loop = loop
        self._rate = 1.0 + drift
        self._offset_us = int(offset_s * 1e6)

    def monotonic(self) -> float:
        return START_S + (self._loop.time() - START_S) * self._rate

    def time_us(self) -> int:
        return EPOCH_US + self._offset_us + round((self._loop.time() - START_S) * self._rate * 1e6)
