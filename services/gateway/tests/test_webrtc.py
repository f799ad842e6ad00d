"""The WebRTC door with real peers: aiortc's own connection, Opus and data channel against the gateway's."""

import asyncio

import numpy as np
from parley.v1 import session_pb2
from parley_audio.formats import samples_of
from parley_core.bus.log import body_of
from parley_gateway.doors.webrtc import aiortc_hook
from parley_testing.callers import Gateway
from parley_testing.webrtc import WebRtcClient, webrtc_call
from parley_testing.workers import Workers


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
