"""Feeds the warehouse while calls run: a durable consumer of every event on the logs, shared by all workers.

A batch becomes rows: those of the new events, and anew those of the calls and turns that they change, one insert per
table for all calls. A batch is acknowledged when its rows are stored. What is delivered again makes the same rows,
which the deduplication token or the rows' keys keep single.

The log of a call is kept between batches, and read from the stream where another worker
may have had events of the call in between: the deliveries of the consumer are numbered, so a gap shows that.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Final

from faststream import AckPolicy, Context
from faststream.nats import ConsumerConfig, DeliverPolicy, JStream, NatsBroker, PullSub
from faststream.nats.message import NatsBatchMessage
from parley.v1 import events_pb2
from parley_core import telemetry
from parley_core.bus import subjects
from parley_core.bus.connection import broker_options, consumer_inbox
from parley_core.bus.log import Event, decode
from parley_core.conversation import fold
from parley_core.errors import BadInput, NotFound, ParleyError
from parley_core.ids import check_token

from parley_postcall.messages import CallRef
from parley_postcall.ports import Logs, Warehouse
from parley_postcall.redaction import Redaction
from parley_postcall.rows import Table, live_tables, merged

log = logging.getLogger(__name__)

DURABLE: Final = "warehouse"
BATCH: Final = 1000  # events; no more are given to any worker until these are stored
# Then a batch is given again: of a killed worker, or one that its client lost on the way. Rows of a batch that is only
# slow are written twice then, and stay single by their keys.
ACK_WAIT_S: Final = 10.0
CALLS_KEPT: Final = 2000  # calls whose state is kept; of others it is read again
FED: Final = telemetry.counter("parley.postcall.events_fed", "Events whose rows were stored while calls run")
UNFED: Final = telemetry.counter("parley.postcall.events_unfed", "Events that could not become rows")

# Its content is in the row that the workflow has already written.
_LEFT_OUT: Final = events_pb2.PostcallFinished.DESCRIPTOR.name


@dataclass(frozen=True, slots=True)
class Arrived:
    """One delivery. `sequence`: the event's place in the stream; `delivery` counts what the consumer has handed out."""

    subject: str
    data: bytes
    sequence: int
    delivery: int


@dataclass(slots=True)
class _State:
    """A call's log so far, each event once."""

    events: list[Event] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)
    ended: bool = False

    def take(self, event: Event) -> int:
        """The event's position in the log."""
        known = self.positions.setdefault(event.id, len(self.events))
        if known == len(self.events):
            self.events.append(event)
            self.ended |= event.WhichOneof("body") == "call_ended"
        return known


class LiveFeed:
    def __init__(self, logs: Logs, warehouse: Warehouse, redaction: Redaction) -> None:
        """`logs`: as they are; what is stored of them is redacted here."""
        self._logs = logs
        self._warehouse = warehouse
        self._redaction = redaction
        self._states: dict[CallRef, _State] = {}
        self._next_delivery = 0
        self._newest = 0  # sequence

    async def take(self, batch: Sequence[Arrived]) -> None:
        """Store the rows of a batch. Raises Unavailable, and the batch is to be given again."""
        sequences = [one.sequence for one in batch]
        in_order = all(earlier < later for earlier, later in zip([self._newest, *sequences], sequences, strict=False))
        if batch[0].delivery != self._next_delivery or not in_order:
            self._states.clear()
        try:
            await self._store(batch)
        except BaseException:
            self._next_delivery = 0  # whatever comes next, the states may be ahead of what is stored
            raise
        self._next_delivery, self._newest = batch[-1].delivery + 1, max(sequences)
        FED.add(len(batch))

    async def _store(self, batch: Sequence[Arrived]) -> None:
        by_call: dict[CallRef, list[Event]] = {}
        for one in batch:
            try:
                call, event = _event_in(one)
            except BadInput as error:
                UNFED.add(1)
                log.error("unreadable event", extra={"problem": error.problem})
                continue
            if one.subject.rpartition(".")[2] != _LEFT_OUT:
                by_call.setdefault(call, []).append(event)
        tables: dict[CallRef, Sequence[Table]] = {}
        for call, events in by_call.items():
            try:
                tables[call] = await self._rows(call, events)
            except (ValueError, KeyError, OverflowError) as error:  # one call's odd event must not hold up the others
                UNFED.add(len(events))
                log.error("events made no rows", extra={"error": type(error).__name__})
        try:
            await self._warehouse.write(merged(table for made in tables.values() for table in made))
        except BadInput:
            await self._write_apart(tables)
        for call in by_call:
            state = self._states.pop(call, None)
            if state is not None and not state.ended:
                self._states[call] = state  # at the end: the oldest are forgotten first
        while len(self._states) > CALLS_KEPT:
            del self._states[next(iter(self._states))]

    async def _rows(self, call: CallRef, events: Sequence[Event]) -> Sequence[Table]:
        state = self._states.get(call)
        if state is None:
            state = self._states[call] = _State()
            try:
                for event in await self._logs.read(call.tenant, call.call):
                    if event.WhichOneof("body") != "postcall_finished":
                        state.take(event)
            except NotFound:
                pass  # erased meanwhile, or past its days: what was delivered is what there is
        new = sorted({state.take(event) for event in events})
        events_so_far = await self._redaction.of(state.events, undecided=True)
        return live_tables(call, events_so_far, fold(events_so_far), new)

    async def _write_apart(self, tables: dict[CallRef, Sequence[Table]]) -> None:
        """One call has a value that its column refuses: the others' rows are stored without it."""
        for made in tables.values():
            try:
                await self._warehouse.write(made)
            except BadInput as error:
                UNFED.add(1)
                log.error("rows of a call refused", extra={"problem": error.problem})


def _event_in(arrived: Arrived) -> tuple[CallRef, Event]:
    """Whose event. The subject names the call: it is what the bus' permissions cover. Raises BadInput."""
    parsed = subjects.parse(arrived.subject)
    if parsed is None or parsed.kind != "log":
        raise BadInput("subject", "is not of a call's log")
    event = decode(arrived.data)
    if (event.tenant, event.call) != (parsed.tenant, parsed.call):
        raise BadInput("event", "is of another call than its subject")
    return CallRef(check_token(parsed.tenant, "tenant"), check_token(parsed.call, "call")), event


@asynccontextmanager
async def feeding(
    nats_url: str, name: str, feed: LiveFeed, *, linger_s: float, delay_max_s: float
) -> AsyncIterator[None]:
    """Feed until the context is left; the durable consumer stays and keeps the place. `linger_s`: what a batch waits
    for more events."""
    broker = NatsBroker(**broker_options(nats_url, name))  # type: ignore[arg-type]

    @broker.subscriber(
        subjects.ALL_LOGS,
        stream=JStream(subjects.STREAM, declare=False),
        durable=DURABLE,
        inbox_prefix=consumer_inbox(),
        deliver_policy=DeliverPolicy.ALL,
        config=ConsumerConfig(ack_wait=ACK_WAIT_S, max_ack_pending=BATCH),
        pull_sub=PullSub(batch_size=BATCH, timeout=linger_s, batch=True),
        ack_policy=AckPolicy.MANUAL,
    )
    async def events_logged(message: Annotated[NatsBatchMessage, Context("message")]) -> None:
        await _handle(feed, message, delay_max_s)

    await broker.start()
    try:
        yield
    finally:
        await broker.stop()


async def _handle(feed: LiveFeed, message: NatsBatchMessage, delay_max_s: float) -> None:
    raw = message.raw_message
    batch = [Arrived(m.subject, m.data, m.metadata.sequence.stream, m.metadata.sequence.consumer) for m in raw]
    try:
        await feed.take(batch)
    except ParleyError as error:
        delivered = raw[0].metadata.num_delivered or 1
        delay_s = min(2.0 ** min(delivered - 1, 20), delay_max_s)
        log.warning("rows not stored", extra={"error": str(error), "delivered": delivered, "again_in_s": delay_s})
        await message.nack(delay=delay_s)
    else:
        await message.ack()
