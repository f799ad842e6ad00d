"""Who may have another call: limits of tenants, tokens, users and addresses. `registry` asks once for every call.

Calls at the same time are counted here, and by the other gateways, which report theirs in their heartbeats
(`gateways`): a limit holds over all gateways, but for what begins within one beat (0.5 s) at several of them. Calls a
minute are counted on the bus (`rates`), addresses at this gateway alone. `tenant_limits` has a tenant's own limits.
"""

import logging
from collections import Counter

from parley.v1 import live_pb2, session_pb2
from parley_core.bus.port import Bus
from parley_core.errors import ParleyError
from parley_core.networks import site_of
from parley_core.rates import RateLimiter
from parley_core.reasons import RefusalReason

from parley_gateway.admission.clients import exempt
from parley_gateway.admission.settings import AdmissionSettings
from parley_gateway.admission.tenant_limits import TenantLimitsStore
from parley_gateway.admission.token_uses import TokenUses
from parley_gateway.caller import Caller, Uses
from parley_gateway.cluster.gateways import Gateways

log = logging.getLogger(__name__)


class LimitHit(Exception):
    def __init__(self, reason: RefusalReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class CallLimits:
    def __init__(self, bus: Bus, settings: AdmissionSettings, gateways: Gateways, rates: RateLimiter) -> None:
        self._tenants = TenantLimitsStore(bus, settings)
        self._settings = settings
        self._gateways = gateways
        self._rates = rates
        self._uses = TokenUses(bus)
        self._calls: Counter[str] = Counter()
        self._told: set[str] = set()  # keys that have a limit: the other gateways are told of them

    async def admit(self, caller: Caller) -> tuple[str, ...]:
        """Count one more call in; returns what `release` takes. Raises LimitHit."""
        tenant = await self._tenants.of(caller.tenant)
        keys = [f"tenant/{caller.tenant}"]
        self._check(keys[0], tenant.calls, RefusalReason.TENANT_LIMIT, "All lines of this service are in use.")
        if caller.concurrency:
            who = f"user/{caller.tenant}/{caller.user}" if caller.user else f"token/{caller.token}"
            self._check(
                who, caller.concurrency, RefusalReason.TOKEN_LIMIT, "No further call may be made at the same time."
            )
            keys.append(who)
        if caller.address and not exempt(caller.address):
            keys.append(f"address/{site_of(caller.address)}")
            self._check(
                keys[-1], self._settings.address_calls, RefusalReason.ADDRESS_LIMIT, "Too many calls from one address."
            )
        # Counted in before the bus is asked: nothing may come between a check and its count.
        entered = self.enter(*keys)
        most = tenant.calls_per_minute
        if most and not await self._counted_in_minute(keys[0], most, entered):
            raise LimitHit(RefusalReason.TENANT_RATE, "Too many calls to this service at once.")
        if caller.uses is not None:  # last: a use is not given back
            await self._use(caller.uses, entered)
        return entered

    async def _use(self, uses: Uses, entered: tuple[str, ...]) -> None:
        used = True
        try:
            used = not await self._uses.take(uses)
        except ParleyError as error:
            log.warning("token not counted", extra={"error": type(error).__name__})
            raise LimitHit(RefusalReason.UNAVAILABLE, "The call cannot be admitted. Please try again.") from None
        finally:
            if used:
                self.release(entered)
        if used:
            raise LimitHit(RefusalReason.TOKEN_USED, "This token has opened as many calls as it may.")

    def enter(self, *keys: str) -> tuple[str, ...]:
        """Count a call in without asking."""
        self._calls.update(keys)
        return keys

    def release(self, keys: tuple[str, ...]) -> None:
        """A call that was counted in is over."""
        self._calls.subtract(keys)
        for key in keys:
            if self._calls[key] <= 0:
                del self._calls[key]
                self._told.discard(key)

    def loads(self) -> list[live_pb2.Load]:
        """For the heartbeat."""
        return [live_pb2.Load(key=key, calls=self._calls[key]) for key in self._told if key in self._calls]

    def _check(self, key: str, most: int, reason: RefusalReason, detail: str) -> None:
        if most:
            self._told.add(key)
            if self._calls[key] + self._gateways.usage(key) >= most:
                raise LimitHit(reason, detail)

    async def _counted_in_minute(self, key: str, most: int, entered: tuple[str, ...]) -> bool:
        """Counted out again where the minute is full, or where the caller did not wait."""
        counted = False
        try:
            counted = await self._rates.take(f"calls/{key}", most)
        finally:
            if not counted:
                self.release(entered)
        return counted


def keys_of(session: session_pb2.Session) -> tuple[str, ...]:
    """What a call counts for that was admitted by another gateway."""
    return (f"tenant/{session.tenant}",)
