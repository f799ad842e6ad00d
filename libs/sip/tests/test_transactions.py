"""Repeats, deadlines and acknowledgements of SIP transactions, on a clock that the test moves."""

from dataclasses import dataclass, field

from aiosipua.message import SipRequest
from parley_sip import wire
from parley_sip.session_timer import Expires, SessionTimer, answer_to
from parley_sip.transactions import Transactions
from parley_testing.moved_clock import MovedClock
from parley_testing.simulated.sip import Line, Phone


@dataclass
class Way:
    """A flow that keeps what is sent."""

    reliable: bool = False
    transport: str = "UDP"
    peer: tuple[str, int] = ("127.0.0.1", 5060)
    local: tuple[str, int] = ("127.0.0.1", 5070)
    open: bool = True
    sent: list[bytes] = field(default_factory=list)

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def statuses(self) -> list[bytes]:
        return [one.split()[1] for one in self.sent]


def request(method: str, **options: object) -> wire.Request:
    parsed = wire.parse(Phone(Line("UDP")).message(method, cseq=1, **options))  # type: ignore[arg-type]
    assert isinstance(parsed, wire.Request)
    return parsed


def test_a_200_is_repeated_until_its_ack_and_given_up_after_32_seconds() -> None:
    clock, way = MovedClock(), Way()
    transactions = Transactions(clock)
    given_up: list[bool] = []
    one = transactions.server(request("INVITE"), way)
    assert one is not None
    one.on_unacknowledged = lambda: given_up.append(True)
    one.refuse(200)
    clock.advance(0.4)
    assert len(way.sent) == 1
    clock.advance(31)
    assert len(way.sent) == 10  # after 0.5, 1.5, 3.5, 7.5 s and then each 4 s
    clock.advance(1)
    assert given_up == [True]
    assert len(transactions) == 0
    other = transactions.server(request("INVITE"), way)
    assert other is not None
    other.refuse(200)
    other.acknowledge()
    count = len(way.sent)
    clock.advance(40)
    assert len(way.sent) == count
    assert given_up == [True]


def test_a_refusal_is_repeated_over_udp_alone() -> None:
    for reliable, repeats in ((False, True), (True, False)):
        clock, way = MovedClock(), Way(reliable=reliable)
        one = Transactions(clock).server(request("INVITE"), way)
        assert one is not None
        one.refuse(486)
        clock.advance(2)
        assert (len(way.sent) > 1) is repeats


def test_a_repeated_request_gets_the_same_answer_and_is_no_new_one() -> None:
    clock, way = MovedClock(), Way()
    transactions = Transactions(clock)
    asked = request("BYE")
    one = transactions.server(asked, way)
    assert one is not None
    assert transactions.server(asked, way) is None
    assert way.sent == []
    one.refuse(200)
    assert transactions.server(asked, way) is None
    assert way.sent == [way.sent[0]] * 2
    one.refuse(500)
    assert len(way.sent) == 2  # the first final answer stands
    clock.advance(33)
    assert len(transactions) == 0


def test_an_ack_ends_the_repeats_of_a_refusal() -> None:
    clock, way = MovedClock(), Way()
    transactions = Transactions(clock)
    invite = request("INVITE", branch="z9hG4bKx")
    one = transactions.server(invite, way)
    assert one is not None
    one.refuse(404)
    acked = wire.parse(bytes(_like(invite, "ACK")))
    assert isinstance(acked, wire.Request)
    assert transactions.server(acked, way) is None
    clock.advance(10)
    assert way.statuses() == [b"404"]


def _like(invite: wire.Request, method: str) -> SipRequest:
    made = SipRequest(method=method, uri=invite.message.uri)
    for name in ("Via", "From", "To", "Call-ID"):
        made.headers.append(name, invite.first(name))
    made.headers.append("CSeq", f"1 {method}")
    return made


def test_our_request_is_repeated_until_it_is_answered_or_given_up() -> None:
    clock, way = MovedClock(), Way()
    transactions = Transactions(clock)
    ours, late = request("BYE").message, []
    transactions.client(ours, wire.head_of(ours), way, lambda response: None, lambda: late.append(True))
    clock.advance(33)
    assert len(way.sent) == 11
    assert late == [True]
    assert len(transactions) == 0


def test_an_invite_is_not_repeated_once_it_is_being_worked_on() -> None:
    clock, way = MovedClock(), Way()
    transactions = Transactions(clock)
    asked = request("INVITE")
    statuses: list[int] = []
    transactions.client(
        asked.message, wire.head_of(asked.message), way, lambda one: statuses.append(one.status), lambda: None
    )
    for status in (100, 180, 486, 486):
        response = wire.parse(bytes(wire.answer(asked, status, tag="far")))
        assert isinstance(response, wire.Response)
        assert transactions.response(response)
        clock.advance(3)
    assert statuses == [100, 180, 486]
    assert [one.split()[0] for one in way.sent] == [b"INVITE", b"ACK", b"ACK"]


def test_a_session_that_nobody_refreshes_ends() -> None:
    clock = MovedClock()
    told: list[str] = []
    timer = SessionTimer(clock, refresh=lambda: told.append("refresh"), expired=lambda: told.append("expired"))
    timer.agree(Expires(90, "uac"), ours=False)
    clock.advance(59)
    timer.agree(Expires(90, "uac"), ours=False)
    clock.advance(59)
    assert told == []
    clock.advance(2)
    assert told == ["expired"]
    timer.agree(Expires(1800, "uas"), ours=True)
    clock.advance(901)
    assert told == ["expired", "refresh"]
    timer.close()
    clock.advance(2000)
    assert told == ["expired", "refresh"]


def test_who_keeps_a_session_timer() -> None:
    assert Expires.parse("1800;refresher=UAS") == Expires(1800, "uas")
    assert Expires.parse("many") is None
    assert answer_to(Expires(300), [], 1800) is None
    assert answer_to(None, ["timer"], 1800) == Expires(1800, "uac")
    assert answer_to(Expires(300, "uas"), ["timer"], 1800) == Expires(300, "uas")
