"""A caller shows that a number is theirs before tools that need it are carried out."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from parley_tools.policy import PolicyDocument

from .peers import Carrier, carrier

pytestmark = pytest.mark.outside

MARIA = {"name": "Maria Lopez", "phone": "555-0142"}
BOOKING = {"when": "2026-11-24T10:30", **MARIA}


@pytest.fixture
async def vendor(desk, monkeypatch) -> AsyncIterator[Carrier]:
    monkeypatch.setenv("SMS_KEY", "secret")
    async with carrier() as made:
        sms = {"provider": "telnyx", "sender": "+12125550100", "key": "env:SMS_KEY", "url": made.url}
        rules = {"sms": sms, "private": ["127.0.0.1/32"], "verified": ["list_appointments"]}
        desk.policies = PolicyDocument.model_validate({"default": rules})
        desk.use(None)
        await desk.call("book_appointment", BOOKING)
        yield made


async def code(desk, vendor: Carrier, to: str = "555-0142") -> str:
    assert desk.content(await desk.call("send_code", {"to": to}))["state"] == "sent"
    return "".join(letter for letter in vendor.messages[-1]["text"] if letter.isdigit())


async def may_list(desk) -> bool:
    result = await desk.call("list_appointments", MARIA)
    assert desk.status(result) in ("OK", "NOT_ALLOWED")
    return desk.status(result) == "OK"


async def test_a_tool_for_verified_callers_waits_for_the_right_code(desk, vendor: Carrier) -> None:
    assert not await may_list(desk)
    sent = await code(desk, vendor)
    assert not await may_list(desk)
    wrong = await desk.call("check_code", {"code": f"{(int(sent) + 1) % 10**6:06}"})
    assert (desk.status(wrong), desk.content(wrong)["tries_left"]) == ("CONFLICT", 2)
    assert not await may_list(desk)
    right = await desk.call("check_code", {"code": f"{sent[:3]} {sent[3:]}"})
    assert desk.content(right) == {"verified": "+12125550142"}
    assert await may_list(desk)


async def test_a_code_for_one_number_opens_no_other_and_no_other_call(desk, vendor: Carrier) -> None:
    assert desk.status(await desk.call("check_code", {"code": await code(desk, vendor, "212 555 0199")})) == "OK"
    assert not await may_list(desk)
    assert desk.status(await desk.call("check_code", {"code": await code(desk, vendor)})) == "OK"
    assert await may_list(desk)
    desk.call_id = "another-call"
    assert not await may_list(desk)


async def test_a_code_is_good_for_three_tries_and_ten_minutes_and_once(desk, vendor: Carrier) -> None:
    sent = await code(desk, vendor)
    for _ in range(3):
        assert desk.status(await desk.call("check_code", {"code": f"{(int(sent) + 1) % 10**6:06}"})) == "CONFLICT"
    assert desk.status(await desk.call("check_code", {"code": sent})) == "CONFLICT"
    sent = await code(desk, vendor)
    desk.clock.now += timedelta(minutes=11)
    assert desk.status(await desk.call("check_code", {"code": sent})) == "CONFLICT"
    sent = await code(desk, vendor)
    assert desk.status(await desk.call("check_code", {"code": sent})) == "OK"
    assert desk.status(await desk.call("check_code", {"code": sent})) == "CONFLICT"
    assert desk.status(await desk.call("send_code", {"to": "555-0142"})) == "RATE_LIMITED"


async def test_without_a_sender_no_code_is_made(desk) -> None:
    assert desk.status(await desk.call("send_code", {"to": "555-0142"})) == "CONFLICT"
