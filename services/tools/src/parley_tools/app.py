"""Composition root of the tools service: the only place that names concrete classes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from parley.v1 import tools_pb2_grpc
from parley_core.bus.connection import connect
from parley_core.bus.port import Bus
from parley_core.clock import Clock, SystemClock
from parley_core.errors import ParleyError
from parley_core.rates import RateLimiter
from parley_core.rpc import serve
from parley_core.runtime import Runtime
from parley_core.tasks import Tasks
from parley_store.engine import engine, service_url
from parley_store.migrate import migrate
from sqlalchemy.ext.asyncio import AsyncEngine

from parley_tools.approvals import Approvals
from parley_tools.audit import Audit
from parley_tools.builtin.book_appointment import BookAppointment
from parley_tools.builtin.find_slots import FindSlots
from parley_tools.builtin.get_appointment import GetAppointment
from parley_tools.builtin.hand_off import HandOff
from parley_tools.builtin.move_appointment import CancelAppointment, ListAppointments, RescheduleAppointment
from parley_tools.builtin.send_message import SendEmail, Sending, SendSms
from parley_tools.builtin.verify import CheckCode, SendCode
from parley_tools.calendars import Calendars
from parley_tools.credentials.references import Secret
from parley_tools.credentials.vault import MasterKeys, Vault
from parley_tools.http import HttpClients
from parley_tools.outgoing.delivery import Delivery
from parley_tools.outgoing.outbox import Outbox
from parley_tools.outgoing.senders import TenantSenders
from parley_tools.phone import PhoneBook
from parley_tools.pipeline.attempts import Attempts, Limits
from parley_tools.pipeline.executor import Executor
from parley_tools.pipeline.guards import Breakers
from parley_tools.pipeline.permission import Verification
from parley_tools.pipeline.remote import RemoteCalls
from parley_tools.policy import PolicyDocument, load_policy
from parley_tools.registry import Registry
from parley_tools.rpc import SERVICE, ToolsService
from parley_tools.settings import ToolsSettings
from parley_tools.sources.loader import Sources
from parley_tools.sources.plugins import plugin_tools
from parley_tools.stores.approvals import ApprovalStore
from parley_tools.stores.calls import CallStore
from parley_tools.stores.intents import IntentStore
from parley_tools.stores.verifications import VerificationStore
from parley_tools.tool import Tool

log = logging.getLogger(__name__)

NAME = "tools"
MIGRATIONS = "parley_tools.migrations"
_TIDY_EVERY_S = 3600
_BREAKER_FAILURES = 5  # in a row: a tool that failed five callers fails the sixth
_BREAKER_REST_S = 10.0  # for a vendor's restart


@dataclass(frozen=True, slots=True)
class Parts:
    """What the service is made of, over a database whose tables exist."""

    service: ToolsService
    executor: Executor
    store: CallStore
    delivery: Delivery
    registry: Registry
    sources: Sources
    approvals: Approvals


def builtin_tools(
    settings: ToolsSettings, clock: Clock, sending: Sending, verifications: VerificationStore, bus: Bus
) -> list[Tool]:
    calendars = Calendars(Path(settings.calendars))
    phones = PhoneBook(settings.region, settings.area_code)
    return [
        FindSlots(calendars, clock),
        BookAppointment(calendars, phones, clock),
        GetAppointment(),
        ListAppointments(calendars, phones, clock),
        RescheduleAppointment(calendars, phones, clock),
        CancelAppointment(calendars, phones, clock),
        SendSms(phones, sending),
        SendEmail(sending),
        SendCode(phones, sending, verifications, bus),
        CheckCode(verifications),
        HandOff(clock),
    ]


def build(
    settings: ToolsSettings,
    database: AsyncEngine,
    bus: Bus,
    *,
    worker: str,
    clock: Clock,
    http: HttpClients,
    tasks: Tasks,
    policies: PolicyDocument,
    tools: Sequence[Tool] | None = None,
    limits: Limits | None = None,
    breakers: Breakers | None = None,
) -> Parts:
    """Put the service together. `tools`, `limits`, `breakers`: a test's own."""
    store, outbox = CallStore(database, clock), Outbox(database, clock)
    vault = Vault(database, MasterKeys.load(settings.keys), clock)

    def secret(tenant: str, reference: str) -> Secret:
        return Secret(tenant, reference, vault.get)

    delivery = Delivery(outbox, TenantSenders(policies, http, clock, secret))
    verifications = VerificationStore(database, clock)
    phones = PhoneBook(settings.region, settings.area_code)
    own = builtin_tools(settings, clock, Sending(outbox, delivery), verifications, bus)
    own += plugin_tools(policies.plugins)
    registry = Registry(own if tools is None else tools, policies.tenants)
    limits = limits or Limits(settings.calls_per_minute)
    attempts = Attempts(breakers or Breakers(_BREAKER_FAILURES, _BREAKER_REST_S), limits, clock)
    intents = IntentStore(database, store, clock)
    executor = Executor(
        registry,
        store,
        intents=intents,
        attempts=attempts,
        remote=RemoteCalls(store, intents, attempts, tasks),
        verification=Verification(verifications, phones),
        policies=policies,
        audit=Audit(bus, f"{NAME}/{worker}"),
        clock=clock,
        limits=limits,
        rates=RateLimiter(bus),
    )
    service = ToolsService(registry, executor, policies, store=store, database=database, vault=vault)
    approvals = Approvals(
        ApprovalStore(database, clock),
        executor,
        outbox,
        delivery,
        policies=policies,
        phones=phones,
        bus=bus,
        source=f"{NAME}/{worker}",
        clock=clock,
    )
    sources = Sources(registry, http, clock, tasks, secret)
    return Parts(service, executor, store, delivery, registry, sources, approvals)


@asynccontextmanager
async def app(settings: ToolsSettings, runtime: Runtime) -> AsyncIterator[None]:
    clock, http, policies = SystemClock(), HttpClients(), load_policy(settings.policy)
    database = engine(service_url(settings.database_url, NAME))
    try:
        await migrate(database, package=MIGRATIONS, service=NAME)
        async with connect(
            settings.nats_url,
            f"{NAME}/{runtime.worker}",
            unsent_dir=settings.unsent_dir,
            health=runtime.health,
        ) as bus:
            parts = build(
                settings,
                database,
                bus,
                worker=runtime.worker,
                clock=clock,
                http=http,
                tasks=runtime.tasks,
                policies=policies,
            )
            parts.sources.load(policies)
            await parts.sources.loaded()
            runtime.health.set("database", True)
            runtime.tasks.spawn(_tidy(parts.store, settings.keep_results_days), "tidy")
            runtime.tasks.spawn(parts.delivery.run(), "delivery")
            runtime.tasks.spawn(parts.approvals.run(), "approvals")
            services = [(tools_pb2_grpc.add_ToolsServicer_to_server, parts.service, SERVICE)]
            async with serve(runtime, settings.bind_host, settings.grpc_port, services) as port:
                log.info("tools ready", extra={"grpc_port": port})
                yield
    finally:
        await http.close()
        await database.dispose()


async def _tidy(store: CallStore, days: int) -> None:
    while True:
        try:
            removed = await store.forget_older_than(days)
            log.info("old results removed", extra={"count": removed})
        except ParleyError as error:
            log.warning("old results not removed", extra={"error": type(error).__name__})
        await asyncio.sleep(_TIDY_EVERY_S)
