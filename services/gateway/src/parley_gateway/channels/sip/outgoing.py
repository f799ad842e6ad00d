"""Placing a call through the trunk: INVITE, digests, ringing, answer, CANCEL. aiosipua computes the digest alone:
its client sends an INVITE once and acknowledges no refusal.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from aiosipua.auth import SipDigestAuth, answer_challenge
from aiosipua.dialog import Dialog, DialogState
from aiosipua.headers import Via, stringify_via
from aiosipua.message import SipRequest
from aiosipua.utils import generate_branch, generate_call_id, generate_tag
from parley_core.errors import BadInput, ParleyError, Unavailable

from parley_gateway.channels.sip import sdp, wire
from parley_gateway.channels.sip.leg import SipLeg
from parley_gateway.channels.sip.session_timer import Expires
from parley_gateway.channels.sip.stack import Peer, SipDialog, Stack, contact_of, routed
from parley_gateway.channels.sip.transactions import Flow
from parley_gateway.channels.sip.wire import Response

log = logging.getLogger(__name__)

Progress = Callable[[int], None]  # 100, 180, 183 …

_NUMBER = re.compile(r"\+?[0-9A-Za-z*#._-]{1,64}")
_URI = re.compile(r"sips?:[^\s<>\"?]{1,200}")
_TRIES = 3  # an INVITE, one with credentials, one with a longer session
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


@dataclass(slots=True)
class _Attempt:
    """One call that is being placed, until it is answered or given up."""

    stack: Stack
    flow: Flow
    dialog: Dialog
    auth: SipDigestAuth | None
    on_progress: Progress | None
    offer: str
    final: "asyncio.Future[Response]"
    invite: SipRequest | None = None
    ringing: bool = False
    given_up: bool = False
    cancelled: bool = False
    early_answer: str | None = None  # SDP of a 183
    answered_tag: str = ""

    def send(self, more: dict[str, str]) -> None:
        invite = self.request("INVITE", self.dialog.next_cseq())
        invite.headers.set_single("Contact", contact_of(self.flow))
        invite.headers.set_single("Allow", wire.ALLOW)
        invite.headers.set_single("Supported", "timer")
        for name, value in more.items():
            invite.headers.set_single(name, value)
        invite.headers.set_single("Content-Type", "application/sdp")
        invite.body = self.offer.encode()
        self.invite, self.ringing = invite, False
        head = wire.head_of(invite)
        self.stack.transactions.client(invite, head, self.flow, self.received, self.timed_out)

    def request(self, method: str, cseq: int, branch: str = "") -> SipRequest:
        dialog = self.dialog
        request = SipRequest(method=method, uri=dialog.remote_uri)
        host, port = self.flow.local
        parameters: dict[str, str | None] = {"branch": branch or generate_branch(), "rport": None}
        via = Via(transport=self.flow.transport, host=host, port=port, params=parameters)
        request.headers.append("Via", stringify_via(via))
        for name, value in (
            ("From", f"<{dialog.local_uri}>;tag={dialog.local_tag}"),
            ("To", f"<{dialog.remote_uri}>"),
            ("Call-ID", dialog.call_id),
            ("CSeq", f"{cseq} {method}"),
            ("Max-Forwards", "70"),
        ):
            request.headers.set_single(name, value)
        return request

    def received(self, response: Response) -> None:
        if response.status < 200:
            self.ringing = True
            if self.given_up:
                self.cancel()
                return
            self.early_answer = _sdp_of(response) or self.early_answer
            if self.on_progress is not None and not self.final.done():
                self.on_progress(response.status)
        elif response.status < 300:
            if self.answered_tag and response.head.to_tag == self.answered_tag:
                self.confirmed(response).acknowledge(response)  # our ACK was lost
            elif self.given_up or self.answered_tag:
                self.refuse(response)
            elif not self.final.done():
                self.answered_tag = response.head.to_tag
                self.final.set_result(response)
        elif not self.final.done():
            self.final.set_result(response)

    def timed_out(self) -> None:
        if not self.final.done():
            self.final.set_exception(NotAnswered(408))

    def give_up(self) -> None:
        """Nobody waits any more. A CANCEL may only follow a provisional response (RFC 3261 §9.1)."""
        self.given_up = True
        if self.ringing:
            self.cancel()

    def cancel(self) -> None:
        if self.invite is None or self.cancelled:
            return
        self.cancelled = True
        head = wire.head_of(self.invite)
        cancel = self.request("CANCEL", head.cseq, head.branch)
        self.stack.transactions.client(cancel, wire.head_of(cancel), self.flow, lambda response: None, lambda: None)

    def confirmed(self, response: Response) -> SipDialog:
        """The dialog of a 200."""
        contact = response.first("Contact")
        dialog = Dialog(
            call_id=self.dialog.call_id,
            local_tag=self.dialog.local_tag,
            remote_tag=response.head.to_tag,
            local_uri=self.dialog.local_uri,
            remote_uri=self.dialog.remote_uri,
            remote_target=wire.written(wire.uri_in(contact)) if contact else self.dialog.remote_uri,
            route_set=list(reversed(response.message.headers.get("record-route"))),
            local_cseq=self.dialog.local_cseq,
            state=DialogState.CONFIRMED,
        )
        return SipDialog(self.stack, dialog, routed(self.flow, self.stack, dialog), self.auth)

    def refuse(self, response: Response) -> None:
        """A phone answered what nobody wants any more, or a second one did: acknowledge, hang up."""
        dialog = self.confirmed(response)
        dialog.acknowledge(response)
        self.stack.bye(dialog)


class Outgoing:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._settings = stack.context.gateway.settings

    async def dial(self, to: str, caller: str, *, timeout_s: float, on_progress: Progress | None) -> SipLeg:
        """See `SipDoor.place_call`."""
        settings = self._settings
        if not settings.sip_trunk:
            raise Unavailable("SIP trunk", "`sip_trunk` is not set")
        trunk = Peer.parse(settings.sip_trunk)
        flow = await self._stack.flow_to(trunk)
        dialog = _dialog(to, caller, trunk, flow)
        leg = SipLeg(self._stack, SipDialog(self._stack, dialog, flow))
        try:
            await leg.media.open(settings.sip_host, self._stack.ports)
            local = sdp.Local(flow.local[0], leg.media.port, secrets.randbits(31), self._stack.codecs)
            auth = SipDigestAuth(settings.sip_trunk_user, settings.sip_trunk_password)
            attempt = _Attempt(
                self._stack,
                flow,
                dialog,
                auth if settings.sip_trunk_user else None,
                on_progress,
                local.offer(),
                asyncio.get_running_loop().create_future(),
            )
            response = await self._answer(attempt, timeout_s)
            self._take(leg, attempt, response, local)
        except BaseException:
            leg.drop()
            raise
        return leg

    async def _answer(self, attempt: _Attempt, timeout_s: float) -> Response:
        """The 200. Raises NotAnswered."""
        expires = self._settings.sip_session_expires_s
        more = {"Session-Expires": str(expires)}
        try:
            async with asyncio.timeout(timeout_s):
                for _ in range(_TRIES):
                    attempt.send(more)
                    response = await attempt.final
                    if response.status < 300:
                        return response
                    again = _again(attempt, response)
                    if again is None:
                        raise NotAnswered(response.status)
                    more |= again
                    attempt.final = asyncio.get_running_loop().create_future()
                raise NotAnswered(response.status)
        except TimeoutError:
            attempt.give_up()
            raise NotAnswered(408) from None
        except asyncio.CancelledError:
            attempt.give_up()
            raise

    def _take(self, leg: SipLeg, attempt: _Attempt, response: Response, local: sdp.Local) -> None:
        dialog = attempt.confirmed(response)
        body = _sdp_of(response) or attempt.early_answer
        try:
            agreed = local.agree(sdp.read(body or ""))
        except BadInput:
            attempt.refuse(response)
            raise
        dialog.acknowledge(response)
        leg.redial(dialog)
        leg.answered_by(local, agreed, Expires.parse(response.first("Session-Expires")))
        log.info("sip call answered", extra={"channel": "sip", "codec": agreed.codec})


def _again(attempt: _Attempt, response: Response) -> dict[str, str] | None:
    """What a further INVITE needs, where a refusal asks for one."""
    if response.status in (401, 407) and attempt.auth is not None and attempt.invite is not None:
        if "authorization" in "".join(name.lower() for name, _ in attempt.invite.headers.items()):
            return None  # these credentials were refused
        answered = answer_challenge(attempt.auth, response.message, response.status, "INVITE", attempt.invite.uri)
        return None if answered is None else dict([answered])
    least = response.first("Min-SE")
    if response.status == 422 and least.isdigit() and len(least) < 7:
        return {"Session-Expires": least, "Min-SE": least}
    return None


def _dialog(to: str, caller: str, trunk: Peer, flow: Flow) -> Dialog:
    host = f"[{trunk.host}]" if ":" in trunk.host else trunk.host
    if _NUMBER.fullmatch(to):
        target = f"sip:{to}@{host}:{trunk.port}"
    elif _URI.fullmatch(to):
        target = to
    else:
        raise BadInput("to", "must be a number or a SIP address")
    if _NUMBER.fullmatch(caller):
        caller = f"sip:{caller}@{flow.local[0]}"
    elif not _URI.fullmatch(caller):
        raise BadInput("caller", "must be a number or a SIP address")
    return Dialog(
        call_id=generate_call_id(flow.local[0]),
        local_tag=generate_tag(),
        local_uri=caller,
        remote_uri=target,
        remote_target=target,
        state=DialogState.EARLY,
    )


def _sdp_of(response: Response) -> str | None:
    try:
        return response.sdp()
    except BadInput:
        return None
