"""One caller on SIP and RTP: the `Leg` of a call, and everything that its dialog says, both ways.

Made by `incoming` or `outgoing`. The call's channel is `attach`: what the peer says goes to the attached call.
"""

import logging
from typing import Protocol

from parley_core.errors import BadInput, ParleyError, Unavailable
from parley_core.reasons import EndReason, Reason, RefusalReason
from parley_sip import sdp, wire
from parley_sip.bodies import UnreadableBody
from parley_sip.dialog import SipDialog
from parley_sip.dtmf import INFO_TYPES, parse_info
from parley_sip.referral import Referral, on_notify
from parley_sip.session_timer import Expires, SessionTimer, answer_to
from parley_sip.transactions import Flow, ServerTransaction
from parley_sip.wire import Request

from parley_gateway.admission.faults import ClientFault
from parley_gateway.admission.frame_limits import RealTime
from parley_gateway.call_events import CallEvent, Ready, Refusal
from parley_gateway.channels.sip.media import MediaLeg
from parley_gateway.channels.sip.stack import Stack

log = logging.getLogger(__name__)

_TRANSFER_S = 6.0  # from the REFER's acceptance; the target's phone may ring for longer than the caller waits
# To an INVITE for which there is no call, and will be none later; any other reason gets 480.
_REFUSED: dict[Reason, int] = {
    RefusalReason.UNKNOWN_AGENT: 404,
    RefusalReason.BAD_TOKEN: 403,
    RefusalReason.ADDRESS_DENIED: 403,
    RefusalReason.FOREIGN_ORIGIN: 403,
    RefusalReason.HOST_DENIED: 403,
    RefusalReason.TOKEN_USED: 403,
    EndReason.ERROR: 500,
}


class CallerInput(Protocol):
    """What the caller sends; a call's `CallerSide` takes it."""

    def audio(self, pcm: bytes) -> None: ...

    def digits(self, digits: str) -> None: ...


class Callee(Protocol):
    """What a leg is attached to: a `Call`."""

    @property
    def caller(self) -> CallerInput: ...

    def hold(self, *, on: bool) -> None: ...

    def hang_up(self, reason: EndReason, detail: str = "") -> None: ...


class SipLeg:
    ear_delay_s = 0.0  # nothing is sent before its time, and what has been sent is heard: RTP knows no clear

    def __init__(self, stack: Stack, dialog: SipDialog) -> None:
        self.stack = stack
        self.dialog = dialog
        self.answered = False
        self.over = False
        self._scheduler = stack.context.gateway.scheduler
        self._tuning = stack.context.tuning
        self.last_seen = self._scheduler.time()
        excess = stack.context.gateway.metrics.excess_audio
        rate = RealTime(self._tuning.ahead_s, self._tuning.catch_up_s, excess)
        self.media = MediaLeg(self._scheduler, self, rate)
        self.local: sdp.Local | None = None
        self._invite: ServerTransaction | None = None  # the INVITE or re-INVITE that is being answered
        self._acked = True
        self._offered_late = False  # the ACK has to bring the answer to our offer
        self._bye_at_ack = False
        self._held_since: float | None = None
        self._callee: Callee | None = None
        self._left: tuple[EndReason, str] | None = None  # why the peer left before a call was attached
        self._referral: Referral | None = None
        self._timer = SessionTimer(self._scheduler, refresh=self._refresh, expired=self._expired)
        self._body = ""  # of the 200 to the INVITE
        self._agreed: sdp.Agreed | None = None
        stack.endpoint.add(self)

    # For channels

    def ring(self, invite: ServerTransaction, local: sdp.Local) -> None:
        """Take an INVITE: its offer is answered, 180 goes out. Raises BadInput where there is nothing to agree on."""
        self.local = local
        self._invite = invite
        offer = invite.request.sdp()
        if offer is None:
            self._body, self._offered_late = local.offer(), True
        else:
            self._body, self._agreed = local.answer(sdp.read(offer))
        invite.answer(180, tag=self.dialog.local_tag, more={"Contact": self.dialog.contact})

    def attach(self, callee: Callee) -> None:
        """From now on `callee` gets what the peer says."""
        self._callee = callee
        if self._left is not None:
            callee.hang_up(*self._left)

    def gone(self, reason: EndReason, detail: str = "") -> None:
        """The peer is no longer there: no BYE is owed."""
        if self._referral is not None and self._referral.left():
            reason = EndReason.HANDED_OFF
        self._left = self._left or (reason, detail)
        if self._callee is not None:
            self._callee.hang_up(reason, detail)
        self._end()

    def leave(self) -> None:
        """The channel closes."""
        if self._callee is not None:
            self._callee.hang_up(EndReason.GATEWAY_STOPPED)
        self.close(EndReason.GATEWAY_STOPPED)

    def drop(self) -> None:
        """An outgoing call that was not answered: no BYE is owed."""
        self._end()

    @property
    def left(self) -> bool:
        return self._left is not None

    @property
    def codec(self) -> str:
        """As SDP writes it; empty until it is agreed on."""
        return self._agreed.codec if self._agreed is not None else ""

    def invited_by(self, invite: ServerTransaction) -> bool:
        return self._invite is invite

    # Leg

    def send_audio(self, frame: bytes | memoryview) -> None:
        if self.answered:
            self.media.send(frame)

    def clear_audio(self) -> None:
        self.media.clear()

    def send_event(self, event: CallEvent) -> None:
        if isinstance(event, Ready):
            self._answer()
        elif isinstance(event, Refusal) and not self.answered:
            self.close(event.reason)  # the trunk tries its next route, or plays its busy tone

    def close(self, reason: Reason, detail: str = "") -> None:
        if self.over:
            return
        if self._invite is not None and not self.answered:
            status, more = _answer_to(reason)
            self._invite.refuse(status, tag=self.dialog.local_tag, more=more)
            self._end()
        elif not self._acked:
            self._bye_at_ack = True  # RFC 3261 §15: not before the 200 was acknowledged
            self.media.close()
        else:
            self._end()
            self.stack.endpoint.bye(self.dialog)

    async def transfer(self, address: str, summary: str) -> None:
        """Blind transfer by REFER. `summary` stays here: SIP has no place for it that phones show."""
        self._referral = Referral(self.dialog, address)
        await self._referral.run(_TRANSFER_S)

    # What the peer says in its dialog

    def request(self, transaction: ServerTransaction, flow: Flow) -> None:
        request = transaction.request
        if request.method == "ACK":
            self._on_ack(request)
            return
        if request.head.cseq <= self.dialog.remote_cseq:
            transaction.refuse(500)  # §12.2.2: out of order
            return
        self.dialog.remote_cseq = request.head.cseq
        match request.method:
            case "BYE":
                transaction.refuse(200)
                if self._invite is not None and not self.answered:
                    self._invite.refuse(487, tag=self.dialog.local_tag)
                self.gone(EndReason.CALLER_HUNG_UP)
            case "INVITE" | "UPDATE":
                self._renegotiate(transaction, flow)
            case "INFO":
                self._on_info(transaction)
            case "NOTIFY":
                on_notify(transaction, self._referral)
            case "OPTIONS":
                transaction.answer(200, more={"Allow": wire.ALLOW})
            case _:
                transaction.answer(405, more={"Allow": wire.ALLOW})

    def cancelled(self) -> None:
        """The caller hung up before the call was answered."""
        if self._invite is not None and not self.answered:
            self._invite.refuse(487, tag=self.dialog.local_tag)
            self.gone(EndReason.CALLER_HUNG_UP, "cancelled")

    def _on_ack(self, request: Request) -> None:
        invite = self._invite
        if self._acked or invite is None or invite.request.head.cseq != request.head.cseq:
            return
        self._acked = True
        invite.acknowledge()
        if self._bye_at_ack:
            self._end()
            self.stack.endpoint.bye(self.dialog)
            return
        if self._offered_late and self.local is not None:
            self._offered_late = False
            try:
                agreed = self.local.agree(sdp.read(request.sdp() or ""))
            except BadInput as error:
                self._fail(ClientFault.NO_AUDIO, error)
                return
            self._begin(agreed)

    def _renegotiate(self, transaction: ServerTransaction, flow: Flow) -> None:
        """Hold, resume, another codec or address, or nothing but a sign of life (RFC 3261 §14, RFC 3311)."""
        request = transaction.request
        if not self.answered or not self._acked or self.local is None:
            transaction.refuse(491)
            return
        try:
            offer = request.sdp()
            agreed = None
            if offer is not None:
                body, agreed = self.local.answer(sdp.read(offer))
            else:
                body = self.local.offer() if request.method == "INVITE" else ""
        except BadInput as error:
            log.info("sip offer refused", extra={"problem": str(error), "channel": "sip"})
            unreadable = isinstance(error, UnreadableBody)
            transaction.refuse(415 if unreadable else 488, more=wire.UNREADABLE if unreadable else None)
            return
        self.dialog.retarget(request, flow)
        if request.method == "INVITE":
            self._offered_late = agreed is None
            self._invite = transaction
            transaction.on_unacknowledged = self._unacknowledged
            self._acked = False
        self._accept(transaction, body)
        if agreed is not None:
            self._begin(agreed)

    def _on_info(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        try:
            part = request.part(INFO_TYPES)
            keys = parse_info(*part) if part is not None else ""
        except UnreadableBody:
            transaction.refuse(415, more={"Accept": ", ".join(INFO_TYPES)})
            return
        except BadInput as error:
            log.info("sip info refused", extra={"problem": str(error), "channel": "sip"})
            transaction.refuse(400)
            return
        transaction.refuse(200)
        keys = self.media.keys.info(keys, self._scheduler.time())
        if keys:
            self.keyed(keys)

    # What media says

    def beat(self, now: float) -> None:
        """End the call when neither RTP nor RTCP comes in time (a muted phone sends RTCP alone). On hold, or when the
        peer announced that it sends nothing, the longer limit applies."""
        quiet_s = now - self.media.last_heard
        if self._held_since is not None:
            alive = now - self._held_since < self._tuning.sip_hold_s
        elif self._agreed is not None and not self._agreed.receiving:
            alive = quiet_s < self._tuning.sip_hold_s
        else:
            alive = quiet_s < self._tuning.sip_rtp_timeout_s
        if alive:
            self.last_seen = now
        elif not self.over:
            self._fail(EndReason.CLIENT_GONE, Unavailable("SIP peer", "neither RTP nor RTCP comes"))

    def heard(self, pcm: bytes) -> None:
        if self._callee is not None:
            self._callee.caller.audio(pcm)

    def keyed(self, keys: str) -> None:
        if self._callee is not None:
            self._callee.caller.digits(keys)

    def too_fast(self) -> None:
        self._fail(ClientFault.TOO_FAST, BadInput("RTP", "keeps coming faster than real time"))

    # Ours

    def redial(self, dialog: SipDialog) -> None:
        """The dialog of an outgoing call, now that the peer's half of it is known."""
        self.stack.endpoint.remove(self)
        self.dialog = dialog
        self.stack.endpoint.add(self)

    def answered_by(self, local: sdp.Local, agreed: sdp.Agreed, expires: Expires | None) -> None:
        """The peer answered an outgoing call."""
        self.local = local
        self.answered = True
        self.last_seen = self._scheduler.time()
        self._timer.agree(expires, ours=expires is not None and expires.refresher != "uas")
        self._begin(agreed)

    def _answer(self) -> None:
        if self.answered or self.over or self._invite is None:
            return
        self.answered = True
        self._acked = False
        self._invite.on_unacknowledged = self._unacknowledged
        self._accept(self._invite, self._body)
        if self._agreed is not None:
            self._begin(self._agreed)

    def _accept(self, transaction: ServerTransaction, body: str) -> None:
        request = transaction.request
        supported = [one.lower() for one in request.values("Supported") + request.values("Require")]
        asked = Expires.parse(request.first("Session-Expires"))
        expires = answer_to(asked, supported, self._tuning.sip_session_expires_s)
        self._timer.agree(expires, ours=expires is not None and expires.refresher == "uas")
        more = {"Contact": self.dialog.contact, "Allow": wire.ALLOW, "Supported": "timer"}
        if expires is not None:
            more |= {"Session-Expires": str(expires), "Require": "timer"}
        transaction.answer(200, tag=self.dialog.local_tag, more=more, body=body)

    def _begin(self, agreed: sdp.Agreed) -> None:
        if self.over:
            return
        self._agreed = agreed
        self.media.start(agreed, self.dialog.peer)
        held = not agreed.sending
        if held != (self._held_since is not None):
            self._held_since = self._scheduler.time() if held else None
            log.info("sip hold", extra={"on": held, "channel": "sip"})
            if self._callee is not None:
                self._callee.hold(on=held)

    def _unacknowledged(self) -> None:
        """RFC 3261 §13.3.1.4: the dialog stands, and is ended."""
        self._acked = True
        self._fail(EndReason.CLIENT_GONE, Unavailable("SIP peer", "it never acknowledged"))

    def _refresh(self) -> None:
        self.stack.context.tasks.spawn(self._refreshed(), "refresh session")

    async def _refreshed(self) -> None:
        expires = Expires(self._tuning.sip_session_expires_s, "uac")
        try:
            more = {"Session-Expires": str(expires), "Supported": "timer"}
            response = await self.dialog.ask("UPDATE", more=more)
            if response.status in (405, 501) and self.local is not None:
                body = self.local.offer(hold=False)
                response = await self.dialog.ask("INVITE", more=more, body=body)
                answer = response.sdp()
                if response.status < 300 and answer is not None:
                    self._begin(self.local.agree(sdp.read(answer)))
        except ParleyError as error:
            log.info("session not refreshed", extra={"error": type(error).__name__, "channel": "sip"})
            return  # it runs out
        if response.status < 300:
            agreed = Expires.parse(response.first("Session-Expires")) or expires
            self._timer.agree(agreed, ours=agreed.refresher != "uas")
        elif response.status in (408, 481):
            self.gone(EndReason.CLIENT_GONE, "the dialog is unknown to the peer")

    def _expired(self) -> None:
        self._fail(EndReason.CLIENT_GONE, Unavailable("SIP peer", "it did not refresh the session"))

    def _fail(self, reason: EndReason | ClientFault, error: ParleyError) -> None:
        """The call cannot go on: send BYE, end the attached call."""
        log.info("sip call ended", extra={"reason": reason, "problem": str(error), "channel": "sip"})
        ended = EndReason.CLIENT_ERROR if isinstance(reason, ClientFault) else reason
        if self._callee is not None:
            self._callee.hang_up(ended, reason)
        self._left = self._left or (ended, reason)
        self.close(reason)

    def _end(self) -> None:
        if self.over:
            return
        self.over = True
        self._timer.close()
        self.media.close()
        self.stack.endpoint.remove(self)
        reception = self.media.reception
        if reception is not None:
            counters = reception.jitter.counters
            log.info(
                "rtp ended",
                extra={
                    "received": counters.received,
                    "lost": counters.lost,
                    "late": counters.late,
                    "reordered": counters.reordered,
                    "strangers": self.media.strangers,
                    "bad": self.media.bad,
                    "channel": "sip",
                },
            )


def _answer_to(reason: Reason) -> tuple[int, dict[str, str]]:
    """How an INVITE is refused: status and headers; Retry-After where the trunk may try again."""
    after_s = reason.meaning.retry_after_s
    return (_REFUSED.get(reason, 480), {}) if after_s is None else (503, wire.retry_after(after_s))
