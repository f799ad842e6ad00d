"""The LiveKit channel: the agent joins a room of a LiveKit server as a participant, when it is asked to by the API.

`POST /v1/livekit/calls` with `{"room", "agent", …}` joins; the first participant whose audio comes is the caller. The
call ends when that one leaves. Room tokens are made here from the server's key and secret.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import jwt
from aiohttp import web
from livekit import rtc
from parley.v1 import session_pb2
from parley_audio.formats import SAMPLE_RATE
from parley_core.errors import Unavailable
from parley_core.ids import check_token, new_id
from parley_core.reasons import EndReason, RefusalReason

from parley_gateway.admission.clients import number_of
from parley_gateway.admission.faults import ClientFault
from parley_gateway.call.call import Call
from parley_gateway.call.registry import Refused
from parley_gateway.call_events import Refusal
from parley_gateway.caller import Caller
from parley_gateway.channels.base import Channel, ChannelContext
from parley_gateway.channels.http_refusal import refusal
from parley_gateway.channels.livekit.request import RoomRequest
from parley_gateway.channels.livekit.room import RoomLeg
from parley_gateway.channels.livekit.settings import LiveKitSettings
from parley_gateway.channels.requests import read_body

log = logging.getLogger(__name__)

PATH = "/v1/livekit/calls"
_TOKEN_S = 6 * 3600
_CONNECT_S = 10.0
_NUMBER = "sip.phoneNumber"  # the attribute in which LiveKit's SIP service tells it


class LiveKitChannel(Channel):
    name = "livekit"

    def __init__(self, context: ChannelContext, settings: LiveKitSettings) -> None:
        self._context = context
        self._settings = settings
        self._visits: set[_Visit] = set()

    def http_routes(self) -> Sequence[web.RouteDef]:
        return [web.post(PATH, self._join)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await asyncio.gather(*(visit.leave() for visit in list(self._visits)))

    async def _join(self, request: web.Request) -> web.Response:
        self._context.api_key.authorize(request)
        asked = read_body(RoomRequest, await request.read())
        tenant = check_token(asked.tenant or self._context.admission.default_tenant, "tenant")
        agent = check_token(asked.agent or self._context.admission.default_agent, "agent")
        if self._context.calls.draining:
            return refusal(RefusalReason.DRAINING, "This gateway is being restarted.")
        visit = _Visit(self._context, self._settings, asked, tenant, agent)
        await visit.join()
        self._visits.add(visit)
        self._context.tasks.spawn(self._stay(visit), f"livekit room {visit.identity}")
        return web.json_response({"room": asked.room, "identity": visit.identity}, status=201)

    async def _stay(self, visit: "_Visit") -> None:
        try:
            await visit.run()
        finally:
            self._visits.discard(visit)


class _Visit:
    """The agent's stay in one room."""

    def __init__(
        self, context: ChannelContext, settings: LiveKitSettings, asked: RoomRequest, tenant: str, agent: str
    ) -> None:
        self.identity = new_id("agent-")
        self._context = context
        self._settings = settings
        self._asked = asked
        self._tenant = tenant
        self._agent = agent
        self._room = rtc.Room()
        self._call: Call | None = None
        self._leg = RoomLeg(self._room, context.tasks, on_audio=self._audio)
        self._gone = asyncio.Event()
        self._number = ""  # of a caller who came by telephone
        self._room.on("track_subscribed", self._on_track)
        self._room.on("participant_disconnected", self._on_left)
        self._room.on("disconnected", self._on_disconnected)
        self._room.on("sip_dtmf_received", self._on_digit)

    async def join(self) -> None:
        """Raises Unavailable when the server cannot be reached or does not take the token."""
        options = rtc.RoomOptions(auto_subscribe=True, connect_timeout=_CONNECT_S)
        try:
            async with asyncio.timeout(_CONNECT_S + 1):
                await self._room.connect(self._settings.url, self._token(), options)
                await self._leg.publish()
        except (rtc.ConnectError, TimeoutError) as error:
            log.warning("joining livekit room failed", extra={"error": type(error).__name__})
            raise Unavailable("livekit", "the server did not let the agent in") from None

    async def run(self) -> None:
        """Wait for the caller, open the call, and stay until it is over."""
        try:
            async with asyncio.timeout(self._context.tuning.livekit_wait_s):
                await self._leg.caller.wait()
        except TimeoutError:
            log.info("no participant joined the room", extra={"channel": "livekit"})
            self._leg.close(ClientFault.START_TIMEOUT, "nobody's audio came")
            return
        try:
            self._call = await self._context.calls.open(self._caller(), self._leg)
        except Refused as error:
            if not error.already_notified:
                self._leg.send_event(Refusal(error.reason, error.detail))
            self._leg.close(error.reason)
            return
        if self._gone.is_set():
            self._call.hang_up(EndReason.CALLER_HUNG_UP)
        await self._gone.wait()

    async def leave(self) -> None:
        await self._leg.leave()

    def _caller(self) -> Caller:
        return Caller(
            tenant=self._tenant,
            agent=self._agent,
            channel=session_pb2.CHANNEL_LIVEKIT,
            audio=session_pb2.AudioFormat(
                encoding=session_pb2.AUDIO_ENCODING_OPUS, sample_rate_hz=SAMPLE_RATE, channels=1
            ),
            user=self._asked.user or self._leg.identity,
            language=self._asked.language,
            address=self._number,
            attributes={"livekit_room": self._asked.room},
        )

    def _audio(self, pcm: bytes) -> None:
        if self._call is not None:
            self._call.caller.audio(pcm)

    def _on_track(self, track: rtc.Track, publication: object, participant: rtc.RemoteParticipant) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO and self._leg.listen_to(track, participant.identity):
            self._number = number_of(participant.attributes.get(_NUMBER, ""))

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self._leg.identity:
            self._gone.set()
            if self._call is not None:
                self._call.hang_up(EndReason.CALLER_HUNG_UP)

    def _on_disconnected(self, *reason: object) -> None:
        """The SDK has tried to come back and could not, or the room was closed."""
        self._gone.set()
        if self._call is not None:
            self._call.leg_lost(EndReason.CLIENT_GONE, self._leg)

    def _on_digit(self, event: Any) -> None:
        if self._call is not None and event.participant is not None and str(event.digit) in "0123456789*#ABCD":
            self._call.caller.digits(str(event.digit))

    def _token(self) -> str:
        """An access token by LiveKit's rules: HS256, the grant under `video`."""
        now = int(time.time())
        grant = {"roomJoin": True, "room": self._asked.room, "canPublish": True, "canSubscribe": True}
        claims = {
            "iss": self._settings.api_key,
            "sub": self.identity,
            "name": self._agent,
            "nbf": now - 5,
            "exp": now + _TOKEN_S,
            "kind": "agent",
            "video": grant | {"canPublishData": True, "canUpdateOwnMetadata": True, "agent": True},
        }
        return jwt.encode(claims, self._settings.api_secret, algorithm="HS256")
