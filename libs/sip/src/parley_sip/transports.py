"""An endpoint's sockets: one UDP port, TCP and TLS listeners, and outgoing connections.

aiosipua's transports assert a class that CPython 3.11's sockets do not have, know no TLS and bound nothing; these are
ours. A transport hands whole messages' bytes to `Receive` and knows nothing of what they say.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from parley_core.errors import BadInput, Unavailable

from parley_sip.framing import PONG, Framer
from parley_sip.scheduling import Scheduler, TimerHandle
from parley_sip.transactions import Flow

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 1000
MAX_PER_ADDRESS = 100  # a trunk and a PBX have a few
MAX_UNREAD = 256 * 1024  # bytes that a peer may leave unread
IDLE_S = 900.0  # an idle connection is closed after this
_CONNECT_S = 5.0
_RECEIVE_BYTES = 1024 * 1024  # a thousand requests while the loop is busy

Receive = Callable[[bytes, Flow], None]


@dataclass(frozen=True, slots=True)
class Advertised:
    """The address that peers are given: the configured one, or the one that faces the peer."""

    host: str  # empty: see above
    port: int

    def towards(self, peer: str) -> tuple[str, int]:
        return self.host or local_address(peer), self.port


@dataclass(frozen=True, slots=True)
class NextHop:
    """Where requests go: a trunk, or a peer to connect to anew."""

    transport: str  # UDP, TCP or TLS
    host: str
    port: int

    @classmethod
    def parse(cls, text: str, where: str) -> "NextHop":
        """`udp:host:port`; scheme and port are optional. Raises BadInput, whose `where` names the setting."""
        scheme, colon, rest = text.partition(":")
        if not colon or scheme.lower() not in ("udp", "tcp", "tls"):
            scheme, rest = "udp", text
        rest = rest.removeprefix("//")
        host, colon, port = rest.rpartition(":")
        if not colon or rest.endswith("]"):
            host, port = rest, "5061" if scheme.lower() == "tls" else "5060"
        if not host or not port.isdigit() or not 0 < int(port) <= 65535:
            raise BadInput(where, f"{text!r} is not udp:host:port")
        return cls(scheme.upper(), host.strip("[]"), int(port))


def local_address(peer: str) -> str:
    """This machine's address on the way to a peer; no packet is sent."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in peer else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((peer, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return "127.0.0.1"


class UdpFlow:
    """One peer's address on the UDP port."""

    transport = "UDP"
    reliable = False

    def __init__(self, owner: "UdpPort", peer: tuple[str, int]) -> None:
        self._owner = owner
        self.peer = peer
        self.local = owner.advertised.towards(peer[0])

    @property
    def open(self) -> bool:
        return self._owner.open

    def send(self, data: bytes) -> None:
        self._owner.send(data, self.peer)


class UdpPort(asyncio.DatagramProtocol):
    def __init__(self, receive: Receive, advertised: Advertised) -> None:
        self.advertised = advertised
        self._receive = receive
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] # not of the class that its name says before 3.12
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data.strip(b"\r\n\0"):  # else a keep-alive
            self._receive(data, UdpFlow(self, (addr[0], addr[1])))

    def error_received(self, exc: Exception) -> None:
        log.debug("sip udp", extra={"error": type(exc).__name__})

    def send(self, data: bytes, peer: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, peer)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class StreamFlow(asyncio.Protocol):
    """One TCP or TLS connection, theirs or ours."""

    reliable = True

    def __init__(self, owner: "Streams", transport: str, advertised: Advertised) -> None:
        self.transport = transport
        self.peer = ("", 0)
        self.local = ("", 0)
        self._owner = owner
        self._advertised = advertised
        self._framer = Framer()
        self._stream: asyncio.Transport | None = None
        self._last = 0.0
        self._idle: TimerHandle | None = None

    @property
    def open(self) -> bool:
        return self._stream is not None and not self._stream.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream: asyncio.Transport = transport  # type: ignore[assignment] # uvloop's and TLS's are of no common class
        self._stream = stream
        peer = transport.get_extra_info("peername") or ("", 0)
        self.peer = (str(peer[0]), int(peer[1]))
        self.local = self._advertised.towards(self.peer[0])
        if not self._owner.admit(self):
            stream.abort()
            return
        stream.set_write_buffer_limits(high=MAX_UNREAD)
        self._last = self._owner.scheduler.time()
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._last = self._owner.scheduler.time()
        try:
            messages = self._framer.feed(data)
        except BadInput as error:
            log.info("sip stream refused", extra={"where": error.where, "problem": error.problem, "channel": "sip"})
            self.close()
            return
        for _ in range(self._framer.pings):
            self.send(PONG)
        self._framer.pings = 0
        for message in messages:
            self._owner.receive(message, self)

    def pause_writing(self) -> None:
        log.info("sip peer reads nothing", extra={"channel": "sip"})
        if self._stream is not None:
            self._stream.abort()

    def connection_lost(self, error: Exception | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._owner.lost(self)

    def send(self, data: bytes) -> None:
        if self._stream is not None and not self._stream.is_closing():
            self._stream.write(data)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def abort(self) -> None:
        if self._stream is not None:
            self._stream.abort()

    def _watch(self) -> None:
        scheduler = self._owner.scheduler
        if scheduler.time() - self._last >= IDLE_S:
            self.close()
            return
        self._idle = scheduler.call_at(self._last + IDLE_S, self._watch)


class Streams:
    """All TCP and TLS connections."""

    def __init__(self, receive: Receive, scheduler: Scheduler) -> None:
        self.receive = receive
        self.scheduler = scheduler
        self._flows: set[StreamFlow] = set()

    def __len__(self) -> int:
        return len(self._flows)

    def admit(self, flow: StreamFlow) -> bool:
        address = flow.peer[0]
        if sum(one.peer[0] == address for one in self._flows) >= MAX_PER_ADDRESS:
            log.info("sip connections of one address full", extra={"channel": "sip", "address": address})
            return False
        if len(self._flows) >= MAX_CONNECTIONS:
            log.warning("sip connections full", extra={"channel": "sip"})
            return False
        self._flows.add(flow)
        return True

    def lost(self, flow: StreamFlow) -> None:
        self._flows.discard(flow)

    async def listen(self, host: str, port: int, advertised: Advertised, tls: ssl.SSLContext | None) -> asyncio.Server:
        """Raises Unavailable when the port cannot be had."""
        name = "TLS" if tls else "TCP"
        try:
            return await asyncio.get_running_loop().create_server(
                lambda: StreamFlow(self, name, advertised), host, port, ssl=tls
            )
        except OSError as error:
            raise Unavailable(f"SIP {name} port {port}", error.strerror or "cannot be listened on") from None

    async def connect(self, peer: tuple[str, int], advertised: Advertised, tls: ssl.SSLContext | None) -> StreamFlow:
        """An open connection to that peer, accepted or new. Raises Unavailable."""
        name = "TLS" if tls else "TCP"
        for flow in self._flows:
            if flow.peer == peer and flow.transport == name and flow.open:
                return flow
        try:
            async with asyncio.timeout(_CONNECT_S):
                _, made = await asyncio.get_running_loop().create_connection(
                    lambda: StreamFlow(self, name, advertised),
                    *peer,
                    ssl=tls,
                    server_hostname=peer[0] if tls else None,
                )
        except TimeoutError:
            raise Unavailable("SIP peer", "does not take the connection") from None
        except OSError as error:
            raise Unavailable("SIP peer", error.strerror or "cannot be connected to") from None
        return made

    def close(self) -> None:
        for flow in list(self._flows):
            flow.abort()


def server_tls(cert: str, key: str) -> ssl.SSLContext:
    """Raises Unavailable for files that are no certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise Unavailable("SIP over TLS", f"certificate or key cannot be read ({type(error).__name__})") from None
    return context


def client_tls(ca: str) -> ssl.SSLContext:
    """`ca`: the file of trusted certificates; empty: the system's."""
    try:
        return ssl.create_default_context(cafile=ca or None)
    except (OSError, ssl.SSLError) as error:
        raise Unavailable("SIP over TLS", f"the trusted certificates cannot be read ({type(error).__name__})") from None
