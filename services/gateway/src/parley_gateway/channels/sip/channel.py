"""The SIP channel: who may call, and what becomes of calls. Its sockets and messages are `parley_sip`'s."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from parley_sip import sdp, wire
from parley_sip.digest import Digest, Verdict
from parley_sip.endpoint import Listen, SipEndpoint
from parley_sip.invitation import Progress
from parley_sip.transactions import Flow, ServerTransaction

from parley_gateway.admission.networks import Networks
from parley_gateway.channels.base import Channel, ChannelContext
from parley_gateway.channels.outbound.calls import OutboundCall, OutboundCalls
from parley_gateway.channels.sip.calling import Calling
from parley_gateway.channels.sip.incoming import Incoming
from parley_gateway.channels.sip.leg import SipLeg
from parley_gateway.channels.sip.outgoing import Outgoing
from parley_gateway.channels.sip.routing import port_range
from parley_gateway.channels.sip.settings import SipSettings
from parley_gateway.channels.sip.stack import Stack

log = logging.getLogger(__name__)

_REALM = "parley"  # of the digest challenge: phones show it beside the user's name
_CLOSE_S = 2.0  # for the BYEs of calls that run when the channel is closed


class SipChannel(Channel):
    name = "sip"

    def __init__(self, channel_context: ChannelContext, settings: SipSettings) -> None:
        """Raises BadInput for settings that say nothing."""
        scheduler = channel_context.gateway.scheduler
        self._settings = settings
        self._scheduler = scheduler
        self._rules = channel_context.addresses.rules
        self._allow = Networks(settings.allow, "PARLEY_GATEWAY_SIP_ALLOW")
        self._digest = Digest(settings.user, settings.password, _REALM) if settings.password else None
        listen = Listen(
            settings.host,
            settings.port,
            settings.public_address,
            settings.tls_port,
            settings.tls_cert,
            settings.tls_key,
            settings.tls_ca,
        )
        self.endpoint = SipEndpoint(listen, self, scheduler, channel_context.tasks)
        stack = Stack(
            context=channel_context,
            settings=settings,
            endpoint=self.endpoint,
            ports=port_range(settings.rtp_ports),
            codecs=sdp.known_codecs(settings.codecs, "sip_codecs"),
        )
        self._calls = channel_context.calls
        self._incoming = Incoming(stack)
        self._outgoing = Outgoing(stack)
        self._calling = Calling(stack, self._outgoing)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        settings = self._settings
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.endpoint.running())
            cancelling = await self._calling.serve()
            stack.push_async_callback(self.close)
            stack.push_async_callback(cancelling.close)
            log.info("sip channel ready", extra={"port": settings.port, "tls_port": settings.tls_port})
            yield

    async def place_call(
        self, to: str, caller: str, *, timeout_s: float = 30.0, on_progress: Progress | None = None
    ) -> SipLeg:
        """Call `to`, a number or a SIP address, through the settings' trunk, as `caller`; returns when it answers.

        The caller of this attaches a call (`SipLeg.attach`) and owns the leg: `SipLeg.close` hangs up. Cancelling this,
        and its timeout, cancel the ringing. Raises `outgoing.NotAnswered`, Unavailable without a trunk, BadInput.
        """
        return await self._outgoing.dial(to, caller, timeout_s=timeout_s, on_progress=on_progress)

    # Dialer

    async def dial(self, order: OutboundCall, orders: OutboundCalls) -> None:
        await self._calling.dial(order, orders)

    async def cancel(self, order: OutboundCall) -> None:
        await self._calling.cancel(order)

    # Server of the endpoint

    def invite(self, transaction: ServerTransaction, flow: Flow) -> None:
        if self._admit(transaction, flow):
            self._incoming.invite(transaction, flow)

    def options(self, transaction: ServerTransaction, flow: Flow) -> None:
        """How trunks ask whether they may send calls."""
        if not self._admit(transaction, flow):
            return
        if self._calls.draining:
            transaction.refuse(503, more=wire.retry_after(30))
            return
        more = {"Allow": wire.ALLOW, **wire.UNREADABLE, "Supported": "timer"}
        transaction.answer(200, more=more)

    def _admit(self, transaction: ServerTransaction, flow: Flow) -> bool:
        """Whether its sender may call; answers when not."""
        request = transaction.request
        if not self._rules.permit(flow.peer[0]):
            self.endpoint.refused(flow, "this address may not connect")
            transaction.refuse(403)
            return False
        if self._allow.has(flow.peer[0]):
            return True
        if self._digest is None:
            self.endpoint.refused(flow, "this address may not call")
            transaction.refuse(403)
            return False
        now = self._scheduler.time()
        verdict = Verdict.UNKNOWN
        if request.first("Authorization"):
            verdict = self._digest.check(request.first("Authorization"), request.method, now)
        if verdict is Verdict.ALLOWED:
            return True
        if request.first("Authorization") and verdict is Verdict.UNKNOWN:
            self.endpoint.refused(flow, "its credentials are wrong")
        challenge = self._digest.challenge(now, stale=verdict is Verdict.STALE)
        transaction.refuse(401, more={"WWW-Authenticate": challenge})
        return False

    async def close(self) -> None:
        """Cancel what rings and hang up every call, each with a BYE."""
        await self._calling.close()
        for owner in self.endpoint.owners:
            if isinstance(owner, SipLeg):
                owner.leave()
        await self.endpoint.said_bye(_CLOSE_S)
