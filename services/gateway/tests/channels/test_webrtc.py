"""The WebRTC channel with real peers: aiortc's own connection, Opus and data channel against the gateway's."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import aiohttp
import numpy as np
from parley.v1 import session_pb2
from parley_audio.formats import samples_of
from parley_core.bus.log import body_of, event_name
from parley_gateway.channels.webrtc.ice_servers import ice_servers
from parley_gateway.channels.webrtc.settings import WebRtcSettings
from parley_testing.callers import Gateway
from parley_testing.lossy import lossy_relay
from parley_testing.simulated.webrtc import WebRtcClient, webrtc_call
from parley_testing.workers import FakeAsr, Workers

StartGateway = Callable[..., Awaitable[Gateway]]


def loudest(client: WebRtcClient) -> int:
    return int(np.abs(samples_of(bytes(client.heard)).astype(int)).max(initial=0))


def recognised(asr: FakeAsr) -> bytes:
    """The audio of the first utterance, as the recogniser got it."""
    parts = asr.audio[min(asr.audio)]
    return b"".join(parts[number].pcm for number in sorted(parts))


async def test_a_whole_conversation_by_voice(gateway: Gateway, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["I need an appointment please"]
    workers.llm.replies = [["Of course.", "What day suits you?"]]
    async with webrtc_call(gateway) as client:
        await client.microphone.say(speech)
        await client.event("transcript", turn=1, text="I need an appointment please")
        await client.event("spoken", sentence=1, complete=True)
        assert loudest(client) > 1000
        client.send(type="hangup")
        await client.event("ended", reason="caller_hung_up")
        await asyncio.wait_for(client.closed.wait(), 10)
    events = await gateway.ended(client.call)
    session = body_of(events[0]).session
    assert session.channel == session_pb2.CHANNEL_WEBRTC
    assert session.audio.encoding == session_pb2.AUDIO_ENCODING_OPUS
    assert int(np.abs(samples_of(recognised(workers.asr)).astype(int)).max()) > 3000


async def test_a_conversation_over_a_bad_network(gateway: Gateway, workers: Workers, speech: bytes) -> None:
    """One datagram in 20 lost each way, 60 ms of jitter, and with it reordering."""
    workers.asr.texts = ["I need an appointment please"]
    workers.llm.replies = [["Of course."]]
    async with lossy_relay() as relay, webrtc_call(gateway, relay=relay) as client:
        relay.weather.lose_every, relay.weather.jitter_s = 20, 0.06
        await client.microphone.say(speech)
        await client.event("transcript", turn=1)
        await client.event("spoken", sentence=0, complete=True)
        assert relay.passed.lost > 3
        client.send(type="hangup")
        await client.event("ended", reason="caller_hung_up", timeout_s=30)
    # Lost packets cost their own 20 ms each, and those were concealed: the sentence is as long as it was said.
    heard_s, said_s = len(recognised(workers.asr)) / 32_000, len(speech) / 32_000
    assert said_s - 0.5 < heard_s < said_s + 1.0


async def test_talking_over_the_agent_stops_it(gateway: Gateway, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["stop that please"]
    workers.llm.replies = [["one two three four five six seven eight nine ten eleven twelve thirteen fourteen"], ["ok"]]
    async with webrtc_call(gateway) as client:
        client.send(type="text", text="go")
        await client.event("state", state="speaking")
        await client.microphone.say(speech)
        interrupted = await client.event("interrupted", turn=1)
        await client.event("clear")
        assert "fourteen" not in interrupted["heard"]


async def test_digits_and_texts_come_by_the_data_channel(gateway: Gateway, workers: Workers) -> None:
    workers.llm.replies = [["yes"], ["thanks"]]
    async with webrtc_call(gateway) as client:
        client.send(type="ping")
        await client.event("pong")
        client.send(type="text", text="are you there")
        await client.event("spoken", turn=1, complete=True)
        client.send(type="digits", digits="42#")
        await client.event("spoken", turn=2, complete=True)
        client.send(type="dance")
        client.send(type="start")
        assert client.channel is not None
        client.channel.send("{")
        for problem in ("type: must be", "the offer started the call", "is not JSON"):
            await client.event_with("error", problem)
    names = [event_name(event) for event in await gateway.log(client.call)]
    assert "DigitsEntered" in names


async def test_candidates_may_follow_the_offer(gateway: Gateway, workers: Workers) -> None:
    async with webrtc_call(gateway, trickle=True) as client:
        assert client.call


async def test_candidates_are_on_loopback_when_the_gateway_is(gateway: Gateway, workers: Workers) -> None:
    async with webrtc_call(gateway) as client:
        lines = [line for line in client.answer.splitlines() if line.startswith("a=candidate:")]
        assert lines
        assert all(" 127.0.0.1 " in line for line in lines)


async def test_a_caller_with_camera_is_answered_without(gateway: Gateway, workers: Workers) -> None:
    async with webrtc_call(gateway, video=True) as client:
        sections = client.answer.split("m=")
        assert [section.split()[0] for section in sections[1:]] == ["audio", "video", "application"]
        assert "a=inactive" in sections[2]


async def test_an_offer_over_the_same_connection_changes_nothing(gateway: Gateway, workers: Workers) -> None:
    workers.llm.replies = [["yes"]]
    async with webrtc_call(gateway) as client:
        await client.offer_again()
        client.send(type="text", text="are you there")
        await client.event("spoken", turn=1, complete=True)
        assert loudest(client) > 1000


async def test_clients_are_told_the_ice_servers(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(
        webrtc_stun_url="stun:127.0.0.1:9", webrtc_turn_url="turn:127.0.0.1:9", webrtc_turn_user="u"
    )
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{gateway.http}/v1/webrtc/offer?token={await gateway.token()}") as answer:
            servers = (await answer.json())["iceServers"]
        async with http.get(f"{gateway.http}/v1/webrtc/offer") as answer:
            assert answer.status == 403
    assert [server["urls"] for server in servers] == ["stun:127.0.0.1:9", "turn:127.0.0.1:9"]


def test_of_a_shared_secret_callers_get_credentials_that_run_out() -> None:
    settings = WebRtcSettings(turn_url="turn:turn.example.com:3478", turn_password="shared with coturn")
    (server,) = ice_servers(settings, lambda: 1_800_000_000.5)
    assert server["username"] == "1800014400"
    # As `turnutils_uclient -W` and coturn compute it.
    assert server["credential"] == "HMHNpDK2hpmwzMyKRbmxExvLbns="
    named = WebRtcSettings(turn_url="turn:turn.example.com", turn_user="ann", turn_password="hers")
    assert ice_servers(named, lambda: 0.0)[0]["credential"] == "hers"


async def test_a_call_takes_no_thread(gateway: Gateway, workers: Workers) -> None:
    def decoders() -> int:
        return sum("decoder" in thread.name for thread in threading.enumerate())

    before = decoders()
    async with webrtc_call(gateway):
        assert decoders() == before + 1  # the client's own


async def test_a_call_goes_on_over_another_connection_after_an_ice_restart(gateway: Gateway, workers: Workers) -> None:
    workers.llm.replies = [["first"], ["second"]]
    async with webrtc_call(gateway) as client:
        client.send(type="text", text="one")
        await client.event("spoken", turn=1, complete=True)
        again = WebRtcClient(gateway, client.token)
        try:
            await again.connect(pc_id=client.pc_id, restart_pc=True)
            assert again.pc_id == client.pc_id
            await asyncio.wait_for(client.closed.wait(), 10)
            await again.opened()
            again.send(type="text", text="two")
            await again.event("spoken", turn=2, complete=True)
        finally:
            await again.close()
    names = [event_name(event) for event in await gateway.log(client.call)]
    assert names.count("CallStarted") == 1


async def test_a_caller_who_vanished_comes_back_with_the_sessions_token(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(reconnect_window_s=20)
    workers.llm.replies = [["one two three four five six seven eight"], ["and on"]]
    async with webrtc_call(gateway) as client:
        client.send(type="text", text="go")
        await client.event("state", state="speaking")
        token = (await client.event("ready"))["resume"]
        await client.pc.close()
        back = WebRtcClient(gateway, "")
        try:
            await back.connect(resume=token)
            ready = await back.event("ready")
            assert (ready["call"], ready["resumed"]) == (client.call, True)
            await back.event("spoken", text="and on")
        finally:
            await back.close()
    names = [event_name(event) for event in await gateway.log(client.call)]
    assert names.count("CallStarted") == 1
    assert names.index("LegLost") < names.index("LegTakenUp")


async def test_a_caller_whose_network_was_cut_comes_back_with_its_pc_id(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(reconnect_window_s=20, gone_after_s=1.0)
    async with lossy_relay() as relay, webrtc_call(gateway, relay=relay) as client:
        relay.weather.cut = True
        await gateway.on_log(client.call, "LegLost")
        back = WebRtcClient(gateway, "")
        try:
            await back.connect(pc_id=client.pc_id, restart_pc=True)
            ready = await back.event("ready")
            assert (ready["call"], ready["resumed"], back.pc_id) == (client.call, True, client.pc_id)
        finally:
            await back.close()
