import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from parley.v1 import billing_pb2, billing_pb2_grpc
from parley_core import errors, rpc, telemetry
from parley_core.runtime import Runtime

pytestmark = pytest.mark.outside

ERRORS = [
    errors.BadInput("call", "is empty"),
    errors.NotFound("call", "c"),
    errors.NotAllowed("call", "no"),
    errors.Conflict("call", "twice"),
    errors.Rejected("vendor", "500"),
    errors.TimedOut("vendor", 1),
]


class FakeBilling(billing_pb2_grpc.BillingServicer):
    def __init__(self) -> None:
        self.raises: Exception | None = None
        self.traceparent = ""
        self.asked = 0

    async def RateCall(
        self, request: billing_pb2.RateCallRequest, context: grpc.aio.ServicerContext
    ) -> billing_pb2.RateCallResponse:
        self.traceparent = telemetry.current_traceparent()
        self.asked += 1
        if self.raises is not None:
            raise self.raises
        return billing_pb2.RateCallResponse(total_micros=7)


async def test_errors_traces_and_health_cross_the_wire() -> None:
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
    billing = FakeBilling()
    runtime = Runtime("billing", "billing-1")
    services = [(billing_pb2_grpc.add_BillingServicer_to_server, billing, "parley.v1.Billing")]
    async with (
        runtime.tasks,
        rpc.serve(runtime, "127.0.0.1", 0, services) as port,
        rpc.connect(f"127.0.0.1:{port}") as channel,
    ):
        stub = billing_pb2_grpc.BillingStub(channel)
        with telemetry.span("caller"):
            mine = telemetry.current_traceparent()
            assert (await stub.RateCall(billing_pb2.RateCallRequest(), timeout=5)).total_micros == 7
        assert billing.traceparent.split("-")[1] == mine.split("-")[1]
        assert billing.traceparent != mine

        for error in ERRORS:
            billing.raises = error
            with pytest.raises(type(error)) as raised, rpc.translating("billing"):
                await stub.RateCall(billing_pb2.RateCallRequest(), timeout=5)
            if isinstance(error, errors.BadInput | errors.NotFound | errors.NotAllowed):
                assert str(raised.value) == str(error)  # said once, in the words of the one that refused
        billing.raises = ValueError("secret detail")
        with pytest.raises(errors.Unavailable) as caught, rpc.translating("billing"):
            await stub.RateCall(billing_pb2.RateCallRequest(), timeout=5)
        assert "secret" not in str(caught.value)

        health = health_pb2_grpc.HealthStub(channel)
        ask = health_pb2.HealthCheckRequest(service="parley.v1.Billing")
        assert (await health.Check(ask, timeout=5)).status == health_pb2.HealthCheckResponse.NOT_SERVING
        runtime.health.set("bus", True)
        watching = health.Watch(ask, timeout=5)
        async for answer in watching:
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                break


async def test_a_taken_port_is_named() -> None:
    runtime = Runtime("billing", "billing-1")
    async with runtime.tasks, rpc.serve(runtime, "127.0.0.1", 0, []) as port:
        with pytest.raises(errors.Unavailable, match=f"gRPC port {port}"):
            async with rpc.serve(runtime, "127.0.0.1", port, []):
                pass


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with rpc.connect("127.0.0.1:1") as channel:
        with pytest.raises((errors.Unavailable, errors.TimedOut)), rpc.translating("billing"):
            await billing_pb2_grpc.BillingStub(channel).RateCall(billing_pb2.RateCallRequest(), timeout=1)


async def test_servers_behind_one_name_take_turns_and_the_rest_take_over() -> None:
    first, second = FakeBilling(), FakeBilling()
    servers = []
    for billing in (first, second):
        server = grpc.aio.server()
        billing_pb2_grpc.add_BillingServicer_to_server(billing, server)
        servers.append((server, server.add_insecure_port("127.0.0.1:0")))
        await server.start()
    address = "ipv4:" + ",".join(f"127.0.0.1:{port}" for _, port in servers)
    async with rpc.connect(address) as channel:
        stub = billing_pb2_grpc.BillingStub(channel)
        while not (first.asked and second.asked):
            await stub.RateCall(billing_pb2.RateCallRequest(), timeout=10)
        await servers[0][0].stop(0)
        before = second.asked
        await stub.RateCall(billing_pb2.RateCallRequest(), timeout=10)
        assert second.asked == before + 1
    await servers[1][0].stop(0)
