"""A SIP endpoint: its sockets, its transactions, and the dispatch of each received message. A channel owns one.

A request outside of dialogs goes to the `Server`, one inside a dialog to its `DialogOwner`. `received` takes untrusted
bytes and never raises: an invalid message is refused, with a log line.
"""

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from parley_core.errors import BadInput, ParleyError, Unavailable
from parley_core.tasks import Tasks

from parley_sip import wire
from parley_sip.dialog import SipDialog
from parley_sip.scheduling import Scheduler
from parley_sip.transactions import Flow, ServerTransaction, Transactions
from parley_sip.transports import Advertised, NextHop, Streams, UdpFlow, UdpPort, client_tls, server_tls
from parley_sip.wire import Request, Response

log = logging.getLogger(__name__)

_RESOLVE_S = 5.0
_LINES = 20.0  # log lines a second about refused messages; more are counted


@dataclass(frozen=True, slots=True)
class Listen:
    """Where an endpoint listens, and the address that peers are given."""

    host: str
    port: int  # UDP and TCP
    public_address: str = ""  # behind NAT; empty: the address that faces the peer
    tls_port: int = 0  # 0: none
    tls_cert: str = ""  # PEM files
    tls_key: str = ""
    tls_ca: str = ""  # what a peer's certificate is checked with; empty: the system's


class Server(Protocol):
    """Answers requests outside of dialogs. May raise BadInput: 400."""

    def invite(self, transaction: ServerTransaction, flow: Flow) -> None: ...

    def options(self, transaction: ServerTransaction, flow: Flow) -> None: ...


class DialogOwner(Protocol):
    """Answers requests inside one dialog: a call's leg."""

    dialog: SipDialog

    def request(self, transaction: ServerTransaction, flow: Flow) -> None: ...

    def invited_by(self, invite: ServerTransaction) -> bool: ...

    def cancelled(self) -> None:
        """The caller cancelled the INVITE."""
        ...


class SipEndpoint:
    def __init__(self, listen: Listen, server: Server, scheduler: Scheduler, tasks: Tasks) -> None:
        wildcard = listen.host in ("0.0.0.0", "::", "")  # noqa: S104 - what the setting says
        host = listen.public_address or ("" if wildcard else listen.host)
        self.advertised = Advertised(host, listen.port)
        self.advertised_tls = Advertised(host, listen.tls_port)
        self.transactions = Transactions(scheduler)
        self.streams = Streams(self.received, scheduler)
        self.udp = UdpPort(self.received, self.advertised)
        self._listen = listen
        self._server = server
        self._scheduler = scheduler
        self._tasks = tasks
        self._tls: ssl.SSLContext | None = None  # for outgoing connections
        self._owners: dict[tuple[str, str], DialogOwner] = {}
        self._byes: set[asyncio.Task[None]] = set()
        self._lines = _LINES
        self._unsaid = 0
        self._lined = scheduler.time()

    # Sockets

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen. Raises Unavailable for a port or a certificate that cannot be had."""
        listen = self._listen
        async with AsyncExitStack() as stack:
            try:
                await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: self.udp, local_addr=(listen.host, listen.port)
                )
            except OSError as error:
                problem = error.strerror or "cannot be listened on"
                raise Unavailable(f"SIP UDP port {listen.port}", problem) from None
            stack.callback(self.udp.close)
            stack.callback(self.streams.close)
            stack.callback(self.transactions.close)
            self._tls = client_tls(listen.tls_ca)
            listeners: list[tuple[int, Advertised, ssl.SSLContext | None]] = [(listen.port, self.advertised, None)]
            if listen.tls_port:
                tls = server_tls(listen.tls_cert, listen.tls_key)
                listeners.append((listen.tls_port, self.advertised_tls, tls))
            for port, advertised, context in listeners:
                opened = await self.streams.listen(listen.host, port, advertised, context)
                stack.callback(opened.close)
            yield

    async def flow_to(self, hop: NextHop) -> Flow:
        """A way there. Raises Unavailable."""
        address = (await _resolve(hop.host, hop.port), hop.port)
        if hop.transport == "UDP":
            return UdpFlow(self.udp, address)
        if hop.transport == "TLS":
            return await self.streams.connect((hop.host, hop.port), self.advertised_tls, self._tls)
        return await self.streams.connect(address, self.advertised, None)

    # Dialogs

    @property
    def owners(self) -> list[DialogOwner]:
        return list(self._owners.values())

    def __len__(self) -> int:
        """The number of dialogs."""
        return len(self._owners)

    def add(self, owner: DialogOwner) -> None:
        """From now on requests in its dialog go to `owner`."""
        self._owners[owner.dialog.key] = owner

    def remove(self, owner: DialogOwner) -> None:
        self._owners.pop(owner.dialog.key, None)

    def has_call(self, request: Request) -> bool:
        """Whether an INVITE's call is here already, by another way (RFC 3261 §8.2.2.2)."""
        call = (request.head.call_id, request.head.from_tag)
        return any((one.dialog.key[0], one.dialog.remote_tag) == call for one in self._owners.values())

    def bye(self, dialog: SipDialog) -> None:
        """Hang up; an answer is not waited for."""
        task = self._tasks.spawn(_bye(dialog), "bye")
        self._byes.add(task)
        task.add_done_callback(self._byes.discard)

    async def said_bye(self, timeout_s: float) -> None:
        """Wait for the answers to BYEs that are on their way."""
        if self._byes:
            await asyncio.wait(self._byes, timeout=timeout_s)

    def _owner_of(self, request: Request) -> DialogOwner | None:
        """Whose dialog a request belongs to (RFC 3261 §12.2.2)."""
        owner = self._owners.get((request.head.call_id, request.head.to_tag))
        return owner if owner is not None and owner.dialog.remote_tag == request.head.from_tag else None

    # What came

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.received(data, UdpFlow(self.udp, address))

    def received(self, data: bytes, flow: Flow) -> None:
        """Take one message from any sender."""
        try:
            message = wire.parse(data)
        except BadInput as error:
            self.refused(flow, str(error))
            return
        if isinstance(message, Response):
            if not self.transactions.response(message):
                log.debug("sip response to nothing", extra={"status": message.status})
            return
        back = wire.stamp(message, flow.peer)
        reply = UdpFlow(self.udp, back) if isinstance(flow, UdpFlow) and back != flow.peer else flow
        transaction = self.transactions.server(message, reply)
        if transaction is None:
            return
        try:
            self._dispatch(transaction, flow)
        except BadInput as error:
            self.refused(flow, str(error))
            _answer(transaction, 400)
        except Exception:
            log.exception("sip request failed", extra={"method": message.method})
            _answer(transaction, 500)

    def refused(self, flow: Flow, why: str) -> None:
        """One log line for a refused message; a flood of them is counted."""
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

    def _dispatch(self, transaction: ServerTransaction, flow: Flow) -> None:
        request = transaction.request
        if request.head.to_tag:
            owner = self._owner_of(request)
            if owner is not None:
                owner.request(transaction, flow)
            elif request.method != "ACK":
                transaction.refuse(481)
            return
        match request.method:
            case "ACK":
                pass  # of a refusal that is no longer known
            case "CANCEL":
                self._on_cancel(transaction)
            case "INVITE":
                self._server.invite(transaction, flow)
            case "OPTIONS":
                self._server.options(transaction, flow)
            case "BYE" | "INFO" | "UPDATE" | "NOTIFY":
                transaction.refuse(481)
            case _:
                transaction.answer(405, more={"Allow": wire.ALLOW})

    def _on_cancel(self, transaction: ServerTransaction) -> None:
        invite = self.transactions.cancelled(transaction.request)
        if invite is None:
            transaction.refuse(481)
            return
        transaction.refuse(200)
        for owner in self.owners:
            if owner.invited_by(invite):
                owner.cancelled()


def _answer(transaction: ServerTransaction, status: int) -> None:
    if transaction.request.method != "ACK":
        transaction.refuse(status)


async def _bye(dialog: SipDialog) -> None:
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
