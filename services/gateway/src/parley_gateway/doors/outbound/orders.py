"""Orders for outgoing calls, in the KV bucket `orders`: any gateway may tell of one, and none is placed twice.

An order's id is made from the tenant and the idempotency key where one was given, so that an order that is sent again
is the same order.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from parley_core.bus.port import Bus
from parley_core.errors import Conflict
from parley_core.ids import new_id

BUCKET = "orders"
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
class Order:
    id: str
    tenant: str
    agent: str
    to: str  # tel:+… or sip:…
    caller: str  # the number that the callee sees
    via: str  # the door that places it
    detect: bool  # whether it is found out who answered
    voicemail: str  # left on a machine; empty: the agent document's
    timeout_s: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    status: Status = Status.QUEUED
    detail: str = ""
    call: str = ""  # Parley's, once it is answered
    answered_by: str = ""


class Orders:
    def __init__(self, bus: Bus) -> None:
        self._kv = bus.kv(BUCKET)

    async def take(self, order: Order) -> tuple[Order, bool]:
        """Store an order; returns it and True, or what is stored of it and False when it was sent before.

        Raises Conflict when the same id stands for another order.
        """
        if await self._kv.create(_key(order.tenant, order.id), _bytes(order)):
            return order, True
        stored = await self.get(order.tenant, order.id)
        if stored is None:
            raise Conflict("order", "is being changed")
        if (stored.to, stored.agent, stored.voicemail) != (order.to, order.agent, order.voicemail):
            raise Conflict("order", "the idempotency key stands for another call")
        return stored, False

    async def get(self, tenant: str, id_: str) -> Order | None:
        stored = await self._kv.get(_key(tenant, id_))
        return _order(stored) if stored else None

    async def update(
        self, tenant: str, id_: str, status: Status, *, detail: str = "", call: str = "", answered_by: str = ""
    ) -> Order | None:
        """Move an order on; what is over stays as it is, and nothing goes back."""
        for _ in range(_TRIES):
            found = await self._kv.entry(_key(tenant, id_))
            if found is None:
                return None
            order = _order(found[0])
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


def order_id(tenant: str, idempotency_key: str) -> str:
    if not idempotency_key:
        return new_id("o-")
    return "o-" + hashlib.sha256(f"{tenant}\n{idempotency_key}".encode()).hexdigest()[:24]


def _key(tenant: str, id_: str) -> str:
    return f"{tenant}.{id_}"


def _bytes(order: Order) -> bytes:
    return json.dumps(asdict(order)).encode()


def _order(data: bytes) -> Order:
    fields = json.loads(data)
    return Order(**{**fields, "status": Status(fields["status"])})
