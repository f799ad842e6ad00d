"""The WebRTC channel against clients that do wrong, and against an aiortc that it does not know."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from parley_core.bus.log import body_of
from parley_core.errors import Unavailable
from parley_gateway.channels.webrtc import aiortc_hook
from parley_testing.callers import Gateway
from parley_testing.simulated.webrtc import (
    Refusal,
    WebRtcClient,
    on_loopback,
    patch_candidates,
    post_offer,
    webrtc_call,
)
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def offer() -> str:
    """A good offer of audio and a data channel."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pc.addTransceiver("audio")
    pc.createDataChannel("chat")
    for transport in {pc.getTransceivers()[0].receiver.transport, pc.sctp.transport}:  # type: ignore[union-attr]
        on_loopback(transport.transport._connection)
    await pc.setLocalDescription(await pc.createOffer())
    sdp = str(pc.localDescription.sdp)
    await pc.close()
    return sdp


def without(line: str) -> Callable[[str], str]:
    return lambda sdp: "\r\n".join(one for one in sdp.splitlines() if line not in one) + "\r\n"


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda sdp: "", "media sections"),
        (lambda sdp: "v=0\r\nm=audio x y z", "not a session description"),
        (lambda sdp: sdp[: len(sdp) // 2], ""),
        (lambda sdp: "\0" * 1000, ""),
        (lambda sdp: sdp + "x" * 40_000, "sdp"),
        (lambda sdp: sdp.replace("opus/48000/2", "speex/16000"), "Opus"),
        (lambda sdp: sdp.replace("m=audio", "m=smell"), "smell"),
        (lambda sdp: sdp.replace("a=mid:1", "a=mid:0"), "mid"),
        (without("a=fingerprint"), "fingerprint"),
        (without("a=ice-pwd"), "ice-pwd"),
        (without("a=setup"), "setup"),
        (without("a=rtcp-mux"), "rtcp-mux"),
        (lambda sdp: sdp + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" * 20, "media sections"),
    ],
)
async def test_a_hostile_offer_is_refused_with_the_reason(
    gateway: Gateway, offer: str, spoil: Callable[[str], str], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = await gateway.token()
    with caplog.at_level(logging.INFO), pytest.raises(Refusal) as refusal:
        await post_offer(gateway, token, {"sdp": spoil(offer)})
    assert (refusal.value.status, refusal.value.reason) == (400, "bad_input")
    assert why in refusal.value.detail
    assert "offer refused" in caplog.text


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"sdp":5}', b'{"sdp":"v=0","type":"answer"}', b"\xff\xfe"])
async def test_what_is_no_offer_is_refused(gateway: Gateway, body: bytes) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{gateway.http}/v1/webrtc/offer", data=body) as response:
        assert response.status == 400
        assert (await response.json())["reason"] == "bad_input"


@pytest.mark.parametrize("token", ["", "x.y"])
async def test_a_bad_token_is_refused(gateway: Gateway, offer: str, token: str) -> None:
    with pytest.raises(Refusal, match="403 bad_token"):
        await post_offer(gateway, token, {"sdp": offer})


async def test_a_token_for_another_agent_and_an_unknown_agent_are_refused(gateway: Gateway, offer: str) -> None:
    with pytest.raises(Refusal, match="403 bad_token"):
        await post_offer(gateway, await gateway.token(), {"sdp": offer, "agent": "bank"})
    with pytest.raises(Refusal, match="404 unknown_agent"):
        await post_offer(gateway, await gateway.token("nobody"), {"sdp": offer})


async def test_a_draining_gateway_takes_no_offer(gateway: Gateway, offer: str) -> None:
    token = await gateway.token()
    await gateway.drain()
    with pytest.raises(Refusal, match="503 draining"):
        await post_offer(gateway, token, {"sdp": offer})


async def test_offers_that_wait_are_bounded_and_given_up_in_time(
    start_gateway: StartGateway, offer: str, workers: Workers
) -> None:
    gateway = await start_gateway(webrtc_pending=1, webrtc_connect_s=0.5)
    token = await gateway.token()
    answer = await post_offer(gateway, token, {"sdp": offer})
    with pytest.raises(Refusal, match="503 busy"):
        await post_offer(gateway, token, {"sdp": offer})
    async with asyncio.timeout(20):
        while not await _unknown(gateway, answer["pc_id"]):
            pass
    async with webrtc_call(gateway) as client:
        assert client.call


async def _unknown(gateway: Gateway, pc_id: str) -> bool:
    try:
        await patch_candidates(gateway, pc_id, [])
    except Refusal as refusal:
        return refusal.reason == "unknown_peer"
    return False


@pytest.mark.parametrize(
    "candidate",
    [
        {"candidate": "candidate:1 1 udp"},
        {"candidate": "candidate:1 1 udp 1 not.an.address 5 typ host", "sdp_mid": "0"},
        {"candidate": "candidate:1 1 udp 1 127.0.0.1 5 typ host"},
        {"candidate": "x" * 2000},
    ],
)
async def test_a_hostile_candidate_is_refused(gateway: Gateway, offer: str, candidate: dict[str, str]) -> None:
    answer = await post_offer(gateway, await gateway.token(), {"sdp": offer})
    with pytest.raises(Refusal, match="400 bad_input"):
        await patch_candidates(gateway, answer["pc_id"], [candidate])


async def test_candidates_are_bounded(gateway: Gateway, offer: str) -> None:
    answer = await post_offer(gateway, await gateway.token(), {"sdp": offer})
    line = {"candidate": "candidate:1 1 udp 1 127.0.0.1 5 typ host", "sdp_mid": "0"}
    for _ in range(2):
        await patch_candidates(gateway, answer["pc_id"], [line] * 60)
    with pytest.raises(Refusal, match="candidates"):
        await patch_candidates(gateway, answer["pc_id"], [line])


async def test_a_client_that_never_says_right_is_let_go_and_another_call_goes_on(
    gateway: Gateway, workers: Workers
) -> None:
    workers.llm.replies = [["yes"]]
    async with webrtc_call(gateway) as other, webrtc_call(gateway) as client:
        for _ in range(7):
            client.send(type="dance")
        await asyncio.wait_for(client.closed.wait(), 15)
        assert len([event for event in client.events if event["type"] == "error"]) == 6
        ended = body_of((await gateway.ended(client.call))[-1])
        assert (ended.reason, ended.detail) == ("client_error", "bad_message")
        other.send(type="text", text="are you there")
        await other.event("spoken", turn=1, complete=True)


async def test_junk_on_the_media_port_hurts_no_call(gateway: Gateway, workers: Workers) -> None:
    workers.llm.replies = [["yes"]]
    async with webrtc_call(gateway) as client:
        await client.flood_gateway([bytes([first]) * 200 for first in range(256)] * 4)
        client.send(type="text", text="are you there")
        await client.event("spoken", turn=1, complete=True)


async def test_the_resume_token_of_no_call_is_refused(gateway: Gateway, workers: Workers) -> None:
    client = WebRtcClient(gateway, "")
    try:
        await client.connect(resume="x.y")
        await client.event("refused", reason="bad_token")
    finally:
        await client.close()


def test_the_hook_knows_the_installed_aiortc() -> None:
    aiortc_hook.check()


def test_another_aiortc_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(aiortc_hook.VERSIONS, "aiortc", "1.17.0")
    with pytest.raises(Unavailable, match=r"aiortc is .*1\.17\.0"):
        aiortc_hook.check()


async def test_every_inside_that_the_hook_touches_is_there() -> None:
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = pc.addTransceiver(aiortc_hook.NoFrames())
    receiver, sender = transceiver.receiver, transceiver.sender
    connection = aiortc_hook.connection_of(transceiver)
    insides = {
        receiver: ["_RTCRtpReceiver__remote_streams", "_RTCRtpReceiver__stop_decoder", "receive"],
        sender: [
            "_RTCRtpSender__packet_count",
            "_RTCRtpSender__octet_count",
            "_RTCRtpSender__ntp_timestamp",
            "_RTCRtpSender__rtp_timestamp",
            "_ssrc",
        ],
        receiver.transport: ["_tx_srtp", "_rx_srtp"],
        connection: ["_nominated", "_queue", "data_received", "request_received", "get_component_candidates"],
    }
    missing = [name for thing, names in insides.items() for name in names if not hasattr(thing, name)]
    await pc.close()
    assert not missing
