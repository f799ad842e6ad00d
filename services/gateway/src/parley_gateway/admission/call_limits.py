"""Who may have another call: limits of tenants, tokens, users and addresses. `registry` asks once for every call.

Calls are counted here, and by the other gateways, which report theirs in their heartbeats (`gateways`): a limit holds
over all gateways, but for what begins within one beat (0.5 s) at several of them. Addresses are counted at this
gateway alone. A tenant's own limits are in the KV bucket `limits` under its name, as JSON:
`{"calls": 20, "calls_per_minute": 60}`; they take the place of the settings'.
"""

import json
import logging
from collections import deque
from dataclasses import dataclass, field

from parley.v1 import live_pb2, session_pb2
from parley_core import clock
from parley_core.bus.port import Bus
from parley_core.errors import ParleyError
from parley_core.reasons import RefusalReason

from parley_gateway.admission.clients import exempt
from parley_gateway.admission.settings import AdmissionSettings
from parley_gateway.caller import Caller
from parley_gateway.cluster.gateways import Gateways

log = logging.getLogger(__name__)

BUCKET = "limits"
_MINUTE_S = 60.0
_KNOWN_S = 5.0  # a tenant's limits are read again after so long
_MOST_TENANTS = 10_000


class LimitHit(Exception):
    def __init__(self, reason: RefusalReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class TenantLimits:
    """0: no limit."""

    calls: int = 0
    calls_per_minute: int = 0


@dataclass(slots=True)
class _Count:
    calls: int = 0
    begun: deque[float] = field(default_factory=deque)  # in the last minute

    def prune(self, now: float) -> None:
        while self.begun and self.begun[0] < now - _MINUTE_S:
            self.begun.popleft()


class CallLimits:
    def __init__(self, bus: Bus, settings: AdmissionSettings, gateways: Gateways) -> None:
        self._kv = bus.kv(BUCKET)
        self._settings = settings
        self._gateways = gateways
        self._counts: dict[str, _Count] = {}
        self._told: set[str] = set()  # keys that have a limit: the other gateways are told of them
        self._tenants: dict[str, tuple[float, TenantLimits]] = {}

    async def admit(self, caller: Caller) -> tuple[str, ...]:
        """Count one more call in; returns what `release` takes. Raises LimitHit."""
        tenant = await self._limits_of(caller.tenant)
        keys = [f"tenant/{caller.tenant}"]
        self._check(keys[0], tenant.calls, RefusalReason.TENANT_LIMIT, "All lines of this service are in use.")
        self._check_rate(
            keys[0], tenant.calls_per_minute, RefusalReason.TENANT_RATE, "Too many calls to this service at once."
        )
        if caller.concurrency:
            who = f"user/{caller.tenant}/{caller.user}" if caller.user else f"token/{caller.token}"
            self._check(
                who, caller.concurrency, RefusalReason.TOKEN_LIMIT, "No further call may be made at the same time."
            )
            keys.append(who)
        if caller.address and not exempt(caller.address):
            keys.append(f"address/{caller.address}")
            self._check(
                keys[-1], self._settings.address_calls, RefusalReason.ADDRESS_LIMIT, "Too many calls from one address."
            )
        return self.enter(*keys)

    def enter(self, *keys: str) -> tuple[str, ...]:
        """Count a call in without asking."""
        now = clock.current().monotonic()
        for key in keys:
            count = self._counts.setdefault(key, _Count())
            count.calls += 1
            count.begun.append(now)
            count.prune(now)
        return keys

    def release(self, keys: tuple[str, ...]) -> None:
        """A call that was counted in is over."""
        now = clock.current().monotonic()
        for key in keys:
            count = self._counts[key]
            count.calls -= 1
            count.prune(now)
        for key in [key for key, count in self._counts.items() if not count.calls and not count.begun]:
            del self._counts[key]
            self._told.discard(key)

    def loads(self) -> list[live_pb2.Load]:
        """For the heartbeat."""
        now = clock.current().monotonic()
        told = []
        for key in self._told:
            if (count := self._counts.get(key)) is not None:
                count.prune(now)
                told.append(live_pb2.Load(key=key, calls=count.calls, begun=len(count.begun)))
        return told

    def _check(self, key: str, most: int, reason: RefusalReason, detail: str) -> None:
        if most:
            self._told.add(key)
            count = self._counts.get(key, _Count())
            if count.calls + self._gateways.usage(key).calls >= most:
                raise LimitHit(reason, detail)

    def _check_rate(self, key: str, most: int, reason: RefusalReason, detail: str) -> None:
        if most:
            self._told.add(key)
            count = self._counts.get(key, _Count())
            count.prune(clock.current().monotonic())
            if len(count.begun) + self._gateways.usage(key).begun >= most:
                raise LimitHit(reason, detail)

    async def _limits_of(self, tenant: str) -> TenantLimits:
        now = clock.current().monotonic()
        known = self._tenants.get(tenant)
        if known is not None and now - known[0] < _KNOWN_S:
            return known[1]
        limits = TenantLimits(self._settings.tenant_calls, self._settings.tenant_calls_per_minute)
        try:
            stored = await self._kv.get(tenant)
            if stored:
                own = json.loads(stored)
                limits = TenantLimits(
                    int(own.get("calls", limits.calls)), int(own.get("calls_per_minute", limits.calls_per_minute))
                )
        except (ParleyError, ValueError, TypeError, AttributeError) as error:
            log.warning("limits unreadable", extra={"tenant": tenant, "error": type(error).__name__})
        if len(self._tenants) >= _MOST_TENANTS:
            self._tenants.clear()
        self._tenants[tenant] = (now, limits)
        return limits


def keys_of(session: session_pb2.Session) -> tuple[str, ...]:
    """What a call counts for that was admitted by another gateway."""
    return (f"tenant/{session.tenant}",)
