"""A simulated SIP phone for tests: writes its messages by hand, so that a test says exactly what goes over the wire.

It shares no code with the gateway's SIP channel. `Line` is the way to the gateway over UDP, TCP or TLS; `Phone`
speaks on one; `Rtp` is its audio.
"""

import asyncio
import re
import secrets
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import md5

_WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Message:
    """A SIP message, as it came."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @classmethod
    def parse(cls, data: bytes) -> "Message":
        head, _, body = data.decode().partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        headers = tuple(
            (name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
        )
        return cls(start, headers, body)

    @property
    def status(self) -> int:
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        return "" if self.status else self.start.split()[0]

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name.lower()]

    def one(self, name: str) -> str:
        values = self.all(name)
        return values[0] if values else ""

    @property
    def to_tag(self) -> str:
        found = re.search(r"tag=([^;>\s]+)", self.one("To"))
        return found[1] if found else ""


class Line(asyncio.DatagramProtocol):
    """Whole messages to and from the gateway."""

    def __init__(self, transport: str) -> None:
        self.transport = transport
        self.local = ("127.0.0.1", 0)
        self.received: list[Message] = []
        self.sent = 0
        self._new = asyncio.Event()
        self._send: Callable[[bytes], None] = lambda data: None
        self.drop: Callable[[Message], bool] = lambda message: False  # messages that the network loses

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.take(data)

    def take(self, data: bytes) -> None:
        message = Message.parse(data)
        if not self.drop(message):
            self.received.append(message)
            self._new.set()

    def send(self, data: bytes) -> None:
        self.sent += 1
        self._send(data)

    async def until(self, wanted: Callable[[Message], bool], *, count: int = 1, timeout_s: float = _WAIT_S) -> Message:
        """The message of that kind, past or to come; `count`: the how manieth."""
        async with asyncio.timeout(timeout_s):
            while len(found := [one for one in self.received if wanted(one)]) < count:
                self._new.clear()
                await self._new.wait()
        return found[count - 1]


@asynccontextmanager
async def line(port: int, transport: str = "UDP", tls: ssl.SSLContext | None = None) -> AsyncIterator[Line]:
    made = Line(transport)
    loop = asyncio.get_running_loop()
    if transport == "UDP":
        socket, _ = await loop.create_datagram_endpoint(
            lambda: made, local_addr=("127.0.0.1", 0), remote_addr=("127.0.0.1", port)
        )
        made.local = socket.get_extra_info("sockname")
        made._send = socket.sendto
        try:
            yield made
        finally:
            socket.close()
        return
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls, server_hostname="localhost" if tls else None
    )
    made.local = writer.get_extra_info("sockname")
    made._send = writer.write
    reading = asyncio.create_task(_read(reader, made), name="sip line")
    try:
        yield made
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        writer.close()


async def _read(reader: asyncio.StreamReader, line_: Line) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length:\s*(\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1])) if length and int(length[1]) else b""
            line_.take(head + body)


@dataclass
class Rtp(asyncio.DatagramProtocol):
    """A phone's audio: G.711 µ-law by default, sent in real time, and what came back."""

    payload_type: int = 0
    silence: bytes = b"\xff" * 160
    ssrc: int = field(default_factory=lambda: secrets.randbits(32))
    received: list[tuple[int, int, bytes]] = field(default_factory=list)  # seq, payload type, payload
    sources: set[tuple[str, int]] = field(default_factory=set)
    remote: tuple[str, int] | None = None
    sending: bool = True
    packets: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self.seq, self.timestamp = secrets.randbits(16), secrets.randbits(31)
        self._say: list[bytes] = []
        self._said = asyncio.Event()
        self._arrived = asyncio.Event()
        self._socket: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket = transport  # type: ignore[assignment]
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        _, second, seq, _, _ = struct.unpack("!BBHII", data[:12])
        self.received.append((seq, second & 0x7F, data[12:]))
        self.sources.add(addr)
        self._arrived.set()

    @property
    def heard(self) -> bytes:
        """The payloads of all that came, in order of arrival."""
        return b"".join(payload for _, kind, payload in self.received if kind == self.payload_type)

    async def until_heard(
        self, wanted: Callable[[bytes], bool], *, more: bool = False, timeout_s: float = _WAIT_S
    ) -> None:
        """Return when what came is as wanted; `more`: not before another packet has come."""
        async with asyncio.timeout(timeout_s):
            while more or not wanted(self.heard):
                more = False
                self._arrived.clear()
                await self._arrived.wait()

    def send(self, payload: bytes, *, kind: int | None = None, marker: bool = False, step: int = 160) -> None:
        second = (self.payload_type if kind is None else kind) | (0x80 if marker else 0)
        packet = struct.pack("!BBHII", 0x80, second, self.seq, self.timestamp & 0xFFFFFFFF, self.ssrc) + payload
        self.seq = (self.seq + 1) & 0xFFFF
        self.timestamp += step
        self.raw(packet)

    def raw(self, packet: bytes) -> None:
        if self._socket is not None and self.remote is not None and not self._socket.is_closing():
            self._socket.sendto(packet, self.remote)
            self.packets += 1

    def digit(self, digit: str, kind: int = 101) -> None:
        """RFC 4733: five packets of growing duration, the end three times, all with one timestamp."""
        event = "0123456789*#ABCD".index(digit)
        for number in range(5):
            self.send(struct.pack("!BBH", event, 10, 160 * (number + 1)), kind=kind, marker=number == 0, step=0)
        for _ in range(3):
            self.send(struct.pack("!BBH", event, 0x8A, 960), kind=kind, step=0)
        self.timestamp += 960

    async def talk(self) -> None:
        """Send a packet each 20 ms: silence, or what `say` asked for."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self._say:
                frame = self._say.pop(0)
                if not self._say:
                    self._said.set()
            else:
                frame = self.silence
            if self.sending:
                self.send(frame)
            due += 0.02
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def say(self, coded: bytes, size: int = 160) -> None:
        self._said.clear()
        self._say += [coded[at : at + size] for at in range(0, len(coded) - size + 1, size)]
        await asyncio.wait_for(self._said.wait(), 30)


@asynccontextmanager
async def rtp(**options: object) -> AsyncIterator[Rtp]:
    made = Rtp(**options)  # type: ignore[arg-type]
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: made, local_addr=("127.0.0.1", 0))
    talking = asyncio.create_task(made.talk(), name="phone talks")
    try:
        yield made
    finally:
        talking.cancel()
        with suppress(asyncio.CancelledError):
            await talking
        if made._socket is not None:
            made._socket.close()


def offer(port: int, formats: str = "0 101", *, maps: str = "", more: str = "", host: str = "127.0.0.1") -> str:
    maps = maps or "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
    return (
        f"v=0\r\no=phone 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {formats}\r\n{maps}{more}"
    )


class Phone:
    """One call of a phone; what it sends is made of its parts, and may be changed by a test."""

    def __init__(self, line_: Line, number: str = "100", *, user: str = "+15550100") -> None:
        self.line = line_
        self.call_id = secrets.token_hex(8)
        self.from_tag = secrets.token_hex(4)
        self.to_tag = ""
        self.cseq = 0
        self.number = number
        self.user = user
        self.branch = ""
        self.invite_cseq = 0

    def message(
        self,
        method: str,
        *,
        body: str = "",
        more: Mapping[str, str] | None = None,
        kind: str = "application/sdp",
        cseq: int | None = None,
        branch: str = "",
    ) -> bytes:
        host, port = self.line.local[:2]
        self.branch = branch or f"z9hG4bK{secrets.token_hex(8)}"
        to = f"<sip:{self.number}@127.0.0.1>" + (f";tag={self.to_tag}" if self.to_tag else "")
        transport = "" if self.line.transport == "UDP" else f";transport={self.line.transport.lower()}"
        headers = {
            "Via": f"SIP/2.0/{self.line.transport} {host}:{port};rport;branch={self.branch}",
            "Max-Forwards": "70",
            "From": f'"Phone" <sip:{self.user}@{host}:{port}>;tag={self.from_tag}',
            "To": to,
            "Call-ID": self.call_id,
            "CSeq": f"{self.cseq if cseq is None else cseq} {method}",
            "Contact": f"<sip:{self.user}@{host}:{port}{transport}>",
            **(more or {}),
        }
        if body:
            headers["Content-Type"] = kind
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
        return (
            f"{method} sip:{self.number}@127.0.0.1 SIP/2.0\r\n{lines}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )

    def send(self, method: str, **options: object) -> bytes:
        """Send a new request; returns it, to be sent again."""
        self.cseq += 1
        if method == "INVITE":
            self.invite_cseq = self.cseq
        data = self.message(method, **options)  # type: ignore[arg-type]
        self.line.send(data)
        return data

    def ack(self, **options: object) -> None:
        self.line.send(self.message("ACK", cseq=self.invite_cseq, **options))  # type: ignore[arg-type]

    async def response(
        self, status: int, method: str = "INVITE", *, count: int = 1, timeout_s: float = _WAIT_S
    ) -> Message:
        """The response to the newest request of a method, past or to come."""
        cseq = f"{self.invite_cseq if method == 'INVITE' else self.cseq} {method}"

        def wanted(message: Message) -> bool:
            return message.status == status and message.one("CSeq") == cseq and message.one("Call-ID") == self.call_id

        found = await self.line.until(wanted, count=count, timeout_s=timeout_s)
        self.to_tag = self.to_tag or (found.to_tag if 100 < status < 300 else "")
        return found

    async def request(self, method: str, *, count: int = 1, timeout_s: float = _WAIT_S) -> Message:
        """A request of the gateway's in this call."""
        return await self.line.until(
            lambda one: one.method == method and one.one("Call-ID") == self.call_id, count=count, timeout_s=timeout_s
        )

    def answer(
        self, request: Message, status: int = 200, *, body: str = "", more: Mapping[str, str] | None = None
    ) -> None:
        lines = [f"{name}: {value}" for name in ("Via", "From", "To", "Call-ID", "CSeq") for value in request.all(name)]
        lines += [f"{name}: {value}" for name, value in (more or {}).items()]
        if body:
            lines.append("Content-Type: application/sdp")
        joined = "\r\n".join(lines)
        self.line.send(f"SIP/2.0 {status} X\r\n{joined}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    async def call(self, audio: Rtp, *, body: str = "", more: Mapping[str, str] | None = None) -> Message:
        """Dial, wait for the answer, acknowledge it, and talk to where it says; returns the 200."""
        self.send("INVITE", body=body or offer(audio.port), more=more)
        answered = await self.response(200)
        audio.remote = remote_of(answered.body)
        self.ack()
        return answered

    async def hang_up(self) -> None:
        self.send("BYE")
        await self.response(200, "BYE")


def remote_of(sdp: str) -> tuple[str, int]:
    host, port = re.search(r"c=IN IP4 (\S+)", sdp), re.search(r"m=audio (\d+)", sdp)
    if host is None or port is None:
        raise ValueError("no audio in the SDP")
    return host[1], int(port[1])


def credentials(challenge: str, *, user: str, password: str, method: str, uri: str) -> str:
    """An Authorization value for an MD5 challenge with qop=auth (RFC 7616), written after the RFC by hand."""
    fields = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge.partition(" ")[2]))
    one = md5(f"{user}:{fields['realm']}:{password}".encode()).hexdigest()
    two = md5(f"{method}:{uri}".encode()).hexdigest()
    response = md5(f"{one}:{fields['nonce']}:00000001:abc:auth:{two}".encode()).hexdigest()
    return (
        f'Digest username="{user}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{uri}", '
        f'response="{response}", qop=auth, nc=00000001, cnonce="abc", algorithm=MD5'
    )
