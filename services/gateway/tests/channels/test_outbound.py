"""OutgoingLimits calls: ordered by the API, placed by simulated carriers, and what is done about whoever answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp
import numpy as np
import pytest
from parley_audio import g711
from parley_audio.formats import pcm_of
from parley_audio.resample import resample
from parley_core.agents import AgentDocument, Outbound, TurnSettings
from parley_core.bus.connection import NatsBus
from parley_core.bus.log import await_event, body_of, event_name
from parley_core.rates import RateLimiter
from parley_gateway.admission.outgoing import OutgoingLimits
from parley_gateway.admission.settings import AdmissionSettings
from parley_gateway.channels.outbound.calls import OutboundCall, OutboundCalls, Status
from parley_testing.callers import Gateway
from parley_testing.servers import free_port
from parley_testing.simulated.telnyx import SimulatedTelnyx
from parley_testing.simulated.twilio import SimulatedTwilio
from parley_testing.workers import Workers

ACCOUNT, TOKEN, KEY = "AC" + "0" * 32, "not-a-secret", "not-a-key"
AGENT = AgentDocument(
    agent="clinic",
    first_speaker="caller",
    goodbye="Good bye",
    turns=TurnSettings(pause_ms=200, min_commit_ms=0),
    outbound=Outbound(voicemail="Please call the clinic back", screening="The clinic calls"),
)


@dataclass
class House:
    gateway: Gateway
    twilio: SimulatedTwilio
    telnyx: SimulatedTelnyx

    async def ask(self, method: str, path: str = "", **body: object) -> tuple[int, dict[str, object]]:
        url = f"{self.gateway.http}/v1/calls{path}"
        async with aiohttp.ClientSession() as http, http.request(method, url, json=body or None) as answer:
            return answer.status, await answer.json()

    async def place(self, via: str = "twilio", **more: object) -> dict[str, object]:
        status, order = await self.ask("POST", to="+12125550177", via=via, **more)
        assert status == 201, order
        return order

    async def order(self, id_: object, **facts: object) -> dict[str, object]:
        """The order, once these facts hold."""
        async with asyncio.timeout(15):
            while True:
                _, order = await self.ask("GET", f"/{id_}")
                if all(order[name] == value for name, value in facts.items()):
                    return order
                await asyncio.sleep(0.02)

    async def event(self, call: object, name: str) -> None:
        await await_event(self.gateway.bus, self.gateway.tenant, str(call), name, timeout_s=15)

    async def log(self, call: object) -> dict[str, list[object]]:
        log: dict[str, list[object]] = {}
        for event in await self.gateway.ended(str(call)):
            log.setdefault(event_name(event), []).append(body_of(event))
        return log


@pytest.fixture
async def house(start_gateway: Callable[..., Awaitable[Gateway]], tenant: str) -> AsyncIterator[House]:
    http_port, ws_port = free_port(), free_port()
    async with AsyncExitStack() as stack:
        twilio = await stack.enter_async_context(SimulatedTwilio(ACCOUNT, TOKEN).serve(free_port()))
        telnyx = await stack.enter_async_context(SimulatedTelnyx(KEY).serve(free_port()))
        telnyx.webhook = f"http://127.0.0.1:{http_port}/telnyx/webhook"
        gateway = await start_gateway(
            AGENT,
            http_port=http_port,
            ws_port=ws_port,
            default_tenant=tenant,
            reconnect_window_s=0,
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=TOKEN,
            twilio_caller="+15550100",
            public_url=f"http://127.0.0.1:{http_port}",
            ws_public_url=f"ws://127.0.0.1:{ws_port}",
            twilio_api_url=twilio.url,
            telnyx_api_key=KEY,
            telnyx_public_key=telnyx.public_key,
            telnyx_api_url=telnyx.url,
            telnyx_caller="+15550100",
            telnyx_connection_id="1",
        )
        yield House(gateway, twilio, telnyx)


def _ulaw(pcm: bytes) -> bytes:
    return g711.mulaw_encode(resample(pcm, 16_000, 8000))


def _beep() -> bytes:
    return pcm_of(0.3 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 16_000))


@pytest.mark.parametrize("via", ["twilio", "telnyx"])
async def test_a_person_who_says_hello_is_talked_to(house: House, workers: Workers, speech: bytes, via: str) -> None:
    workers.asr.texts = ["hello", "who is there"]
    workers.llm.replies = [["The clinic is"]]
    order = await house.place(via)
    carrier = house.twilio if via == "twilio" else house.telnyx
    call = await carrier.placed.get()
    stream = await call.connected()
    answered = await house.order(order["id"], status="answered")
    stream.say(_ulaw(speech))
    await house.order(order["id"], answered_by="human")
    stream.say(_ulaw(speech))
    await house.event(answered["call"], "Spoken")
    await call.hang_up()
    await house.order(order["id"], status="completed", detail="caller_hung_up")
    log = await house.log(answered["call"])
    session = log["CallStarted"][0].session
    assert (session.user, session.attributes["direction"]) == ("+12125550177", "outbound")
    assert [one.answer for one in log["AnswerDetected"]] == ["human"]
    assert [one.text for one in log["TurnCommitted"]] == ["who is there"]
    assert [one.text for one in log["Heard"]] == ["who is there"]


async def test_a_machine_gets_the_message_after_its_beep(house: House, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["please leave a message after the tone"]
    order = await house.place(voicemail="Ann, please call us back", attributes={"case": "7"})
    call = await house.twilio.placed.get()
    stream = await call.connected()
    answered = await house.order(order["id"], status="answered")
    stream.say(_ulaw(speech))
    await house.order(order["id"], answered_by="machine")
    stream.say(_ulaw(_beep()))
    await house.order(order["id"], status="completed", detail="voicemail_left")
    log = await house.log(answered["call"])
    assert [one.text for one in log["Spoken"]] == ["Ann, please call us back"]
    assert log["CallStarted"][0].session.attributes["case"] == "7"
    assert len(stream.played) > 4 * 200 * 8


async def test_a_menu_is_left(house: House, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["for sales press one"]
    order = await house.place()
    stream = await (await house.twilio.placed.get()).connected()
    await house.order(order["id"], status="answered")
    stream.say(_ulaw(speech))
    await house.order(order["id"], status="completed", detail="ivr")


@pytest.mark.parametrize(
    ("via", "callee", "status"),
    [
        ("twilio", "busy", "busy"),
        ("twilio", "no-answer", "no_answer"),
        ("telnyx", "user_busy", "busy"),
        ("telnyx", "timeout", "no_answer"),
    ],
)
async def test_nobody_answers(house: House, workers: Workers, via: str, callee: str, status: str) -> None:
    house.twilio.callee = house.telnyx.callee = callee
    order = await house.place(via)
    await house.order(order["id"], status=status)


async def test_an_order_that_is_sent_twice_rings_once(house: House, workers: Workers) -> None:
    house.twilio.callee = "busy"
    first = await house.place(idempotency_key="k1")
    status, again = await house.ask("POST", to="+12125550177", via="twilio", idempotency_key="k1")
    assert (status, again["id"]) == (200, first["id"])
    assert len([form for sid, form in house.twilio.requests if not sid]) == 1
    status, other = await house.ask("POST", to="+12125550178", via="twilio", idempotency_key="k1")
    assert (status, other["reason"]) == (409, "conflict")


async def test_a_carrier_that_refuses_is_told(house: House, workers: Workers) -> None:
    house.twilio.refuses = 400
    status, order = await house.ask("POST", to="+12125550177", via="twilio")
    assert (status, order["status"]) == (502, "failed")


@pytest.mark.parametrize(
    "body",
    [
        {"to": "nonsense"},
        {"to": "tel:15550100"},
        {"to": "sip:ann:secret@example.com"},
        {"to": "+12125550177", "from": "sips:ann:secret@example.com"},
        {"to": "+12125550177", "via": "pigeon"},
        {"to": "+12125550177", "agent": "nobody"},
        {"to": "+12125550177", "timeout_s": 1},
        {"to": "+12125550177", "attributes": {"a": "x" * 501}},
        {"to": "+12125550177", "more": 1},
    ],
)
async def test_a_wrong_order_is_refused(house: House, body: dict[str, object]) -> None:
    assert (await house.ask("POST", **body))[0] == 400


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"to": "+19005550123"}, 403, "destination_denied"),
        ({"to": "+88213300655", "via": "telnyx"}, 403, "destination_denied"),
        ({"to": "sip:0019005550123@trunk.example.com"}, 403, "destination_denied"),
        ({"to": "+12125550142", "from": "+12125550100\r\nX: y"}, 400, None),
        ({"to": "+12125550142", "from": "sip:a@b.example>;x=<"}, 400, None),
        ({"to": "+12125550142", "attributes": {"a": "b\r\nc"}}, 400, None),
        ({"to": "+12125550142", "attributes": {"a\n": "b"}}, 400, None),
        ({"to": "+12125550142", "voicemail": "call\x00 us"}, 400, None),
    ],
)
async def test_no_carrier_hears_of_an_order_that_may_not_go_out(
    house: House, body: dict[str, object], status: int, reason: str | None
) -> None:
    for _ in range(2):  # with its key it may be sent again
        answered, told = await house.ask("POST", **body, idempotency_key="k")
        assert answered == status, told
        assert reason is None or told["reason"] == reason
    assert not house.twilio.requests


async def test_orders_above_the_rate_are_refused_for_a_while(house: House, bus: NatsBus, tenant: str) -> None:
    await bus.kv("limits").put(tenant, b'{"outgoing": {"per_minute": 1}}')
    house.twilio.callee = "busy"
    await house.place()
    status, told = await house.ask("POST", to="+12125550178", via="twilio", idempotency_key="k")
    assert (status, told["reason"]) == (429, "outgoing_rate")


async def test_an_unknown_order_is_not_found(house: House) -> None:
    assert (await house.ask("GET", "/o-nobody"))[0] == 404
    assert (await house.ask("DELETE", "/o-nobody"))[0] == 404


async def test_orders_never_go_back(bus: NatsBus, tenant: str) -> None:
    orders = OutboundCalls(bus, OutgoingLimits(bus, AdmissionSettings(), RateLimiter(bus)))
    order = OutboundCall("o-1", tenant, "clinic", "tel:+12125550177", "", "twilio", True, "", 30)
    await orders.take(order)
    moves = [Status.ANSWERED, Status.RINGING, Status.COMPLETED, Status.BUSY]
    kept = [(await orders.update(tenant, "o-1", status)).status for status in moves]
    assert kept == [Status.ANSWERED, Status.ANSWERED, Status.COMPLETED, Status.COMPLETED]
