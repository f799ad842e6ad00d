"""Composition root of billing: the only place that names concrete classes."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.v1 import billing_pb2_grpc
from parley_core.bus.connection import connect
from parley_core.clock import SystemClock
from parley_core.rpc import serve
from parley_core.runtime import Runtime
from parley_store.engine import engine, service_url
from parley_store.migrate import migrate

from parley_billing.biller import Biller, BusLogs
from parley_billing.consumer import consuming
from parley_billing.prices import load_prices
from parley_billing.rpc import SERVICE, BillingService
from parley_billing.settings import BillingSettings
from parley_billing.stores.ledger import SqlLedger

log = logging.getLogger(__name__)

NAME = "billing"
MIGRATIONS = "parley_billing.migrations"


@asynccontextmanager
async def app(settings: BillingSettings, runtime: Runtime) -> AsyncIterator[None]:
    prices = load_prices(settings.prices)
    clock = SystemClock()
    database = engine(service_url(settings.database_url, NAME))
    name = f"{NAME}/{runtime.worker}"
    try:
        await migrate(database, package=MIGRATIONS, service=NAME)
        ledger = SqlLedger(database, clock)
        async with connect(
            settings.nats_url,
            name,
            unsent_dir=settings.unsent_dir,
            health=runtime.health,
        ) as bus:
            service = BillingService(Biller(BusLogs(bus), ledger, prices), prices, clock)
            services = [(billing_pb2_grpc.add_BillingServicer_to_server, service, SERVICE)]
            async with (
                consuming(settings.nats_url, name, ledger),
                serve(runtime, settings.bind_host, settings.grpc_port, services) as port,
            ):
                runtime.health.set("database", True)
                log.info("billing ready", extra={"grpc_port": port})
                yield
    finally:
        await database.dispose()
