"""Calls that Twilio recognises and speaks for: its documents, and what follows them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, Handoff
from parley_gateway.channels.relay.handoff import read_handoff
from parley_testing.callers import Gateway
from parley_testing.servers import free_port
from parley_testing.simulated.twilio import SimulatedTwilio, TwilioCall
from parley_testing.workers import Workers

ACCOUNT, TOKEN = "AC" + "0" * 32, "not-a-secret"
AGENT = AgentDocument(
    agent="clinic", language="es-ES", first_speaker="caller", handoff=Handoff(address="tel:+12125550199")
)


@dataclass
class House:
    gateway: Gateway
    twilio: SimulatedTwilio

    def call(self, *, answers_dial: bool = True) -> TwilioCall:
        return self.twilio.call(self.gateway.http, answers_dial=answers_dial)


@pytest.fixture
async def house(start_gateway: Callable[..., Awaitable[Gateway]], tenant: str) -> AsyncIterator[House]:
    http_port, ws_port = free_port(), free_port()
    async with SimulatedTwilio(ACCOUNT, TOKEN).serve(free_port()) as twilio:
        gateway = await start_gateway(
            AGENT,
            http_port=http_port,
            ws_port=ws_port,
            default_tenant=tenant,
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=TOKEN,
            public_url=f"http://127.0.0.1:{http_port}",
            twilio_api_url=twilio.url,
            routes=f"+15550100={tenant}/clinic",
            twilio_way="relay",
            ws_public_url=f"ws://127.0.0.1:{ws_port}",
            twilio_relay_voice="Lucia-Neural",
        )
        yield House(gateway, twilio)


async def test_a_conversation_and_its_end(house: House, workers: Workers) -> None:
    workers.llm.replies = [["Adiós"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
    call = house.call()
    await call.dial()
    relay = await call.relaying()
    await relay.says("hola")
    await call.over()
    assert relay.spoken == ["Adiós"]
    (attributes,) = call.relayed
    assert attributes["ttsLanguage"] == attributes["transcriptionLanguage"] == "es-ES"
    assert attributes["voice"] == "Lucia-Neural"
    assert (attributes["events"], attributes["dtmfDetection"]) == ("speaker-events tokens-played", "true")
    assert call.dialled == []


@pytest.mark.parametrize("answers_dial", [True, False])
async def test_a_caller_is_handed_to_a_person(house: House, workers: Workers, answers_dial: bool) -> None:
    workers.llm.replies = [["One moment."], ["I am back."]]
    workers.llm.then = events_pb2.AFTER_REPLY_HAND_OFF
    call = house.call(answers_dial=answers_dial)
    await call.dial()
    relay = await call.relaying()
    await relay.says("a person please")
    await call.until(lambda: bool(call.dialled))
    assert [one.text for one in call.dialled[0]] == ["+12125550199"]
    if answers_dial:
        await call.over()
    else:  # nobody is there: the agent has the caller again
        await call.until(lambda: len(call.relayed) == 2)


async def test_a_number_of_its_own(house: House) -> None:
    assert "<ConversationRelay" in await house.call().ask("/twilio/relay")


async def test_a_stranger_gets_no_token(house: House) -> None:
    async with aiohttp.ClientSession() as http:
        for path in ("/twilio/relay", "/twilio/relay-after"):
            async with http.post(house.gateway.http + path, data={"CallSid": "CA" + "0" * 32}) as answer:
                assert answer.status == 403


def test_what_is_handed_on() -> None:
    assert read_handoff('{"reason":"handed_off","address":"tel:+1555","summary":"s"}') == ("tel:+1555", "s")
    assert read_handoff('{"reason":"handed_off","address":"sip:ann@example.com"}') == ("sip:ann@example.com", "")
    for other in ("", "[]", '{"reason":"handed_off"}', '{"reason":"silence","address":"tel:+1"}', '{"reason":1}'):
        assert read_handoff(other) is None
    assert read_handoff('{"reason":"handed_off","address":"javascript:x"}') is None


@given(st.text() | st.from_regex(r'\{"reason":"handed_off","address":.*\}'))
def test_any_handoff_is_read_or_left(data: str) -> None:
    read_handoff(data)
