"""Composition root of the gateway: the only place that names concrete classes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from parley_core.agents import AgentStore
from parley_core.bus.claims import Beating, Claims
from parley_core.bus.connection import connect
from parley_core.objects import Objects
from parley_core.runtime import Runtime
from parley_core.tasks import Tasks

from parley_gateway.admission.call_limits import CallLimits
from parley_gateway.admission.clients import addresses_of
from parley_gateway.admission.tokens import Tokens, shared_secret
from parley_gateway.call.busy import BusyMessage
from parley_gateway.call.context import GatewayContext, LoopScheduler
from parley_gateway.call.registry import Calls
from parley_gateway.channels.base import ChannelContext
from parley_gateway.channels.outbound.calls import OutboundCalls
from parley_gateway.channels.registry import open_channels
from parley_gateway.channels.sockets import serve_websockets
from parley_gateway.cluster.gateways import Gateways
from parley_gateway.cluster.leases import Leases
from parley_gateway.cluster.orphaned_calls import OrphanedCalls
from parley_gateway.listening.vad import BatchedVad
from parley_gateway.metrics import Metrics
from parley_gateway.recording import Recorder
from parley_gateway.settings import GatewaySettings
from parley_gateway.web.server import serve_http

ROLE = "gateway"


@asynccontextmanager
async def app(settings: GatewaySettings, runtime: Runtime) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(
            connect(settings.nats_url, runtime.worker, timeout_s=settings.connect_timeout_s)
        )
        claims = Claims(bus)
        await claims.start()
        stack.push_async_callback(claims.stop)
        recorder = Recorder(Objects(settings.objects_url))
        stack.callback(recorder.close)
        scheduler = LoopScheduler()
        tokens = Tokens(settings.token_secret.encode() or await shared_secret(bus))
        leases, gateways = Leases(bus, runtime.worker), Gateways(bus, runtime.worker)
        await gateways.start()
        stack.push_async_callback(gateways.stop)
        context = GatewayContext(
            worker=runtime.worker,
            settings=settings,
            bus=bus,
            agents=AgentStore(bus),
            claims=claims,
            scheduler=scheduler,
            vad=BatchedVad(scheduler),
            recorder=recorder,
            busy=BusyMessage(settings.tts_address, settings.busy_text),
            metrics=Metrics(),
            tokens=tokens,
            leases=leases,
            gateways=gateways,
            orders=OutboundCalls(bus),
            admission=CallLimits(bus, settings, gateways),
            limited=BusyMessage(settings.tts_address, settings.limit_text),
        )
        calls = Calls(context)
        stack.push_async_callback(calls.close)
        await calls.start()
        beating = Beating(bus, ROLE, runtime.worker, settings.capacity, lambda: len(calls), context.admission.loads)

        async def drain() -> None:
            beating.draining = True
            # One second less than the process is given, so that the logs are complete before it ends.
            await calls.drain(max(0.0, settings.drain_timeout_s - 1.0))

        runtime.on_drain(drain)
        for work, name in (
            (beating.run(), "beat"),
            (recorder.run(), "recordings"),
            (context.busy.prepare(), "busy message"),
            (context.limited.prepare(), "limit message"),
            (calls.watch(), "watch callers"),
            (OrphanedCalls(bus, runtime.worker, leases, gateways, settings.reconnect_window_s).run(), "lost calls"),
        ):
            runtime.tasks.spawn(work, name)
        addresses = addresses_of(settings)
        channel_context = ChannelContext(
            context, calls, tokens, await stack.enter_async_context(Tasks("channels")), addresses
        )
        channels = open_channels(channel_context)
        ws_port = await stack.enter_async_context(serve_websockets(channels, settings.ws_host, settings.ws_port))
        await stack.enter_async_context(serve_http(channel_context, channels, ws_port))
        for channel in channels:
            await stack.enter_async_context(channel.running())
        runtime.health.set("bus", True)
        runtime.health.set("channels", True)
        yield
