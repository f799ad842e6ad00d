"""The services that the work after a call asks: the log on the bus, llm and billing over gRPC."""

import grpc
from parley.v1 import billing_pb2, billing_pb2_grpc, events_pb2, llm_pb2, llm_pb2_grpc
from parley_core.bus.log import CallLog, Event, read_log
from parley_core.bus.port import Bus
from parley_core.rpc import translating

SOURCE = "postcall"
INSTANCE = "finished"  # fixed: whoever appends the end of a call's work appends the same event


class BusLogs:
    """See `ports.Logs`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def read(self, tenant: str, call: str) -> list[Event]:
        return await read_log(self._bus, tenant, call)

    async def append_once(self, tenant: str, call: str, body: events_pb2.PostcallFinished, traceparent: str) -> str:
        # JetStream itself drops a repeat of the id within its window; an older one is found by reading.
        for event in await self.read(tenant, call):
            if event.WhichOneof("body") == "postcall_finished":
                return event.id
        log = CallLog(self._bus, tenant, call, SOURCE, instance=INSTANCE, traceparent=traceparent)
        return (await log.append_stored(body)).id


class GrpcSummaries:
    """See `ports.Summaries`."""

    def __init__(self, channel: grpc.aio.Channel, *, timeout_s: float) -> None:
        self._llm = llm_pb2_grpc.LlmStub(channel)
        self._timeout_s = timeout_s

    async def summarise(self, request: llm_pb2.SummariseRequest) -> llm_pb2.SummariseResponse:
        with translating("llm"):
            response: llm_pb2.SummariseResponse = await self._llm.Summarise(request, timeout=self._timeout_s)
        return response


class GrpcBilling:
    """See `ports.Billing`."""

    def __init__(self, channel: grpc.aio.Channel, *, timeout_s: float) -> None:
        self._billing = billing_pb2_grpc.BillingStub(channel)
        self._timeout_s = timeout_s

    async def rate(self, tenant: str, call: str) -> billing_pb2.RateCallResponse:
        with translating("billing"):
            request = billing_pb2.RateCallRequest(tenant=tenant, call=call)
            response: billing_pb2.RateCallResponse = await self._billing.RateCall(request, timeout=self._timeout_s)
        return response
