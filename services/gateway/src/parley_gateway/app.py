"""Composition root of the gateway: the only place that names concrete classes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from parley.v1 import rag_pb2_grpc
from parley_core import clock, rpc
from parley_core.agents import AgentStore
from parley_core.bus.claims import Beating, Claims
from parley_core.bus.connection import connect
from parley_core.bus.port import Bus
from parley_core.objects import Objects
from parley_core.rates import RateLimiter
from parley_core.runtime import Runtime
from parley_core.tasks import Tasks

from parley_gateway.admission.api_key import ApiKey
from parley_gateway.admission.call_limits import CallLimits
from parley_gateway.admission.clients import addresses_of
from parley_gateway.admission.outgoing import OutgoingLimits
from parley_gateway.admission.room import Room, folders_of
from parley_gateway.admission.routes import Route, Routes
from parley_gateway.admission.settings import AdmissionSettings
from parley_gateway.admission.sites import Sites
from parley_gateway.admission.token_keys import TokenKeys, read_key_set
from parley_gateway.admission.tokens import Tokens, shared_secret
from parley_gateway.call.context import GatewayContext, LoopScheduler
from parley_gateway.call.registry import Calls
from parley_gateway.call.tuning import CallTuning
from parley_gateway.channels.base import ChannelContext
from parley_gateway.channels.outbound.calls import OutboundCalls
from parley_gateway.channels.registry import open_channels
from parley_gateway.channels.sockets import serve_websockets
from parley_gateway.channels.tuning import ChannelTuning
from parley_gateway.cluster.gateways import Gateways
from parley_gateway.cluster.leases import Leases
from parley_gateway.cluster.orphaned_calls import OrphanedCalls
from parley_gateway.listening.vad import BatchedVad
from parley_gateway.metrics import Metrics
from parley_gateway.ports import PlacedCalls
from parley_gateway.recording import Recorder
from parley_gateway.settings import GatewaySettings
from parley_gateway.speaking.announcements import Announcements, spoken_by
from parley_gateway.web.knowledge import KnowledgeApi
from parley_gateway.web.server import serve_http

ROLE = "gateway"


@asynccontextmanager
async def app(
    settings: GatewaySettings,
    runtime: Runtime,
    *,
    call_tuning: CallTuning | None = None,
    channel_tuning: ChannelTuning | None = None,
) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(
            connect(
                settings.nats_url,
                runtime.worker,
                unsent_dir=settings.unsent_dir,
                health=runtime.health,
            )
        )
        rates = RateLimiter(bus)
        outgoing = OutgoingLimits(bus, settings.admission, rates)
        orders = OutboundCalls(bus, outgoing)
        room = Room(folders_of(settings.unsent_dir, settings.objects_url), lambda: bus.refuses, runtime.health)
        await room.look()
        tuning = call_tuning or CallTuning()
        context = await _context(
            stack, settings, bus, runtime.worker, tuning, placed=orders, outgoing=outgoing, rates=rates, room=room
        )
        calls = Calls(context)
        stack.push_async_callback(calls.close)
        await calls.start()
        runtime.health.scale = lambda role: context.claims.occupancy.scale(role, clock.current().monotonic())
        admission, capacity = context.admission, context.settings.capacity
        beating = Beating(bus, ROLE, runtime.worker, capacity, lambda: len(calls), admission.loads)

        async def drain() -> None:
            beating.draining = True
            # One second less than the process is given, so that the logs are complete before it ends.
            await calls.drain(max(0.0, settings.drain_timeout_s - 1.0))

        runtime.on_drain(drain)
        window_s = context.settings.reconnect_window_s
        orphaned = OrphanedCalls(bus, runtime.worker, context.leases, context.gateways, window_s)
        for work, name in (
            (beating.run(), "beat"),
            (room.watch(), "room"),
            (context.recorder.run(), "recordings"),
            (context.announcements.prepare(), "announcements"),
            (calls.watch(), "watch callers"),
            (orphaned.run(), "lost calls"),
        ):
            runtime.tasks.spawn(work, name)
        await _serve(stack, settings, context, calls, orders, channel_tuning or ChannelTuning())
        runtime.health.set("channels", True)
        yield


async def _context(
    stack: AsyncExitStack,
    settings: GatewaySettings,
    bus: Bus,
    worker: str,
    tuning: CallTuning,
    *,
    placed: PlacedCalls,
    outgoing: OutgoingLimits,
    rates: RateLimiter,
    room: Room,
) -> GatewayContext:
    claims = Claims(bus, worker)
    await claims.start()
    stack.push_async_callback(claims.stop)
    recorder = Recorder(Objects(settings.objects_url))
    stack.callback(recorder.close)
    scheduler = LoopScheduler()
    gateways = Gateways(bus, worker)
    await gateways.start()
    stack.push_async_callback(gateways.stop)
    return GatewayContext(
        worker=worker,
        settings=settings.calls,
        tuning=tuning,
        bus=bus,
        agents=AgentStore(bus),
        claims=claims,
        scheduler=scheduler,
        vad=BatchedVad(scheduler),
        recorder=recorder,
        metrics=Metrics(),
        tokens=Tokens(await _token_keys(settings.admission, bus)),
        leases=Leases(bus, worker),
        gateways=gateways,
        placed=placed,
        rates=rates,
        admission=CallLimits(bus, settings.admission, gateways, rates),
        outgoing=outgoing,
        announcements=Announcements(spoken_by(settings.tts_address)),
        room=room,
    )


async def _token_keys(rules: AdmissionSettings, bus: Bus) -> TokenKeys:
    secret = rules.token_secret.encode() or await shared_secret(bus)
    setting = "PARLEY_GATEWAY_TOKEN_KEYS"
    return TokenKeys(secret, read_key_set(Path(rules.token_keys), setting) if rules.token_keys else None)


async def _serve(
    stack: AsyncExitStack,
    settings: GatewaySettings,
    context: GatewayContext,
    calls: Calls,
    orders: OutboundCalls,
    tuning: ChannelTuning,
) -> None:
    """Open the channels that the settings enable, on the ports that they share and on their own."""
    web, rules = settings.web, settings.admission
    channel_context = ChannelContext(
        context,
        calls,
        context.tokens,
        tasks=await stack.enter_async_context(Tasks("channels")),
        addresses=addresses_of(rules, context.rates),
        sites=Sites(web, context.tokens),
        api_key=ApiKey(rules.api_key, bound_to=web.http_host),
        routes=Routes(rules.routes, Route(rules.default_tenant, rules.default_agent)),
        orders=orders,
        admission=rules,
        web=web,
        tuning=tuning,
    )
    channels = open_channels(channel_context, settings)
    ws_port = await stack.enter_async_context(serve_websockets(channel_context, channels))
    rag = rag_pb2_grpc.RagStub(await stack.enter_async_context(rpc.connect(settings.rag_address)))
    jobs = await stack.enter_async_context(Tasks("knowledge"))
    knowledge = KnowledgeApi(context.bus, rag, channel_context.api_key, jobs, tenant=rules.default_tenant)
    serving = serve_http(
        channel_context, channels, ws_port, ice=settings.webrtc.has_ice_servers, further=knowledge.routes()
    )
    await stack.enter_async_context(serving)
    for channel in channels:
        await stack.enter_async_context(channel.running())
