"""Composition root of the post-call service: names the concrete parts, connects them, says how they are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley_core import rpc
from parley_core.agents import AgentStore
from parley_core.bus.connection import connect
from parley_core.objects import Objects
from parley_core.runtime import Runtime
from parley_store.engine import engine, service_url
from parley_store.migrate import migrate

from parley_postcall.activities import Activities
from parley_postcall.live import LiveFeed, feeding
from parley_postcall.peers import BusLogs, GrpcBilling, GrpcSummaries
from parley_postcall.redaction import RedactedLogs, Redaction
from parley_postcall.settings import PostcallSettings
from parley_postcall.stores import crm
from parley_postcall.stores.clickhouse import clickhouse
from parley_postcall.tuning import PostcallTuning
from parley_postcall.watch import watch_bus, watch_warehouse
from parley_postcall.worker import PostcallWorker


@asynccontextmanager
async def app(
    settings: PostcallSettings, runtime: Runtime, *, tuning: PostcallTuning | None = None
) -> AsyncIterator[None]:
    tuning = tuning or PostcallTuning()
    for part in ("bus", "temporal", "warehouse"):
        runtime.health.set(part, False, "not connected yet")
    database = engine(service_url(settings.database_url, "postcall"))
    try:
        await migrate(database, crm.MIGRATIONS, crm.SERVICE)
        async with (
            connect(
                settings.nats_url,
                f"postcall {runtime.worker}",
                unsent_dir=settings.unsent_dir,
            ) as bus,
            rpc.connect(settings.llm_address) as llm,
            rpc.connect(settings.billing_address) as billing,
            clickhouse(settings.clickhouse_url, timeout_s=tuning.warehouse_timeout_s) as warehouse,
            rpc.serve(runtime, settings.bind_host, settings.grpc_port, []),
        ):
            logs, agents = BusLogs(bus), AgentStore(bus)
            redaction = Redaction(agents)
            activities = Activities(
                logs=RedactedLogs(logs, redaction),
                agents=agents,
                objects=Objects(settings.objects_url),
                summaries=GrpcSummaries(llm, timeout_s=tuning.summary_timeout_s),
                billing=GrpcBilling(billing, timeout_s=tuning.billing_timeout_s),
                crm=crm.SqlCrm(database),
                warehouse=warehouse,
            )
            worker = PostcallWorker(settings, tuning, runtime, activities)
            watches = [
                runtime.tasks.spawn(watch_bus(runtime.health, bus), "watch bus"),
                runtime.tasks.spawn(watch_warehouse(runtime.health, warehouse), "watch warehouse"),
            ]
            working = runtime.tasks.spawn(worker.run(), "worker")
            runtime.on_drain(worker.drain)
            name = f"postcall {runtime.worker} feed"
            try:
                async with feeding(
                    settings.nats_url,
                    name,
                    LiveFeed(logs, warehouse, redaction),
                    linger_s=tuning.feed_linger_s,
                    delay_max_s=tuning.retry_delay_max_s,
                ):
                    yield
            finally:
                worker.stop()
                for watch in watches:
                    watch.cancel()
                await asyncio.wait([working, *watches])
    finally:
        await database.dispose()
