"""Two endpoints that call each other over loopback: placing, refusing, cancelling, transferring and ending calls."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
from parley_core.errors import BadInput, Rejected, Unavailable
from parley_core.tasks import Tasks
from parley_sip import wire
from parley_sip.dialog import SipDialog
from parley_sip.digest import Digest, Verdict
from parley_sip.endpoint import Listen, SipEndpoint
from parley_sip.invitation import Credentials, Invitation, InviteRefused, early_dialog, sdp_of
from parley_sip.referral import Referral, on_notify
from parley_sip.transactions import Flow, ServerTransaction
from parley_sip.transports import NextHop
from parley_testing.servers import free_port
from parley_testing.simulated.sip import offer

OFFER, ANSWER = offer(4000), offer(5000)


@dataclass
class Leg:
    """One end of a call."""

    endpoint: SipEndpoint
    dialog: SipDialog
    invite: ServerTransaction | None = None
    heard: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)  # methods, and `cancelled`
    referral: Referral | None = None

    def __post_init__(self) -> None:
        self.endpoint.add(self)

    def request(self, transaction: ServerTransaction, flow: Flow) -> None:
        method = transaction.request.method
        if method == "ACK" and self.invite is not None:
            self.invite.acknowledge()
        elif method == "NOTIFY":
            on_notify(transaction, self.referral)
        elif method != "ACK":
            transaction.answer(202 if method == "REFER" else 200)
        if method == "BYE":
            self.endpoint.remove(self)
        self.heard.put_nowait(method)

    def invited_by(self, invite: ServerTransaction) -> bool:
        return self.invite is invite

    def cancelled(self) -> None:
        if self.invite is not None:
            self.invite.refuse(487, tag=self.dialog.local_tag)
        self.endpoint.remove(self)
        self.heard.put_nowait("cancelled")

    async def until(self, what: str) -> None:
        async with asyncio.timeout(10):
            while await self.heard.get() != what:
                pass


@dataclass
class Phone:
    """An endpoint that rings, and does with an INVITE what the test says."""

    does: Callable[["Phone", ServerTransaction], None]
    port: int = field(default_factory=free_port)
    legs: "asyncio.Queue[Leg]" = field(default_factory=asyncio.Queue)
    newest: Leg | None = None
    endpoint: SipEndpoint = field(init=False)

    def invite(self, transaction: ServerTransaction, flow: Flow) -> None:
        leg = Leg(self.endpoint, SipDialog.invited(self.endpoint, transaction.request, flow), transaction)
        self.newest = leg
        self.legs.put_nowait(leg)
        transaction.answer(180, tag=leg.dialog.local_tag, more={"Contact": leg.dialog.contact})
        self.does(self, transaction)
        if transaction.status >= 300:
            self.endpoint.remove(leg)

    def options(self, transaction: ServerTransaction, flow: Flow) -> None:
        transaction.answer(200)

    async def leg(self) -> Leg:
        async with asyncio.timeout(10):
            return await self.legs.get()


def rings(phone: Phone, transaction: ServerTransaction) -> None:
    pass


def answers(phone: Phone, transaction: ServerTransaction) -> None:
    leg = phone.newest
    assert leg is not None
    more = {"Contact": leg.dialog.contact}
    transaction.answer(200, tag=leg.dialog.local_tag, more=more, body=ANSWER)


def refuses(status: int, **more: str) -> Callable[[Phone, ServerTransaction], None]:
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    return lambda phone, transaction: transaction.refuse(status, more=headers)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as made:
        yield made


async def opened(stack: AsyncExitStack, does: Callable[[Phone, ServerTransaction], None] = rings) -> Phone:
    tasks = await stack.enter_async_context(Tasks("phone"))
    phone = Phone(does)
    phone.endpoint = SipEndpoint(Listen("127.0.0.1", phone.port), phone, asyncio.get_running_loop(), tasks)
    await stack.enter_async_context(phone.endpoint.running())
    return phone


async def invitation(caller: Phone, callee: Phone, *, transport: str = "udp", **options: object) -> Invitation:
    hop = NextHop.parse(f"{transport}:127.0.0.1:{callee.port}", "callee")
    flow = await caller.endpoint.flow_to(hop)
    chosen = {"credentials": None, "on_progress": None, **options}
    dialog = early_dialog("+15550100", "+15550177", hop, flow)
    return Invitation(caller.endpoint, flow, dialog, OFFER, **chosen)  # type: ignore[arg-type]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_call_is_answered_and_hung_up(stack: AsyncExitStack, transport: str) -> None:
    caller, callee = await opened(stack), await opened(stack, answers)
    told: list[int] = []
    placed = await invitation(caller, callee, transport=transport, on_progress=told.append)
    response = await placed.answered({}, 10)
    assert sdp_of(response) == ANSWER
    assert told == [180]
    there = await callee.leg()
    assert there.invite is not None
    assert there.invite.request.sdp() == OFFER
    assert (there.invite.request.caller.uri.who, there.invite.request.called.uri.who) == ("+15550177", "+15550100")
    here = Leg(caller.endpoint, placed.confirmed(response))
    here.dialog.acknowledge(response)
    await there.until("ACK")
    assert (await there.dialog.ask("INFO")).status == 200
    await here.until("INFO")
    caller.endpoint.bye(here.dialog)
    await there.until("BYE")
    await caller.endpoint.said_bye(10)
    assert (await here.dialog.ask("BYE")).status == 481  # it is over


async def test_a_refusal_says_why(stack: AsyncExitStack) -> None:
    caller, callee = await opened(stack), await opened(stack, refuses(486))
    with pytest.raises(InviteRefused) as refused:
        await (await invitation(caller, callee)).answered({}, 10)
    assert refused.value.status == 486
    assert callee.endpoint.owners == []


async def test_a_call_that_is_given_up_is_cancelled(stack: AsyncExitStack) -> None:
    caller, callee = await opened(stack), await opened(stack)
    ringing = asyncio.Event()
    placed = await invitation(caller, callee, on_progress=lambda status: ringing.set())
    waiting = asyncio.create_task(placed.answered({}, 30), name="place a call")
    async with asyncio.timeout(10):
        await ringing.wait()
    waiting.cancel()
    await (await callee.leg()).until("cancelled")
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_nobody_answers_in_time(stack: AsyncExitStack) -> None:
    caller, callee = await opened(stack), await opened(stack)
    with pytest.raises(InviteRefused) as refused:
        await (await invitation(caller, callee)).answered({}, 0.3)
    assert refused.value.status == 408
    await (await callee.leg()).until("cancelled")


async def test_a_challenge_is_answered_and_a_wrong_password_is_not_tried_again(stack: AsyncExitStack) -> None:
    digest = Digest("trunk", "right", "here")

    def challenges(phone: Phone, transaction: ServerTransaction) -> None:
        given = transaction.request.first("Authorization")
        if given and digest.check(given, "INVITE", 1000.0) is Verdict.ALLOWED:
            answers(phone, transaction)
        else:
            transaction.refuse(401, more={"WWW-Authenticate": digest.challenge(1000.0)})

    caller, callee = await opened(stack), await opened(stack, challenges)
    placed = await invitation(caller, callee, credentials=Credentials("trunk", "right"))
    assert (await placed.answered({}, 10)).status == 200
    wrong = await invitation(caller, callee, credentials=Credentials("trunk", "wrong"))
    with pytest.raises(InviteRefused) as refused:
        await wrong.answered({}, 10)
    assert refused.value.status == 401
    assert "wrong" not in repr(Credentials("trunk", "wrong"))


async def test_a_longer_session_is_offered_where_it_is_asked_for(stack: AsyncExitStack) -> None:
    def wants_longer(phone: Phone, transaction: ServerTransaction) -> None:
        if transaction.request.first("Session-Expires") == "3600":
            answers(phone, transaction)
        else:
            transaction.refuse(422, more={"Min-SE": "3600"})

    caller, callee = await opened(stack), await opened(stack, wants_longer)
    placed = await invitation(caller, callee)
    assert (await placed.answered({"Session-Expires": "1800"}, 10)).status == 200


@pytest.mark.parametrize(("error", "status"), [(BadInput("Contact", "names nobody"), 400), (RuntimeError("bug"), 500)])
async def test_a_server_that_raises_still_answers(
    stack: AsyncExitStack, caplog: pytest.LogCaptureFixture, error: Exception, status: int
) -> None:
    def raises(phone: Phone, transaction: ServerTransaction) -> None:
        raise error

    caller, callee = await opened(stack), await opened(stack, raises)
    with pytest.raises(InviteRefused) as refused:
        await (await invitation(caller, callee)).answered({}, 10)
    assert refused.value.status == status


async def test_a_flood_of_nonsense_is_a_few_log_lines(stack: AsyncExitStack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    phone = await opened(stack)
    for _ in range(1000):
        phone.endpoint.datagram_received(b"nonsense", ("192.0.2.66", 5060))
    assert 20 <= sum("refused" in record.message for record in caplog.records) < 60


async def test_a_peer_that_listens_nowhere_is_unavailable(stack: AsyncExitStack) -> None:
    phone = await opened(stack)
    with pytest.raises(Unavailable):
        await phone.endpoint.flow_to(NextHop("TCP", "127.0.0.1", free_port()))
    with pytest.raises(Unavailable):
        await phone.endpoint.flow_to(NextHop("UDP", "no.such.host.invalid", 5060))


@pytest.mark.parametrize(
    ("text", "hop"),
    [
        ("sip.example.com", NextHop("UDP", "sip.example.com", 5060)),
        ("tls:sip.example.com", NextHop("TLS", "sip.example.com", 5061)),
        ("tcp://192.0.2.1:5070", NextHop("TCP", "192.0.2.1", 5070)),
        ("udp:[2001:db8::1]:5062", NextHop("UDP", "2001:db8::1", 5062)),
        ("[2001:db8::1]", NextHop("UDP", "2001:db8::1", 5060)),
    ],
)
def test_a_trunk_is_named_by_transport_host_and_port(text: str, hop: NextHop) -> None:
    assert NextHop.parse(text, "trunk") == hop
    for wrong in ("", "udp:", "host:port", "host:0", "host:70000"):
        with pytest.raises(BadInput):
            NextHop.parse(wrong, "trunk")


@pytest.mark.parametrize(
    ("reports", "error"), [(["100", "200"], None), (["180", "486"], Rejected), ([], None), (["BYE"], None)]
)
async def test_a_transfer_ends_as_the_peer_reports(
    stack: AsyncExitStack, reports: list[str], error: type[Exception] | None
) -> None:
    """By NOTIFY, by leaving, or not at all."""
    caller, callee = await opened(stack), await opened(stack, answers)
    placed = await invitation(caller, callee)
    response = await placed.answered({}, 10)
    there = await callee.leg()
    here = Leg(caller.endpoint, placed.confirmed(response))
    here.dialog.acknowledge(response)
    here.referral = Referral(here.dialog, "tel:+15550123")
    moving = asyncio.create_task(here.referral.run(10 if reports else 0.2), name="transfer")
    await there.until("REFER")
    for report in reports:
        if report == "BYE":
            assert here.referral.left()
            continue
        more = {"Event": "refer;id=1", "Subscription-State": "active"}
        body = f"SIP/2.0 {report} X\r\n"
        assert (await there.dialog.ask("NOTIFY", more=more, body=body, kind="message/sipfrag")).status == 200
    if error is None:
        await moving
    else:
        with pytest.raises(error):
            await moving
    assert not here.referral.left()
    assert (await there.dialog.ask("NOTIFY", more={"Event": "presence"})).status == 489
    with pytest.raises(BadInput):
        Referral(here.dialog, "reception")


async def test_the_same_call_by_another_way_is_known(stack: AsyncExitStack) -> None:
    caller, callee = await opened(stack), await opened(stack)
    placed = await invitation(caller, callee)
    waiting = asyncio.create_task(placed.answered({}, 30), name="place a call")
    leg = await callee.leg()
    assert leg.invite is not None
    assert callee.endpoint.has_call(leg.invite.request)
    data = bytes(leg.invite.request.message).replace(b"Call-ID: ", b"Call-ID: x")
    other = wire.parse(data)
    assert isinstance(other, wire.Request)
    assert not callee.endpoint.has_call(other)
    waiting.cancel()
    await leg.until("cancelled")
