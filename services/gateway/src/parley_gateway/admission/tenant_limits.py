"""A tenant's own limits: in the KV bucket `limits` under its name, as JSON. They take the place of the settings'.

`{"calls": 20, "calls_per_minute": 60, "outgoing": {"allow": ["+881"], "per_day": 200}}`: `call_limits` reads the first
two, `outgoing` the policy.
"""

import logging
from dataclasses import dataclass
from typing import Any

from parley_core import clock
from parley_core.bus.port import Bus
from parley_core.errors import ParleyError
from parley_core.text import load_json

from parley_gateway.admission.destinations import OutgoingPolicy
from parley_gateway.admission.settings import AdmissionSettings

log = logging.getLogger(__name__)

BUCKET = "limits"
_KNOWN_S = 5.0  # a tenant's limits are read again after so long
_MOST_TENANTS = 10_000


@dataclass(frozen=True, slots=True)
class TenantLimits:
    """0: no limit."""

    calls: int
    calls_per_minute: int
    outgoing: OutgoingPolicy


class TenantLimitsStore:
    def __init__(self, bus: Bus, settings: AdmissionSettings) -> None:
        self._kv = bus.kv(BUCKET)
        self._usual = TenantLimits(settings.tenant_calls, settings.tenant_calls_per_minute, settings.outgoing)
        self._known: dict[str, tuple[float, TenantLimits]] = {}

    async def of(self, tenant: str) -> TenantLimits:
        """The tenant's; the usual ones where it has none, or none that can be read."""
        now = clock.current().monotonic()
        known = self._known.get(tenant)
        if known is not None and now - known[0] < _KNOWN_S:
            return known[1]
        limits = await self._read(tenant)
        if len(self._known) >= _MOST_TENANTS:
            self._known.clear()
        self._known[tenant] = (now, limits)
        return limits

    async def _read(self, tenant: str) -> TenantLimits:
        usual = self._usual
        try:
            stored = await self._kv.get(tenant)
            if not stored:
                return usual
            own: Any = load_json(stored)
            outgoing = {**usual.outgoing.model_dump(), **own.get("outgoing", {})}
            return TenantLimits(
                int(own.get("calls", usual.calls)),
                int(own.get("calls_per_minute", usual.calls_per_minute)),
                OutgoingPolicy.model_validate(outgoing),
            )
        except (ParleyError, ValueError, TypeError, AttributeError) as error:
            log.warning("limits unreadable", extra={"tenant": tenant, "error": type(error).__name__})
            return usual
