"""What the parts of the SIP channel share: transactions, legs by dialog, ways to peers, and requests inside dialogs."""

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiosipua.auth import SipDigestAuth, answer_challenge
from aiosipua.dialog import Dialog
from aiosipua.headers import CSeq, stringify_cseq
from aiosipua.message import SipRequest
from parley_core.errors import BadInput, ParleyError, TimedOut, Unavailable

from parley_gateway.channels.base import ChannelContext
from parley_gateway.channels.sip import wire
from parley_gateway.channels.sip.transactions import GIVE_UP, T1_S, Flow, Transactions
from parley_gateway.channels.sip.transports import Advertised, Streams, UdpFlow, UdpPort
from parley_gateway.channels.sip.wire import Request, Response

if TYPE_CHECKING:
    from parley_gateway.channels.sip.leg import SipLeg

log = logging.getLogger(__name__)

_RESOLVE_S = 5.0


@dataclass(frozen=True, slots=True)
class Peer:
    """Where requests outside of dialogs go: a trunk."""

    transport: str  # UDP, TCP or TLS
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Peer":
        """`udp:host:port`; scheme and port may be left out. Raises BadInput."""
        scheme, colon, rest = text.partition(":")
        if not colon or scheme.lower() not in ("udp", "tcp", "tls"):
            scheme, rest = "udp", text
        rest = rest.removeprefix("//")
        host, colon, port = rest.rpartition(":")
        if not colon or rest.endswith("]"):
            host, port = rest, "5061" if scheme.lower() == "tls" else "5060"
        if not host or not port.isdigit() or not 0 < int(port) <= 65535:
            raise BadInput("sip_trunk", f"{text!r} is not udp:host:port")
        return cls(scheme.upper(), host.strip("[]"), int(port))


@dataclass(slots=True)
class Stack:
    context: ChannelContext
    transactions: Transactions
    streams: Streams
    ports: range
    codecs: tuple[str, ...]
    udp: UdpPort
    advertised: Advertised
    advertised_tls: Advertised
    tls: ssl.SSLContext | None = None  # for connections of ours
    legs: dict[tuple[str, str], "SipLeg"] = field(default_factory=dict)
    byes: "set[asyncio.Task[None]]" = field(default_factory=set)

    def leg_of(self, request: Request) -> "SipLeg | None":
        """Whose dialog a request belongs to (RFC 3261 §12.2.2)."""
        leg = self.legs.get((request.head.call_id, request.head.to_tag))
        if leg is None or leg.dialog.remote_tag != request.head.from_tag:
            return None
        return leg

    def bye(self, dialog: "SipDialog") -> None:
        """Hang up; who does not answer is not waited for by anybody."""
        task = self.context.tasks.spawn(_bye(dialog), "bye")
        self.byes.add(task)
        task.add_done_callback(self.byes.discard)

    async def flow_to(self, peer: Peer) -> Flow:
        """A way there. Raises Unavailable."""
        address = (await _resolve(peer.host, peer.port), peer.port)
        if peer.transport == "UDP":
            return UdpFlow(self.udp, address)
        if peer.transport == "TLS":
            return await self.streams.connect((peer.host, peer.port), self.advertised_tls, self.tls)
        return await self.streams.connect(address, self.advertised, None)


async def _bye(dialog: "SipDialog") -> None:
    try:
        await dialog.ask("BYE")
    except ParleyError as error:
        log.info("sip bye not answered", extra={"error": type(error).__name__, "channel": "sip"})


async def _resolve(host: str, port: int) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        async with asyncio.timeout(_RESOLVE_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, port)
    except (OSError, TimeoutError):
        raise Unavailable("SIP peer", "its name cannot be resolved") from None
    return str(found[0][4][0])


class SipDialog:
    """Requests of ours within one dialog, and the way they take."""

    def __init__(self, stack: Stack, dialog: Dialog, flow: Flow, auth: SipDigestAuth | None = None) -> None:
        self.stack = stack
        self.remote_cseq = dialog.remote_cseq
        self._dialog = dialog
        self._flow = flow
        self._auth = auth

    @property
    def key(self) -> tuple[str, str]:
        return (self._dialog.call_id, self._dialog.local_tag)

    @property
    def local_tag(self) -> str:
        return self._dialog.local_tag

    @property
    def remote_tag(self) -> str:
        return self._dialog.remote_tag

    @property
    def remote_uri(self) -> str:
        return self._dialog.remote_uri

    @property
    def local_uri(self) -> str:
        return self._dialog.local_uri

    @property
    def peer(self) -> str:
        """The address that the peer signals from."""
        return self._flow.peer[0]

    @property
    def contact(self) -> str:
        return contact_of(self._flow)

    @property
    def local_host(self) -> str:
        """The address that the peer reaches us at."""
        return self._flow.local[0]

    def target_host(self) -> str:
        """Host, and port where one is named, of the peer's Contact."""
        uri = wire.uri_in(self._dialog.remote_target or self._dialog.remote_uri)
        return f"{uri.host}:{uri.port}" if uri.port else uri.host

    def retarget(self, request: Request, flow: Flow) -> None:
        """A re-INVITE or UPDATE may name a new Contact, and comes from where the peer is now."""
        contact = request.first("Contact")
        if contact:
            target = wire.uri_in(contact)
            if target.host:
                self._dialog.remote_target = wire.written(target)
        self._flow = flow

    async def ask(
        self, method: str, *, more: Mapping[str, str] | None = None, body: str = "", kind: str = "application/sdp"
    ) -> Response:
        """Send a request and wait for its final response; a challenge is answered. Raises TimedOut, Unavailable."""
        response = await self._ask(method, dict(more or {}), body, kind)
        if response.status in (401, 407) and self._auth is not None:
            uri = self._dialog.remote_target or self._dialog.remote_uri
            credentials = answer_challenge(self._auth, response.message, response.status, method, uri)
            if credentials is not None:
                response = await self._ask(method, {**(more or {}), credentials[0]: credentials[1]}, body, kind)
        return response

    def acknowledge(self, response: Response) -> None:
        """The ACK of a 200 to our INVITE (RFC 3261 §13.2.2.4)."""
        ack = self._request("ACK")
        self._dialog.local_cseq -= 1  # it takes the INVITE's number, and none of its own
        ack.headers.set_single("CSeq", stringify_cseq(CSeq(response.head.cseq, "ACK")))
        self._flow.send(bytes(ack))

    def _request(self, method: str) -> SipRequest:
        host, port = self._flow.local
        request = self._dialog.create_request(method, via_host=host, via_port=port, via_transport=self._flow.transport)
        if method in ("INVITE", "UPDATE", "REFER", "NOTIFY"):
            request.headers.set_single("Contact", self.contact)
        return request

    async def _ask(self, method: str, more: Mapping[str, str], body: str, kind: str) -> Response:
        if not self._flow.open:
            self._flow = await self._reconnect()
        request = self._request(method)
        for name, value in more.items():
            request.headers.set_single(name, value)
        if body:
            request.headers.set_single("Content-Type", kind)
            request.body = body.encode()
        answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def on_response(response: Response) -> None:
            if response.status >= 200 and not answered.done():
                answered.set_result(response)

        def on_timeout() -> None:
            if not answered.done():
                answered.set_exception(TimedOut("the SIP peer", GIVE_UP * T1_S))

        head = wire.head_of(request)
        sent = self.stack.transactions.client(request, head, self._flow, on_response, on_timeout)
        try:
            async with asyncio.timeout(2 * GIVE_UP * T1_S):
                response = await answered
        except TimeoutError:
            raise TimedOut("the SIP peer", 2 * GIVE_UP * T1_S) from None
        finally:
            if not answered.done() or answered.cancelled():
                self.stack.transactions.forget(sent)
        if method == "INVITE" and response.status < 300:
            self.acknowledge(response)
        return response

    async def _reconnect(self) -> Flow:
        """The connection is gone: a new one to where the peer said it can be reached."""
        route = self._dialog.route_set[0] if self._dialog.route_set else self._dialog.remote_target
        address = wire.address_of(wire.uri_in(route)) if route else None
        if address is None:
            raise Unavailable("SIP peer", "its connection is gone and it named no address")
        return await self.stack.flow_to(Peer(self._flow.transport, *address))


def contact_of(flow: Flow) -> str:
    host, port = flow.local
    shown = f"[{host}]" if ":" in host else host
    transport = "" if flow.transport == "UDP" else f";transport={flow.transport.lower()}"
    return f"<sip:parley@{shown}:{port}{transport}>"


def routed(flow: Flow, stack: Stack, dialog: Dialog) -> Flow:
    """The way of requests inside a dialog: to the address that a Record-Route names, else where the peer was seen.

    The latter, and not its Contact, is what gets through a NAT.
    """
    if flow.reliable or not dialog.route_set:
        return flow
    address = wire.address_of(wire.uri_in(dialog.route_set[0]))
    try:
        known = address and (str(ipaddress.ip_address(address[0])), address[1])
    except ValueError:
        return flow
    return UdpFlow(stack.udp, known) if known else flow
