import asyncio
from collections.abc import Callable

import grpc
import pytest
import yaml
from parley.v1 import billing_pb2, billing_pb2_grpc, events_pb2
from parley_billing.biller import Biller, BusLogs
from parley_billing.errors import PriceMissing
from parley_billing.ports import UsageOf
from parley_billing.prices import PriceDocument, Prices
from parley_billing.rating import total
from parley_billing.rpc import SERVICE, BillingService
from parley_billing.stores.ledger import SqlLedger
from parley_billing.usage import Usage
from parley_core.bus.log import CallLog
from parley_core.bus.memory import MemoryBus
from parley_core.clock import Clock
from parley_core.errors import NotFound, Rejected
from parley_core.rpc import connect, serve, translating
from parley_core.runtime import Runtime

Write = Callable[[CallLog], None]


@pytest.fixture
def memory() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def log(memory: MemoryBus) -> CallLog:
    return CallLog(memory, "t", "c1", "test/w")


@pytest.fixture
def biller(memory: MemoryBus, ledger: SqlLedger, prices: Prices) -> Biller:
    return Biller(BusLogs(memory), ledger, prices)


async def test_a_call_is_rated_from_its_log(biller: Biller, log: CallLog, spoken: Write) -> None:
    spoken(log)
    await log.flush()
    invoice = await biller.rate_call("t", "c1")
    assert [(line.subject.meter, line.subject.wasted, line.quantity, line.cost_micros) for line in invoice.lines] == [
        ("call_seconds", False, 90_000, 9000),
        ("llm_input_tokens", False, 2_000_000, 2000),
        ("llm_input_tokens", True, 250_000, 250),
    ]
    assert (total(invoice.lines), invoice.currency, invoice.duration_ms) == (11_250, "EUR", 90_000)


async def test_rating_again_gives_the_stored_invoice(
    biller: Biller, log: CallLog, spoken: Write, ledger: SqlLedger, memory: MemoryBus, prices: Prices
) -> None:
    spoken(log)
    await log.flush()
    first = await biller.rate_call("t", "c1")
    dearer = prices.document.model_copy(
        update={"prices": [e.model_copy(update={"unit_price_micros": 9}) for e in prices.document.prices]}
    )
    again = await asyncio.gather(*(Biller(BusLogs(memory), ledger, Prices(dearer)).rate_call("t", "c1") for _ in "ab"))
    assert again == [first, first]
    assert await ledger.find("t", "c1") == first


async def test_usage_after_the_rating_is_added_at_the_calls_own_rates(
    biller: Biller, log: CallLog, spoken: Write, ledger: SqlLedger, memory: MemoryBus, prices: Prices
) -> None:
    spoken(log)
    await log.flush()
    await biller.rate_call("t", "c1")
    log.append(events_pb2.UsageMeasured(meter="call_seconds", quantity=30_000))
    log.append(events_pb2.UsageMeasured(meter="free", quantity=1000))
    await log.flush()
    dearer = prices.document.model_copy(
        update={"prices": [e.model_copy(update={"unit_price_micros": 7}) for e in prices.document.prices]}
    )
    invoice = await Biller(BusLogs(memory), ledger, Prices(dearer)).rate_call("t", "c1")
    by_meter = {line.subject.meter: line.cost_micros for line in invoice.lines if not line.subject.wasted}
    assert by_meter == {"call_seconds": 12_000, "free": 7, "llm_input_tokens": 2000}


async def test_usage_that_the_consumer_kept_counts_once(
    biller: Biller, log: CallLog, spoken: Write, ledger: SqlLedger
) -> None:
    spoken(log)
    await log.flush()
    measured = events_pb2.UsageMeasured(meter="free", quantity=5)
    event = log.append(measured)
    await log.flush()
    kept = UsageOf("t", "c1", Usage(event.id, "free", "", "", 5, False, event.time_us))
    assert await ledger.add([kept, kept]) == 1
    assert await ledger.add([kept]) == 0
    invoice = await biller.rate_call("t", "c1")
    assert [line.quantity for line in invoice.lines if line.subject.meter == "free"] == [5]


async def test_a_call_that_goes_on_is_not_stored(biller: Biller, log: CallLog, ledger: SqlLedger) -> None:
    log.append(events_pb2.CallStarted())
    log.append(events_pb2.UsageMeasured(meter="call_seconds", quantity=1000))
    await log.flush()
    assert total((await biller.rate_call("t", "c1")).lines) == 100
    assert await ledger.find("t", "c1") is None


async def test_a_missing_price_stores_nothing_and_is_mended_by_adding_it(
    biller: Biller, log: CallLog, spoken: Write, ledger: SqlLedger, memory: MemoryBus, prices: Prices
) -> None:
    spoken(log)
    log.append(events_pb2.UsageMeasured(meter="unheard_of", provider="p", model="m", quantity=1000))
    await log.flush()
    with pytest.raises(PriceMissing, match="meter 'unheard_of', provider 'p', model 'm'"):
        await biller.rate_call("t", "c1")
    assert await ledger.find("t", "c1") is None
    document = yaml.safe_load(prices.document.model_dump_json())
    document["prices"].append({"meter": "unheard_of", "unit_price_micros": 3})
    mended = Biller(BusLogs(memory), ledger, Prices(PriceDocument.model_validate(document)))
    assert total((await mended.rate_call("t", "c1")).lines) == 11_253


async def test_tenants_do_not_see_each_other(biller: Biller, log: CallLog, spoken: Write, ledger: SqlLedger) -> None:
    spoken(log)
    await log.flush()
    await biller.rate_call("t", "c1")
    with pytest.raises(NotFound):
        await biller.rate_call("other", "c1")
    assert await ledger.find("other", "c1") is None


async def test_an_invoice_outlives_its_log(
    ledger: SqlLedger, log: CallLog, spoken: Write, biller: Biller, prices: Prices
) -> None:
    spoken(log)
    await log.flush()
    invoice = await biller.rate_call("t", "c1")
    assert await Biller(BusLogs(MemoryBus()), ledger, prices).rate_call("t", "c1") == invoice


@pytest.mark.outside
async def test_over_grpc(biller: Biller, log: CallLog, spoken: Write, prices: Prices, clock: Clock) -> None:
    spoken(log)
    await log.flush()
    runtime = Runtime("billing", "w1")
    services = [(billing_pb2_grpc.add_BillingServicer_to_server, BillingService(biller, prices, clock), SERVICE)]
    async with runtime.tasks, serve(runtime, "127.0.0.1", 0, services) as port, connect(f"127.0.0.1:{port}") as channel:
        stub = billing_pb2_grpc.BillingStub(channel)
        rated = await stub.RateCall(billing_pb2.RateCallRequest(tenant="t", call="c1"), timeout=5)
        assert (rated.total_micros, rated.per_minute_micros, rated.currency) == (11_250, 7500, "EUR")
        assert [line.wasted for line in rated.lines] == [False, False, True]
        assert sum(line.cost_micros for line in rated.lines) == rated.total_micros
        listed = await stub.ListPrices(billing_pb2.ListPricesRequest(tenant="loyal"), timeout=5)
        assert ("llm_input_tokens", 500_000) in [(price.meter, price.unit_price_micros) for price in listed.prices]
        log.append(events_pb2.UsageMeasured(meter="unheard_of", quantity=1))
        await log.flush()
        with pytest.raises(Rejected, match="unheard_of"), translating("billing"):
            await stub.RateCall(billing_pb2.RateCallRequest(tenant="t", call="c1"), timeout=5)
        with pytest.raises(grpc.aio.AioRpcError) as unknown:
            await stub.RateCall(billing_pb2.RateCallRequest(tenant="t", call="c2"), timeout=5)
        assert unknown.value.code() == grpc.StatusCode.NOT_FOUND
        with pytest.raises(grpc.aio.AioRpcError) as bad:
            await stub.RateCall(billing_pb2.RateCallRequest(tenant="T.x", call="c1"), timeout=5)
        assert bad.value.code() == grpc.StatusCode.INVALID_ARGUMENT
