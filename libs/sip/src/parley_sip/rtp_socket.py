"""A call's UDP ports for RTP and RTCP, and where its packets may come from.

Packets are accepted from the negotiated address, or from one that the peer signals from: a third party can neither
speak in a call nor divert its audio.
"""

import asyncio
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from parley_core.errors import LimitReached

_TRIES = 64  # ports that may be in use
_SOCKET_BYTES = 64 * 1024
_RANDOM = Random(secrets.randbits(64))  # noqa: S311 - where the search for a port begins is no secret

Address = tuple[str, int]
OnPacket = Callable[[bytes, Address], None]


@dataclass(slots=True)
class RtpSource:
    """Where RTP may come from, and where it has come from."""

    remote: Address = ("", 0)  # negotiated
    known: frozenset[str] = frozenset()  # addresses that the peer signals from
    latched: Address | None = None
    ssrc: int | None = None
    heard_remote: bool = False  # the negotiated address itself has sent

    def admits(self, address: Address, ssrc: int) -> bool:
        if address == self.latched:
            return True
        if address == self.remote:
            self.heard_remote = True
        elif self.heard_remote or (address[0] != self.remote[0] and address[0] not in self.known):
            return False
        elif self.latched is not None and ssrc != self.ssrc:
            return False  # a NAT may change the stream's port; a new stream is not accepted there
        self.latched = address
        return True

    def is_peer(self, host: str) -> bool:
        """Whether a packet that is no RTP may be the peer's: RTCP, a keep-alive."""
        return host == self.remote[0] or host in self.known or (self.latched is not None and host == self.latched[0])


class _Port(asyncio.DatagramProtocol):
    def __init__(self, on_packet: OnPacket) -> None:
        self._on_packet = on_packet

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._on_packet(data, (addr[0], addr[1]))


class RtpSockets:
    """An even port for RTP and the one after it for RTCP (RFC 3550 §11)."""

    def __init__(self, on_rtp: OnPacket, on_rtcp: OnPacket) -> None:
        self.port = 0
        self._handlers = (on_rtp, on_rtcp)
        self._transports: list[asyncio.DatagramTransport] = []
        self._closed = False

    async def open(self, host: str, ports: range) -> None:
        """Raises LimitReached when no pair is free."""
        pair = bind_pair(host, ports)
        self.port = pair[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        try:
            for one, on_packet in zip(pair, self._handlers, strict=True):
                made, _ = await loop.create_datagram_endpoint(lambda heard=on_packet: _Port(heard), sock=one)  # type: ignore[misc]
                self._transports.append(made)
        except BaseException:
            for one in pair:
                one.close()
            raise
        if self._closed:  # while the loop was at it
            self.close()

    def send_rtp(self, packet: bytes, target: Address) -> None:
        if self._transports:
            self._transports[0].sendto(packet, target)

    def send_rtcp(self, packet: bytes, target: Address) -> None:
        if len(self._transports) > 1:
            self._transports[1].sendto(packet, target)

    def close(self) -> None:
        self._closed = True
        for transport in self._transports:
            transport.close()
        self._transports.clear()


def bind_pair(host: str, ports: range) -> tuple[socket.socket, socket.socket]:
    """Sockets on an even port and the one after it. Raises LimitReached when none are free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    start = _RANDOM.randrange(len(ports))
    for offset in range(min(_TRIES, len(ports))):
        port = ports[(start + offset * 7) % len(ports)]
        pair = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(2)]
        try:
            for number, one in enumerate(pair):
                one.setblocking(False)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BYTES)
                one.bind((host, port + number))
        except OSError:
            for one in pair:
                one.close()
            continue
        return pair[0], pair[1]
    raise LimitReached("RTP ports", len(ports))
