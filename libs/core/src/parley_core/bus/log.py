"""The log of a call: append, read, follow. Every part of Parley writes and reads a call through this module."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from itertools import chain, repeat

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Proto
from parley.v1 import events_pb2

from parley_core import clock, telemetry
from parley_core.bus import subjects
from parley_core.bus.port import Bus, Message
from parley_core.errors import BadInput, NotFound, TimedOut, Unavailable
from parley_core.ids import new_id
from parley_core.tasks import Tasks

Event = events_pb2.Event

_BODY = Event.DESCRIPTOR.oneofs_by_name["body"]
_TYPES = {field.name: field.message_type for field in _BODY.fields if field.message_type is not None}
_FIELD_OF = {type_.full_name: field for field, type_ in _TYPES.items()}
_NAME_OF = {field: type_.name for field, type_ in _TYPES.items()}

FOLLOW_PENDING = 8192  # events that may wait for a follower
MEND_AFTER_S = (0.02, 0.1, 0.5)  # when a follower looks for what it missed at its start
MEND_EVERY_S = 2.0
GAP_S = 1.0  # how long an event waits for one of its source that should have come before it


def event_name(event: Event) -> str:
    """Return the name of what happened, for example "TurnCommitted"; "" for a body this version does not know."""
    field = event.WhichOneof("body")
    return _NAME_OF[field] if field else ""


def body_of(event: Event) -> Proto | None:
    """Return the message inside the event; None for a body this version does not know."""
    field = event.WhichOneof("body")
    return getattr(event, field) if field else None


def field_of(body: Proto) -> str:
    """Return the name of the event's field that holds this message. Raises BadInput for one that is no body."""
    field = _FIELD_OF.get(body.DESCRIPTOR.full_name)
    if field is None:
        raise BadInput("event", f"{body.DESCRIPTOR.full_name} is not the body of an event")
    return field


def decode(data: bytes) -> Event:
    """Raises BadInput for bytes that are no event."""
    try:
        return Event.FromString(data)
    except DecodeError:
        raise BadInput("event", "is not a parley.v1.Event") from None


class CallLog:
    """Appends to one call's log as one source. Events of one CallLog are stored in the order of their appending."""

    def __init__(
        self, bus: Bus, tenant: str, call: str, source: str, *, instance: str | None = None, traceparent: str = ""
    ) -> None:
        """`instance` distinguishes two writers of one name; give a fixed one only where repeats must be stored once."""
        self._bus = bus
        self.tenant = tenant
        self.call = call
        self.source = source + "#" + (new_id()[-5:] if instance is None else instance)
        self.traceparent = traceparent
        self._seq = 0
        self._last: asyncio.Future[int] | None = None

    @property
    def seq(self) -> int:
        """The number of the newest append; 0 before the first."""
        return self._seq

    def append(self, body: Proto) -> Event:
        """Append without waiting; it is sent at once, in order, and again until it is stored."""
        event = self._wrap(body)
        self._last = self._post(event)
        return event

    async def append_stored(self, body: Proto, *, timeout_s: float = 5.0) -> Event:
        """Append and return once JetStream has it: before an effect that must never happen unrecorded."""
        event = self._wrap(body)
        self._last = self._post(event)
        try:
            # Not wait_for: before Python 3.12 it loses a cancellation that meets the acknowledgement.
            async with asyncio.timeout(timeout_s):
                await asyncio.shield(self._last)
        except TimeoutError:
            raise TimedOut("the log", timeout_s) from None
        return event

    async def flush(self, timeout_s: float = 5.0) -> None:
        """Return when the newest append is stored."""
        if self._last is None:
            return
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.shield(self._last)
        except TimeoutError:
            raise TimedOut("the log", timeout_s) from None

    def _wrap(self, body: Proto) -> Event:
        field = field_of(body)
        self._seq += 1
        event = Event(
            id=f"{self.source}:{self._seq}",
            tenant=self.tenant,
            call=self.call,
            source=self.source,
            seq=self._seq,
            time_us=clock.current().time_us(),
            traceparent=telemetry.current_traceparent() or self.traceparent,
        )
        getattr(event, field).CopyFrom(body)
        return event

    def _post(self, event: Event) -> asyncio.Future[int]:
        return self._bus.post_stored(
            subjects.log(self.tenant, self.call, event_name(event)),
            event.SerializeToString(),
            message_id=f"{event.tenant}/{event.call}/{event.id}",
            headers={"traceparent": event.traceparent} if event.traceparent else None,
        )


async def read_log(bus: Bus, tenant: str, call: str) -> list[Event]:
    """Return the call's events in the log's order. Raises NotFound when there are none."""
    stored = await bus.read_stored(subjects.log_of(tenant, call))
    if not stored:
        raise NotFound("call", call)
    return [decode(data) for _, data in stored]


async def follow_log(bus: Bus, tenant: str, call: str) -> AsyncGenerator[Event, None]:
    """Yield what is stored, then what is appended, each event once and each source's in its order, until the caller
    stops.

    Events come at once from the live subject; what that missed is read from the stream soon after: an append that the
    server had passed on just before the subscription but not yet stored, or a delivery lost with a connection. An
    event before which one of its source is missing waits until that is read, at most `GAP_S`.
    Close the iterator (contextlib.aclosing) when done: it holds a subscription.
    """
    subject = subjects.log_of(tenant, call)
    arrived: asyncio.Queue[bytes] = asyncio.Queue(FOLLOW_PENDING)
    missing = asyncio.Event()

    async def deliver(message: Message) -> None:
        await arrived.put(message.data)

    async def mend(last: int) -> None:
        for pause_s in chain(MEND_AFTER_S, repeat(MEND_EVERY_S)):
            try:
                async with asyncio.timeout(pause_s):
                    await missing.wait()
                missing.clear()
            except TimeoutError:
                pass  # a look in passing, for the case that the newest was lost
            try:
                missed = await bus.read_stored(subject, after=last)
            except (TimedOut, Unavailable):
                missed = []  # the next round asks again
            if (me := asyncio.current_task()) is not None and me.cancelling():
                return  # asyncio.wait_for, which the NATS client uses, may swallow a cancellation before Python 3.12
            for sequence, data in missed:
                await arrived.put(data)
                last = sequence

    async with Tasks("follow log") as tasks:
        subscription = await bus.subscribe(subject, deliver, pending=FOLLOW_PENDING)
        try:
            order = _Order(asyncio.get_running_loop().time, missing)
            last = 0
            for sequence, data in await bus.read_stored(subject):
                last = sequence
                for event in order.take(decode(data)):
                    yield event
            tasks.spawn(mend(last), f"mend {call}")
            while True:
                data = b""
                try:
                    async with asyncio.timeout(order.wait_s()):
                        data = await arrived.get()
                except TimeoutError:
                    pass
                for event in order.take(decode(data)) if data else order.overdue():
                    yield event
        finally:
            await subscription.close()


class _Order:
    """Puts each source's events into the order of their numbers, each once."""

    def __init__(self, now: Callable[[], float], missing: asyncio.Event) -> None:
        self._now = now
        self._missing = missing
        self._next: dict[str, int] = {}  # by source
        self._early: dict[str, dict[int, Event]] = {}
        self._passed_over: set[tuple[str, int]] = set()  # not waited for any longer
        self._since: dict[str, float] = {}  # when the first of the early ones came

    def take(self, event: Event) -> list[Event]:
        """The events that are due now."""
        due, early = self._next.get(event.source, 1), self._early.setdefault(event.source, {})
        if (event.source, event.seq) in self._passed_over:
            self._passed_over.remove((event.source, event.seq))
            return [event]  # out of its order rather than not at all
        if event.seq < due or event.seq in early:
            return []
        early[event.seq] = event
        return self._in_order(event.source, due)

    def overdue(self) -> list[Event]:
        """Events that have waited too long for one before them: it comes much later, or was never stored."""
        found: list[Event] = []
        for source in [source for source, since in self._since.items() if self._now() - since >= GAP_S]:
            first = min(self._early[source])
            self._passed_over.update((source, number) for number in range(self._next.get(source, 1), first))
            found += self._in_order(source, first)
        return found

    def wait_s(self) -> float | None:
        """How long until something is overdue."""
        return max(min(self._since.values()) + GAP_S - self._now(), 0.0) if self._since else None

    def _in_order(self, source: str, due: int) -> list[Event]:
        early = self._early[source]
        found = []
        while (event := early.pop(due, None)) is not None:
            found.append(event)
            due += 1
        self._next[source] = due
        if not early:
            self._since.pop(source, None)
        elif found or source not in self._since:
            self._since[source] = self._now()
            self._missing.set()
        return found


async def await_event(bus: Bus, tenant: str, call: str, name: str, *, timeout_s: float) -> Event:
    """Return the first event of this name, past or to come. Raises TimedOut."""
    try:
        async with asyncio.timeout(timeout_s), aclosing(follow_log(bus, tenant, call)) as events:
            async for event in events:
                if event_name(event) == name:
                    return event
    except TimeoutError:
        pass
    raise TimedOut(name, timeout_s)
