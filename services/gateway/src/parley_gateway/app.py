"""Composition root of the gateway: the only place that names concrete classes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from parley_core.agents import AgentStore
from parley_core.bus.claims import Beating, Claims
from parley_core.bus.connection import connect
from parley_core.objects import Objects
from parley_core.runtime import Runtime
from parley_core.tasks import Tasks

from parley_gateway.admission.call_limits import Admission
from parley_gateway.admission.clients import addresses_of
from parley_gateway.admission.tokens import Tokens, shared_secret
from parley_gateway.call.busy import BusyMessage
from parley_gateway.call.context import LoopScheduler, Platform
from parley_gateway.call.registry import Calls
from parley_gateway.channels.base import Entrance
from parley_gateway.channels.outbound.calls import Orders
from parley_gateway.channels.registry import open_doors
from parley_gateway.channels.sockets import serve_websockets
from parley_gateway.cluster.gateways import Peers
from parley_gateway.cluster.leases import Leases
from parley_gateway.cluster.orphaned_calls import LostCalls
from parley_gateway.listening.vad import VadLoop
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
        leases, peers = Leases(bus, runtime.worker), Peers(bus, runtime.worker)
        await peers.start()
        stack.push_async_callback(peers.stop)
        platform = Platform(
            worker=runtime.worker,
            settings=settings,
            bus=bus,
            agents=AgentStore(bus),
            claims=claims,
            scheduler=scheduler,
            vad=VadLoop(scheduler),
            recorder=recorder,
            busy=BusyMessage(settings.tts_address, settings.busy_text),
            metrics=Metrics(),
            tokens=tokens,
            leases=leases,
            peers=peers,
            orders=Orders(bus),
            admission=Admission(bus, settings, peers),
            limited=BusyMessage(settings.tts_address, settings.limit_text),
        )
        calls = Calls(platform)
        stack.push_async_callback(calls.close)
        await calls.start()
        beating = Beating(bus, ROLE, runtime.worker, settings.capacity, lambda: len(calls), platform.admission.loads)

        async def drain() -> None:
            beating.draining = True
            # One second less than the process is given, so that the logs are complete before it ends.
            await calls.drain(max(0.0, settings.drain_timeout_s - 1.0))

        runtime.on_drain(drain)
        for work, name in (
            (beating.run(), "beat"),
            (recorder.run(), "recordings"),
            (platform.busy.prepare(), "busy message"),
            (platform.limited.prepare(), "limit message"),
            (calls.watch(), "watch callers"),
            (LostCalls(bus, runtime.worker, leases, peers, settings.take_up_s).run(), "lost calls"),
        ):
            runtime.tasks.spawn(work, name)
        addresses = addresses_of(settings)
        entrance = Entrance(platform, calls, tokens, await stack.enter_async_context(Tasks("doors")), addresses)
        doors = open_doors(entrance)
        ws_port = await stack.enter_async_context(serve_websockets(doors, settings.ws_host, settings.ws_port))
        await stack.enter_async_context(serve_http(entrance, doors, ws_port))
        for door in doors:
            await stack.enter_async_context(door.running())
        runtime.health.set("bus", True)
        runtime.health.set("doors", True)
        yield
