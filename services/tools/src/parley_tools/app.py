"""Composition root of the tools service: the only place that names concrete classes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from parley.v1 import tools_pb2_grpc
from parley_core.bus.connection import connect
from parley_core.bus.port import Bus
from parley_core.clock import Clock, SystemClock
from parley_core.errors import ParleyError
from parley_core.rates import RateLimiter
from parley_core.rpc import serve
from parley_core.runtime import Runtime
from parley_store.engine import engine, service_url
from parley_store.migrate import migrate
from sqlalchemy.ext.asyncio import AsyncEngine

from parley_tools.audit import Audit
from parley_tools.builtin.book_appointment import BookAppointment
from parley_tools.builtin.find_slots import FindSlots
from parley_tools.builtin.get_appointment import GetAppointment
from parley_tools.builtin.hand_off import HandOff
from parley_tools.builtin.move_appointment import CancelAppointment, ListAppointments, RescheduleAppointment
from parley_tools.builtin.send_sms import SendSms
from parley_tools.calendars import Calendars
from parley_tools.executor import Executor, Limits
from parley_tools.guards import Breakers
from parley_tools.phone import PhoneBook
from parley_tools.policy import load_policy
from parley_tools.registry import Registry
from parley_tools.rpc import SERVICE, ToolsService
from parley_tools.settings import ToolsSettings
from parley_tools.stores.calls import CallStore

log = logging.getLogger(__name__)

NAME = "tools"
MIGRATIONS = "parley_tools.migrations"
_TIDY_EVERY_S = 3600
_BREAKER_FAILURES = 5  # in a row: a tool that failed five callers fails the sixth
_BREAKER_REST_S = 10.0  # for a vendor's restart


def builtin_tools(settings: ToolsSettings, clock: Clock) -> Registry:
    calendars = Calendars(Path(settings.calendars))
    phones = PhoneBook(settings.region, settings.area_code)
    return Registry(
        [
            FindSlots(calendars, clock),
            BookAppointment(calendars, phones, clock),
            GetAppointment(),
            ListAppointments(calendars, phones, clock),
            RescheduleAppointment(calendars, phones, clock),
            CancelAppointment(calendars, phones, clock),
            SendSms(phones, clock),
            HandOff(clock),
        ]
    )


def build(settings: ToolsSettings, database: AsyncEngine, bus: Bus, *, worker: str, clock: Clock) -> ToolsService:
    """Put the service together over a database whose tables exist."""
    registry, policies = builtin_tools(settings, clock), load_policy(settings.policy)
    store = CallStore(database, clock)
    executor = Executor(
        registry,
        store,
        policies=policies,
        breakers=Breakers(_BREAKER_FAILURES, _BREAKER_REST_S),
        audit=Audit(bus, f"{NAME}/{worker}"),
        clock=clock,
        limits=Limits(settings.calls_per_minute),
        rates=RateLimiter(bus),
    )
    return ToolsService(registry, executor, policies, store=store, database=database)


@asynccontextmanager
async def app(settings: ToolsSettings, runtime: Runtime) -> AsyncIterator[None]:
    clock = SystemClock()
    database = engine(service_url(settings.database_url, NAME))
    try:
        await migrate(database, package=MIGRATIONS, service=NAME)
        async with connect(
            settings.nats_url,
            f"{NAME}/{runtime.worker}",
            unsent_dir=settings.unsent_dir,
            health=runtime.health,
        ) as bus:
            service = build(settings, database, bus, worker=runtime.worker, clock=clock)
            runtime.health.set("database", True)
            runtime.tasks.spawn(_tidy(CallStore(database, clock), settings.keep_results_days), "tidy")
            services = [(tools_pb2_grpc.add_ToolsServicer_to_server, service, SERVICE)]
            async with serve(runtime, settings.bind_host, settings.grpc_port, services) as port:
                log.info("tools ready", extra={"grpc_port": port})
                yield
    finally:
        await database.dispose()


async def _tidy(store: CallStore, days: int) -> None:
    while True:
        try:
            removed = await store.forget_older_than(days)
            log.info("old results removed", extra={"count": removed})
        except ParleyError as error:
            log.warning("old results not removed", extra={"error": type(error).__name__})
        await asyncio.sleep(_TIDY_EVERY_S)
