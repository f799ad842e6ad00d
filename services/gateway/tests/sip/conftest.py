"""A gateway with its SIP channel open on a port of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from parley.v1 import events_pb2
from parley_core.bus.log import await_event
from parley_core.bus.port import Message
from parley_gateway.channels import registry
from parley_gateway.channels.base import Channel, ChannelContext
from parley_gateway.channels.sip.channel import SipChannel
from parley_gateway.channels.sip.leg import SipLeg
from parley_gateway.settings import GatewaySettings
from parley_testing.callers import Gateway
from parley_testing.servers import free_port

StartGateway = Callable[..., Awaitable[Gateway]]


@dataclass
class Sip:
    gateway: Gateway
    port: int
    calls: "asyncio.Queue[str]"
    channel: SipChannel

    def leg(self) -> SipLeg:
        """The only one there is."""
        (leg,) = self.channel.endpoint.owners
        assert isinstance(leg, SipLeg)
        return leg

    async def call(self) -> str:
        """The id of the next call that begins."""
        async with asyncio.timeout(10):
            return await self.calls.get()

    async def event(self, call: str, name: str) -> None:
        await await_event(self.gateway.bus, self.gateway.tenant, call, name, timeout_s=15)

    async def ended(self, call: str) -> list[events_pb2.Event]:
        return await self.gateway.ended(call)


StartSip = Callable[..., Awaitable[Sip]]


@pytest.fixture
def start_sip(start_gateway: StartGateway, monkeypatch: pytest.MonkeyPatch) -> StartSip:
    opened: list[Channel] = []

    def keep(context: ChannelContext, settings: GatewaySettings) -> list[Channel]:
        opened[:] = registry.open_channels(context, settings)
        return opened

    monkeypatch.setattr("parley_gateway.app.open_channels", keep)

    async def start(**options: object) -> Sip:
        port = free_port()
        low = 20000 + port % 400 * 100
        low = min(low, 60000)
        chosen = {"sip_port": port, "sip_rtp_ports": f"{low}-{low + 99}", **options}
        gateway = await start_gateway(**chosen)
        begun: asyncio.Queue[str] = asyncio.Queue()

        async def note(message: Message) -> None:
            begun.put_nowait(message.subject.split(".")[2])

        await gateway.bus.subscribe(f"call.{gateway.tenant}.*.log.CallStarted", note)
        (channel,) = (one for one in opened if isinstance(one, SipChannel))
        return Sip(gateway, port, begun, channel)

    return start


@pytest.fixture
async def sip(start_sip: StartSip, tenant: str) -> Sip:
    return await start_sip(default_tenant=tenant)
