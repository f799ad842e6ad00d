"""Orders for outgoing calls, in the KV bucket `outbound/calls`: any gateway can report one, and none is placed twice.

An order's id is made from the tenant and the idempotency key where one was given, so that an order that is sent again
is the same order.
"""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from parley.v1 import events_pb2
from parley_core.bus import subjects
from parley_core.bus.log import decode
from parley_core.bus.port import Bus, Message, Subscription
from parley_core.errors import Conflict, ParleyError
from parley_core.ids import TOKEN, new_id

from parley_gateway.admission.outgoing import OutgoingLimits
from parley_gateway.caller import Caller

log = logging.getLogger(__name__)

BUCKET = "orders"
ORDER = "order"  # the session's attribute
_TRIES = 8


class Status(StrEnum):
    QUEUED = "queued"
    RINGING = "ringing"
    ANSWERED = "answered"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    CANCELED = "canceled"


# What may come after what: carriers' webhooks come late, twice and out of order.
_RANK = {Status.QUEUED: 0, Status.RINGING: 1, Status.ANSWERED: 2}
OVER = frozenset(Status) - _RANK.keys()


@dataclass(frozen=True, slots=True)
class OutboundCall:
    id: str
    tenant: str
    agent: str
    to: str  # tel:+… or sip:…
    caller: str  # the number that the callee sees
    via: str  # the channel that places it
    detect: bool  # whether it is found out who answered
    voicemail: str  # left on a machine; empty: the agent document's
    timeout_s: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    status: Status = Status.QUEUED
    detail: str = ""
    call: str = ""  # Parley's, once it is answered
    answered_by: str = ""


class OutboundCalls:
    def __init__(self, bus: Bus, outgoing: OutgoingLimits) -> None:
        self._kv = bus.kv(BUCKET)
        self._outgoing = outgoing

    async def take(self, order: OutboundCall) -> tuple[OutboundCall, bool]:
        """Store an order; returns it and True, or what is stored of it and False when it was sent before.

        Raises Conflict when the same id belongs to another order.
        """
        if await self._kv.create(_key(order.tenant, order.id), _bytes(order)):
            return order, True
        stored = await self.get(order.tenant, order.id)
        if stored is None:
            raise Conflict("order", "is being changed")
        if (stored.to, stored.agent, stored.voicemail) != (order.to, order.agent, order.voicemail):
            raise Conflict("order", "the idempotency key stands for another call")
        return stored, False

    async def forget(self, order: OutboundCall) -> None:
        await self._kv.delete(_key(order.tenant, order.id))

    async def get(self, tenant: str, id_: str) -> OutboundCall | None:
        stored = await self._kv.get(_key(tenant, id_))
        return _order(stored) if stored else None

    async def update(
        self, tenant: str, id_: str, status: Status, *, detail: str = "", call: str = "", answered_by: str = ""
    ) -> OutboundCall | None:
        """Move an order on; what is over stays as it is, and nothing goes back."""
        for _ in range(_TRIES):
            found = await self._kv.entry(_key(tenant, id_))
            if found is None:
                return None
            order = _order(found[0])
            if order.status is Status.ANSWERED and status in OVER:
                status = Status.COMPLETED  # however the carrier calls its end
            back = status in _RANK and _RANK[status] < _RANK.get(order.status, 9)
            moved = replace(
                order,
                status=order.status if back or order.status in OVER else status,
                detail=order.detail or detail,
                call=order.call or call,
                answered_by=answered_by or order.answered_by,
            )
            if moved == order or await self._kv.update(_key(tenant, id_), _bytes(moved), found[1]):
                return moved
        raise Conflict("order", "is being changed by others")

    async def complete(self, caller: Caller) -> Caller:
        """Give the callee of an order what the order says; other callers stay as they are."""
        id_ = caller.attributes.get(ORDER, "")
        order = await self.get(caller.tenant, id_) if TOKEN.fullmatch(id_) else None
        if order is None:
            return caller
        detect = {"detect": "yes"} if order.detect else {}
        voicemail = {"voicemail": order.voicemail} if order.voicemail else {}
        own = {ORDER: order.id, "direction": "outbound", **detect, **voicemail}
        user = order.to.partition(":")[2]
        return replace(caller, user=user, attributes={**caller.attributes, **order.attributes, **own})

    async def follow(self, bus: Bus) -> Sequence[Subscription]:
        """Update orders from the logs of their calls. One of all gateways does it for each event."""
        names = (events_pb2.CallStarted, events_pb2.AnswerDetected, events_pb2.CallEnded)
        return [
            await bus.subscribe(subjects.log_everywhere(name.DESCRIPTOR.name), self._on_event, queue=BUCKET)
            for name in names
        ]

    async def _on_event(self, message: Message) -> None:
        event = decode(message.data)
        try:
            await self._note(event)
        except ParleyError as error:
            log.warning("outgoing call not stored", extra={"call": event.call, "error": type(error).__name__})

    async def _note(self, event: events_pb2.Event) -> None:
        key = f"of.{event.tenant}.{event.call}"
        if event.HasField("call_started"):
            id_ = event.call_started.session.attributes.get(ORDER, "")
            if TOKEN.fullmatch(id_):
                await self._kv.put(key, id_.encode())
                await self.update(event.tenant, id_, Status.ANSWERED, call=event.call)
            return
        stored = await self._kv.get(key)
        if stored is None:
            return
        if event.HasField("answer_detected"):
            answer = event.answer_detected.answer
            await self.update(event.tenant, stored.decode(), Status.ANSWERED, answered_by=answer)
        elif event.HasField("call_ended"):
            order = await self.update(event.tenant, stored.decode(), Status.COMPLETED, detail=event.call_ended.reason)
            await self._kv.delete(key)
            if order is not None:
                await self._outgoing.over(event.tenant, order.to, event.call_ended.duration_ms)


def order_id(tenant: str, idempotency_key: str) -> str:
    if not idempotency_key:
        return new_id("o-")
    return "o-" + hashlib.sha256(f"{tenant}\n{idempotency_key}".encode()).hexdigest()[:24]


def _key(tenant: str, id_: str) -> str:
    return f"{tenant}.{id_}"


def _bytes(order: OutboundCall) -> bytes:
    return json.dumps(asdict(order)).encode()


def _order(data: bytes) -> OutboundCall:
    fields = json.loads(data)
    return OutboundCall(**{**fields, "status": Status(fields["status"])})
