"""The Twilio channel: telephone callers by Media Streams. docs/carriers.md says how a number is pointed here.

Twilio asks `/twilio/voice` what to do with a call and is answered to open a stream to `/twilio/media`, with a one-
time ticket. When the stream ends before the call, it asks `/twilio/after`, and is answered to hang up or, where the
stream broke, to open another, which takes the call up again. Hang-ups and transfers go by REST. Where Twilio shall
recognise and speak itself, `/twilio/relay` connects the caller to the `relay` channel instead.
"""

import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from aiohttp import web
from parley.v1 import session_pb2
from parley_audio import codecs
from parley_core.errors import BadInput, NotAllowed, NotFound, ParleyError, Unavailable
from parley_core.ids import TOKEN
from parley_core.reasons import EndReason

from parley_gateway.admission.clients import number_of
from parley_gateway.admission.tokens import Grant
from parley_gateway.caller import Caller
from parley_gateway.channels.base import Accept, Channel, ChannelContext, Upgrade
from parley_gateway.channels.carrier.connection import AdmittedStream, CarrierConnection
from parley_gateway.channels.carrier.messages import StreamMessage, StreamStarted
from parley_gateway.channels.carrier.records import Record, Records
from parley_gateway.channels.carrier.replays import Pass, Replays
from parley_gateway.channels.carrier.tickets import TTL_S, Tickets
from parley_gateway.channels.outbound.calls import ORDER, OutboundCall, OutboundCalls, Status
from parley_gateway.channels.relay.channel import PATH as RELAY_PATH
from parley_gateway.channels.relay.handoff import read_handoff
from parley_gateway.channels.twilio import answers, protocol
from parley_gateway.channels.twilio.rest import TwilioRest, open_rest
from parley_gateway.channels.twilio.settings import TwilioSettings
from parley_gateway.channels.twilio.webhooks import TwilioWebhook, TwilioWebhooks

log = logging.getLogger(__name__)

PATH = "/twilio/media"
_MAX_KEPT = 1000  # summaries for people who have not answered yet
_MAX_WHISPER = 600  # characters that are read to them
_RESUMES = frozenset(map(str, range(100)))
_ANSWERED = frozenset({"completed", "answered"})
_STATUSES = {
    "ringing": Status.RINGING,
    "busy": Status.BUSY,
    "no-answer": Status.NO_ANSWER,
    "failed": Status.FAILED,
    "canceled": Status.CANCELED,
    "completed": Status.COMPLETED,
}
_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


class TwilioChannel(Channel):
    name = "twilio"

    def __init__(self, context: ChannelContext, settings: TwilioSettings) -> None:
        """Raises BadInput for settings that cannot work together."""
        wanted = {"TWILIO_ACCOUNT_SID": settings.account_sid, "PUBLIC_URL": context.web.public_url}
        for name, value in wanted.items():
            if not value:
                raise BadInput(f"PARLEY_GATEWAY_{name}", "must be set for the Twilio channel")
        self._context = context
        self._settings = settings
        self._public_url = context.web.public_http
        self._stream_url = context.web.public_ws + PATH
        self._relay_url = context.web.public_ws + RELAY_PATH
        self._routes = context.routes
        self._webhooks = TwilioWebhooks(
            settings.account_sid, settings.auth_token, settings.signing_secret, self._public_url
        )
        self._tickets = Tickets(context.tokens, self.name)
        self._replays = Replays(context.gateway.bus, self.name, valid_s=TTL_S)
        self._records = Records(context.gateway.bus, self.name)
        self._streams: dict[str, CarrierConnection] = {}  # by CallSid
        self._orders = context.orders
        self._summaries: OrderedDict[str, str] = OrderedDict()  # by CallSid, for those who take over
        self._rest: TwilioRest | None = None

    # Channel

    def http_routes(self) -> Sequence[web.RouteDef]:
        return [
            web.post("/twilio/voice", self._on_voice),
            web.post("/twilio/relay", self._on_relay),
            web.post("/twilio/relay-after", self._on_relay_after),
            web.post("/twilio/fallback", self._on_fallback),
            web.post("/twilio/after", self._on_after),
            web.post("/twilio/dialed", self._on_dialed),
            web.post("/twilio/whisper", self._on_whisper),
            web.post("/twilio/status", self._on_status),
            web.post("/twilio/stream-status", self._on_stream_status),
        ]

    def websockets(self) -> Mapping[str, Accept]:
        return {PATH: self._accept}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        settings = self._settings
        async with open_rest(settings.account_sid, settings.auth_token, settings.api_url) as self._rest:
            yield

    def _accept(self, upgrade: Upgrade) -> CarrierConnection:
        return CarrierConnection(self._context, self, upgrade.header("X-Forwarded-For"))

    # Webhooks

    async def _on_voice(self, request: web.Request) -> web.Response:
        webhook = await self._webhooks.read(request)
        if self._context.calls.draining:
            raise web.HTTPServiceUnavailable(text="this gateway is being restarted")  # Twilio asks the fallback URL
        order = await self._of_order(request, webhook)
        if order is not None:
            return self._connect(webhook, order, await self._answer(webhook, "voice"))
        return await self._begin(webhook, "voice")

    async def _on_relay(self, request: web.Request) -> web.Response:
        """As `_on_voice`, for a number that Twilio shall recognise and speak for."""
        webhook = await self._webhooks.read(request)
        if self._context.calls.draining:
            raise web.HTTPServiceUnavailable(text="this gateway is being restarted")
        return await self._relay(webhook, "relay")

    async def _on_relay_after(self, request: web.Request) -> web.Response:
        """The relay is over: the caller goes to a person, or the call ends."""
        webhook = await self._webhooks.read(request)
        handed = read_handoff(webhook["HandoffData"])
        if handed is None or webhook["CallStatus"] in _OVER:
            return _twiml(answers.hang_up())
        return _twiml(self._dialling(webhook.call, *handed))

    async def _of_order(self, request: web.Request, webhook: TwilioWebhook) -> Record | None:
        """A call of our own has been answered."""
        tenant, id_ = request.query.get("tenant", ""), request.query.get("order", "")
        if not TOKEN.fullmatch(id_) or not TOKEN.fullmatch(tenant):
            return None
        order = await self._orders.get(tenant, id_)
        if order is None:
            return None
        return Record(order.tenant, order.agent, webhook.caller, resume="", order=order.id)

    async def _on_fallback(self, request: web.Request) -> web.Response:
        """Something here did not answer, before a call or in it: the call is taken up, or begun."""
        webhook = await self._webhooks.read(request)
        log.warning("fallback webhook received", extra={"channel": self.name, "code": webhook["ErrorCode"]})
        record = await self._records.get(webhook.call)
        if record is not None:
            return await self._again(webhook, record)
        record = self._fresh(webhook)
        if record is None:
            return self._not_here()
        await self._answer(webhook, "fallback")
        return await self._again(webhook, record)

    async def _on_after(self, request: web.Request) -> web.Response:
        """The stream is over and the call is not: it broke, or the call's end by REST has not come through."""
        webhook = await self._webhooks.read(request)
        record = await self._records.get(webhook.call)
        if record is None or webhook["CallStatus"] in _OVER:
            return _twiml(answers.hang_up())
        return await self._again(webhook, record)

    async def _on_dialed(self, request: web.Request) -> web.Response:
        """A transfer has ended: the person hung up, or did not answer and the agent has the caller again."""
        webhook = await self._webhooks.read(request)
        self._summaries.pop(webhook.call, None)
        if webhook["DialCallStatus"] in _ANSWERED or webhook["CallStatus"] in _OVER:
            return _twiml(answers.hang_up())
        log.info("transfer unanswered", extra={"channel": self.name, "status": webhook["DialCallStatus"]})
        return await self._begin(webhook, f"dialed {webhook['DialCallSid']}")

    async def _on_whisper(self, request: web.Request) -> web.Response:
        """A person has answered a transfer and hears what it is about."""
        webhook = await self._webhooks.read(request, call="ParentCallSid")
        summary = self._summaries.pop(webhook.call, "")
        return _twiml(answers.say(summary) if summary else answers.nothing())

    async def _on_status(self, request: web.Request) -> web.Response:
        webhook = await self._webhooks.read(request)
        await self._note_order(request, webhook)
        if webhook["CallStatus"] in _OVER:
            stream = self._streams.get(webhook.call)
            if stream is not None:
                stream.gone(EndReason.CALLER_HUNG_UP, webhook["CallStatus"])
            await self._records.delete(webhook.call)
        return web.Response(status=204)

    async def _note_order(self, request: web.Request, webhook: TwilioWebhook) -> None:
        tenant, id_ = request.query.get("tenant", ""), request.query.get("order", "")
        status = _STATUSES.get(webhook["CallStatus"])
        if status is not None and TOKEN.fullmatch(id_) and TOKEN.fullmatch(tenant):
            await self._orders.update(tenant, id_, status)

    # Dialer

    async def dial(self, order: OutboundCall, orders: OutboundCalls) -> None:
        if not order.to.startswith("tel:"):
            raise BadInput("to", "Twilio's numbers begin with tel:+")
        caller = order.caller or self._settings.caller
        if not caller:
            raise BadInput("from", "must be given, or set as PARLEY_GATEWAY_TWILIO_CALLER")
        query = f"tenant={order.tenant}&order={order.id}"
        sid = await self._api().create(
            order.to.removeprefix("tel:"),
            caller.removeprefix("tel:"),
            f"{self._public_url}/twilio/voice?{query}",
            f"{self._public_url}/twilio/status?{query}",
            timeout_s=order.timeout_s,
        )
        await self._records.put(order.id, Record(order.tenant, order.agent, sid, resume="", order=order.id))
        await orders.update(order.tenant, order.id, Status.RINGING)

    async def cancel(self, order: OutboundCall) -> None:
        placed = await self._records.get(order.id)
        if placed is not None:
            try:
                await self._api().cancel(placed.user)
            except NotFound:
                log.debug("call had already ended", extra={"channel": self.name})

    async def _on_stream_status(self, request: web.Request) -> web.Response:
        webhook = await self._webhooks.read(request)
        if webhook["StreamEvent"] == "stream-error":
            log.warning("stream failed", extra={"channel": self.name, "detail": webhook["StreamError"][:200]})
        return web.Response(status=204)

    async def _begin(self, webhook: TwilioWebhook, occasion: str) -> web.Response:
        """Begin a call for a webhook that Twilio sends once on each `occasion`; and again, where it got no answer."""
        if self._settings.way == "relay":
            return await self._relay(webhook, occasion)
        record = self._fresh(webhook)
        if record is None:
            return self._not_here()
        return self._connect(webhook, record, await self._answer(webhook, occasion))

    def _not_here(self) -> web.Response:
        log.info("call refused", extra={"reason": "no_route", "channel": self.name})
        return _twiml(answers.reject())

    async def _relay(self, webhook: TwilioWebhook, occasion: str) -> web.Response:
        record, settings = self._fresh(webhook), self._settings
        if record is None:
            return self._not_here()
        language = ""
        try:
            language = (await self._context.gateway.agents.get(record.tenant, record.agent)).language
        except ParleyError as error:  # the relay's channel refuses the call, in words
            log.warning("agent document unavailable", extra={"channel": self.name, "error": type(error).__name__})
        once = await self._answer(webhook, occasion)
        grant = Grant(record.tenant, record.agent, record.user, once.expires, id=once.id, most_uses=1)
        asked = answers.Relay(self._relay_url, self._context.tokens.issue(grant), language, settings.relay_voice)
        return _twiml(answers.relay(asked, self._public_url))

    def _fresh(self, webhook: TwilioWebhook) -> Record | None:
        """None: no agent has the number that was called."""
        route = self._routes.find(webhook.called)
        return Record(route.tenant, route.agent, webhook.caller, resume="") if route is not None else None

    async def _again(self, webhook: TwilioWebhook, record: Record) -> web.Response:
        if record.resumes >= self._context.tuning.carrier_resumes:
            log.warning("call abandoned", extra={"channel": self.name, "take_ups": record.resumes})
            return _twiml(answers.hang_up())
        record = replace(record, resumes=record.resumes + 1)
        await self._records.put(webhook.call, record)
        if not record.resume and not record.order:
            return await self._begin(webhook, f"again {record.resumes}")
        return self._connect(webhook, record)

    async def _answer(self, webhook: TwilioWebhook, occasion: str) -> Pass:
        try:
            return await self._replays.answer(webhook.call, occasion)
        except NotAllowed as error:
            raise web.HTTPForbidden(text=str(error)) from None

    def _connect(self, webhook: TwilioWebhook, record: Record, once: Pass | None = None) -> web.Response:
        ticket = self._tickets.issue(webhook.call, record.user, record.tenant, record.agent, once)
        parameters = {"session": ticket, "take_ups": str(record.resumes)}
        if record.order:
            parameters["order"] = record.order
        if record.resume:
            parameters["resume"] = record.resume
        return _twiml(answers.connect(self._stream_url, self._public_url, parameters))

    # Carrier

    def parse(self, data: bytes) -> StreamMessage:
        return protocol.parse_message(data)

    def admit(self, started: StreamStarted) -> AdmittedStream:
        grant = self._tickets.redeem(started.parameters.get("session", ""), started.call)
        order = {ORDER: started.parameters[ORDER]} if started.parameters.get(ORDER) else {}
        resumes = started.parameters.get("take_ups", "")
        caller = Caller(
            tenant=grant.tenant,
            agent=grant.agent,
            channel=session_pb2.CHANNEL_TWILIO,
            audio=session_pb2.AudioFormat(
                encoding=session_pb2.AUDIO_ENCODING_MULAW, sample_rate_hz=started.rate_hz, channels=1
            ),
            user=grant.user,
            address=number_of(grant.user),
            uses=grant.uses,
            attributes={"twilio_call": started.call, **order},
        )
        return AdmittedStream(
            caller,
            resume=started.parameters.get("resume", ""),
            resumes=int(resumes) if resumes in _RESUMES else 0,
            receives=codecs.pcmu(),
            sends=codecs.pcmu(),
        )

    def media(self, stream: str) -> tuple[bytes, bytes]:
        return protocol.media_around(stream)

    def mark(self, stream: str, name: str) -> bytes:
        return protocol.mark(stream, name)

    def clear(self, stream: str) -> bytes:
        return protocol.clear(stream)

    def stands(self, call: str, connection: CarrierConnection) -> None:
        self._streams[call] = connection

    def over(self, call: str, connection: CarrierConnection) -> None:
        if self._streams.get(call) is connection:
            del self._streams[call]

    async def remember(self, call: str, admitted: AdmittedStream, resume: str) -> None:
        caller = admitted.caller
        await self._records.put(call, Record(caller.tenant, caller.agent, caller.user, resume, admitted.resumes))

    async def forget(self, call: str) -> None:
        await self._records.delete(call)

    async def hang_up(self, call: str) -> None:
        try:
            await self._api().hang_up(call)
        except NotFound:
            log.debug("call had already ended", extra={"channel": self.name})

    async def transfer(self, call: str, address: str, summary: str) -> None:
        await self._api().instruct(call, self._dialling(call, address, summary))

    def _dialling(self, call: str, address: str, summary: str) -> str:
        if summary:
            self._summaries[call] = summary[-_MAX_WHISPER:]
            while len(self._summaries) > _MAX_KEPT:
                self._summaries.popitem(last=False)
        timeout_s = self._context.tuning.transfer_ring_s
        return answers.dial(address, self._public_url, timeout_s=timeout_s, whisper=bool(summary))

    def _api(self) -> TwilioRest:
        if self._rest is None:
            raise Unavailable("twilio", "the channel is not open yet")
        return self._rest


def _twiml(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/xml", charset="utf-8")
