"""The leg of the SIP channel, while its INVITE rings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from parley_gateway.channels.sip.leg import SipLeg
from parley_gateway.channels.sip.stack import Stack
from parley_sip import sdp, wire
from parley_sip.dialog import SipDialog
from parley_sip.endpoint import Listen, SipEndpoint
from parley_testing.simulated.sip import Line, Message, Phone, offer

from .bench import SETTINGS, Bench, surroundings


@dataclass
class KeepingFlow:
    """A way to the peer that keeps what is sent on it."""

    reliable: bool = True
    transport: str = "TCP"
    peer: tuple[str, int] = ("127.0.0.1", 5060)
    local: tuple[str, int] = ("127.0.0.1", 5070)
    open: bool = True
    sent: list[Message] = field(default_factory=list)

    def send(self, data: bytes) -> None:
        self.sent.append(Message.parse(data))


class SipBench(Bench):
    """`told` has statuses and methods, with `Retry-After` where there is one. The INVITE rings."""

    def __init__(self, leg: SipLeg, flow: KeepingFlow, phone: Phone, endpoint: SipEndpoint) -> None:
        self.leg: SipLeg = leg
        self._flow = flow
        self._phone = phone
        self._endpoint = endpoint

    def told(self) -> list[str]:
        sent, self._flow.sent = self._flow.sent, []
        return [" ".join(filter(None, (str(one.status or one.method), one.one("Retry-After")))) for one in sent]

    def acknowledge(self) -> None:
        """The peer's ACK of the 200."""
        (answer,) = (one for one in self._flow.sent if one.status == 200)
        self._phone.to_tag = answer.to_tag
        self._endpoint.received(self._phone.message("ACK", cseq=1), self._flow)


@asynccontextmanager
async def sip() -> AsyncIterator[Bench]:
    async with surroundings() as context:
        nobody: Any = None
        endpoint = SipEndpoint(Listen("127.0.0.1", 5070), nobody, context.gateway.scheduler, context.tasks)
        stack = Stack(context, SETTINGS.sip, endpoint, range(42000, 42400, 2), sdp.known_codecs("PCMU", "sip_codecs"))
        phone = Phone(Line("TCP"))
        invite = wire.parse(phone.message("INVITE", cseq=1, body=offer(4000)))
        assert isinstance(invite, wire.Request)
        flow = KeepingFlow()
        transaction = endpoint.transactions.server(invite, flow)
        assert transaction is not None
        leg = SipLeg(stack, SipDialog.invited(endpoint, invite, flow))
        await leg.media.open("127.0.0.1", stack.ports)
        leg.ring(transaction, sdp.Local("127.0.0.1", leg.media.port, 1, stack.codecs))
        bench = SipBench(leg, flow, phone, endpoint)
        assert bench.told() == ["180"]
        yield bench
        leg.drop()
