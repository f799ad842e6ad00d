"""What Parley asks of its bus. `connection` serves it over NATS, `memory` in one process; both pass one contract."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol


class Message(Protocol):
    """One delivered message. `headers` is None where it has none."""

    subject: str
    data: bytes

    @property
    def headers(self) -> dict[str, str] | None: ...

    async def respond(self, data: bytes) -> None:
        """Answer a request; does nothing useful on a message that asked for no answer."""
        ...


Handler = Callable[[Message], Awaitable[None]]


class Subscription(Protocol):
    async def close(self) -> None:
        """End the subscription. What was delivered but not handled yet is dropped. May be called twice."""
        ...


class KeyValue(Protocol):
    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes) -> int:
        """Store and return the key's revision, which grows with each write."""
        ...

    async def create(self, key: str, value: bytes) -> bool:
        """Store only where the key has no value; say whether it was stored."""
        ...

    async def entry(self, key: str) -> tuple[bytes, int] | None:
        """The key's value and revision."""
        ...

    async def update(self, key: str, value: bytes, revision: int) -> bool:
        """Store only where the key's newest revision is this one; say whether it was stored."""
        ...

    async def delete(self, key: str) -> None: ...

    async def keys(self, prefix: str = "") -> list[str]: ...


class Bus(Protocol):
    async def publish(self, subject: str, data: bytes, *, headers: Mapping[str, str] | None = None) -> None: ...

    def post(self, subject: str, data: bytes) -> None:
        """Publish without waiting: for the hot path. Order is kept; past the bound messages are dropped and counted."""
        ...

    def post_stored(
        self, subject: str, data: bytes, *, message_id: str, headers: Mapping[str, str] | None = None
    ) -> asyncio.Future[int]:
        """Publish to a stream without waiting; in order with `post`. Tried again until the stream has it.

        The future gives the stream's sequence number, or raises Unavailable when it could not be stored in time.
        """
        ...

    async def request(
        self, subject: str, data: bytes, *, timeout_s: float, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """Send a request and wait. Raises Unavailable without a listener, TimedOut without an answer."""
        ...

    async def subscribe(self, subject: str, handler: Handler, *, queue: str = "", pending: int = 4096) -> Subscription:
        """Deliver to `handler`, one message at a time, in order; at most `pending` wait, more are dropped and counted.

        A handler that raises is logged and the next message is delivered.
        """
        ...

    async def read_stored(self, subject: str, *, after: int = 0) -> list[tuple[int, bytes]]:
        """The stored messages under `subject` past sequence `after`, oldest first, each with its stream sequence."""
        ...

    async def flush(self, timeout_s: float = 5.0) -> None:
        """Return when the server has everything that was posted before and every stored message is acknowledged."""
        ...

    def kv(self, bucket: str, *, ttl_s: float = 0.0) -> KeyValue:
        """A bucket. With `ttl_s`, its values are kept in the server's memory, and for so long after their last change;
        this holds for a bucket that does not exist yet."""
        ...
