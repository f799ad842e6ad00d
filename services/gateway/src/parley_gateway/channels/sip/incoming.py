"""An INVITE from a trunk, a PBX or a phone: what it is refused with, and how it becomes a call."""

import logging
import secrets

from parley.v1 import session_pb2
from parley_core.errors import BadInput, ParleyError
from parley_core.reasons import EndReason
from parley_sip import sdp, wire
from parley_sip.bodies import UnreadableBody
from parley_sip.dialog import SipDialog
from parley_sip.session_timer import MIN_S, Expires
from parley_sip.transactions import Flow, ServerTransaction
from parley_sip.wire import Request

from parley_gateway.admission.clients import number_of
from parley_gateway.admission.routes import Route
from parley_gateway.call.registry import Refused
from parley_gateway.caller import Caller
from parley_gateway.channels.sip.leg import SipLeg
from parley_gateway.channels.sip.stack import Stack

log = logging.getLogger(__name__)

_RETRY_S = 5
_MAX_TEXT = 100
_SCHEMES = frozenset(("sip", "sips", "tel", "urn"))  # urn:service:sos and its kin: emergency calls
_EXTENSIONS = frozenset(("timer",))
ENCODINGS = {
    "PCMU": (session_pb2.AUDIO_ENCODING_MULAW, 8000),
    "PCMA": (session_pb2.AUDIO_ENCODING_ALAW, 8000),
    "G722": (session_pb2.AUDIO_ENCODING_G722, 16_000),
    "opus": (session_pb2.AUDIO_ENCODING_OPUS, 48_000),
}


class Incoming:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._routes = stack.context.routes
        self._settings = stack.settings

    def invite(self, transaction: ServerTransaction, flow: Flow) -> None:
        """An INVITE outside of any dialog, from an admitted sender."""
        request = transaction.request
        transaction.refuse(100)
        problem = self._problem(request)
        if problem is not None:
            status, more = problem
            self._refuse(transaction, status, more, wire.REASONS.get(status, ""))
            return
        destination = self._routes.find(_called(request))
        if destination is None:
            self._refuse(transaction, 404, {}, "no agent has this number")
            return
        if self._stack.context.calls.draining or self._stack.full:
            self._refuse(transaction, 503, wire.retry_after(_RETRY_S), "full")
            return
        leg = SipLeg(self._stack, SipDialog.invited(self._stack.endpoint, request, flow))
        self._stack.context.tasks.spawn(self._open(transaction, leg, destination), "open call")

    def _problem(self, request: Request) -> tuple[int, dict[str, str]] | None:
        unknown = [one for one in request.values("Require") if one.lower() not in _EXTENSIONS]
        if unknown:
            return 420, {"Unsupported": wire.joined(unknown)}
        if request.uri.scheme not in _SCHEMES:
            return 416, {}
        expires = request.first("Session-Expires")
        asked = Expires.parse(expires)
        if expires and (asked is None or asked.seconds < MIN_S):
            return 422, {"Min-SE": str(MIN_S)}
        if request.contact is None:
            return 400, {}
        if self._stack.endpoint.has_call(request):
            return 482, {}
        return None

    async def _open(self, transaction: ServerTransaction, leg: SipLeg, destination: Route) -> None:
        request = transaction.request
        settings = self._settings
        try:
            await leg.media.open(settings.host, self._stack.ports)
            local = sdp.Local(leg.dialog.local_host, leg.media.port, secrets.randbits(31), self._stack.codecs)
            leg.ring(transaction, local)
        except UnreadableBody as error:
            self._give_up(transaction, leg, 415, wire.UNREADABLE, str(error))
            return
        except BadInput as error:
            self._give_up(transaction, leg, 488, {"Warning": f'305 parley "{error.problem}"'}, str(error))
            return
        except (ParleyError, OSError) as error:
            self._give_up(transaction, leg, 503, wire.retry_after(_RETRY_S), type(error).__name__)
            return
        if leg.left:
            return
        try:
            call = await self._stack.context.calls.open(self._caller(request, leg, destination), leg)
        except Refused as error:
            leg.close(error.reason)
            log.info("call refused", extra={"reason": error.reason, "channel": "sip"})
            return
        leg.attach(call)

    def _caller(self, request: Request, leg: SipLeg, destination: Route) -> Caller:
        encoding, rate_hz = ENCODINGS.get(leg.codec, (session_pb2.AUDIO_ENCODING_PCM16, 16_000))
        identity = request.identity
        attributes = {
            "sip_called": _called(request),
            "sip_call_id": request.head.call_id,
            "sip_name": identity.name or request.caller.name,
        }
        user = identity.uri.who[:_MAX_TEXT]
        return Caller(
            tenant=destination.tenant,
            agent=destination.agent,
            channel=session_pb2.CHANNEL_SIP,
            audio=session_pb2.AudioFormat(encoding=encoding, sample_rate_hz=rate_hz, channels=1),
            user=user,
            address=number_of(user),  # the peer is a trunk or a PBX, and brings many
            attributes={name: value[:_MAX_TEXT] for name, value in attributes.items() if value},
        )

    def _give_up(
        self, transaction: ServerTransaction, leg: SipLeg, status: int, more: dict[str, str], why: str
    ) -> None:
        self._refuse(transaction, status, more, why)
        leg.gone(EndReason.CLIENT_ERROR, why)

    def _refuse(self, transaction: ServerTransaction, status: int, more: dict[str, str], why: str) -> None:
        self._stack.context.gateway.metrics.refused.add(1, {"reason": f"sip_{status}"})
        log.info("sip call refused", extra={"status": status, "why": why, "channel": "sip"})
        transaction.refuse(status, more=more)


def _called(request: Request) -> str:
    """The number or user that was dialled."""
    if request.uri.scheme == "urn":
        return request.uri.text[:_MAX_TEXT]
    return (request.uri.who or request.called.uri.who)[:_MAX_TEXT]
