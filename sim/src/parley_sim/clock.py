"""Virtual time: an event loop whose clock jumps to the next timer, and clocks that read it, some of them badly.

`world` runs every simulated call on a `VirtualLoop`. Nothing in it waits: a call of a minute takes as long as its
callbacks compute. Equal runs fire equal callbacks in equal order, which is what makes a seed reproduce.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from heapq import heappop, heappush
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

EPOCH_US = 1_767_225_600_000_000  # what the world's calendar says when its clock starts: 2026-01-01
START_S = 1000.0  # of the loop's clock: programs that take 0 for "never" would not show in a clock that starts there
_CHECK_EVERY = 4096  # turns of the loop between two looks at the real clock
_MOST_TURNS_IN_A_MOMENT = 200_000


class Stuck(Exception):
    """The simulation itself stands: a deadlock, an endless loop at one moment, or far too much work."""


class VirtualLoop(asyncio.BaseEventLoop):
    """`time()` is virtual: when nothing is ready it jumps to the next timer. Timers of one moment fire in the order in
    which they were set, each after everything that the one before it has made ready.

    `real_s` is how long a run may take in real time before it is `Stuck`.
    """

    def __init__(self, *, real_s: float = 60.0) -> None:
        super().__init__()
        self.problem: Stuck | None = None
        self._now = START_S
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._set = 0
        self._turns = 0
        self._turns_of_moment = 0
        self._real_s = real_s
        self._real_start = time.perf_counter()

    def time(self) -> float:
        return self._now

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._set += 1
        heappush(self._timers, (when, self._set, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is left out when its turn comes."""

    def _run_once(self) -> None:
        ready: deque[asyncio.Handle] = self._ready  # type: ignore[attr-defined]
        if not ready:
            self._jump(ready)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle.cancelled():
                handle._run()

    def _jump(self, ready: deque[asyncio.Handle]) -> None:
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heappop(timers)
        self._turns += 1
        if not timers:
            self._stand("nothing can ever happen any more")
            return
        when, _, handle = heappop(timers)
        if when > self._now:
            self._now = when
            self._turns_of_moment = 0
        self._turns_of_moment += 1
        if self._turns_of_moment > _MOST_TURNS_IN_A_MOMENT:
            self._stand("time stands still")
        elif self._turns % _CHECK_EVERY == 0 and time.perf_counter() - self._real_start > self._real_s:
            self._stand(f"more than {self._real_s:.0f} s of real time")
        ready.append(handle)

    def _stand(self, why: str) -> None:
        if self.problem is None:
            self.problem = Stuck(why)
        self.stop()

    def _process_events(self, event_list: object) -> None:
        """There are no sockets."""

    def _write_to_self(self) -> None:
        """Nobody is woken from another thread."""


def run(work: Coroutine[Any, Any, T], *, real_s: float = 60.0) -> T:
    """Run to the end on a separate loop. Raises Stuck, and any exception of the work."""
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
