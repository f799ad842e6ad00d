"""Placing one call: INVITE, digests, ringing, answer, CANCEL (RFC 3261 §13.2, §9.1).

aiosipua computes the digest alone: its client sends an INVITE once and acknowledges no refusal.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiosipua.auth import SipDigestAuth, answer_challenge
from aiosipua.dialog import Dialog, DialogState
from aiosipua.headers import Via, stringify_via
from aiosipua.message import SipRequest
from aiosipua.utils import generate_branch, generate_call_id, generate_tag
from parley_core.errors import BadInput, ParleyError

from parley_sip import wire
from parley_sip.addresses import members
from parley_sip.dialog import Network, SipDialog, contact_of, routed
from parley_sip.transactions import Flow
from parley_sip.transports import NextHop
from parley_sip.wire import Response

Progress = Callable[[int], None]  # 100, 180, 183 …

_NUMBER = re.compile(r"\+?[0-9A-Za-z*#._-]{1,64}")
_URI = re.compile(r"sips?:[^\s<>\"?]{1,200}")
_TRIES = 3  # an INVITE, one with credentials, one with a longer session


@dataclass(frozen=True, slots=True)
class Credentials:
    """What answers the trunk's digest challenges."""

    user: str
    password: str = field(repr=False)


class InviteRefused(ParleyError):
    """The call was refused, or not answered in time (408)."""

    permanent = False

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"the call was refused with {status}")


class Invitation:
    """One call that is being placed, until it is answered or given up."""

    def __init__(
        self,
        network: Network,
        flow: Flow,
        dialog: Dialog,
        offer: str,
        *,
        credentials: Credentials | None,
        on_progress: Progress | None,
    ) -> None:
        """`dialog`: see `early_dialog`; `offer`: SDP."""
        self.early_answer: str | None = None  # SDP of a 183
        self._network = network
        self._flow = flow
        self._dialog = dialog
        self._offer = offer
        self._auth = SipDigestAuth(credentials.user, credentials.password) if credentials is not None else None
        self._on_progress = on_progress
        self._final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._invite: SipRequest | None = None
        self._ringing = False
        self._given_up = False
        self._cancelled = False
        self._answered_tag = ""

    async def answered(self, more: Mapping[str, str], timeout_s: float) -> Response:
        """The 200, not acknowledged yet; `more`: further headers. Raises InviteRefused. Cancelling it cancels the
        call."""
        headers = dict(more)
        try:
            async with asyncio.timeout(timeout_s):
                for _ in range(_TRIES):
                    self._send(headers)
                    response = await self._final
                    if response.status < 300:
                        return response
                    again = self._again(response)
                    if again is None:
                        raise InviteRefused(response.status)
                    headers |= again
                    self._final = asyncio.get_running_loop().create_future()
                raise InviteRefused(response.status)
        except TimeoutError:
            self._give_up()
            raise InviteRefused(408) from None
        except asyncio.CancelledError:
            self._give_up()
            raise

    def confirmed(self, response: Response) -> SipDialog:
        """The dialog of a 200."""
        contact = response.contact
        dialog = Dialog(
            call_id=self._dialog.call_id,
            local_tag=self._dialog.local_tag,
            remote_tag=response.head.to_tag,
            local_uri=self._dialog.local_uri,
            remote_uri=self._dialog.remote_uri,
            remote_target=contact.uri.text if contact is not None else self._dialog.remote_uri,
            route_set=members(response.message.headers.get("Record-Route"))[::-1],  # §12.1.2
            local_cseq=self._dialog.local_cseq,
            state=DialogState.CONFIRMED,
        )
        return SipDialog(self._network, dialog, routed(self._flow, self._network, dialog), self._auth)

    def refuse(self, response: Response) -> None:
        """A phone answered what is no longer wanted, or a second one did: acknowledge, hang up."""
        dialog = self.confirmed(response)
        dialog.acknowledge(response)
        self._network.bye(dialog)

    def _send(self, more: Mapping[str, str]) -> None:
        invite = self._request("INVITE", self._dialog.next_cseq())
        invite.headers.set_single("Contact", contact_of(self._flow))
        invite.headers.set_single("Allow", wire.ALLOW)
        invite.headers.set_single("Supported", "timer")
        for name, value in more.items():
            invite.headers.set_single(name, value)
        invite.headers.set_single("Content-Type", "application/sdp")
        invite.body = self._offer.encode()
        self._invite, self._ringing = invite, False
        head = wire.head_of(invite)
        self._network.transactions.client(invite, head, self._flow, self._received, self._timed_out)

    def _request(self, method: str, cseq: int, branch: str = "") -> SipRequest:
        dialog = self._dialog
        request = SipRequest(method=method, uri=dialog.remote_uri)
        host, port = self._flow.local
        parameters: dict[str, str | None] = {"branch": branch or generate_branch(), "rport": None}
        via = Via(transport=self._flow.transport, host=host, port=port, params=parameters)
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

    def _received(self, response: Response) -> None:
        if response.status < 200:
            self._ringing = True
            if self._given_up:
                self._cancel()
                return
            self.early_answer = sdp_of(response) or self.early_answer
            if self._on_progress is not None and not self._final.done():
                self._on_progress(response.status)
        elif response.status < 300:
            if self._answered_tag and response.head.to_tag == self._answered_tag:
                self.confirmed(response).acknowledge(response)  # our ACK was lost
            elif self._given_up or self._answered_tag:
                self.refuse(response)
            elif not self._final.done():
                self._answered_tag = response.head.to_tag
                self._final.set_result(response)
        elif not self._final.done():
            self._final.set_result(response)

    def _timed_out(self) -> None:
        if not self._final.done():
            self._final.set_exception(InviteRefused(408))

    def _give_up(self) -> None:
        """The answer is no longer waited for. A CANCEL may only follow a provisional response (RFC 3261 §9.1)."""
        self._given_up = True
        if self._ringing:
            self._cancel()

    def _cancel(self) -> None:
        if self._invite is None or self._cancelled:
            return
        self._cancelled = True
        head = wire.head_of(self._invite)
        cancel = self._request("CANCEL", head.cseq, head.branch)
        head = wire.head_of(cancel)
        self._network.transactions.client(cancel, head, self._flow, lambda response: None, lambda: None)

    def _again(self, response: Response) -> dict[str, str] | None:
        """What a further INVITE needs, where a refusal asks for one."""
        if response.status in (401, 407) and self._auth is not None and self._invite is not None:
            if "authorization" in "".join(name.lower() for name, _ in self._invite.headers.items()):
                return None  # these credentials were refused
            answered = answer_challenge(self._auth, response.message, response.status, "INVITE", self._invite.uri)
            return None if answered is None else dict([answered])
        least = response.first("Min-SE")
        if response.status == 422 and least.isdigit() and len(least) < 7:
            return {"Session-Expires": least, "Min-SE": least}
        return None


def early_dialog(to: str, caller: str, hop: NextHop, flow: Flow) -> Dialog:
    """The dialog of a call to `to` by `caller`, numbers or SIP addresses. Raises BadInput."""
    host = f"[{hop.host}]" if ":" in hop.host else hop.host
    if _NUMBER.fullmatch(to):
        target = f"sip:{to}@{host}:{hop.port}"
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


def sdp_of(response: Response) -> str | None:
    """The session description of a response, where it has one that can be read."""
    try:
        return response.sdp()
    except BadInput:
        return None
