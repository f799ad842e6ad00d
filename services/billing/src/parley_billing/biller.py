"""Rates a call: its log and what the consumer kept of it, joined, rated, stored. gRPC's `RateCall` calls it.

An invoice is stored once the call has ended. Asked again it is the same; usage that came after it (a late synthesis, a
summary) is added at the rates the call had, so a change of the price table never changes a call that was rated.
"""

from parley_core.bus.log import read_log
from parley_core.bus.port import Bus
from parley_core.errors import NotFound

from parley_billing.ports import Invoice, Known, Ledger, Logs
from parley_billing.prices import Prices
from parley_billing.rating import rate
from parley_billing.usage import CallUsage, fold


class BusLogs:
    """See `ports.Logs`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def usage(self, tenant: str, call: str) -> CallUsage:
        return fold(await read_log(self._bus, tenant, call))


class Biller:
    def __init__(self, logs: Logs, ledger: Ledger, prices: Prices) -> None:
        self._logs = logs
        self._ledger = ledger
        self._prices = prices

    async def rate_call(self, tenant: str, call: str) -> Invoice:
        """The call's invoice; while the call goes on, what it would be now, which is not stored.

        Raises NotFound for a call without log and invoice, PriceMissing for usage without a price (nothing is stored
        then), BadInput for usage that cannot be billed.
        """
        try:
            used = await self._logs.usage(tenant, call)
        except NotFound:
            # Logs are kept for weeks, invoices for good.
            if (stored := await self._ledger.find(tenant, call)) is None:
                raise
            return stored

        def decide(known: Known) -> tuple[Invoice, bool]:
            if known.invoice is not None and known.invoice.usage_events == len(known.usage):
                return known.invoice, False
            started_us = known.invoice.started_us if known.invoice else used.started_us
            lines = rate(known.usage, self._prices, tenant=tenant, at_us=started_us, agreed=known.agreed)
            currency = known.invoice.currency if known.invoice else self._prices.currency
            invoice = Invoice(currency, started_us, used.duration_ms, len(known.usage), tuple(lines))
            return invoice, used.ended

        return await self._ledger.settle(tenant, call, used.usage, decide)
