"""SIP transactions (RFC 3261 §17): repeats are answered alike and handled once; what is lost on UDP is sent again.

aiosipua keeps no server transactions and sends requests once; these are ours. Time is a `Scheduler`'s, nothing waits
in a task. The layer is bounded: past `MAX_TRANSACTIONS` new requests are dropped, and their senders try again.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aiosipua.message import SipRequest, SipResponse

from parley_sip.scheduling import Scheduler, TimerHandle
from parley_sip.wire import Head, Request, Response, answer

log = logging.getLogger(__name__)

T1_S = 0.5  # round trip
T2_S = 4.0  # the longest wait between two repeats
T4_S = 5.0  # how long a message may stay in the network
GIVE_UP = 64  # times T1
MAX_TRANSACTIONS = 20_000


class Flow(Protocol):
    """The way to one peer, over one transport."""

    transport: str  # UDP, TCP or TLS
    reliable: bool
    peer: tuple[str, int]
    local: tuple[str, int]  # as peers are given it

    @property
    def open(self) -> bool: ...

    def send(self, data: bytes) -> None: ...


OnResponse = Callable[[Response], None]
Key = tuple[str, str, str]


@dataclass(slots=True)
class ServerTransaction:
    """One request that came, and what was answered."""

    layer: "Transactions"
    request: Request
    flow: Flow
    last: bytes = b""
    status: int = 0
    acknowledged: bool = False
    on_unacknowledged: Callable[[], None] | None = None  # an INVITE's 200 whose ACK never came
    _timers: list[TimerHandle] = field(default_factory=list)
    _wait_s: float = T1_S
    _began: float = 0.0

    @property
    def key(self) -> Key:
        head = self.request.head
        return (head.branch, head.sent_by, head.method)

    def respond(self, response: SipResponse) -> None:
        """Send it, and send it again as the transaction's kind demands. After a final answer nothing more goes out."""
        if self.status >= 200:
            return
        self.status, self.last = response.status_code, bytes(response)
        self.flow.send(self.last)
        if self.status < 200:
            return
        scheduler = self.layer.scheduler
        self._began = scheduler.time()
        # A 200 is repeated over every transport, other final answers where they may get lost (§13.3.1.4, §17.2.1).
        if self.request.method == "INVITE" and (self.status < 300 or not self.flow.reliable):
            self._timers.append(scheduler.call_at(self._began + T1_S, self._repeat))
        self._timers.append(scheduler.call_at(self._began + GIVE_UP * T1_S, self._end))

    def answer(self, status: int, *, tag: str = "", more: Mapping[str, str] | None = None, body: str = "") -> None:
        """See `wire.answer`."""
        self.respond(answer(self.request, status, tag=tag, more=more, body=body))

    def refuse(self, status: int, *, tag: str = "", more: Mapping[str, str] | None = None) -> None:
        self.answer(status, tag=tag, more=more)

    def again(self) -> None:
        """The request came once more."""
        if self.last and not (self.acknowledged and self.status < 300):
            self.flow.send(self.last)

    def acknowledge(self) -> None:
        self.acknowledged = True

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _repeat(self) -> None:
        if self.acknowledged:
            return
        self.flow.send(self.last)
        self._wait_s = min(self._wait_s * 2, T2_S)
        scheduler = self.layer.scheduler
        due = scheduler.time() + self._wait_s
        if due < self._began + GIVE_UP * T1_S:
            self._timers[0] = scheduler.call_at(due, self._repeat)

    def _end(self) -> None:
        self.layer.forget(self)
        if not self.acknowledged and self.request.method == "INVITE" and 200 <= self.status < 300:
            log.info("no ACK came", extra={"channel": "sip"})
            if self.on_unacknowledged is not None:
                self.on_unacknowledged()


@dataclass(slots=True)
class ClientTransaction:
    """One request of ours; `on_response` gets every response, or `on_timeout` is called."""

    layer: "Transactions"
    request: SipRequest
    head: Head
    flow: Flow
    on_response: OnResponse
    on_timeout: Callable[[], None]
    status: int = 0
    _timers: list[TimerHandle] = field(default_factory=list)
    _wait_s: float = T1_S

    @property
    def key(self) -> Key:
        return (self.head.branch, "", self.head.method)

    def start(self) -> None:
        self.flow.send(bytes(self.request))
        scheduler = self.layer.scheduler
        now = scheduler.time()
        self._timers.append(scheduler.call_at(now + GIVE_UP * T1_S, self._late))
        if not self.flow.reliable:
            self._timers.append(scheduler.call_at(now + T1_S, self._repeat))

    def received(self, response: Response) -> None:
        invite = self.head.method == "INVITE"
        final_before = self.status >= 200
        if final_before:
            if invite:
                self._acknowledge(response)
                if response.status < 300:
                    self.on_response(response)  # repeated, or a second phone's
            return
        self.status = response.status
        if response.status < 200:
            if invite:
                self._stop()  # the caller limits how long it rings
            self.on_response(response)
            return
        self._stop()
        scheduler = self.layer.scheduler
        self._timers.append(scheduler.call_at(scheduler.time() + GIVE_UP * T1_S, self.layer.forget, self))
        if invite:
            self._acknowledge(response)
        self.on_response(response)

    def close(self) -> None:
        self._stop()

    def _stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _acknowledge(self, response: Response) -> None:
        """An INVITE's refusal is acknowledged by its transaction (§17.1.1.3); a 200 by the dialog."""
        if response.status < 300:
            return
        ack = SipRequest(method="ACK", uri=self.request.uri)
        for name in ("Via", "From", "Call-ID", "Route"):
            for value in self.request.headers.get(name)[: 1 if name == "Via" else None]:
                ack.headers.append(name, value)
        ack.headers.set_single("To", response.first("To"))
        ack.headers.set_single("CSeq", f"{self.head.cseq} ACK")
        ack.headers.set_single("Max-Forwards", "70")
        self.flow.send(bytes(ack))

    def _repeat(self) -> None:
        if self.status >= 200:
            return
        self.flow.send(bytes(self.request))
        longest = GIVE_UP * T1_S if self.head.method == "INVITE" else T2_S
        self._wait_s = min(self._wait_s * 2, longest)
        scheduler = self.layer.scheduler
        self._timers[-1] = scheduler.call_at(scheduler.time() + self._wait_s, self._repeat)

    def _late(self) -> None:
        self.layer.forget(self)
        if self.status < 200:
            self.on_timeout()


class Transactions:
    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self._servers: dict[Key, ServerTransaction] = {}
        self._clients: dict[Key, ClientTransaction] = {}

    def __len__(self) -> int:
        return len(self._servers) + len(self._clients)

    def server(self, request: Request, flow: Flow) -> ServerTransaction | None:
        """The new transaction of a request; None for a retransmission, or at the limit."""
        head = request.head
        method = "INVITE" if head.method == "ACK" else head.method
        known = self._servers.get((head.branch, head.sent_by, method))
        if known is not None:
            if head.method == "ACK":
                known.acknowledge()
            else:
                known.again()
            return None
        if len(self) >= MAX_TRANSACTIONS:
            log.warning("sip transactions full", extra={"channel": "sip"})
            return None
        made = ServerTransaction(self, request, flow)
        if head.method != "ACK":
            self._servers[made.key] = made
        return made

    def cancelled(self, cancel: Request) -> ServerTransaction | None:
        """The INVITE that a CANCEL means (§9.2)."""
        return self._servers.get((cancel.head.branch, cancel.head.sent_by, "INVITE"))

    def client(
        self, request: SipRequest, head: Head, flow: Flow, on_response: OnResponse, on_timeout: Callable[[], None]
    ) -> ClientTransaction:
        """Send a request."""
        made = ClientTransaction(self, request, head, flow, on_response, on_timeout)
        self._clients[made.key] = made
        made.start()
        return made

    def response(self, response: Response) -> bool:
        """Take a response; False when it belongs to no request."""
        known = self._clients.get((response.head.branch, "", response.head.method))
        if known is None:
            return False
        known.received(response)
        return True

    def forget(self, one: ServerTransaction | ClientTransaction) -> None:
        one.close()
        if isinstance(one, ServerTransaction):
            self._servers.pop(one.key, None)
        else:
            self._clients.pop(one.key, None)

    def close(self) -> None:
        everyone: list[ServerTransaction | ClientTransaction] = [*self._servers.values(), *self._clients.values()]
        for one in everyone:
            self.forget(one)
