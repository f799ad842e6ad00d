"""Decisions that take time: people are reminded, nobody waits for ever, and a caller who has hung up hears of it."""

from datetime import timedelta

import pytest
from parley.v1 import events_pb2, session_pb2
from parley_core.bus.log import CallLog, body_of
from parley_core.conversation import fold
from parley_core.languages.registry import sentences
from parley_store.engine import reading
from parley_tools.approvals import NOBODY
from parley_tools.policy import PolicyDocument
from parley_tools.stores import tables
from sqlalchemy import select

WISH = {"reason": "a refund", "target": "desk"}
RULES = {"approve": ["hand_off"], "approvals": {"notify": "boss@clinic.example", "remind_after_min": 30}}


@pytest.fixture(autouse=True)
def rules(desk) -> None:
    desk.policies = PolicyDocument.model_validate({"default": RULES})
    desk.use(None)
    desk.user = "+12125550142"


class Phone:
    """The conversation's side of the call's log."""

    def __init__(self, desk, language: str = "en-US") -> None:
        self.log = CallLog(desk.bus, desk.tenant, desk.call_id, "gateway/1")
        session = session_pb2.Session(tenant=desk.tenant, call=desk.call_id, language=language)
        self.log.append(events_pb2.CallStarted(session=session))

    def waits(self) -> None:
        self.log.append(
            events_pb2.ToolReturned(turn=3, tool_call="c1", tool="hand_off", status="TOOL_STATUS_WAITING_FOR_APPROVAL")
        )

    def turn(self) -> None:
        self.log.append(events_pb2.TurnCommitted(turn=4))

    def hang_up(self) -> None:
        self.log.append(events_pb2.CallEnded())


async def messages(desk) -> list[tuple[str, str]]:
    async with reading(desk.database) as connection:
        rows = await connection.execute(select(tables.outbox).order_by(tables.outbox.c.created_us))
        return [(row.recipient, row.text) for row in rows]


async def to_caller(desk) -> list[str]:
    return [text for to, text in await messages(desk) if to == desk.user]


async def later(desk, minutes: float) -> None:
    desk.clock.now += timedelta(minutes=minutes)
    await desk.parts.approvals.round()
    await desk.parts.approvals.round()


async def decide(desk, approve: bool = True):
    return await desk.executor.decide("t1", "k", approve=approve, by="anna", note="")


@pytest.mark.parametrize("approve", [True, False])
@pytest.mark.parametrize("language", ["en-US", "de-DE"])
async def test_a_caller_who_has_hung_up_hears_of_the_decision_once(desk, approve: bool, language: str) -> None:
    phone = Phone(desk, language)
    await desk.call("hand_off", WISH, key="k")
    phone.hang_up()
    await later(desk, 5)
    assert await to_caller(desk) == []
    await decide(desk, approve)
    for _ in range(3):
        await later(desk, 1)
    says = sentences(language)
    assert await to_caller(desk) == [says.approved if approve else says.not_approved]
    assert await desk.count(tables.handoffs) == (1 if approve else 0)


async def test_a_decision_during_the_call_is_on_its_log_and_takes_the_place_of_the_waiting(desk) -> None:
    phone = Phone(desk)
    await desk.call("hand_off", WISH, key="k")
    phone.waits()
    await decide(desk)
    await later(desk, 1)
    events = await desk.events("ToolReturned")
    assert [body_of(event).status for event in events][1:] == ["TOOL_STATUS_OK"]
    for order in (events, events[::-1]):
        conversation = fold(order)
        assert conversation.turns[3].tools["c1"].status == "TOOL_STATUS_OK"
    phone.turn()
    phone.hang_up()
    await later(desk, 1)
    assert await to_caller(desk) == [], "the agent had it before its next turn"


async def test_a_call_that_ends_before_another_turn_is_followed_by_a_message(desk) -> None:
    phone = Phone(desk)
    await desk.call("hand_off", WISH, key="k")
    phone.waits()
    await decide(desk)
    await later(desk, 1)
    phone.hang_up()
    await later(desk, 1)
    assert await to_caller(desk) == [sentences("en").approved]


async def test_those_who_decide_are_asked_and_reminded_and_then_it_counts_as_refused(desk) -> None:
    Phone(desk).hang_up()
    await desk.call("hand_off", WISH, key="k")
    for minutes in (1, 1, 30, 30, 30, 30, 30):
        await later(desk, minutes)
    asked = [text for to, text in await messages(desk) if to == "boss@clinic.example"]
    assert len(asked) == 4
    assert "a refund" in asked[0]
    assert [text.startswith("Reminder") for text in asked] == [False, True, True, True]
    await later(desk, 1440)
    assert await to_caller(desk) == [sentences("en").not_approved]
    (one,) = await desk.store.approvals("t1", decided=True, limit=5)
    assert one.decided_by == NOBODY


async def test_who_decided_is_on_the_calls_log(desk) -> None:
    Phone(desk)
    await desk.call("hand_off", WISH, key="k")
    await decide(desk)
    attempts = [body_of(event) for event in await desk.events("ToolAttempted")]
    assert [attempt.decided_by for attempt in attempts] == ["", "anna"]


async def test_a_caller_without_a_number_is_no_error(desk) -> None:
    desk.user = "someone"
    Phone(desk).hang_up()
    await desk.call("hand_off", WISH, key="k")
    await decide(desk)
    await later(desk, 1)
    assert await to_caller(desk) == []
