"""Outgoing requests inside one dialog (RFC 3261 §12), and their route. A call holds one `SipDialog`.

aiosipua keeps the dialog's state and writes requests; retransmission, digests and reconnecting are done here.
"""

import asyncio
import ipaddress
from collections.abc import Mapping
from typing import Protocol

from aiosipua.auth import SipDigestAuth, answer_challenge
from aiosipua.dialog import Dialog
from aiosipua.headers import CSeq, stringify_cseq
from aiosipua.message import SipRequest
from aiosipua.utils import generate_tag
from parley_core.errors import BadInput, TimedOut, Unavailable

from parley_sip import wire
from parley_sip.addresses import Address, Uri, members
from parley_sip.transactions import GIVE_UP, T1_S, Flow, Transactions
from parley_sip.transports import NextHop, UdpFlow, UdpPort
from parley_sip.wire import Request, Response


class Network(Protocol):
    """What a dialog needs of its endpoint."""

    transactions: Transactions
    udp: UdpPort

    async def flow_to(self, hop: NextHop) -> Flow:
        """A way there. Raises Unavailable."""
        ...

    def bye(self, dialog: "SipDialog") -> None:
        """Hang up, in the background."""
        ...


class SipDialog:
    def __init__(self, network: Network, dialog: Dialog, flow: Flow, auth: SipDigestAuth | None = None) -> None:
        self.remote_cseq = dialog.remote_cseq
        self._network = network
        self._dialog = dialog
        self._flow = flow
        self._auth = auth

    @classmethod
    def invited(cls, network: Network, invite: Request, flow: Flow) -> "SipDialog":
        """The dialog that an incoming INVITE begins (§12.1.1). Raises BadInput for one without a Contact."""
        contact = invite.contact
        if contact is None:
            raise BadInput("Contact", "names no address")
        dialog = Dialog(
            call_id=invite.head.call_id,
            local_tag=generate_tag(),
            remote_tag=invite.head.from_tag,
            local_uri=invite.called.uri.text,
            remote_uri=invite.caller.uri.text,
            remote_target=contact.uri.text,
            route_set=members(invite.message.headers.get("Record-Route")),  # in order, and not as aiosipua has it
            remote_cseq=invite.head.cseq,
        )
        return cls(network, dialog, routed(flow, network, dialog))

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
        """Host, and port where one is named, of the peer's Contact, or the address that it signals from."""
        uri = Uri.parse(self._dialog.remote_target or self._dialog.remote_uri)
        return uri.host_port if uri.host else self.peer

    def retarget(self, request: Request, flow: Flow) -> None:
        """A re-INVITE or UPDATE may name a new Contact, and comes from where the peer is now."""
        contact = request.contact
        if contact is not None:
            self._dialog.remote_target = contact.uri.text
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
        self._dialog.local_cseq -= 1  # an ACK has the INVITE's number
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
        transactions = self._network.transactions
        sent = transactions.client(request, head, self._flow, on_response, on_timeout)
        try:
            async with asyncio.timeout(2 * GIVE_UP * T1_S):
                response = await answered
        except TimeoutError:
            raise TimedOut("the SIP peer", 2 * GIVE_UP * T1_S) from None
        finally:
            if not answered.done() or answered.cancelled():
                transactions.forget(sent)
        if method == "INVITE" and response.status < 300:
            self.acknowledge(response)
        return response

    async def _reconnect(self) -> Flow:
        """A new connection to the address that the peer named."""
        route = self._dialog.route_set[0] if self._dialog.route_set else self._dialog.remote_target
        address = _address(route) if route else None
        if address is None:
            raise Unavailable("SIP peer", "its connection is gone and it named no address")
        return await self._network.flow_to(NextHop(self._flow.transport, *address))


def contact_of(flow: Flow) -> str:
    host, port = flow.local
    shown = f"[{host}]" if ":" in host else host
    transport = "" if flow.transport == "UDP" else f";transport={flow.transport.lower()}"
    return f"<sip:parley@{shown}:{port}{transport}>"


def routed(flow: Flow, network: Network, dialog: Dialog) -> Flow:
    """The route of requests inside a dialog: the first Record-Route's address, else the one that the peer sends from.

    The latter, and not its Contact, passes a NAT.
    """
    if flow.reliable or not dialog.route_set:
        return flow
    address = _address(dialog.route_set[0])
    try:
        known = address and (str(ipaddress.ip_address(address[0])), address[1])
    except ValueError:
        return flow
    return UdpFlow(network.udp, known) if known else flow


def _address(route: str) -> tuple[str, int] | None:
    """Host and port of a Route, or of a URI alone."""
    return Address.parse(route).uri.address
