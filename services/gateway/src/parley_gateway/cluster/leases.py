"""Which gateway holds a call, in the KV bucket `leases`: `<tenant>.<call>` names it, for as long as the call lasts.

A lease does not run out by itself: it is worth as much as its gateway's heartbeats (`gateways`). It changes hands by
compare-and-set, so of several gateways that want a call one gets it.
"""

import logging
from dataclasses import dataclass

from parley_core.bus.port import Bus
from parley_core.errors import ParleyError

log = logging.getLogger(__name__)

BUCKET = "leases"


@dataclass(frozen=True, slots=True)
class Lease:
    tenant: str
    call: str
    gateway: str
    revision: int


class Leases:
    """This gateway's. `me`: its worker id."""

    def __init__(self, bus: Bus, me: str) -> None:
        self._kv = bus.kv(BUCKET)
        self._me = me

    async def take(self, tenant: str, call: str) -> None:
        """Hold a new call. A failing bus does not prevent the call, but such a call cannot fail over."""
        try:
            await self._kv.put(f"{tenant}.{call}", self._me.encode())
        except ParleyError as error:
            log.warning("lease not written", extra={"call": call, "error": type(error).__name__})

    async def assign(self, tenant: str, call: str, gateway: str) -> None:
        """Have another gateway hold a call of this one's. Raises Unavailable, TimedOut."""
        await self._kv.put(f"{tenant}.{call}", gateway.encode())

    async def of(self, tenant: str, call: str) -> Lease | None:
        found = await self._kv.entry(f"{tenant}.{call}")
        return Lease(tenant, call, found[0].decode(), found[1]) if found else None

    async def take_over(self, lease: Lease) -> bool:
        """Hold a call that another gateway held, unless the lease has changed since."""
        return await self._kv.update(f"{lease.tenant}.{lease.call}", self._me.encode(), lease.revision)

    async def lost(self, tenant: str, call: str) -> bool:
        """Whether another gateway holds the call now. What cannot be read is not lost."""
        try:
            lease = await self.of(tenant, call)
        except ParleyError:
            return False
        return lease is not None and lease.gateway != self._me

    async def give_up(self, tenant: str, call: str) -> None:
        """Hold a call no longer, unless another gateway holds it by now."""
        if await self.lost(tenant, call):
            return
        try:
            await self._kv.delete(f"{tenant}.{call}")
        except ParleyError as error:
            log.warning("lease not removed", extra={"call": call, "error": type(error).__name__})

    async def every(self) -> list[Lease]:
        """All leases of all gateways. Slow: for those who look after the calls of the dead."""
        leases = []
        for key in await self._kv.keys():
            tenant, _, call = key.partition(".")
            if (lease := await self.of(tenant, call)) is not None:
                leases.append(lease)
        return leases
