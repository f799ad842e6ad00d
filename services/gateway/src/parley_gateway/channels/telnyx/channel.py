"""The Telnyx channel: telephone callers by call control and media streaming. docs/carriers.md says how it is set up.

A webhook reports a call; the channel answers it by REST, with the stream it wants, whose start message brings back the
one-time ticket as `client_state`. Digits are taken from the stream; the webhook of the same digit is not.
"""

import base64
import json
import logging
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from aiohttp import web
from parley.v1 import session_pb2
from parley_core.errors import BadInput, NotFound, ParleyError, Unavailable
from parley_core.reasons import EndReason

from parley_gateway.admission.clients import number_of
from parley_gateway.caller import Caller
from parley_gateway.channels.base import Accept, Channel, ChannelContext, Upgrade
from parley_gateway.channels.carrier.connection import AdmittedStream, CarrierConnection
from parley_gateway.channels.carrier.messages import StreamMessage, StreamStarted
from parley_gateway.channels.carrier.records import Record, Records
from parley_gateway.channels.carrier.replays import Replays
from parley_gateway.channels.carrier.tickets import TTL_S, Tickets
from parley_gateway.channels.outbound.calls import ORDER, OutboundCall, OutboundCalls, Status
from parley_gateway.channels.relay.handoff import Handoffs, read_handoff
from parley_gateway.channels.telnyx import protocol, relay
from parley_gateway.channels.telnyx.client_state import read_order, read_state
from parley_gateway.channels.telnyx.rest import TelnyxRest, open_rest
from parley_gateway.channels.telnyx.settings import TelnyxSettings
from parley_gateway.channels.telnyx.webhooks import TelnyxWebhook, TelnyxWebhooks

log = logging.getLogger(__name__)

PATH = "/telnyx/media"
_MAX_SUMMARY = 600
_CAUSES = {
    "user_busy": Status.BUSY,
    "timeout": Status.NO_ANSWER,
    "no_answer": Status.NO_ANSWER,
    "originator_cancel": Status.CANCELED,
    "normal_clearing": Status.COMPLETED,
}
_ENCODINGS = {"PCMU": session_pb2.AUDIO_ENCODING_MULAW, "PCMA": session_pb2.AUDIO_ENCODING_ALAW}


class TelnyxChannel(Channel):
    name = "telnyx"

    def __init__(self, context: ChannelContext, settings: TelnyxSettings) -> None:
        """Raises BadInput for settings that cannot work together."""
        if not context.web.public_ws:
            raise BadInput("PARLEY_GATEWAY_WS_PUBLIC_URL", "must be set for the Telnyx channel, or PUBLIC_URL")
        self._context = context
        self._settings = settings
        self._webhooks = TelnyxWebhooks(settings.public_key, "PARLEY_GATEWAY_TELNYX_PUBLIC_KEY")
        self._routes = context.routes
        self._tickets = Tickets(context.tokens, self.name)
        self._records = Records(context.gateway.bus, self.name)
        self._orders = context.orders
        self._handoffs = Handoffs(context.gateway.bus)
        self._streams: dict[str, CarrierConnection] = {}  # by call_control_id
        self._replays = Replays(context.gateway.bus, self.name, valid_s=TTL_S)
        self._rest: TelnyxRest | None = None

    # Channel

    def http_routes(self) -> Sequence[web.RouteDef]:
        return [web.post("/telnyx/webhook", self._on_webhook)]

    def websockets(self) -> Mapping[str, Accept]:
        return {PATH: self._accept}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with open_rest(self._settings.api_key, self._settings.api_url) as self._rest:
            yield

    def _accept(self, upgrade: Upgrade) -> CarrierConnection:
        return CarrierConnection(self._context, self, upgrade.header("X-Forwarded-For"), reorders=True)

    # Webhooks

    async def _on_webhook(self, request: web.Request) -> web.Response:
        webhook = await self._webhooks.read(request)
        if (webhook.family, webhook.event) == ("call", "initiated") and self._context.calls.draining:
            raise web.HTTPServiceUnavailable(text="this gateway is being restarted")  # Telnyx tries again, elsewhere
        if await self._replays.is_new(webhook.id):
            self._context.tasks.spawn(self._act_on(webhook), f"telnyx {webhook.event}")
        return web.Response(status=200)

    async def _act_on(self, webhook: TelnyxWebhook) -> None:
        try:
            match webhook.family, webhook.event:
                case "call", "initiated" if webhook["direction"] == "incoming":
                    await self._answer(webhook)
                case "call", "answered" if relayed := relay.read_state(webhook["client_state"]):
                    body = await relay.start(self._context, self._settings, relayed)
                    await self._command(webhook.call, "conversation_relay_start", webhook.id, **body)
                case "call", "conversation.ended":
                    await self._after_relay(webhook)
                case "call", "answered" if order := read_order(webhook["client_state"], fresh=True):
                    await self._begin_order(webhook, *order)
                case "call", "answered" if self._settings.codec == "L16":
                    await self._stream(webhook.call, webhook["client_state"], webhook.id)
                case "streaming", "failed" | "stopped":
                    await self._again(webhook)
                case "call", "hangup":
                    stream = self._streams.get(webhook.call)
                    if stream is not None:
                        stream.gone(EndReason.CALLER_HUNG_UP, webhook["hangup_cause"][:50])
                    await self._records.delete(webhook.call)
                    await self._note_order(webhook)
                case _:
                    log.debug("webhook ignored", extra={"channel": self.name, "event": webhook.event})
        except ParleyError as error:
            log.warning("command failed", extra={"channel": self.name, "event": webhook.event, "error": str(error)})

    async def _answer(self, webhook: TelnyxWebhook) -> None:
        route = self._routes.find(webhook["to"])
        if route is None:
            log.info("call refused", extra={"reason": "no_route", "channel": self.name})
            await self._command(webhook.call, "reject", webhook.id, cause="CALL_REJECTED")
            return
        record = Record(route.tenant, route.agent, webhook["from"], resume="")
        if self._settings.way == "relay":
            await self._command(webhook.call, "answer", "", client_state=relay.state_of(record))
            return
        state = self._state(webhook.call, record)
        # Only `streaming_start` takes a rate, which L16 needs.
        streaming = self._streaming() if self._settings.codec != "L16" else {}
        await self._command(webhook.call, "answer", "", client_state=state, **streaming)

    async def _after_relay(self, webhook: TelnyxWebhook) -> None:
        """The conversation is over: the caller goes to a person, or the call ends."""
        handed = read_handoff(await self._handoffs.take(webhook.call))
        if handed is None:
            await self.hang_up(webhook.call)
        else:
            await self.transfer(webhook.call, *handed)

    # Dialer

    async def dial(self, order: OutboundCall, orders: OutboundCalls) -> None:
        if not order.to.startswith(("tel:", "sip:")):
            raise BadInput("to", "must be tel:+ or sip:")
        caller = order.caller or self._settings.caller
        for name, value in (("telnyx_caller", caller), ("telnyx_connection_id", self._settings.connection_id)):
            if not value:
                raise BadInput(f"PARLEY_GATEWAY_{name.upper()}", "must be set for calls of our own")
        if self._rest is None:
            raise Unavailable("telnyx", "the channel is not open yet")
        state = json.dumps({"order": order.id, "tenant": order.tenant}).encode()
        control = await self._rest.create(
            str(uuid.uuid5(uuid.NAMESPACE_URL, f"{order.tenant} {order.id}")),
            connection_id=self._settings.connection_id,
            to=order.to.removeprefix("tel:"),
            timeout_secs=order.timeout_s,
            client_state=base64.b64encode(state).decode(),
            **{"from": caller.removeprefix("tel:")},
        )
        await self._records.put(order.id, Record(order.tenant, order.agent, control, resume="", order=order.id))
        await orders.update(order.tenant, order.id, Status.RINGING)

    async def cancel(self, order: OutboundCall) -> None:
        placed = await self._records.get(order.id)
        if placed is not None:
            await self.hang_up(placed.user)

    async def _begin_order(self, webhook: TelnyxWebhook, tenant: str, id_: str) -> None:
        order = await self._orders.get(tenant, id_)
        if order is None:
            log.warning("answered call without outgoing request", extra={"channel": self.name})
            await self.hang_up(webhook.call)
            return
        record = Record(order.tenant, order.agent, order.to.partition(":")[2], resume="", order=order.id)
        await self._stream(webhook.call, self._state(webhook.call, record), webhook.id)

    async def _note_order(self, webhook: TelnyxWebhook) -> None:
        order = read_order(webhook["client_state"])
        if order is not None:
            cause = webhook["hangup_cause"]
            detail = "" if cause == "normal_clearing" else cause[:50]
            await self._orders.update(*order, _CAUSES.get(cause, Status.FAILED), detail=detail)

    async def _stream(self, call: str, state: str, once: str) -> None:
        streaming = self._streaming()
        if self._settings.codec == "L16":
            streaming["stream_bidirectional_sampling_rate"] = protocol.L16_HZ
        await self._command(call, "streaming_start", once, client_state=state, **streaming)

    async def _again(self, webhook: TelnyxWebhook) -> None:
        """A stream broke; if its call is not over, another one takes it up."""
        record = await self._records.get(webhook.call)
        if record is None:
            return
        if record.resumes >= self._context.tuning.carrier_resumes:
            log.warning("call abandoned", extra={"channel": self.name, "take_ups": record.resumes})
            await self._records.delete(webhook.call)
            await self.hang_up(webhook.call)
            return
        record = replace(record, resumes=record.resumes + 1)
        await self._records.put(webhook.call, record)
        await self._stream(webhook.call, self._state(webhook.call, record), webhook.id)

    def _streaming(self) -> dict[str, object]:
        codec = self._settings.codec
        return {
            "stream_url": self._context.web.public_ws + PATH,
            "stream_track": "inbound_track",
            "stream_codec": codec,
            "stream_bidirectional_mode": "rtp",
            "stream_bidirectional_codec": codec,
        }

    def _state(self, call: str, record: Record) -> str:
        """What comes back with the stream's start message."""
        ticket = self._tickets.issue(call, record.user, record.tenant, record.agent)
        state = {"ticket": ticket, "resume": record.resume, "take_ups": record.resumes}
        if record.order:
            state |= {ORDER: record.order, "tenant": record.tenant}
        return base64.b64encode(json.dumps(state).encode()).decode()

    async def _command(self, call: str, action: str, once: str, **body: object) -> None:
        """`once` distinguishes commands of the same kind to one call; without it there is only one."""
        if self._rest is None:
            raise Unavailable("telnyx", "the channel is not open yet")
        command_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{call} {action} {once}")
        await self._rest.command(call, action, str(command_id), **body)

    # Carrier

    def parse(self, data: bytes) -> StreamMessage:
        return protocol.parse_message(data)

    def admit(self, started: StreamStarted) -> AdmittedStream:
        ticket, resume, resumes = read_state(started.parameters["client_state"])
        grant = self._tickets.redeem(ticket, started.call)
        order = read_order(started.parameters["client_state"])
        settings = self._settings
        sends_hz = protocol.L16_HZ if settings.codec == "L16" else 8000
        caller = Caller(
            tenant=grant.tenant,
            agent=grant.agent,
            channel=session_pb2.CHANNEL_TELNYX,
            audio=session_pb2.AudioFormat(
                encoding=_ENCODINGS.get(started.encoding, session_pb2.AUDIO_ENCODING_PCM16),
                sample_rate_hz=started.rate_hz,
                channels=1,
            ),
            user=grant.user,
            address=number_of(grant.user),
            uses=grant.uses,
            attributes={"telnyx_call": started.call, **({ORDER: order[1]} if order else {})},
        )
        return AdmittedStream(
            caller,
            resume,
            resumes,
            receives=protocol.codec_of(started.encoding, started.rate_hz, big_endian=settings.l16_big_endian),
            sends=protocol.Whole(protocol.codec_of(settings.codec, sends_hz, big_endian=settings.l16_big_endian)),
        )

    def media(self, stream: str) -> tuple[bytes, bytes]:
        return protocol.AROUND

    def mark(self, stream: str, name: str) -> bytes:
        return protocol.mark(name)

    def clear(self, stream: str) -> bytes:
        return protocol.CLEAR

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
            await self._command(call, "hangup", "")
        except NotFound:
            log.debug("call had already ended", extra={"channel": self.name})

    async def transfer(self, call: str, address: str, summary: str) -> None:
        more: dict[str, object] = {}
        if summary and not address.startswith("tel:"):
            one_line = " ".join(summary[-_MAX_SUMMARY:].encode("ascii", "replace").decode().split())
            more["custom_headers"] = [{"name": "X-Parley-Summary", "value": one_line}]
        to = address.removeprefix("tel:")
        timeout_s = self._context.tuning.transfer_ring_s
        await self._command(call, "transfer", uuid.uuid4().hex, to=to, timeout_secs=timeout_s, **more)
