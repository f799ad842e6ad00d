"""The simulated bus: `MemoryBus` with its real subject rules, behind a connection per process that can misbehave.

Every simulated process has its own `Port`. A port keeps the order of what it sends, adds the way's delay, and can be
held (a pause of the process or of the bus) or killed. What it publishes is shown to `watch` at the moment at which
the bus has it.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from parley_core.bus.memory import MemoryBus
from parley_core.bus.port import Handler, KeyValue, Message, Subscription
from parley_core.errors import TimedOut, Unavailable

Watch = Callable[[str, bytes, "Port", bool], None]  # subject, data, who sent it, whether it is stored


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one live message: no delays in it: it is lost. Delays past the first are repetitions."""

    delays_s: tuple[float, ...] = (0.0,)
    in_order: bool = True


ARRIVES = Fate()
Fates = Callable[[str, "Port"], Fate]  # asked for every live message of a call


@dataclass(slots=True)
class _Sent:
    subject: str
    data: bytes
    headers: dict[str, str] | None = None
    message_id: str = ""
    stored: "asyncio.Future[int] | None" = None


class Network:
    def __init__(self, *, delay_s: float = 0.0) -> None:
        self.memory = MemoryBus()
        self.delay_s = delay_s
        self.held_until = 0.0  # the whole bus pauses until then
        self.watches: list[Watch] = []
        self.fates: Fates | None = None
        self.loses: Callable[[str], bool] | None = None  # whether one listener does not get a message
        self.ports: list[Port] = []

    def connect(self, name: str) -> "Port":
        port = Port(self, name)
        self.ports.append(port)
        return port

    def listeners(self, call: str) -> list[str]:
        """Subscriptions on subjects of this call that are open, as `who pattern`."""
        return [
            f"{port.name} {pattern}" for port in self.ports for pattern in port.patterns() if f".{call}." in pattern
        ]

    def told(self, sent: _Sent, port: "Port") -> None:
        for watch in self.watches:
            watch(sent.subject, sent.data, port, bool(sent.message_id))


class Port:
    """One process' connection; see `parley_core.bus.port.Bus`."""

    def __init__(self, network: Network, name: str) -> None:
        self.name = name
        self.alive = True
        self.held_until = 0.0
        self._network = network
        self._memory = network.memory
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[float, _Sent]] = deque()
        self._pumping: asyncio.TimerHandle | None = None
        self._subscriptions: list[_Held] = []

    # What services call

    async def publish(self, subject: str, data: bytes, *, headers: Mapping[str, str] | None = None) -> None:
        self._send(_Sent(subject, data, dict(headers) if headers else None))

    def post(self, subject: str, data: bytes) -> None:
        self._send(_Sent(subject, data))

    def post_stored(
        self, subject: str, data: bytes, *, message_id: str, headers: Mapping[str, str] | None = None
    ) -> asyncio.Future[int]:
        stored: asyncio.Future[int] = self._loop.create_future()
        self._send(_Sent(subject, data, dict(headers) if headers else None, message_id, stored))
        return stored

    async def request(
        self, subject: str, data: bytes, *, timeout_s: float, headers: Mapping[str, str] | None = None
    ) -> bytes:
        began = self._loop.time()
        await self.passage()
        left = timeout_s - (self._loop.time() - began)
        if left <= 0:
            raise TimedOut(subject, timeout_s)
        answer = await self._memory.request(subject, data, timeout_s=left, headers=headers)
        await self.passage()
        return answer

    async def subscribe(self, subject: str, handler: Handler, *, queue: str = "", pending: int = 4096) -> Subscription:
        held = _Held(self, subject, handler)
        held.inner = await self._memory.subscribe(subject, held.deliver, queue=queue, pending=pending)
        self._subscriptions.append(held)
        return held

    async def read_stored(self, subject: str, *, after: int = 0) -> list[tuple[int, bytes]]:
        await self.passage()
        return await self._memory.read_stored(subject, after=after)

    async def flush(self, timeout_s: float = 5.0) -> None:
        if self._queue:
            last = self._queue[-1][0]
            await asyncio.sleep(max(0.0, last - self._loop.time()))
        await asyncio.sleep(0)

    def kv(self, bucket: str, *, ttl_s: float = 0.0) -> KeyValue:
        return self._memory.kv(bucket, ttl_s=ttl_s)

    # What the world does to it

    def kill(self) -> None:
        """The process is gone: nothing of it arrives any more, nothing reaches it."""
        self.alive = False
        self._queue.clear()
        if self._pumping is not None:
            self._pumping.cancel()

    def hold(self, seconds: float) -> None:
        """The process stands still, or its way to the bus does; then everything goes on in its order."""
        self.held_until = max(self.held_until, self._loop.time() + seconds)

    def patterns(self) -> list[str]:
        return [held.pattern for held in self._subscriptions]

    async def passage(self) -> None:
        """The way to the bus, once. Raises Unavailable in a process that is gone."""
        wait = max(self.held_until, self._network.held_until) - self._loop.time() + self._network.delay_s
        if wait > 0:
            await asyncio.sleep(wait)
        if not self.alive:
            raise Unavailable("the bus", "this process is gone")

    def loses(self, subject: str) -> bool:
        return self._network.loses is not None and self._network.loses(subject)

    def is_held(self) -> float:
        """Seconds for which nothing moves."""
        return max(self.held_until, self._network.held_until) - self._loop.time()

    def closed(self, held: "_Held") -> None:
        if held in self._subscriptions:
            self._subscriptions.remove(held)

    # The way

    def _send(self, sent: _Sent) -> None:
        if not self.alive:
            return
        fate = ARRIVES
        if self._network.fates is not None and ".live." in sent.subject:
            fate = self._network.fates(sent.subject, self)
            if not fate.delays_s:
                return
        now = self._loop.time()
        due = max(now, self.held_until, self._network.held_until) + self._network.delay_s
        if fate.in_order:
            if not self._queue and due <= now and not fate.delays_s[0]:
                self._arrive(sent)
            else:
                due = max(due, self._queue[-1][0] if self._queue else 0.0) + fate.delays_s[0]
                self._queue.append((due, sent))
                self._pump_at()
            again = fate.delays_s[1:]
        else:
            again = fate.delays_s
        for delay in again:
            self._loop.call_at(due + delay, self._arrive, sent)

    def _pump_at(self) -> None:
        if self._pumping is None and self._queue:
            self._pumping = self._loop.call_at(self._queue[0][0], self._pump)

    def _pump(self) -> None:
        self._pumping = None
        held = max(self.held_until, self._network.held_until)
        now = self._loop.time()
        while self._queue and self._queue[0][0] <= now + 1e-9:
            if held > now:
                self._pumping = self._loop.call_at(held, self._pump)
                return
            self._arrive(self._queue.popleft()[1])
        self._pump_at()

    def _arrive(self, sent: _Sent) -> None:
        if not self.alive:
            return
        self._network.told(sent, self)
        if sent.stored is None:
            publishing = self._memory.publish(sent.subject, sent.data, headers=sent.headers)
            with contextlib.suppress(StopIteration):
                publishing.send(None)  # in memory nothing is waited for
            return
        done = self._memory.post_stored(sent.subject, sent.data, message_id=sent.message_id, headers=sent.headers)
        if not sent.stored.done():
            error = done.exception()
            if error is None:
                sent.stored.set_result(done.result())
            else:
                sent.stored.set_exception(error)
                sent.stored.exception()


class _Held:
    """A subscription through a port."""

    def __init__(self, port: Port, pattern: str, handler: Handler) -> None:
        self.pattern = pattern
        self.inner: Subscription | None = None
        self._port = port
        self._handler = handler

    async def deliver(self, message: Message) -> None:
        if self._port.loses(message.subject):
            return
        while (wait := self._port.is_held()) > 0:  # noqa: ASYNC110 - it may be held again meanwhile
            await asyncio.sleep(wait)
        if self._port.alive:
            await self._handler(message)

    async def close(self) -> None:
        self._port.closed(self)
        if self.inner is not None:
            await self.inner.close()
