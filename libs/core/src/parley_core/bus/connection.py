"""The bus over NATS, through nats-py. The only module, with `kv`, that imports the NATS client.

Posting is synchronous: a nats-py publish that fits in the client's buffer never suspends, so its coroutine is run to
its end on the spot, without a task. Messages wait here only while the buffer is full or the connection is lost.
"""

import asyncio
import itertools
import json
import logging
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nats
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription
from nats.js.api import INBOX_PREFIX, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, BadRequestError

from parley_core import identity, telemetry
from parley_core.bus import subjects
from parley_core.bus.direct import TIMEOUT_S, direct_get
from parley_core.bus.errors import translated, without_credentials
from parley_core.bus.kv import NatsKeyValue
from parley_core.bus.outbox import Outbox, Waiting, spilled
from parley_core.bus.port import Handler, KeyValue, Message, Subscription
from parley_core.errors import TimedOut, Unavailable
from parley_core.health import Health
from parley_core.tasks import Tasks

log = logging.getLogger(__name__)

BUFFER_BYTES = 8 * 1024 * 1024  # what the client may hold unsent before posting waits
BACKLOG = 20_000  # messages that may wait for the buffer
ROUND_TRIP_S = 60
HEALTH_BUCKET = "health"
WATCH_S = 1.0
PROBE_ROUNDS = 10  # between writes of a process that is well
LOG_MAX_AGE_S = 90 * 24 * 3600
DUPLICATE_WINDOW_S = 600


@asynccontextmanager
async def connect(
    url: str, name: str, *, timeout_s: float = 30.0, unsent_dir: str = "", health: Health | None = None
) -> AsyncIterator["NatsBus"]:
    """Connect and make sure that the stream of the logs exists. Raises Unavailable when no server answers in time.

    `unsent_dir`: a folder for events that the stream did not take before the end; those found there are sent first.
    `health`: told whether the bus, and the log behind it, do what they are for, as the part "bus".
    """
    bus = NatsBus(url, Path(unsent_dir) if unsent_dir else None)
    await bus.open(name, timeout_s)
    if health is not None:
        bus.watch(health, name)
    try:
        yield bus
    finally:
        await bus.close()


@dataclass(slots=True)
class BusCounters:
    dropped_posts: int = 0
    dropped_deliveries: int = 0
    failed_handlers: int = 0


@dataclass(slots=True)
class _Listening:
    inner: NatsSubscription
    closed: bool = field(default=False)

    async def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        try:
            await self.inner.unsubscribe()
        except (nats.errors.ConnectionClosedError, nats.errors.BadSubscriptionError):
            return  # the connection's end took it along


class NatsBus:
    """See `port.Bus`. Made by `connect`."""

    def __init__(self, url: str, spill: Path | None = None) -> None:
        self._url = url
        self._spill = spill
        self._client = Client()
        self._tasks = Tasks("bus")
        self._backlog: deque[tuple[str, bytes, str, dict[str, str] | None]] = deque()
        self._outbox = Outbox(self._resend)
        self._ack_prefix = ""
        self._refused = False
        self._ack_number = itertools.count(1)
        self._wake = asyncio.Event()
        self._sent = asyncio.Event()  # nothing waits in the backlog
        self._sent.set()
        self.counters = BusCounters()
        self._write_s = telemetry.histogram("parley_bus_write", "A probe's way to the stored log and back")
        self._unsent = telemetry.level("parley_bus_unsent_events", "Events of calls that the log has not confirmed")

    @property
    def connected(self) -> bool:
        return self._client.is_connected

    @property
    def refuses(self) -> str:
        """Why the stream of the logs takes nothing, although its server is there; "" while it does."""
        if self._outbox.refused or not self._client.is_connected:
            return self._outbox.refused
        return "it does not answer" if self._outbox.late(asyncio.get_running_loop().time()) else ""

    @property
    def trouble(self) -> str:
        """Why the bus does not do what it is for at this moment; "" while it does."""
        if not self._client.is_connected:
            return "reconnecting"
        if self._outbox.refused:
            return f"the log refuses events: {self._outbox.refused}"
        if self._outbox.late(asyncio.get_running_loop().time()):
            return "the log does not answer"
        return ""

    async def open(self, name: str, timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        try:
            # nats-py itself tries again without end; here the wait has one.
            async with asyncio.timeout_at(deadline):
                await nats_connect(self._client, self._url, name, self._on_error)
        except (OSError, nats.errors.Error, TimeoutError, ValueError) as error:
            place = without_credentials(self._url)
            if self._refused:
                raise Unavailable("NATS", f"{place} does not know this process: see PARLEY_IDENTITY") from None
            raise Unavailable("NATS", f"no server answers at {place} ({type(error).__name__})") from None
        await self._ensure_stream(deadline)
        self._ack_prefix = self._client.new_inbox()
        await self._client.subscribe(self._ack_prefix + ".*", cb=self._on_ack, pending_msgs_limit=0)
        self._tasks.spawn(self._keep_sending(), "sender")
        self._tasks.spawn(self._outbox.keep_resending(), "resender")
        self._take_up_spilled()

    async def close(self) -> None:
        try:
            await self.flush(2.0)
        except (TimedOut, Unavailable):
            log.warning("bus closed with unacknowledged messages", extra={"count": len(self._outbox)})
        await self._tasks.close()
        self._outbox.spill(self._spill)
        self._outbox.cancel()
        await self._client.close()

    async def publish(self, subject: str, data: bytes, *, headers: Mapping[str, str] | None = None) -> None:
        if self._backlog:
            self._enqueue(subject, data, "", dict(headers) if headers else None)
            return
        with translated("NATS", 0.0):
            await self._client.publish(subject, data, headers=dict(headers) if headers else None)

    def post(self, subject: str, data: bytes) -> None:
        self._send(subject, data, "", None)

    def post_stored(
        self, subject: str, data: bytes, *, message_id: str, headers: Mapping[str, str] | None = None
    ) -> asyncio.Future[int]:
        loop = asyncio.get_running_loop()
        now = loop.time()
        number = str(next(self._ack_number))
        stored: asyncio.Future[int] = loop.create_future()
        stored.add_done_callback(_retrieve)
        all_headers = {"Nats-Msg-Id": message_id, **(headers or {})}
        waiting = Waiting(subject, data, all_headers, stored, now, now)
        if self._outbox.add(number, waiting):
            self._resend(number, waiting)
        return stored

    async def request(
        self, subject: str, data: bytes, *, timeout_s: float, headers: Mapping[str, str] | None = None
    ) -> bytes:
        with translated(subject, timeout_s):
            try:
                answer = await self._client.request(
                    subject, data, timeout=timeout_s, headers=dict(headers) if headers else None
                )
            except nats.errors.NoRespondersError:
                raise Unavailable(subject, "nobody listens") from None
        return answer.data

    async def subscribe(self, subject: str, handler: Handler, *, queue: str = "", pending: int = 4096) -> Subscription:
        async def guarded(message: Msg) -> None:
            try:
                await handler(message)
            except Exception as error:
                self.counters.failed_handlers += 1
                log.error("handler failed", extra={"pattern": subject}, exc_info=error)

        with translated(subject, ROUND_TRIP_S):
            inner = await self._client.subscribe(subject, queue=queue, cb=guarded, pending_msgs_limit=pending)
            # A round trip, so that whatever is published after this call returns is delivered.
            await self._round_trip()
        return _Listening(inner)

    async def read_stored(self, subject: str, *, after: int = 0) -> list[tuple[int, bytes]]:
        found: list[tuple[int, bytes]] = []
        start = after + 1
        while True:
            batch, left = await self._read_batch(subject, start)
            found += batch
            if not left or not batch:
                return found
            start = batch[-1][0] + 1

    async def flush(self, timeout_s: float = 5.0) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._sent.wait()
                await self._round_trip()
                if waiting := self._outbox.pending():
                    await asyncio.wait(waiting)
        except (TimeoutError, nats.errors.Error):
            raise TimedOut("NATS", timeout_s) from None

    def watch(self, health: Health, name: str) -> None:
        health.set("bus", True)
        self._tasks.spawn(self._keep_watch(health, re.sub(r"[^A-Za-z0-9_-]", "-", name)), "watch")

    def kv(self, bucket: str, *, ttl_s: float = 0.0) -> KeyValue:
        return NatsKeyValue(self._client, bucket, ttl_s)

    async def _round_trip(self) -> None:
        # In a task of its own: nats-py drops the connection when the answer to a ping finds its waiter cancelled.
        await asyncio.shield(self._tasks.spawn(self._client.flush(timeout=ROUND_TRIP_S), "round trip"))

    def _send(self, subject: str, data: bytes, reply: str, headers: dict[str, str] | None) -> None:
        client = self._client
        if self._backlog or not client.is_connected or client.pending_data_size > BUFFER_BYTES // 2:
            self._enqueue(subject, data, reply, headers)
            return
        publishing = client.publish(subject, data, reply, headers)
        try:
            publishing.send(None)
        except StopIteration:
            return
        except nats.errors.Error as error:
            self.counters.dropped_posts += 1
            log.warning("post failed", extra={"error": type(error).__name__})
            return
        # It suspended on the flusher's queue: the message is in the client's buffer and goes with the next flush.
        publishing.close()

    def _enqueue(self, subject: str, data: bytes, reply: str, headers: dict[str, str] | None) -> None:
        if len(self._backlog) >= BACKLOG:
            self.counters.dropped_posts += 1
            return
        self._backlog.append((subject, data, reply, headers))
        self._sent.clear()
        self._wake.set()

    async def _keep_watch(self, health: Health, name: str) -> None:
        """Write something every few seconds: a stream that takes nothing more is not seen by a process at rest."""
        probe = self.kv(HEALTH_BUCKET)
        refused, rounds = "", itertools.count()
        while True:
            if next(rounds) % PROBE_ROUNDS == 0 or refused:
                began = time.perf_counter()
                try:
                    await probe.put(name, b"")
                    refused = ""
                    self._write_s.record(time.perf_counter() - began)
                except (TimedOut, Unavailable) as error:
                    refused = str(error)
            trouble = self.trouble or refused
            health.set("bus", not trouble, trouble)
            self._unsent.set(len(self._outbox.pending()))
            await asyncio.sleep(WATCH_S)

    async def _keep_sending(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._backlog:
                if not self._client.is_connected:
                    await asyncio.sleep(0.02)
                    continue
                subject, data, reply, headers = self._backlog[0]
                try:
                    await self._client.publish(subject, data, reply, headers)
                except nats.errors.Error as error:
                    self.counters.dropped_posts += 1
                    log.warning("post failed", extra={"error": type(error).__name__})
                self._backlog.popleft()
            self._sent.set()

    def _resend(self, number: str, waiting: Waiting) -> None:
        self._send(waiting.subject, waiting.data, f"{self._ack_prefix}.{number}", waiting.headers)

    def _take_up_spilled(self) -> None:
        for path, messages in spilled(self._spill):
            for subject, data, headers in messages:
                self.post_stored(subject, data, message_id=headers.pop("Nats-Msg-Id", ""), headers=headers)
            log.warning("events of an earlier process are sent", extra={"count": len(messages), "file": path.name})
            path.unlink()

    async def _on_ack(self, message: Msg) -> None:
        number = message.subject.rpartition(".")[2]
        if message.headers and message.headers.get("Status") == "503":
            return  # the stream has no leader at this moment: it is sent again when the ack is overdue
        answer = json.loads(message.data)
        if "error" in answer:
            self._outbox.refuse(number, str(answer["error"].get("description", answer["error"].get("err_code"))))
            return
        self._outbox.acknowledged(number, int(answer["seq"]))

    async def _read_batch(self, subject: str, start: int) -> tuple[list[tuple[int, bytes]], bool]:
        """One batch by JetStream's direct get: (sequence, data) pairs, and whether more are there."""
        with translated("the log", TIMEOUT_S):
            ask = {"seq": start, "batch": 1024, "next_by_subj": subject}
            found, left = await direct_get(self._client, subjects.STREAM, ask)
        return [(int((one.headers or {})["Nats-Sequence"]), one.data) for one in found], left > 0

    async def _ensure_stream(self, deadline: float) -> None:
        config = StreamConfig(
            name=subjects.STREAM,
            subjects=[subjects.ALL_LOGS],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            max_age=LOG_MAX_AGE_S,
            duplicate_window=DUPLICATE_WINDOW_S,
            allow_direct=True,
        )
        while True:
            try:
                await self._client.jetstream().add_stream(config)
                return
            except BadRequestError:
                return  # it exists with settings of the operator's own
            except (APIError, nats.errors.Error, TimeoutError) as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise Unavailable("JetStream", type(error).__name__) from None
                await asyncio.sleep(0.2)

    async def _on_error(self, error: Exception) -> None:
        if not self._ack_prefix:
            self._refused = self._refused or _is_refusal(error)
            return  # still connecting: `open` says how that ends
        if isinstance(error, nats.errors.SlowConsumerError):
            self.counters.dropped_deliveries += 1
        detail = str(error) if "permissions violation" in str(error).lower() else ""
        log.warning("bus error", extra={"error": type(error).__name__, "detail": detail})


async def nats_connect(client: Client, url: str, name: str, on_error: Callable[[Exception], Awaitable[None]]) -> None:
    await client.connect(
        servers=url.split(","),
        name=name,
        error_cb=on_error,
        connect_timeout=2,
        allow_reconnect=True,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.2,  # type: ignore[arg-type]  # it is slept for; only its annotation says int
        pending_size=BUFFER_BYTES,
        ping_interval=20,
        **credentials(),  # type: ignore[arg-type]
    )


def broker_options(url: str, name: str) -> dict[str, object]:
    """Arguments of a FastStream broker that connects as `nats_connect` does, and tries again without end."""
    return {
        "servers": url.split(","),
        "name": name,
        "logger": None,
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": 1,
        **credentials(),
    }


def credentials() -> dict[str, object]:
    """How this process proves to a NATS server who it is: options of a nats-py client."""
    own = identity.current()
    return {"nkeys_seed_str": own.seed, "inbox_prefix": own.inbox} if own is not None else {}


def consumer_inbox() -> bytes:
    """Where a durable consumer's messages come in, for FastStream's `inbox_prefix`; its own default is a stranger's."""
    own = identity.current()
    return own.inbox + b"." if own is not None else INBOX_PREFIX


def _is_refusal(error: Exception) -> bool:
    return "authorization violation" in str(error).lower()


def _retrieve(future: asyncio.Future[int]) -> None:
    """Mark a failure as seen: it is raised where the future is awaited, and the loop does not log it again."""
    if not future.cancelled():
        future.exception()


__all__ = ["Message", "NatsBus", "connect"]
