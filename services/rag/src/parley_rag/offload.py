"""Blocking work beside the event loop: a few threads, a bounded line before them, a deadline. Used for the model and
the built-in store."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from parley_core.errors import LimitReached, TimedOut

from parley_rag.embeddings.base import Floats
from parley_rag.embeddings.minilm import DIMENSION

T = TypeVar("T")


class Offload:
    """Threads under one name. With one thread, work is done in the order of the calls."""

    def __init__(self, what: str, *, threads: int, max_waiting: int, timeout_s: float) -> None:
        self._what = what
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=what.replace(" ", "-"))
        self._limit = threads + max_waiting
        self._timeout_s = timeout_s
        self._running = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Raises LimitReached when too much waits, TimedOut when it is late; late work still runs to its end."""
        if self._running >= self._limit:
            raise LimitReached(self._what, self._limit)
        self._running += 1
        future = asyncio.get_running_loop().run_in_executor(self._executor, work)
        future.add_done_callback(self._done)
        try:
            # Shielded: the count falls when the thread is free again, not when the caller gives up.
            return await asyncio.wait_for(asyncio.shield(future), self._timeout_s)
        except TimeoutError:
            raise TimedOut(self._what, self._timeout_s) from None

    def close(self) -> None:
        """Wait for what runs, drop what waits."""
        self._executor.shutdown(cancel_futures=True)

    def _done(self, future: "asyncio.Future[T]") -> None:
        self._running -= 1
        if not future.cancelled():
            future.exception()  # seen here, for a caller that gave up


class CachedEmbedder:
    """The model on threads, behind the vectors of the texts last asked for: questions and known sentences repeat."""

    def __init__(self, model: Callable[[Sequence[str]], Floats], offload: Offload, *, cache_entries: int) -> None:
        self._model = model
        self._offload = offload
        self._entries = cache_entries
        self._cache: OrderedDict[str, Floats] = OrderedDict()

    async def embed(self, texts: Sequence[str]) -> Floats:
        rows = np.empty((len(texts), DIMENSION), dtype=np.float32)
        missing: dict[str, list[int]] = {}
        for at, text in enumerate(texts):
            known = self._cache.get(text)
            if known is None:
                missing.setdefault(text, []).append(at)
            else:
                self._cache.move_to_end(text)
                rows[at] = known
        if missing:
            wanted = list(missing)
            made = await self._offload.run(lambda: self._model(wanted))
            for text, row in zip(wanted, made, strict=True):
                rows[missing[text]] = row
                self._remember(text, row)
        return rows

    def _remember(self, text: str, row: Floats) -> None:
        if not self._entries:
            return
        # A copy, so that a kept row does not keep its whole batch.
        self._cache[text] = row.copy()
        self._cache.move_to_end(text)
        while len(self._cache) > self._entries:
            self._cache.popitem(last=False)
