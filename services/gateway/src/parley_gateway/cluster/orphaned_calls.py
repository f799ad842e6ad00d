"""Ends calls whose gateway died and whose callers did not reconnect, so that post-call work happens for them, too.

Every gateway watches the others' heartbeats. Once one has been silent for as long as a caller may stay away, whoever
gets a call's lease first writes the end of its log. A gateway that starts does so for those that died before.
"""

import asyncio
import logging

from parley.v1 import events_pb2
from parley_core.bus.claims import SILENT_S
from parley_core.bus.log import CallLog, read_log
from parley_core.bus.port import Bus
from parley_core.errors import NotFound, ParleyError
from parley_core.reasons import EndReason, call_ended

from parley_gateway.cluster.gateways import Gateways
from parley_gateway.cluster.leases import Lease, Leases
from parley_gateway.cluster.snapshot import snapshot_of

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
_FLUSH_S = 10.0


class OrphanedCalls:
    """`run` is a task of the gateway's app. `hold_s`: how long a caller may stay away."""

    def __init__(self, bus: Bus, me: str, leases: Leases, gateways: Gateways, hold_s: float) -> None:
        self._bus = bus
        self._me = me
        self._leases = leases
        self._gateways = gateways
        self._after_s = hold_s + SILENT_S

    async def run(self) -> None:
        failed = ""
        while True:
            await asyncio.sleep(min(LOOK_EVERY_S, self._after_s))
            try:
                for lease in await self._leases.every():
                    if lease.gateway != self._me and self._gateways.silent_s(lease.gateway) > self._after_s:
                        await self._end(lease)
            except ParleyError as error:
                if failed != type(error).__name__:  # once: a frozen bus fails every search
                    failed = type(error).__name__
                    log.warning("search for orphaned calls failed", extra={"error": failed})
                continue
            if failed:
                failed = ""
                log.info("search for orphaned calls works again")

    async def _end(self, lease: Lease) -> None:
        if not await self._leases.take_over(lease):
            return
        try:
            snapshot = snapshot_of(await read_log(self._bus, lease.tenant, lease.call))
        except NotFound:
            snapshot = None
        if snapshot is not None and not snapshot.over:
            log.warning("orphaned call ended", extra={"call": lease.call, "lost": lease.gateway})
            lasted_ms = (snapshot.last_us - snapshot.started_us) // 1000
            call_log = CallLog(self._bus, lease.tenant, lease.call, f"gateway/{self._me}")
            call_log.append(events_pb2.UsageMeasured(meter="call_seconds", provider="parley", quantity=lasted_ms))
            call_log.append(
                call_ended(
                    EndReason.GATEWAY_LOST,
                    duration_ms=lasted_ms,
                    turns=snapshot.turn,
                    detail=f"{snapshot.gateway} died",
                )
            )
            await call_log.flush(_FLUSH_S)
        await self._leases.give_up(lease.tenant, lease.call)
