"""The WebRTC channel: offer and answer over HTTP, trickled candidates, ICE restarts by `pc_id`. See the service's
README.

`Peers` is what this channel and other channels with WebRTC peers (RTVI) share: a channel gives it the kind of its
data channel and mounts `offer` and `candidates` where its clients look for them.
"""

import ipaddress
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web
from aiortc import RTCIceServer
from parley.v1 import session_pb2
from parley_audio.formats import FRAME_MS
from parley_audio.opus import CLOCK_HZ
from parley_core.errors import BadInput, NotAllowed, NotFound
from parley_core.reasons import EndReason, RefusalReason

from parley_gateway.admission.faults import ClientFault
from parley_gateway.admission.tokens import Grant
from parley_gateway.call.call import Call
from parley_gateway.caller import Caller
from parley_gateway.channels.base import Channel, ChannelContext
from parley_gateway.channels.http_refusal import refusal
from parley_gateway.channels.webrtc import aiortc_hook, messages
from parley_gateway.channels.webrtc.data_channel import MakeDataChannel, ParleyDataChannel
from parley_gateway.channels.webrtc.ice_servers import ice_servers
from parley_gateway.channels.webrtc.leg import WebRtcLeg
from parley_gateway.channels.webrtc.peer import Peer
from parley_gateway.channels.webrtc.settings import WebRtcSettings
from parley_gateway.ports import Leg
from parley_gateway.scheduler import TimerHandle

log = logging.getLogger(__name__)

OFFER = "/v1/webrtc/offer"
Ask = Callable[[Leg], Coroutine[None, None, Call]]
_TICK_S = FRAME_MS / 1000
_NEWEST = 0.02  # weight of one tick's lateness in the mean, which so looks back a second
# The token is what opens the channel, not a cookie: any page may ask.
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Allow-Methods": "GET, POST, PATCH",
    "Access-Control-Max-Age": "600",
}


class WebRtcChannel(Channel):
    name = "webrtc"

    def __init__(self, context: ChannelContext, settings: WebRtcSettings) -> None:
        self._peers = PeerConnections(context, settings, ParleyDataChannel)

    def http_routes(self) -> Sequence[web.RouteDef]:
        return self._peers.routes(OFFER)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self._peers.running():
            yield


class PeerConnections:
    """All peers of one channel."""

    def __init__(self, context: ChannelContext, settings: WebRtcSettings, make_channel: MakeDataChannel) -> None:
        """Raises Unavailable for versions of aiortc that the channel does not know."""
        aiortc_hook.check()
        self._context = context
        self._settings = settings
        self._make_channel = make_channel
        self._legs: dict[str, WebRtcLeg] = {}
        self._addresses = media_addresses(settings.address or context.web.http_host)
        self._timer: TimerHandle | None = None
        self._due = 0.0
        self._lag_s = 0.0

    def __len__(self) -> int:
        return len(self._legs)

    def routes(self, path: str) -> list[web.RouteDef]:
        return [
            web.post(path, self.offer),
            web.patch(path, self.candidates),
            web.get(path, self.ice),
            web.options(path, self.options),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self._due = self._context.gateway.scheduler.time()
        self._tick()
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for leg in list(self._legs.values()):
                leg.gone(EndReason.GATEWAY_STOPPED)
                leg.close(EndReason.GATEWAY_STOPPED)

    async def options(self, request: web.Request) -> web.Response:
        return web.Response(headers=_CORS)

    async def ice(self, request: web.Request) -> web.Response:
        """The servers that a client of a token makes its connection with, before its offer."""
        try:
            self._grant(request, "", "")
        except NotAllowed as error:
            return self._no_call(RefusalReason.BAD_TOKEN, str(error))
        return web.json_response({"iceServers": ice_servers(self._settings, time.time)}, headers=_CORS)

    async def offer(self, request: web.Request) -> web.Response:
        """Answer an offer: of a new caller, or with a `pc_id` that is known, of one whose connection changes."""
        try:
            offer = messages.parse_offer(await request.read())
            fragment = messages.check_sdp(offer.sdp)
            leg = self._legs.get(offer.pc_id or "")  # which nobody can guess
            if leg is not None and not leg.closed:
                async with leg.busy:
                    return await self._further_offer(leg, offer, fragment)
            calls = self._context.calls
            resume = leg.resume if leg is not None else offer.resume
            if resume:
                return await self._first_offer(offer, fragment, partial(calls.resume, resume))
            grant = self._grant(request, offer.token, offer.agent)
            await self._context.gateway.agents.get(grant.tenant, grant.agent)
            return await self._first_offer(offer, fragment, partial(calls.open, self._caller(request, offer, grant)))
        except BadInput as error:
            return self._refuse(400, "bad_input", str(error))
        except NotAllowed as error:
            return self._no_call(RefusalReason.BAD_TOKEN, str(error))
        except NotFound as error:
            return self._no_call(RefusalReason.UNKNOWN_AGENT, str(error))

    async def candidates(self, request: web.Request) -> web.Response:
        """Take trickled candidates. The `pc_id`, an unguessable secret, says whose they are."""
        try:
            told = messages.parse_candidates(await request.read())
            leg = self._legs.get(told.pc_id)
            if leg is None or leg.closed or leg.peer is None:
                return self._refuse(404, "unknown_peer", "there is no peer with this pc_id")
            for candidate in told.candidates:
                await leg.peer.add(messages.ice_candidate(candidate))
        except BadInput as error:
            return self._refuse(400, "bad_input", str(error))
        return web.json_response({"status": "ok"}, headers=_CORS)

    # Offers

    async def _first_offer(self, offer: messages.Offer, fragment: str, ask: Ask) -> web.Response:
        full = self._why_full()
        if full:
            return self._no_call(*full)
        known = self._legs.get(offer.pc_id or "")
        pc_id = known.pc_id if known is not None else secrets.token_urlsafe(18)
        leg = WebRtcLeg(self._context, pc_id, ask, self._make_channel, self._drop)
        self._legs[leg.pc_id] = leg
        scheduler = self._context.gateway.scheduler
        scheduler.call_at(scheduler.time() + self._context.tuning.webrtc_connect_s, leg.deadline)
        try:
            return await self._answer(leg, offer, fragment)
        except BadInput:
            leg.close(ClientFault.BAD_OFFER)
            raise

    async def _further_offer(self, leg: WebRtcLeg, offer: messages.Offer, fragment: str) -> web.Response:
        peer = leg.peer
        if peer is not None and peer.is_connected and not offer.restart_pc and fragment == peer.fragment:
            answer = await peer.answer(offer.sdp, fragment)
            return self._accept(leg, answer)
        log.info("webrtc ICE restart", extra={"pc": leg.name})
        return await self._answer(leg, offer, fragment)

    async def _answer(self, leg: WebRtcLeg, offer: messages.Offer, fragment: str) -> web.Response:
        servers = [RTCIceServer(**server) for server in ice_servers(self._settings, time.time)]
        peer = Peer(leg, ice_servers=servers, addresses=self._addresses)
        try:
            answer = await peer.answer(offer.sdp, fragment)
        except BadInput:
            await peer.close()
            raise
        leg.take_over(peer)
        return self._accept(leg, answer)

    def _accept(self, leg: WebRtcLeg, answer: str) -> web.Response:
        return web.json_response({"sdp": answer, "type": "answer", "pc_id": leg.pc_id}, headers=_CORS)

    def _no_call(self, reason: RefusalReason, detail: str) -> web.Response:
        self._note(reason, detail)
        return refusal(reason, detail, _CORS)

    def _refuse(self, status: int, reason: str, detail: str) -> web.Response:
        self._note(reason, detail)
        return web.json_response({"reason": reason, "detail": detail}, status=status, headers=_CORS)

    def _note(self, reason: str, detail: str) -> None:
        log.info("webrtc offer refused", extra={"reason": reason, "detail": detail})
        self._context.gateway.metrics.refused.add(1, {"reason": reason})

    def _grant(self, request: web.Request, token: str, agent: str) -> Grant:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        token = (bearer if scheme.lower() == "bearer" else "") or token or request.query.get("token", "")
        grant = self._context.tokens.read(token, time.time())
        if agent and agent != grant.agent:
            raise NotAllowed("this call", "the token is for another agent")
        grant.check_origin(request.headers.get("Origin", ""))
        return grant

    def _caller(self, request: web.Request, offer: messages.Offer, grant: Grant) -> Caller:
        forwarded = request.headers.get("X-Forwarded-For", "")
        attributes: Mapping[str, str] = offer.attributes
        return Caller(
            tenant=grant.tenant,
            agent=grant.agent,
            channel=session_pb2.CHANNEL_WEBRTC,
            audio=session_pb2.AudioFormat(
                encoding=session_pb2.AUDIO_ENCODING_OPUS, sample_rate_hz=CLOCK_HZ, channels=1
            ),
            user=grant.user or offer.user,
            language=offer.language,
            attributes=attributes,
            address=self._context.addresses.client(request.remote or "", forwarded),
            token=grant.id,
            concurrency=grant.concurrency,
            uses=grant.uses,
            max_call_s=grant.max_call_s,
            allowed_tools=grant.tools,
            groups=grant.groups,
        )

    def _why_full(self) -> tuple[RefusalReason, str] | None:
        if self._context.calls.draining:
            return RefusalReason.DRAINING, "This gateway is being restarted. Please call again."
        if self._lag_s * 1000 > self._settings.lag_ms:
            return RefusalReason.BUSY, "This gateway is behind with its calls. Please call again."
        if sum(leg.pending and not leg.closed for leg in self._legs.values()) >= self._context.tuning.webrtc_pending:
            return RefusalReason.BUSY, "Too many callers are connecting. Please call again."
        return None

    # The clock

    def _tick(self) -> None:
        """Every 20 ms: detects missing packets. Its lateness measures the gateway's load."""
        scheduler = self._context.gateway.scheduler
        now = scheduler.time()
        late = now - self._due
        self._lag_s += _NEWEST * (late - self._lag_s)
        self._due += _TICK_S * max(1, int(late / _TICK_S) + 1)
        for leg in list(self._legs.values()):
            if not leg.closed:
                leg.listen(now)
        self._timer = scheduler.call_at(self._due, self._tick)

    def _drop(self, leg: WebRtcLeg) -> None:
        if leg.may_come_back:
            scheduler = self._context.gateway.scheduler
            scheduler.call_at(scheduler.time() + self._context.gateway.settings.reconnect_window_s, self._forget, leg)
        else:
            self._forget(leg)

    def _forget(self, leg: WebRtcLeg) -> None:
        if self._legs.get(leg.pc_id) is leg:
            del self._legs[leg.pc_id]


def media_addresses(setting: str) -> list[str] | None:
    """Where media is received; None: on every address of the machine."""
    told = [one.strip() for one in setting.split(",") if one.strip()]
    told = ["127.0.0.1" if one == "localhost" else one for one in told]
    for one in told:
        try:
            address = ipaddress.ip_address(one)
        except ValueError:
            raise BadInput("PARLEY_GATEWAY_WEBRTC_ADDRESS", f"{one!r} is no address") from None
        if address.is_unspecified:
            return None
    return told
