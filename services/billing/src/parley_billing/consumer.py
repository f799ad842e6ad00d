"""Stores usage as it happens: a durable consumer of `call.*.*.log.UsageMeasured`, shared by all billing processes.

Usage is acknowledged when it is stored; while the database is unreachable it is redelivered, later each time. What
cannot be read is counted, logged and dropped: it comes up again, with its reason, when its call is rated.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from faststream import AckPolicy
from faststream.nats import ConsumerConfig, DeliverPolicy, JStream, NatsBroker, PullSub
from faststream.nats import NatsMessage as Delivered
from parley.v1 import events_pb2
from parley_core import telemetry
from parley_core.bus import subjects
from parley_core.bus.connection import broker_options, consumer_inbox
from parley_core.bus.log import decode
from parley_core.errors import BadInput, Unavailable
from parley_core.ids import check_token

from parley_billing.ports import Ledger, UsageOf
from parley_billing.usage import usage_of

log = logging.getLogger(__name__)

DURABLE: Final = "billing"
ACK_WAIT_S: Final = 30.0
LONGEST_DELAY_S: Final = 60.0
KEPT: Final = telemetry.counter("parley.billing.usage_kept", "Usage events that were stored")
UNREADABLE: Final = telemetry.counter("parley.billing.usage_unreadable", "Usage events that could not be read")


def usage_in(subject: str, data: bytes) -> UsageOf:
    """Whose usage, and what. The subject names the call: it is what the bus' permissions cover. Raises BadInput."""
    parsed = subjects.parse(subject)
    if parsed is None or parsed.kind != "log":
        raise BadInput("subject", "is not of a call's log")
    event = decode(data)
    if (event.tenant, event.call) != (parsed.tenant, parsed.call):
        raise BadInput("event", "is of another call than its subject")
    usage = usage_of(event)
    if usage is None:
        raise BadInput("event", "is no UsageMeasured")
    return UsageOf(check_token(parsed.tenant, "tenant"), check_token(parsed.call, "call"), usage)


@asynccontextmanager
async def consuming(nats_url: str, name: str, ledger: Ledger) -> AsyncIterator[None]:
    """Consume usage until the context is left; the durable consumer stays and keeps the place."""
    broker = NatsBroker(**broker_options(nats_url, name))  # type: ignore[arg-type]

    @broker.subscriber(
        subjects.log_everywhere(events_pb2.UsageMeasured.DESCRIPTOR.name),
        stream=JStream(subjects.STREAM, declare=False),
        durable=DURABLE,
        deliver_policy=DeliverPolicy.ALL,
        config=ConsumerConfig(ack_wait=ACK_WAIT_S),
        pull_sub=PullSub(batch_size=16, timeout=1.0),
        ack_policy=AckPolicy.MANUAL,
        decoder=_undecoded,
        inbox_prefix=consumer_inbox(),
    )
    async def usage_measured(message: Delivered) -> None:
        await _handle(ledger, message)

    await broker.start()
    try:
        yield
    finally:
        await broker.stop()


async def _handle(ledger: Ledger, message: Delivered) -> None:
    raw = message.raw_message
    try:
        kept = await ledger.add([usage_in(raw.subject, raw.data)])
    except BadInput as error:
        UNREADABLE.add(1)
        log.error("unreadable usage", extra={"problem": error.problem})
        await message.reject()
    except Unavailable as error:
        delivered = raw.metadata.num_delivered or 1
        delay_s = min(2.0 ** min(delivered - 1, 20), LONGEST_DELAY_S)
        log.warning("usage not stored", extra={"what": error.what, "delivered": delivered, "again_in_s": delay_s})
        await message.nack(delay=delay_s)
    else:
        KEPT.add(kept)
        await message.ack()


async def _undecoded(message: Delivered) -> bytes:
    return bytes(message.raw_message.data)
