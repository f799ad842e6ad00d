"""The bus in one process, with NATS' subject rules: for tests and the simulator. Passes the contract of `port.Bus`."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from parley_core import clock
from parley_core.bus import subjects
from parley_core.bus.port import Handler, KeyValue, Message, Subscription
from parley_core.errors import TimedOut, Unavailable

log = logging.getLogger(__name__)

MAX_ROUTES = 10_000


@dataclass(slots=True)
class MemoryMessage:
    subject: str
    data: bytes
    headers: dict[str, str] | None = None
    answer: "asyncio.Future[bytes] | None" = None

    async def respond(self, data: bytes) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(data)


@dataclass(eq=False, slots=True)
class _Listener:
    bus: "MemoryBus"
    pattern: str
    queue: str
    waiting: "asyncio.Queue[Message]"
    task: "asyncio.Task[None] | None" = field(default=None)

    async def close(self) -> None:
        if self in self.bus._listeners:
            self.bus._listeners.remove(self)
            self.bus._routes.clear()
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()

    async def run(self, handler: Handler) -> None:
        while True:
            message = await self.waiting.get()
            try:
                await handler(message)
            except Exception as error:
                log.error("handler failed", extra={"pattern": self.pattern}, exc_info=error)


class MemoryKeyValue:
    """See `port.KeyValue`."""

    def __init__(self, ttl_s: float = 0.0) -> None:
        self._ttl_s = ttl_s
        self._values: dict[str, bytes] = {}
        self._changed: dict[str, float] = {}
        self._revisions: dict[str, int] = {}
        self._revision = 0

    def _forget(self) -> None:
        if self._ttl_s:
            oldest = clock.current().monotonic() - self._ttl_s
            for key in [key for key, changed in self._changed.items() if changed < oldest]:
                self._values.pop(key, None)
                del self._changed[key]

    async def get(self, key: str) -> bytes | None:
        self._forget()
        return self._values.get(key)

    async def put(self, key: str, value: bytes) -> int:
        self._revision += 1
        self._changed[key] = clock.current().monotonic()
        self._values[key] = value
        self._revisions[key] = self._revision
        return self._revision

    async def create(self, key: str, value: bytes) -> bool:
        self._forget()
        if key in self._values:
            return False
        await self.put(key, value)
        return True

    async def entry(self, key: str) -> tuple[bytes, int] | None:
        self._forget()
        return (self._values[key], self._revisions[key]) if key in self._values else None

    async def update(self, key: str, value: bytes, revision: int) -> bool:
        self._forget()
        if key not in self._values or self._revisions[key] != revision:
            return False
        await self.put(key, value)
        return True

    async def delete(self, key: str) -> None:
        self._values.pop(key, None)

    async def keys(self, prefix: str = "") -> list[str]:
        self._forget()
        return sorted(key for key in self._values if key.startswith(prefix))


class MemoryBus:
    """See `port.Bus`. `dropped` counts deliveries past a subscription's bound."""

    def __init__(self) -> None:
        self._listeners: list[_Listener] = []
        self._routes: dict[str, list[_Listener]] = {}  # by subject; made anew after every change of the listeners
        self._stored: list[tuple[str, bytes]] = []
        self._ids: dict[str, int] = {}
        self._buckets: dict[str, MemoryKeyValue] = {}
        self._turn: dict[tuple[str, str], int] = {}
        self.dropped = 0

    async def publish(self, subject: str, data: bytes, *, headers: Mapping[str, str] | None = None) -> None:
        self._deliver(MemoryMessage(subject, data, dict(headers) if headers else None))

    def post(self, subject: str, data: bytes) -> None:
        self._deliver(MemoryMessage(subject, data))

    def post_stored(
        self, subject: str, data: bytes, *, message_id: str, headers: Mapping[str, str] | None = None
    ) -> asyncio.Future[int]:
        stored: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._deliver(MemoryMessage(subject, data, dict(headers) if headers else None))
        if not subjects.matches(subjects.ALL_LOGS, subject):
            stored.set_exception(Unavailable("the log", f"no stream takes {subject}"))
            stored.exception()
            return stored
        if message_id not in self._ids:
            self._stored.append((subject, data))
            self._ids[message_id] = len(self._stored)
        stored.set_result(self._ids[message_id])
        return stored

    async def request(
        self, subject: str, data: bytes, *, timeout_s: float, headers: Mapping[str, str] | None = None
    ) -> bytes:
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        message = MemoryMessage(subject, data, dict(headers) if headers else None, answer)
        if not self._deliver(message):
            raise Unavailable(subject, "nobody listens")
        try:
            return await asyncio.wait_for(answer, timeout_s)
        except TimeoutError:
            raise TimedOut(subject, timeout_s) from None

    async def subscribe(self, subject: str, handler: Handler, *, queue: str = "", pending: int = 4096) -> Subscription:
        listener = _Listener(self, subject, queue, asyncio.Queue(pending))
        listener.task = asyncio.get_running_loop().create_task(listener.run(handler), name=f"subscription {subject}")
        self._listeners.append(listener)
        self._routes.clear()
        return listener

    async def read_stored(self, subject: str, *, after: int = 0) -> list[tuple[int, bytes]]:
        return [
            (number, data)
            for number, (stored, data) in enumerate(islice(self._stored, after, None), start=after + 1)
            if subjects.matches(subject, stored)
        ]

    async def flush(self, timeout_s: float = 5.0) -> None:
        await asyncio.sleep(0)

    def kv(self, bucket: str, *, ttl_s: float = 0.0) -> KeyValue:
        return self._buckets.setdefault(bucket, MemoryKeyValue(ttl_s))

    async def close(self) -> None:
        for listener in list(self._listeners):
            await listener.close()

    def _deliver(self, message: MemoryMessage) -> int:
        """Hand to every plain listener and to one of each queue group; returns how many were handed it."""
        groups: dict[tuple[str, str], list[_Listener]] = {}
        chosen: list[_Listener] = []
        for listener in self._route(message.subject):
            if listener.queue:
                groups.setdefault((listener.pattern, listener.queue), []).append(listener)
            else:
                chosen.append(listener)
        for group, members in groups.items():
            turn = self._turn.get(group, 0)
            self._turn[group] = turn + 1
            chosen.append(members[turn % len(members)])
        for listener in chosen:
            try:
                listener.waiting.put_nowait(message)
            except asyncio.QueueFull:
                self.dropped += 1
        return len(chosen)

    def _route(self, subject: str) -> list[_Listener]:
        known = self._routes.get(subject)
        if known is None:
            known = [one for one in self._listeners if subjects.matches(one.pattern, subject)]
            if len(self._routes) >= MAX_ROUTES:
                self._routes.clear()
            self._routes[subject] = known
        return known
