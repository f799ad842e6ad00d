"""Owned asyncio tasks: each has a name and an owner, and none outlives it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

log = logging.getLogger(__name__)


class Tasks:
    """Owns the tasks of one part. Leaving the context cancels what still runs and waits for it.

    Unlike asyncio.TaskGroup a failing task does not end its siblings: one call's failure never touches another.
    The failure is logged and given to `on_error`.
    """

    def __init__(self, owner: str, *, on_error: Callable[[str, BaseException], None] | None = None) -> None:
        self._owner = owner
        self._on_error = on_error
        self._running: dict[asyncio.Task[Any], None] = {}  # in the order of their start
        self._closed = False

    def __len__(self) -> int:
        return len(self._running)

    def spawn(self, work: Coroutine[Any, Any, object], name: str) -> asyncio.Task[Any]:
        if self._closed:
            work.close()
            raise RuntimeError(f"{self._owner} is closed and takes no task {name!r}")
        task = asyncio.get_running_loop().create_task(work, name=f"{self._owner}/{name}")
        self._running[task] = None
        task.add_done_callback(self._done)
        return task

    async def finish(self) -> None:
        """Take no more and wait until every task has ended by itself."""
        self._closed = True
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def close(self) -> None:
        """Cancel every task and wait until each has ended."""
        self._closed = True
        me = asyncio.current_task()
        while waiting := [task for task in self._running if task is not me]:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.pop(task, None)
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("task failed", extra={"task": task.get_name()}, exc_info=error)
        if self._on_error is not None:
            self._on_error(task.get_name(), error)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
