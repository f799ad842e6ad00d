"""gRPC face of the service: check ids, ask the biller or the price table, answer."""

from typing import Any, TypeAlias

import grpc
from parley.v1 import billing_pb2, billing_pb2_grpc
from parley_core.clock import Clock
from parley_core.ids import check_token

from parley_billing.biller import Biller
from parley_billing.money import per_minute_micros
from parley_billing.prices import Prices
from parley_billing.rating import total

SERVICE = billing_pb2.DESCRIPTOR.services_by_name["Billing"].full_name
_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class BillingService(billing_pb2_grpc.BillingServicer):
    def __init__(self, biller: Biller, prices: Prices, clock: Clock) -> None:
        self._biller = biller
        self._prices = prices
        self._clock = clock

    async def RateCall(self, request: billing_pb2.RateCallRequest, context: _Context) -> billing_pb2.RateCallResponse:
        invoice = await self._biller.rate_call(check_token(request.tenant, "tenant"), check_token(request.call, "call"))
        total_micros = total(invoice.lines)
        return billing_pb2.RateCallResponse(
            lines=[
                billing_pb2.InvoiceLine(
                    meter=line.subject.meter,
                    provider=line.subject.provider,
                    model=line.subject.model,
                    quantity=line.quantity,
                    unit_price_micros=line.rate.unit_price_micros,
                    per_quantity=line.rate.per_quantity,
                    cost_micros=line.cost_micros,
                    wasted=line.subject.wasted,
                )
                for line in invoice.lines
            ],
            total_micros=total_micros,
            per_minute_micros=per_minute_micros(total_micros, invoice.duration_ms),
            currency=invoice.currency,
        )

    async def ListPrices(
        self, request: billing_pb2.ListPricesRequest, context: _Context
    ) -> billing_pb2.ListPricesResponse:
        entries = self._prices.in_force(check_token(request.tenant, "tenant"), at_us=self._clock.time_us())
        return billing_pb2.ListPricesResponse(
            prices=[
                billing_pb2.Price(
                    meter=entry.meter,
                    provider=entry.provider,
                    model=entry.model,
                    unit_price_micros=entry.unit_price_micros,
                    per_quantity=entry.per,
                )
                for entry in entries
            ],
            currency=self._prices.currency,
        )
