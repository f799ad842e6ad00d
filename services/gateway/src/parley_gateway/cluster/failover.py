"""Takes calls up that another gateway holds, or held until it died; gives calls up that another one takes.

`registry` asks here for a call that it does not hold itself. Of a gateway that lives the call is asked for
(`gateway.<worker>.hand_over`); of a dead one it is taken: the lease says whose it is, the log says all there is to
know.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from parley_core.bus import subjects
from parley_core.bus.log import decode, read_log
from parley_core.bus.port import Bus, Message, Subscription
from parley_core.errors import NotFound, ParleyError, TimedOut, Unavailable

from parley_gateway.cluster.gateways import Gateways
from parley_gateway.cluster.leases import Lease, Leases
from parley_gateway.cluster.snapshot import CallSnapshot, snapshot_of
from parley_gateway.cluster.ticket import Ticket

log = logging.getLogger(__name__)

_AGAIN_S = 0.2
_WITHIN_S = 6.0  # a gateway that says nothing is known to be dead well before
_HAND_OVER_S = 3.0
_GIVEN = b"given"

LetGo = Callable[[str, str], Awaitable[None]]


class CallOver(Exception):
    """There is nothing to take up."""


class Failover:
    def __init__(self, bus: Bus, me: str, leases: Leases, gateways: Gateways) -> None:
        self._bus = bus
        self._me = me
        self._leases = leases
        self._gateways = gateways
        self._subscriptions: list[Subscription] = []

    async def serve(self, let_go: LetGo) -> None:
        """Give calls up that others ask for or have taken; `let_go` ends one without an end on its log."""

        async def asked(message: Message) -> None:
            place, _, gateway = message.data.decode("ascii", "replace").partition(" ")
            tenant, _, call = place.partition(".")
            # The lease goes first: should the other one die now, the call is among those that it left behind.
            await self._leases.assign(tenant, call, gateway)
            await let_go(tenant, call)
            await message.respond(_GIVEN)

        async def taken(message: Message) -> None:
            event = decode(message.data)
            if event.leg_taken_up.gateway != self._me:
                await let_go(event.tenant, event.call)

        self._subscriptions = [
            await self._bus.subscribe(subjects.hand_over(self._me), asked),
            await self._bus.subscribe(subjects.log_everywhere("LegTakenUp"), taken),
        ]

    async def close(self) -> None:
        for subscription in self._subscriptions:
            await subscription.close()

    async def take(self, ticket: Ticket) -> CallSnapshot:
        """Become the holder of a call and return it as it stands. Raises CallOver, Unavailable, TimedOut."""
        deadline = asyncio.get_running_loop().time() + _WITHIN_S
        while True:
            lease = await self._leases.of(ticket.tenant, ticket.call)
            if lease is None:
                raise CallOver
            if await self._may_take(lease) and await self._leases.take_over(lease):
                return await self._read(ticket)
            if asyncio.get_running_loop().time() > deadline:
                raise Unavailable("the call", "another gateway holds it")
            await asyncio.sleep(_AGAIN_S)

    async def _may_take(self, lease: Lease) -> bool:
        if lease.gateway == self._me or self._gateways.dead(lease.gateway):
            return True
        place = f"{lease.tenant}.{lease.call} {self._me}".encode()
        with suppress(Unavailable, TimedOut):  # it is on its way out, or will turn out to be dead
            await self._bus.request(subjects.hand_over(lease.gateway), place, timeout_s=_HAND_OVER_S)
        return False  # the lease tells

    async def _read(self, ticket: Ticket) -> CallSnapshot:
        try:
            snapshot = snapshot_of(await read_log(self._bus, ticket.tenant, ticket.call))
        except NotFound:
            snapshot = None
        except ParleyError:
            log.error("call log unreadable", extra={"call": ticket.call})
            raise
        if snapshot is None or snapshot.over or snapshot.session.session != ticket.session:
            await self._leases.give_up(ticket.tenant, ticket.call)
            raise CallOver
        return snapshot
