"""A simulated trunk, with a phone behind it: answers what the gateway's SIP channel sends as a test says."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from parley_testing.simulated.sip import Line, Message


@dataclass
class Trunk(asyncio.DatagramProtocol):
    """What answers at `port`; a test says how."""

    port: int
    line: Line = field(default_factory=lambda: Line("UDP"))
    tag: str = field(default_factory=lambda: secrets.token_hex(4))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.DatagramTransport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.peer = addr
        self.line.take(data)

    async def request(self, method: str, *, count: int = 1) -> Message:
        return await self.line.until(lambda one: one.method == method, count=count)

    def answer(
        self, request: Message, status: int, *, body: str = "", more: dict[str, str] | None = None, tag: str = ""
    ) -> None:
        lines = [f"{name}: {value}" for name in ("Via", "From", "Call-ID", "CSeq") for value in request.all(name)]
        lines.append(
            f"To: {request.one('To')};tag={tag or self.tag}"
            if "tag=" not in request.one("To")
            else f"To: {request.one('To')}"
        )
        lines += [f"{name}: {value}" for name, value in (more or {}).items()]
        lines.append(f"Contact: <sip:far@127.0.0.1:{self.port}>")
        if body:
            lines.append("Content-Type: application/sdp")
        joined = "\r\n".join(lines)
        self.send(f"SIP/2.0 {status} X\r\n{joined}\r\nContent-Length: {len(body)}\r\n\r\n{body}")

    def send(self, text: str) -> None:
        self._transport.sendto(text.encode(), self.peer)

    def bye(self, invite: Message) -> None:
        call = invite.one("Call-ID")
        caller = invite.one("From")
        self.send(
            f"BYE sip:parley@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bKbye\r\n"
            f"From: {invite.one('To')};tag={self.tag}\r\nTo: {caller}\r\nCall-ID: {call}\r\nCSeq: 1 BYE\r\n"
            "Content-Length: 0\r\n\r\n"
        )


@asynccontextmanager
async def trunk_at(port: int) -> AsyncIterator[Trunk]:
    trunk = Trunk(port)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: trunk, local_addr=("127.0.0.1", port)
    )
    try:
        yield trunk
    finally:
        transport.close()
