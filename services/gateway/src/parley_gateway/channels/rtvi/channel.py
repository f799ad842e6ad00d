"""The RTVI channel: Pipecat's public clients, by WebSocket (`/v1/rtvi`) and by WebRTC (`/v1/rtvi/offer`).

Both transports carry the same messages (`conversation`, `translate`). On the WebSocket they and the audio are protobuf
frames (proto/rtvi); over WebRTC they are texts on the data channel, beside Opus.
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from google.protobuf.message import DecodeError
from parley.v1 import session_pb2
from parley_audio.codecs import l16
from parley_audio.resample import Resampler
from parley_core.errors import NotAllowed
from parley_core.reasons import Reason, RefusalReason
from picows import WSFrame, WSListener
from rtvi.v1 import frames_pb2

from parley_gateway.admission.faults import ClientFault
from parley_gateway.admission.frame_limits import Pace, RealTime
from parley_gateway.call_events import CallEvent, Ready
from parley_gateway.caller import Caller
from parley_gateway.channels.base import Accept, Channel, ChannelContext, Upgrade
from parley_gateway.channels.keepalive import KeepAlive
from parley_gateway.channels.pacing import PacedInput
from parley_gateway.channels.rtvi.conversation import RtviConversation
from parley_gateway.channels.rtvi.data_channel import RtviDataChannel
from parley_gateway.channels.rtvi.messages import MAX_MESSAGE, ClientReady
from parley_gateway.channels.rtvi.translate import error
from parley_gateway.channels.webrtc.channel import PeerConnections
from parley_gateway.channels.webrtc.settings import WebRtcSettings

PATH = "/v1/rtvi"
OFFER = "/v1/rtvi/offer"
PLAYER_HZ = 24_000  # the transport's own `playerSampleRate`
_MICROPHONES = (8000, 16_000, 24_000, 32_000, 44_100, 48_000)
_MAX_AUDIO = 128 * 1024


class RtviChannel(Channel):
    name = "rtvi"

    def __init__(self, context: ChannelContext, webrtc: WebRtcSettings) -> None:
        self._context = context
        self._gateways = PeerConnections(context, webrtc, RtviDataChannel) if webrtc.enabled else None

    def websockets(self) -> Mapping[str, Accept]:
        return {PATH: self._accept}

    def http_routes(self) -> Sequence[web.RouteDef]:
        return self._gateways.routes(OFFER) if self._gateways is not None else ()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        if self._gateways is None:
            yield
            return
        async with self._gateways.running():
            yield

    def _accept(self, upgrade: Upgrade) -> WSListener:
        return RtviConnection(self._context, upgrade)


class RtviConnection(KeepAlive):
    """The WebSocket transport. The call begins with the client's `client-ready`."""

    def __init__(self, context: ChannelContext, upgrade: Upgrade) -> None:
        super().__init__(context, upgrade.header("X-Forwarded-For"))
        self._token = upgrade.query.get("token", "")
        self._origin = upgrade.header("Origin")
        self._conversation = RtviConversation(self)
        self._input = PacedInput(context.gateway.scheduler, self._take, catch_up_s=self.tuning.catch_up_s)
        self._rate = RealTime(self.tuning.ahead_s, self.tuning.catch_up_s, context.gateway.metrics.excess_audio)
        self._microphone = Resampler(16_000)
        self._microphone_hz = 16_000
        self._player = l16(PLAYER_HZ)
        self._out = frames_pb2.Frame(audio=frames_pb2.Audio(sample_rate=PLAYER_HZ, num_channels=1))

    # Leg

    def send_audio(self, frame: bytes | memoryview) -> None:
        self._out.audio.audio = self._player.encode(frame)
        self.send_binary(self._out.SerializeToString())

    def clear_audio(self) -> None:
        self.send_binary(frames_pb2.Frame(interruption=frames_pb2.Interruption()).SerializeToString())

    def send_event(self, event: CallEvent) -> None:
        if isinstance(event, Ready):
            self._input.open()
        self._conversation.event(event)

    def close(self, reason: Reason, detail: str = "") -> None:
        self._input.close()
        super().close(reason, detail)

    def tell_problem(self, fault: ClientFault, detail: str) -> None:
        self.send_message(error(f"{fault}: {detail}", fatal=True))

    def tell_refusal(self, reason: RefusalReason, detail: str) -> None:
        self._conversation.refused(reason, detail)

    # RtviTransport

    def send_message(self, text: str) -> None:
        self.send_binary(frames_pb2.Frame(message=frames_pb2.Message(data=text)).SerializeToString())

    # What the client sent

    def on_text(self, frame: WSFrame) -> None:
        self.fail(ClientFault.WRONG_FORMAT, "frames are protobuf")

    def on_binary(self, frame: WSFrame) -> None:
        if frame.payload_size > _MAX_AUDIO:
            self.fail(ClientFault.MESSAGE_SIZE, f"frames have at most {_MAX_AUDIO} bytes")
            return
        try:
            told = frames_pb2.Frame.FromString(frame.get_payload_as_bytes())
        except DecodeError:
            self.fail(ClientFault.WRONG_FORMAT, "this is no frame")
            return
        match told.WhichOneof("frame"):
            case "audio":
                self._audio(told.audio)
            case "message" if len(told.message.data) > MAX_MESSAGE:
                self.fail(ClientFault.MESSAGE_SIZE, f"messages have at most {MAX_MESSAGE} characters")
            case "message":
                if isinstance(self._conversation.text(told.message.data), ClientReady):
                    self._begin()

    def _audio(self, audio: frames_pb2.Audio) -> None:
        if audio.num_channels != 1 or audio.sample_rate not in _MICROPHONES or len(audio.audio) % 2:
            self.fail(
                ClientFault.WRONG_FORMAT, f"audio must be 16-bit mono at one of {', '.join(map(str, _MICROPHONES))} Hz"
            )
            return
        if audio.sample_rate != self._microphone_hz:
            self._microphone_hz = audio.sample_rate
            self._microphone = Resampler(audio.sample_rate)
        pace = self._rate.take(len(audio.audio) / 2 / audio.sample_rate, self.last_seen)
        if pace is Pace.TAKE:
            self._input.put(self._microphone.push(audio.audio))  # what the call does not take for a minute is dropped
        elif pace is Pace.EXCESS:
            self.fail(ClientFault.TOO_FAST, "audio keeps coming faster than real time")

    def _take(self, pcm: bytes) -> None:
        if self.call is not None:
            self.call.caller.audio(pcm)

    def _begin(self) -> None:
        if self.starting:
            return
        self.starting = True
        try:
            grant = self.context.tokens.read(self._token, time.time())
            grant.check_origin(self._origin)
        except NotAllowed as wrong:
            self.refuse(RefusalReason.BAD_TOKEN, str(wrong))
            return
        audio = session_pb2.AudioFormat(
            encoding=session_pb2.AUDIO_ENCODING_PCM16, sample_rate_hz=self._microphone_hz, channels=1
        )
        self.start(
            Caller(
                tenant=grant.tenant,
                agent=grant.agent,
                channel=session_pb2.CHANNEL_WEBSOCKET,
                audio=audio,
                user=grant.user,
                address=self.address,
                token=grant.id,
                concurrency=grant.concurrency,
                uses=grant.uses,
                max_call_s=grant.max_call_s,
                allowed_tools=grant.tools,
                groups=grant.groups,
                attributes={"protocol": "rtvi"},
            )
        )
