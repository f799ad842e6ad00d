"""Whether a tenant may have one more call or transfer go out: where to, how many a minute and a day, for what money.

`channels/outbound` asks for every order, `call/transfer` for every hand-over to an address. What a day has cost is
counted in the KV bucket `outgoing` under `<tenant>.<day>`: the first minute of a call when it is placed, the others
when it is over. A transferred line is no longer ours: it counts as TRANSFER_MINUTES.
"""

import json
import logging
import math
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from parley_core import clock
from parley_core.bus.port import Bus
from parley_core.errors import ParleyError, Unavailable
from parley_core.rates import RateLimiter
from parley_core.text import load_json

from parley_gateway.admission.destinations import Destination, OutgoingPolicy, destination
from parley_gateway.admission.settings import AdmissionSettings
from parley_gateway.admission.tenant_limits import TenantLimitsStore

log = logging.getLogger(__name__)

BUCKET = "outgoing"
TRANSFER_MINUTES = 10
_DAYS_KEPT_S = 3 * 24 * 3600.0
_TRIES = 20


class OutgoingReason(StrEnum):
    """Why a call may not go out; docs/refusals.md says what to do."""

    DESTINATION = "destination_denied"
    RATE = "outgoing_rate"
    DAY = "outgoing_day"
    SPEND = "outgoing_spend"


class OutgoingDenied(ParleyError):
    def __init__(self, reason: OutgoingReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class OutgoingLimits:
    def __init__(self, bus: Bus, settings: AdmissionSettings, rates: RateLimiter) -> None:
        self._limits = TenantLimitsStore(bus, settings)
        self._days = bus.kv(BUCKET, ttl_s=_DAYS_KEPT_S)
        self._rates = rates

    async def admit(self, tenant: str, address: str, *, minutes: int = 1) -> None:
        """Count one more in, and so many minutes of it. Raises OutgoingDenied; Unavailable where nothing can be
        counted although the policy wants it."""
        to = destination(address)
        policy = (await self._limits.of(tenant)).outgoing
        if denied := policy.denial(to):
            log.warning("destination denied", extra={"tenant": tenant, "kind": to.kind.value, "region": to.region})
            raise OutgoingDenied(OutgoingReason.DESTINATION, denied)
        if not await self._rates.take(f"outgoing/{tenant}", policy.per_minute):
            raise OutgoingDenied(OutgoingReason.RATE, f"{policy.per_minute} calls a minute may go out")
        if policy.per_day or policy.spend_per_day_micros:
            await self._count(tenant, policy, calls=1, micros=_price(policy, to, minutes))

    async def over(self, tenant: str, address: str, duration_ms: int) -> None:
        """A call that was admitted has ended: its further minutes cost too."""
        policy = (await self._limits.of(tenant)).outgoing
        minutes = math.ceil(duration_ms / 60_000) - 1
        if minutes > 0 and policy.spend_per_day_micros:
            await self._count(tenant, policy, calls=0, micros=_price(policy, destination(address), minutes))

    async def _count(self, tenant: str, policy: OutgoingPolicy, *, calls: int, micros: int) -> None:
        day = datetime.fromtimestamp(clock.current().time_us() / 1e6, UTC)
        key = f"{tenant}.{day:%Y%m%d}"
        for _ in range(_TRIES):
            entry = await self._days.entry(key)
            counted: Any = load_json(entry[0]) if entry else {"calls": 0, "micros": 0}
            had, spent = int(counted["calls"]), int(counted["micros"])
            if calls and policy.per_day and had >= policy.per_day:
                raise OutgoingDenied(OutgoingReason.DAY, f"{policy.per_day} calls a day may go out")
            if calls and policy.spend_per_day_micros and spent + micros > policy.spend_per_day_micros:
                raise OutgoingDenied(OutgoingReason.SPEND, "the day's money for outgoing calls is spent")
            new = json.dumps({"calls": had + calls, "micros": spent + micros}).encode()
            if await (self._days.update(key, new, entry[1]) if entry else self._days.create(key, new)):
                return
        raise Unavailable("the count of outgoing calls", "others change it all the time")


def _price(policy: OutgoingPolicy, to: Destination, minutes: int) -> int:
    return policy.price_micros(to.number) * minutes
