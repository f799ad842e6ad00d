"""The Asterisk channel: the PBX's own WebSocket media. SIP, SRTP, NAT and transfers are its; each call is one socket
here.

Asterisk connects (`Dial(WebSocket/parley/c(slin16)f(json)v(agent=…,from=…,id=…))`), shows its user and password, and
speaks `protocol`. It frames and times what it is sent; the playout's pace keeps its queue short, so that a barge-in has
little to flush. A hand-off leaves the address for the dialplan, which asks `GET /asterisk/next` when it is over.
"""

import base64
import binascii
import logging
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from aiohttp import web
from parley.v1 import session_pb2
from parley_audio.formats import FRAME_BYTES
from parley_core.errors import BadInput
from parley_core.ids import TOKEN
from parley_core.reasons import Reason, RefusalReason
from picows import WSFrame, WSListener, WSUpgradeResponse, WSUpgradeResponseWithListener

from parley_gateway.admission.clients import number_of
from parley_gateway.admission.faults import ClientFault
from parley_gateway.admission.frame_limits import Pace, RealTime
from parley_gateway.call_events import CallEvent, Ready
from parley_gateway.caller import Caller
from parley_gateway.channels.asterisk.protocol import (
    MAX_MESSAGE,
    DtmfEnd,
    FlowControl,
    MediaStart,
    OtherEvent,
    command,
    parse_event,
)
from parley_gateway.channels.asterisk.settings import AsteriskSettings
from parley_gateway.channels.base import Accept, Channel, ChannelContext, Upgrade
from parley_gateway.channels.connection import Connection
from parley_gateway.channels.ignored import IgnoredMessages

log = logging.getLogger(__name__)

PATH = "/asterisk/media"
NEXT_PATH = "/asterisk/next"
_SUBPROTOCOL = "media"
_MAX_NEXT = 1000  # hand-offs that the dialplan has not asked for yet
_MAX_TEXT = 100
# What Asterisk tells and nothing is done about.
_INFORMS = {"DTMF_BEGIN", "MEDIA_BUFFERING_COMPLETED", "MEDIA_MARK_PROCESSED", "QUEUE_DRAINED", "STATUS"}
_ENCODINGS = {"PCMU": session_pb2.AUDIO_ENCODING_MULAW, "PCMA": session_pb2.AUDIO_ENCODING_ALAW}


class AsteriskChannel(Channel):
    name = "asterisk"

    def __init__(self, context: ChannelContext, settings: AsteriskSettings) -> None:
        self._context = context
        self._credentials = f"{settings.user}:{settings.password}".encode()
        self._next: OrderedDict[str, str] = OrderedDict()  # by the dialplan's id of the call

    def websockets(self) -> Mapping[str, Accept]:
        return {PATH: self._accept}

    def http_routes(self) -> Sequence[web.RouteDef]:
        return [web.get(NEXT_PATH, self._on_next)]

    def hand_off(self, id_: str, address: str) -> None:
        """Keep for the dialplan where the call `id_` goes next."""
        self._next[id_] = address
        while len(self._next) > _MAX_NEXT:
            self._next.popitem(last=False)

    def _accept(self, upgrade: Upgrade) -> WSListener | WSUpgradeResponseWithListener | None:
        headers = upgrade.request.headers
        if not self._known(headers.get("Authorization", "")):
            log.info("client refused", extra={"reason": "bad_credentials", "channel": self.name})
            answer = WSUpgradeResponse.create_error_response(401, extra_headers={"WWW-Authenticate": "Basic"})
            return WSUpgradeResponseWithListener(answer, None)
        try:
            asked = _asked(upgrade.query, self._context)
        except BadInput as error:
            log.info("client refused", extra={"reason": "bad_query", "where": error.where, "channel": self.name})
            return WSUpgradeResponseWithListener(
                WSUpgradeResponse.create_error_response(400, str(error).encode()), None
            )
        offered = [name.strip() for name in headers.get("Sec-WebSocket-Protocol", "").split(",")]
        extra = {"Sec-WebSocket-Protocol": _SUBPROTOCOL} if _SUBPROTOCOL in offered else None
        return WSUpgradeResponseWithListener(
            WSUpgradeResponse.create_101_response(extra),
            AsteriskConnection(self._context, self, asked, upgrade.header("X-Forwarded-For")),
        )

    async def _on_next(self, request: web.Request) -> web.Response:
        """For the dialplan: the address that the call was handed off to, once; empty when it was not."""
        if not self._known(request.headers.get("Authorization", "")):
            raise web.HTTPUnauthorized(text="who asks?", headers={"WWW-Authenticate": "Basic"})
        return web.Response(text=self._next.pop(request.query.get("id", ""), ""))

    def _known(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        try:
            credentials = base64.b64decode(given, validate=True)
        except (ValueError, binascii.Error):
            return False
        return scheme.lower() == "basic" and secrets.compare_digest(credentials, self._credentials)


def _asked(query: Mapping[str, str], context: ChannelContext) -> dict[str, str]:
    """What the dial string's `v(…)` says of the call. Raises BadInput."""
    asked = {"tenant": "", "agent": "", "called": "", "from": "", "id": "", "language": ""}
    for name, value in query.items():
        if name in asked:
            if len(value) > _MAX_TEXT:
                raise BadInput(name, f"must have at most {_MAX_TEXT} characters")
            asked[name] = value
    tenant, agent = asked["tenant"], asked["agent"]
    if asked["called"] and not agent:
        route = context.routes.find(asked["called"])
        if route is None:
            raise BadInput("called", "no agent has this number")
        tenant, agent = route.tenant, route.agent
    rules = context.admission
    asked |= {"tenant": tenant or rules.default_tenant, "agent": agent or rules.default_agent}
    for name in ("tenant", "agent"):
        if not TOKEN.fullmatch(asked[name]):
            raise BadInput(name, "must be lower-case letters, digits, - and _")
    return asked


class AsteriskConnection(Connection):
    def __init__(
        self, context: ChannelContext, channel: AsteriskChannel, asked: dict[str, str], forwarded: str
    ) -> None:
        super().__init__(context, forwarded)
        self._channel = channel
        self._asked = asked
        self._media: MediaStart | None = None
        self._stopped = False  # Asterisk's queue is full
        self._ignored = IgnoredMessages(channel.name, context.gateway.metrics.ignored_messages)
        self._rate = RealTime(self.tuning.ahead_s, self.tuning.catch_up_s, context.gateway.metrics.excess_audio)

    # Leg

    def send_audio(self, frame: bytes | memoryview) -> None:
        if self._media is None or self._stopped:
            return
        if len(frame) < FRAME_BYTES:  # a sentence's end: Asterisk drops what is not a whole frame
            frame = bytes(frame) + bytes(FRAME_BYTES - len(frame))
        self.send_binary(self._media.codec.encode(frame))

    def clear_audio(self) -> None:
        self._command("FLUSH_MEDIA")

    def send_event(self, event: CallEvent) -> None:
        if isinstance(event, Ready):
            self._command("ANSWER")  # for dial strings with `n`; an answered channel stays so

    def close(self, reason: Reason, detail: str = "") -> None:
        self._command("HANGUP")
        super().close(reason, detail)

    async def transfer(self, address: str, summary: str) -> None:
        """Leave the address for the dialplan. Raises BadInput when it gave the call no id to ask by."""
        if not self._asked["id"]:
            raise BadInput("id", "the dial string gives none, so nobody would ask where the call goes")
        self._channel.hand_off(self._asked["id"], address)

    # What Asterisk sent

    def on_binary(self, frame: WSFrame) -> None:
        media = self._media
        if media is None or self.call is None:
            return  # its first frames may overtake MEDIA_START
        if not 0 < frame.payload_size <= 3 * media.frame_bytes:
            self._ignore(f"{frame.payload_size} bytes are not 10 to 60 ms of {media.codec.name}")
            return
        pace = self._rate.take(frame.payload_size / media.frame_bytes * 0.02, self.last_seen)
        if pace is not Pace.TAKE:
            if pace is Pace.EXCESS:
                self.fail(ClientFault.TOO_FAST, "audio keeps coming faster than real time")
            return
        try:
            self.call.caller.audio(media.codec.decode(frame.get_payload_as_bytes()))
        except ValueError as error:
            self._ignore(str(error))

    def on_text(self, frame: WSFrame) -> None:
        if frame.payload_size > MAX_MESSAGE:
            self._bad(ClientFault.MESSAGE_SIZE, f"messages have at most {MAX_MESSAGE} bytes")
            return
        try:
            event = parse_event(frame.get_payload_as_bytes())
        except BadInput as error:
            of_format = error.where in ("format", "optimal_frame_size")
            self._bad(ClientFault.WRONG_FORMAT if of_format else ClientFault.BAD_MESSAGE, str(error))
            return
        match event:
            case MediaStart():
                self._begin(event)
            case DtmfEnd():
                if self.call is not None:
                    self.call.caller.digits(event.digit)
            case FlowControl():
                self._stopped = event.stopped
                log.warning("Asterisk queue status", extra={"full": event.stopped})

            case OtherEvent() if event.name not in _INFORMS:
                self._ignore(f"unknown event {event.name[:40]}")

    def _bad(self, fault: ClientFault, detail: str) -> None:
        """A message that cannot be used: a stranger's before the media has started, afterwards Asterisk's."""
        if self._media is not None:
            self._ignore(detail)
        else:
            self.fail(fault, detail)

    def _ignore(self, problem: str) -> None:
        if not self._ignored.add(problem, self.last_seen):
            self.fail(ClientFault.BAD_MESSAGE, f"too many messages that cannot be used: {problem}")

    def tell_problem(self, fault: ClientFault, detail: str) -> None:
        log.info("invalid message from Asterisk", extra={"reason": fault, "detail": detail})

    def tell_refusal(self, reason: RefusalReason, detail: str) -> None:
        log.info("call refused", extra={"reason": reason, "channel": self._channel.name})

    def _begin(self, media: MediaStart) -> None:
        if self.starting:
            self._ignore("MEDIA_START came twice")
            return
        self._media = media
        self.exempt_from_limits()
        audio = session_pb2.AudioFormat(
            encoding=_ENCODINGS.get(media.codec.name, session_pb2.AUDIO_ENCODING_PCM16),
            sample_rate_hz=media.codec.rate_hz,
            channels=1,
        )
        attributes = {"asterisk_channel": media.channel[:_MAX_TEXT], "asterisk_id": self._asked["id"]}
        self.start(
            Caller(
                tenant=self._asked["tenant"],
                agent=self._asked["agent"],
                channel=session_pb2.CHANNEL_ASTERISK,
                audio=audio,
                user=self._asked["from"],
                address=number_of(self._asked["from"]),
                language=self._asked["language"],
                attributes={name: value for name, value in attributes.items() if value},
            )
        )

    def _command(self, name: str) -> None:
        if self._media is not None:
            self.send_text(command(name, as_json=self._media.json))
