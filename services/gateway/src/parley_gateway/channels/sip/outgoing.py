"""Placing a call through the trunk: what is dialled, what is offered, and the leg of a call that is answered."""

import logging
import secrets

from parley_core.errors import BadInput, ParleyError, Unavailable
from parley_sip import sdp
from parley_sip.dialog import SipDialog
from parley_sip.invitation import Credentials, Invitation, InviteRefused, Progress, early_dialog, sdp_of
from parley_sip.session_timer import Expires
from parley_sip.transports import NextHop
from parley_sip.wire import Response

from parley_gateway.channels.sip.leg import SipLeg
from parley_gateway.channels.sip.stack import Stack

log = logging.getLogger(__name__)

_REASONS = {
    403: "rejected",
    404: "unknown_number",
    408: "no_answer",
    410: "unknown_number",
    480: "no_answer",
    484: "unknown_number",
    486: "busy",
    487: "no_answer",
    600: "busy",
    603: "rejected",
    604: "unknown_number",
    607: "rejected",
}


class NotAnswered(ParleyError):
    """Nobody took the call. `reason`: busy, no_answer, rejected, unknown_number, unavailable; `status`: SIP's."""

    permanent = False

    def __init__(self, status: int) -> None:
        self.status = status
        self.reason = _REASONS.get(status, "unavailable")
        super().__init__(f"the call was not answered: {self.reason} ({status})")


class Outgoing:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._settings = stack.settings

    async def dial(self, to: str, caller: str, *, timeout_s: float, on_progress: Progress | None) -> SipLeg:
        """See `SipChannel.place_call`."""
        settings, expires_s = self._settings, self._stack.context.tuning.sip_session_expires_s
        endpoint = self._stack.endpoint
        if not settings.trunk:
            raise Unavailable("SIP trunk", "`sip_trunk` is not set")
        trunk = NextHop.parse(settings.trunk, "sip_trunk")
        flow = await endpoint.flow_to(trunk)
        dialog = early_dialog(to, caller, trunk, flow)
        leg = SipLeg(self._stack, SipDialog(endpoint, dialog, flow))
        try:
            await leg.media.open(settings.host, self._stack.ports)
            local = sdp.Local(flow.local[0], leg.media.port, secrets.randbits(31), self._stack.codecs)
            credentials = Credentials(settings.trunk_user, settings.trunk_password)
            invitation = Invitation(
                endpoint,
                flow,
                dialog,
                local.offer(),
                credentials=credentials if settings.trunk_user else None,
                on_progress=on_progress,
            )
            response = await invitation.answered({"Session-Expires": str(expires_s)}, timeout_s)
            self._take(leg, invitation, response, local)
        except InviteRefused as error:
            leg.drop()
            raise NotAnswered(error.status) from None
        except BaseException:
            leg.drop()
            raise
        return leg

    def _take(self, leg: SipLeg, invitation: Invitation, response: Response, local: sdp.Local) -> None:
        dialog = invitation.confirmed(response)
        body = sdp_of(response) or invitation.early_answer
        try:
            agreed = local.agree(sdp.read(body or ""))
        except BadInput:
            invitation.refuse(response)
            raise
        dialog.acknowledge(response)
        leg.redial(dialog)
        leg.answered_by(local, agreed, Expires.parse(response.first("Session-Expires")))
        log.info("sip call answered", extra={"channel": "sip", "codec": agreed.codec})
