"""Messages that are really sent, and said to be sent only then: by SMTP to a real server, by text message to peers that
answer as the vendors document. Nothing is sent twice when an answer is lost."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from parley_store.engine import reading
from parley_tools.outgoing.delivery import WAITS_S
from parley_tools.policy import PolicyDocument
from parley_tools.stores import tables
from sqlalchemy import select

from .peers import ACCOUNT, Carrier, Mailbox, carrier, smtp_server

pytestmark = pytest.mark.outside

SMS = {"to": "555-0142", "text": "You are booked."}
MAIL = {"to": "maria@example.org", "subject": "Your appointment", "text": "Tuesday at ten, señora."}


@pytest.fixture
async def mailbox(desk, monkeypatch) -> AsyncIterator[Mailbox]:
    monkeypatch.setenv("MAIL_PASSWORD", "secret")
    async with smtp_server() as mailbox:
        email = {
            "host": "127.0.0.1",
            "port": mailbox.port,
            "security": "none",
            "sender": "desk@clinic.example",
            "username": "clinic",
            "key": "env:MAIL_PASSWORD",
        }
        desk.policies = PolicyDocument.model_validate({"tenants": {"t1": {"email": email}}})
        desk.use(None)
        yield mailbox


@pytest.fixture(params=["twilio", "telnyx"])
async def vendor(desk, request, monkeypatch) -> AsyncIterator[Carrier]:
    monkeypatch.setenv("SMS_KEY", "secret")
    async with carrier() as made:
        sms = {"provider": request.param, "sender": "+12125550100", "key": "env:SMS_KEY", "url": made.url}
        if request.param == "twilio":
            sms["account"] = ACCOUNT
        desk.policies = PolicyDocument.model_validate({"default": {"sms": sms, "private": ["127.0.0.1/32"]}})
        desk.use(None)
        yield made


async def row(desk):
    async with reading(desk.database) as connection:
        return (await connection.execute(select(tables.outbox))).one()


async def later(desk, seconds: float) -> None:
    desk.clock.now += timedelta(seconds=seconds + 0.001)
    await desk.parts.delivery.send_due()


async def offered(desk, tool: str) -> tuple[str, ...]:
    from parley.v1 import tools_pb2

    listed = await desk.service.ListTools(tools_pb2.ListToolsRequest(tenant=desk.tenant, names=[tool]), None)
    return tuple(listed.tools[0].effects)


async def test_without_a_sender_a_message_waits_and_nothing_says_that_it_is_sent(desk) -> None:
    for tool, arguments in (("send_sms", SMS), ("send_email", MAIL)):
        assert await offered(desk, tool) == ("noted",)
        assert desk.content(await desk.call(tool, arguments))["state"] == "waiting"
    assert await desk.parts.delivery.send_due() == 0


async def test_a_mail_is_taken_by_the_server_and_has_its_receipt(desk, mailbox: Mailbox) -> None:
    assert await offered(desk, "send_email") == ("sent", "sent_later")
    sent = desk.content(await desk.call("send_email", MAIL, key="k"))
    assert sent["state"] == "sent"
    assert "queued as Q1" in sent["receipt"]
    mail = mailbox.mails[0]
    assert (mail["To"], mail["From"], mail["Subject"]) == (MAIL["to"], "desk@clinic.example", MAIL["subject"])
    assert mail.get_content().strip() == MAIL["text"]
    assert mail["Message-ID"] == f"<{sent['message_id']}@clinic.example>"
    again = await desk.call("send_email", MAIL, key="k")
    assert (again.replayed, len(mailbox.mails)) == (True, 1)


async def test_a_mail_that_is_put_off_is_queued_and_sent_later_with_the_same_id(desk, mailbox: Mailbox) -> None:
    mailbox.answers = ["451 greylisted", "421 busy"]
    queued = desk.content(await desk.call("send_email", MAIL))
    assert queued["state"] == "queued"
    await later(desk, 0)
    assert len(mailbox.answers) == 1, "not before its time"
    await later(desk, WAITS_S[0])
    assert ((await row(desk)).state, (await row(desk)).error) == ("queued", "smtp is unavailable: 421")
    await later(desk, WAITS_S[1])
    assert [mail["Message-ID"] for mail in mailbox.mails] == [f"<{queued['message_id']}@clinic.example>"]
    assert ((await row(desk)).state, (await row(desk)).attempts) == ("sent", 3)


@pytest.mark.parametrize("to", ["nobody@example.org", "refused@example.org"])
async def test_a_mail_that_is_refused_is_not_tried_again_and_nobody_says_it_is_sent(desk, mailbox, to: str) -> None:
    mailbox.answers = ["554 no"] if to.startswith("refused") else []
    refused = await desk.call("send_email", {**MAIL, "to": to})
    assert desk.status(refused) == "CONFLICT"
    assert "smtp refused with 55" in refused.error
    assert (await row(desk)).state == "failed"
    assert await desk.parts.delivery.send_due() == 0


async def test_headers_cannot_be_written_through_an_argument(desk, mailbox) -> None:
    for wrong in (
        {"subject": "Hello\r\nBcc: all@example.org"},
        {"to": "a@b.org\nBcc: c@d.org"},
        {"to": "a@b.org, c@d.org"},
    ):
        assert desk.status(await desk.call("send_email", MAIL | wrong)) == "INVALID_ARGUMENTS"
    assert mailbox.mails == []


async def test_a_text_message_is_taken_and_has_the_vendors_receipt(desk, vendor: Carrier) -> None:
    sent = desk.content(await desk.call("send_sms", SMS, key="k"))
    assert (sent["state"], sent["to"]) == ("sent", "+12125550142")
    assert sent["receipt"] == vendor.messages[0].get("sid", vendor.messages[0].get("id"))
    assert (await desk.call("send_sms", SMS, key="k")).replayed
    assert len(vendor.messages) == 1


async def test_a_lost_answer_sends_a_text_message_once(desk, vendor: Carrier) -> None:
    vendor.faults = ["lost"]
    assert desk.content(await desk.call("send_sms", SMS))["state"] == "queued"
    assert (await row(desk)).error.startswith("no answer")
    await later(desk, WAITS_S[0])
    stored = await row(desk)
    assert (stored.state, len(vendor.messages)) == ("sent", 1)
    assert stored.receipt == vendor.messages[0].get("sid", vendor.messages[0].get("id"))


async def test_a_request_that_never_arrived_is_made_again(desk, vendor: Carrier) -> None:
    vendor.faults = ["cut", 503, 429]
    await desk.call("send_sms", SMS)
    for wait in WAITS_S[:3]:
        await later(desk, wait)
    assert ((await row(desk)).state, len(vendor.messages)) == ("sent", 1)


async def test_a_number_that_the_vendor_refuses_fails_without_being_quoted(desk, vendor: Carrier) -> None:
    vendor.faults = [400]
    refused = await desk.call("send_sms", SMS)
    assert desk.status(refused) == "CONFLICT"
    assert "0142" not in refused.error
    assert (await row(desk)).state == "failed"
    assert vendor.messages == []


async def test_a_process_that_dies_while_it_sends_leaves_the_message_to_the_next_one(desk, vendor: Carrier) -> None:
    sent = await desk.call("send_sms", SMS)
    message = await desk.parts.delivery._outbox.find("t1", desk.content(sent)["message_id"])
    async with desk.database.begin() as connection:
        later_us = desk.clock.time_us() + 90_000_000
        await connection.execute(tables.outbox.update().values(state="sending", receipt="", next_us=later_us))
    await later(desk, 60)
    assert (await row(desk)).state == "sending", "it may still be at work"
    await later(desk, 60)
    assert ((await row(desk)).state, len(vendor.messages)) == ("sent", 1), message


async def test_a_message_that_nobody_takes_is_given_up_in_the_end(desk, vendor: Carrier) -> None:
    vendor.faults = [503] * 20
    await desk.call("send_sms", SMS)
    for wait in WAITS_S:
        await later(desk, wait)
    assert ((await row(desk)).state, vendor.requests) == ("failed", len(WAITS_S) + 1)


async def test_a_missing_key_is_named_and_its_message_waits(desk, vendor: Carrier, monkeypatch) -> None:
    monkeypatch.delenv("SMS_KEY")
    assert desk.content(await desk.call("send_sms", SMS))["state"] == "queued"
    assert (await row(desk)).error == "the secret env:SMS_KEY is unavailable: there is none"
    monkeypatch.setenv("SMS_KEY", "secret")
    await later(desk, WAITS_S[0])
    assert (await row(desk)).state == "sent"
