"""Calls that the API orders over SIP, to a simulated phone behind a simulated trunk."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import numpy as np
import pytest
from parley_audio import g711
from parley_audio.formats import pcm_of
from parley_audio.resample import resample
from parley_core.agents import AgentDocument, Outbound, TurnSettings
from parley_core.bus.log import body_of, event_name
from parley_testing.servers import free_port
from parley_testing.simulated.sip import Message, Rtp, offer, remote_of, rtp
from parley_testing.workers import Workers

from .conftest import Sip, StartSip
from .trunk import Trunk, trunk_at

AGENT = AgentDocument(
    agent="clinic",
    first_speaker="caller",
    turns=TurnSettings(pause_ms=200, min_commit_ms=0),
    outbound=Outbound(voicemail="Please call the clinic back"),
)
NUMBER = "+12125550177"


@dataclass
class Office:
    """A gateway with a trunk, and the phone that it calls."""

    sip: Sip
    trunk: Trunk
    phone: Rtp

    async def ask(self, method: str, path: str = "", **body: object) -> tuple[int, dict[str, object]]:
        url = f"{self.sip.gateway.http}/v1/calls{path}"
        async with aiohttp.ClientSession() as http, http.request(method, url, json=body or None) as answer:
            return answer.status, await answer.json()

    async def place(self, *statuses: int, to: str = NUMBER, **more: object) -> tuple[str, Message]:
        """Order a call that the trunk takes; returns the order and the INVITE."""
        ordering = asyncio.create_task(self.ask("POST", to=to, via="sip", **more), name="order")
        invite = await self.trunk.request("INVITE")
        for status in statuses:
            self.trunk.answer(invite, status)
        status, order = await ordering
        assert status == 201, order
        return str(order["id"]), invite

    async def pick_up(self, invite: Message) -> str:
        """The phone is answered; returns Parley's call."""
        self.trunk.answer(invite, 200, body=offer(self.phone.port))
        self.phone.remote = remote_of(invite.body)
        await self.trunk.request("ACK")
        return await self.sip.call()

    async def order(self, id_: str, **facts: object) -> dict[str, object]:
        """The order, once these facts hold."""
        async with asyncio.timeout(15):
            while True:
                _, order = await self.ask("GET", f"/{id_}")
                if all(order[name] == value for name, value in facts.items()):
                    return order
                await asyncio.sleep(0.02)

    async def log(self, call: str) -> dict[str, list[object]]:
        log: dict[str, list[object]] = {}
        for event in await self.sip.ended(call):
            log.setdefault(event_name(event), []).append(body_of(event))
        return log


@pytest.fixture
async def office(start_sip: StartSip, tenant: str) -> AsyncIterator[Office]:
    port = free_port()
    sip = await start_sip(
        agent=AGENT,
        default_tenant=tenant,
        default_agent="clinic",
        sip_trunk=f"udp:127.0.0.1:{port}",
        sip_caller="+15550100",
    )
    async with trunk_at(port) as trunk, rtp() as phone:
        yield Office(sip, trunk, phone)


def _ulaw(pcm: bytes) -> bytes:
    return g711.mulaw_encode(resample(pcm, 16_000, 8000))


def _beep() -> bytes:
    return pcm_of(0.3 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 16_000))


def _loud_s(coded: bytes) -> float:
    """How much of what came is more than silence."""
    samples = np.frombuffer(g711.mulaw_decode(coded), np.int16).astype(np.float64)
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    return float((np.sqrt((frames**2).mean(axis=1)) > 300).sum() * 0.02)


async def test_a_person_who_says_hello_is_talked_to(office: Office, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["hello", "who is there"]
    workers.llm.replies = [["The clinic is"]]
    id_, invite = await office.place(100, 180, attributes={"case": "7"})
    assert f"sip:{NUMBER}@" in invite.start
    assert "sip:+15550100@" in invite.one("From")
    await office.order(id_, status="ringing")
    call = await office.pick_up(invite)
    await office.order(id_, status="answered", call=call)
    await office.phone.say(_ulaw(speech))
    await office.order(id_, answered_by="human")
    await office.phone.say(_ulaw(speech))
    await office.sip.event(call, "Spoken")
    office.trunk.bye(invite)
    await office.order(id_, status="completed", detail="caller_hung_up")
    log = await office.log(call)
    session = log["CallStarted"][0].session
    assert (session.user, session.attributes["direction"], session.attributes["case"]) == (NUMBER, "outbound", "7")
    assert [one.text for one in log["TurnCommitted"]] == ["who is there"]


async def test_a_machine_gets_the_message_after_its_beep(office: Office, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["please leave a message after the tone"]
    id_, invite = await office.place(180, voicemail="Ann, please call us back")
    call = await office.pick_up(invite)
    await office.phone.say(_ulaw(speech))
    await office.order(id_, answered_by="machine")
    assert _loud_s(office.phone.heard) == 0
    await office.phone.say(_ulaw(_beep()))
    office.trunk.answer(await office.trunk.request("BYE"), 200)
    await office.order(id_, status="completed", detail="voicemail_left")
    (spoken,) = (await office.log(call))["Spoken"]
    assert spoken.text == "Ann, please call us back"
    said_s = (spoken.end_ms - spoken.start_ms) / 1000
    assert _loud_s(office.phone.heard) == pytest.approx(said_s, abs=0.1)


@pytest.mark.parametrize(
    ("statuses", "status"), [((486,), "busy"), ((180, 486), "busy"), ((100, 480), "no_answer"), ((180, 404), "failed")]
)
async def test_nobody_answers(office: Office, statuses: tuple[int, ...], status: str) -> None:
    id_, _ = await office.place(*statuses)
    await office.order(id_, status=status)


async def test_a_phone_that_rings_for_too_long_is_no_answer(office: Office) -> None:
    id_, invite = await office.place(180, timeout_s=5)
    office.trunk.answer(await office.trunk.request("CANCEL"), 200)
    office.trunk.answer(invite, 487)
    await office.order(id_, status="no_answer")


async def test_an_order_that_is_taken_back_stops_the_ringing(office: Office) -> None:
    id_, invite = await office.place(180)
    status, order = await office.ask("DELETE", f"/{id_}")
    assert (status, order["status"]) == (200, "canceled")
    office.trunk.answer(await office.trunk.request("CANCEL"), 200)
    office.trunk.answer(invite, 487)
    await office.trunk.request("ACK")
    assert office.sip.channel.endpoint.owners == []


async def test_an_order_is_taken_back_at_another_gateway(office: Office, start_sip: StartSip, tenant: str) -> None:
    other = await start_sip(default_tenant=tenant, sip_trunk=f"udp:127.0.0.1:{office.trunk.port}")
    id_, _ = await office.place(180)
    url = f"{other.gateway.http}/v1/calls/{id_}"
    async with aiohttp.ClientSession() as http, http.delete(url) as answer:
        assert (await answer.json())["status"] == "canceled"
    await office.trunk.request("CANCEL")


async def test_a_gateway_that_stops_lets_nobody_ring(office: Office) -> None:
    id_, _ = await office.place(180)
    await office.sip.channel.close()
    await office.trunk.request("CANCEL")
    await office.order(id_, status="failed", detail="the gateway was stopped")


async def test_a_trunk_that_refuses_is_told(office: Office) -> None:
    ordering = asyncio.create_task(office.ask("POST", to="sip:ann@example.com", via="sip"), name="order")
    invite = await office.trunk.request("INVITE")
    assert invite.start.startswith("INVITE sip:ann@example.com ")
    office.trunk.answer(invite, 403)
    status, order = await ordering
    assert (status, order["status"]) == (502, "failed")


async def test_a_number_to_show_is_needed(start_sip: StartSip, tenant: str) -> None:
    sip = await start_sip(default_tenant=tenant, default_agent="clinic", sip_trunk="udp:127.0.0.1:9")
    async with aiohttp.ClientSession() as http:
        body = {"to": NUMBER, "via": "sip"}
        async with http.post(f"{sip.gateway.http}/v1/calls", json=body) as answer:
            assert answer.status == 502
            assert "PARLEY_GATEWAY_SIP_CALLER" in (await answer.json())["detail"]
