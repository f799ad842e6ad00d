"""Starts a call's workflow when the call ends: a durable consumer of `call.*.*.log.CallEnded`, shared by all workers.

A message is acknowledged only after Temporal has accepted the workflow; while Temporal is unreachable it is
redelivered, later each time. A call that already has a workflow is acknowledged like a new one.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from faststream import AckPolicy
from faststream.nats import ConsumerConfig, DeliverPolicy, JStream, NatsBroker, PullSub
from faststream.nats import NatsMessage as Delivered
from faststream.nats.message import NatsMessage
from parley.v1 import events_pb2
from parley_core import telemetry
from parley_core.bus import subjects
from parley_core.bus.connection import broker_options, consumer_inbox
from parley_core.bus.log import decode
from parley_core.errors import BadInput, Unavailable
from parley_core.ids import check_token
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from parley_postcall import messages
from parley_postcall.messages import CallRef, Limits, PostcallInput

log = logging.getLogger(__name__)

DURABLE: Final = "postcall"
ACK_WAIT_S: Final = 30.0  # then an unanswered message is given to another worker; longer than a start may take
BAD_ENDS: Final = telemetry.counter("parley.postcall.bad_call_ends", "Ends of calls that could not be read")
STARTED: Final = telemetry.counter("parley.postcall.started", "Workflows that Temporal accepted")


@dataclass(frozen=True, slots=True)
class Starter:
    client: Client
    task_queue: str
    limits: Limits
    timeout_s: float

    async def start(self, subject: str, data: bytes) -> bool:
        """Start the call's workflow; False when it was started before.

        Raises BadInput for what is no call's end, Unavailable when Temporal did not accept it.
        """
        call = call_of(subject, data)
        try:
            # The client tries again inside; the deadline is over all its attempts.
            async with asyncio.timeout(self.timeout_s):
                await self.client.start_workflow(
                    messages.WORKFLOW,
                    PostcallInput(call, self.limits),
                    id=messages.workflow_id(call.tenant, call.call),
                    task_queue=self.task_queue,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                )
        except WorkflowAlreadyStartedError:
            return False
        except RPCError as error:
            raise Unavailable("Temporal", error.status.name) from error
        except TimeoutError as error:
            raise Unavailable("Temporal", "no answer in time") from error
        STARTED.add(1)
        return True


def call_of(subject: str, data: bytes) -> CallRef:
    """Whose end this is. The subject names the call: it is what the bus' permissions cover. Raises BadInput."""
    parsed = subjects.parse(subject)
    if parsed is None or parsed.kind != "log" or parsed.rest != events_pb2.CallEnded.DESCRIPTOR.name:
        raise BadInput("subject", "is not of a call's end")
    event = decode(data)
    if (event.tenant, event.call) != (parsed.tenant, parsed.call):
        raise BadInput("event", "is of another call than its subject")
    return CallRef(check_token(parsed.tenant, "tenant"), check_token(parsed.call, "call"), event.traceparent)


@asynccontextmanager
async def consuming(nats_url: str, name: str, starter: Starter, *, delay_max_s: float) -> AsyncIterator[None]:
    """Consume ends of calls until the context is left; the durable consumer stays and keeps the place."""
    broker = NatsBroker(**broker_options(nats_url, name))  # type: ignore[arg-type]

    @broker.subscriber(
        subjects.log_everywhere(events_pb2.CallEnded.DESCRIPTOR.name),
        stream=JStream(subjects.STREAM, declare=False),
        durable=DURABLE,
        deliver_policy=DeliverPolicy.ALL,
        config=ConsumerConfig(ack_wait=ACK_WAIT_S),
        pull_sub=PullSub(batch_size=1, timeout=1.0),
        ack_policy=AckPolicy.MANUAL,
        decoder=_undecoded,
        inbox_prefix=consumer_inbox(),
    )
    async def call_ended(message: Delivered) -> None:
        await _handle(starter, message, delay_max_s)

    await broker.start()
    try:
        yield
    finally:
        await broker.stop()


async def _handle(starter: Starter, message: NatsMessage, delay_max_s: float) -> None:
    raw = message.raw_message
    try:
        fresh = await starter.start(raw.subject, raw.data)
    except BadInput as error:
        BAD_ENDS.add(1)
        log.error("unreadable call end", extra={"error": error.where})
        await message.reject()
    except Unavailable as error:
        delivered = raw.metadata.num_delivered or 1
        delay_s = min(2.0 ** min(delivered - 1, 20), delay_max_s)
        log.warning("workflow start failed", extra={"why": error.why, "delivered": delivered, "again_in_s": delay_s})
        await message.nack(delay=delay_s)
    else:
        log.info("call end handled", extra={"fresh": fresh})
        await message.ack()


async def _undecoded(message: NatsMessage) -> bytes:
    return bytes(message.raw_message.data)
