"""The SIP channel: its sockets, who may come in, and where each message goes.

`datagram_received` and `received` take anybody's bytes and never raise: what is wrong is refused, with a log line.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from parley_core.errors import BadInput, Unavailable

from parley_gateway.channels.base import Channel, ChannelContext
from parley_gateway.channels.outbound.calls import OutboundCall, OutboundCalls
from parley_gateway.channels.sip import sdp, wire
from parley_gateway.channels.sip.calling import Calling
from parley_gateway.channels.sip.digest import Digest, Verdict
from parley_gateway.channels.sip.incoming import Incoming
from parley_gateway.channels.sip.leg import SipLeg
from parley_gateway.channels.sip.outgoing import Outgoing, Progress
from parley_gateway.channels.sip.routing import AllowList, Routes, port_range
from parley_gateway.channels.sip.stack import Stack
from parley_gateway.channels.sip.transactions import Flow, ServerTransaction, Transactions
from parley_gateway.channels.sip.transports import Advertised, Streams, UdpFlow, UdpPort, client_tls, server_tls
from parley_gateway.channels.sip.wire import Request, Response

log = logging.getLogger(__name__)

_CLOSE_S = 2.0  # for the BYEs of calls that run when the channel is closed
_LINES = 20.0  # log lines a second on what strangers send; more are counted


class SipChannel(Channel):
    name = "sip"

    def __init__(self, channel_context: ChannelContext) -> None:
        """Raises BadInput for settings that say nothing."""
        settings = channel_context.gateway.settings
        scheduler = channel_context.gateway.scheduler
        self._settings = settings
        self._scheduler = scheduler
        self._allow = AllowList(settings.sip_allow)
        self._digest = (
            Digest(settings.sip_user, settings.sip_password, settings.sip_realm) if settings.sip_password else None
        )
        public = settings.sip_public_address
        wildcard = settings.sip_host in ("0.0.0.0", "::", "")  # noqa: S104 - what the setting says
        host = public or ("" if wildcard else settings.sip_host)
        advertised = Advertised(host, settings.sip_port)
        self.stack = Stack(
            context=channel_context,
            transactions=Transactions(scheduler),
            streams=Streams(self.received, scheduler),
            ports=port_range(settings.sip_rtp_ports),
            codecs=sdp.known_codecs(settings.sip_codecs),
            udp=UdpPort(self.received, advertised),
            advertised=advertised,
            advertised_tls=Advertised(host, settings.sip_tls_port),
        )
        routes = Routes(settings.sip_routes, settings.sip_default_agent, settings.default_tenant)
        self._incoming = Incoming(self.stack, routes)
        self._outgoing = Outgoing(self.stack)
        self._calling = Calling(self.stack, self._outgoing)
        self._lines = _LINES
        self._unsaid = 0
        self._lined = scheduler.time()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        settings = self._settings
        async with AsyncExitStack() as stack:
            try:
                await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: self.stack.udp, local_addr=(settings.sip_host, settings.sip_port)
                )
            except OSError as error:
                problem = error.strerror or "cannot be listened on"
                raise Unavailable(f"SIP UDP port {settings.sip_port}", problem) from None
            stack.callback(self.stack.udp.close)
            stack.callback(self.stack.streams.close)
            stack.callback(self.stack.transactions.close)
            self.stack.tls = client_tls(settings.sip_tls_ca)
            listeners: list[tuple[int, Advertised, ssl.SSLContext | None]] = [
                (settings.sip_port, self.stack.advertised, None)
            ]
            if settings.sip_tls_port:
                tls = server_tls(settings.sip_tls_cert, settings.sip_tls_key)
                listeners.append((settings.sip_tls_port, self.stack.advertised_tls, tls))
            for port, advertised, context in listeners:
                server = await self.stack.streams.listen(settings.sip_host, port, advertised, context)
                stack.callback(server.close)
            cancelling = await self._calling.serve()
            stack.push_async_callback(self.close)
            stack.push_async_callback(cancelling.close)
            log.info("sip channel open", extra={"port": settings.sip_port, "tls_port": settings.sip_tls_port})
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

    # What came

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.received(data, UdpFlow(self.stack.udp, address))

    def received(self, data: bytes, flow: Flow) -> None:
        """One message, whole or not, from anybody."""
        try:
            message = wire.parse(data)
        except BadInput as error:
            self._refused(flow, str(error))
            return
        if isinstance(message, Response):
            if not self.stack.transactions.response(message):
                log.debug("sip response to nothing", extra={"status": message.status})
            return
        back = wire.stamp(message, flow.peer)
        reply = UdpFlow(self.stack.udp, back) if isinstance(flow, UdpFlow) and back != flow.peer else flow
        transaction = self.stack.transactions.server(message, reply)
        if transaction is None:
            return
        try:
            self._dispatch(transaction, flow)
        except BadInput as error:
            self._refused(flow, str(error))
            self._answer(transaction, 400)
        except Exception:
            log.exception("sip request failed", extra={"method": message.method})
            self._answer(transaction, 500)

    def _answer(self, transaction: ServerTransaction, status: int) -> None:
        if transaction.request.method != "ACK":
            transaction.refuse(status)

    def _dispatch(self, transaction: ServerTransaction, flow: Flow) -> None:
        request = transaction.request
        if request.head.to_tag:
            leg = self.stack.leg_of(request)
            if leg is not None:
                leg.request(transaction, flow)
            elif request.method != "ACK":
                transaction.refuse(481)
            return
        match request.method:
            case "ACK":
                pass  # of a refusal of ours that is forgotten, or a stranger's
            case "CANCEL":
                self._on_cancel(transaction)
            case "INVITE" | "OPTIONS":
                if not self._admit(transaction, flow):
                    return
                if request.method == "INVITE":
                    self._incoming.invite(transaction, flow)
                else:
                    self._on_options(transaction)
            case "BYE" | "INFO" | "UPDATE" | "NOTIFY":
                transaction.refuse(481)
            case _:
                transaction.respond(wire.answer(request, 405, more={"Allow": wire.ALLOW}))

    def _on_cancel(self, transaction: ServerTransaction) -> None:
        invite = self.stack.transactions.cancelled(transaction.request)
        if invite is None:
            transaction.refuse(481)
            return
        transaction.refuse(200)
        for leg in list(self.stack.legs.values()):
            if leg.invited_by(invite):
                leg.cancelled()

    def _on_options(self, transaction: ServerTransaction) -> None:
        """How trunks ask whether they may send calls."""
        if self.stack.context.calls.draining:
            transaction.refuse(503, more=wire.retry_after(30))
            return
        more = {"Allow": wire.ALLOW, "Accept": "application/sdp", "Supported": "timer"}
        transaction.respond(wire.answer(transaction.request, 200, more=more))

    def _admit(self, transaction: ServerTransaction, flow: Flow) -> bool:
        """Whether its sender may call; answers when not."""
        request: Request = transaction.request
        if self._allow.has(flow.peer[0]):
            return True
        if self._digest is None:
            self._refused(flow, "this address may not call")
            transaction.refuse(403)
            return False
        now = self._scheduler.time()
        verdict = Verdict.UNKNOWN
        if request.first("Authorization"):
            verdict = self._digest.check(request.first("Authorization"), request.method, now)
        if verdict is Verdict.ALLOWED:
            return True
        if request.first("Authorization") and verdict is Verdict.UNKNOWN:
            self._refused(flow, "its credentials are wrong")
        challenge = self._digest.challenge(now, stale=verdict is Verdict.STALE)
        transaction.refuse(401, more={"WWW-Authenticate": challenge})
        return False

    def _refused(self, flow: Flow, why: str) -> None:
        """One line for what a stranger did; a flood of strangers is counted."""
        now = self._scheduler.time()
        self._lines = min(_LINES, self._lines + (now - self._lined) * _LINES)
        self._lined = now
        if self._lines < 1:
            self._unsaid += 1
            return
        self._lines -= 1
        log.info(
            "sip message refused",
            extra={"why": why, "peer": flow.peer[0], "transport": flow.transport, "unsaid": self._unsaid},
        )
        self._unsaid = 0

    async def close(self) -> None:
        """Give up what rings and hang up every call: nobody is left without a word."""
        await self._calling.close()
        for leg in list(self.stack.legs.values()):
            leg.leave()
        if self.stack.byes:
            await asyncio.wait(self.stack.byes, timeout=_CLOSE_S)
