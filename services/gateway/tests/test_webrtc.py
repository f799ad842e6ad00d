"""The WebRTC door with real peers: aiortc's own connection, Opus and data channel against the gateway's."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import numpy as np
from parley.v1 import session_pb2
from parley_audio.formats import samples_of
from parley_core.bus.log import body_of
from parley_gateway.doors.webrtc import aiortc_hook
from parley_testing.callers import Gateway
from parley_testing.webrtc import WebRtcClient, webrtc_call
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]


def test_the_hook_fits_the_installed_aiortc() -> None:
    aiortc_hook.check()


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
    recognised = workers.asr.audio[min(workers.asr.audio)]
    assert max(int(np.abs(samples_of(audio.pcm).astype(int)).max()) for audio in recognised.values()) > 3000


def loudest(client: WebRtcClient) -> int:
    return int(np.abs(samples_of(bytes(client.heard)).astype(int)).max())


async def test_ice_servers_are_told_to_who_has_a_token(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(
        webrtc_turn_url="turn:turn.example:3478", webrtc_turn_user="u", webrtc_turn_password="p"
    )
    async with aiohttp.ClientSession(gateway.http) as http:
        async with http.get("/v1/config") as answer:
            shown = await answer.json()
            assert (shown["webrtc"], shown["ice"]) == (True, True)
        async with http.get("/v1/webrtc/ice") as answer:
            assert answer.status == 403
        bearer = {"Authorization": f"Bearer {await gateway.token()}"}
        async with http.get("/v1/webrtc/ice", headers=bearer) as answer:
            told = await answer.json()
    assert told == {"ice_servers": [{"urls": "turn:turn.example:3478", "username": "u", "credential": "p"}]}
