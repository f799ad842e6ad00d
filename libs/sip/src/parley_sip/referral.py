"""A blind transfer (RFC 3515): the REFER, and the NOTIFYs that report its outcome. A call's leg holds one at a time."""

import asyncio
import logging
import re

from parley_core.errors import BadInput, Rejected

from parley_sip import wire
from parley_sip.dialog import SipDialog
from parley_sip.transactions import ServerTransaction

log = logging.getLogger(__name__)

_ADDRESS = re.compile(r"sips?:[^\s<>\"?]{1,200}")
_NUMBER = re.compile(r"(?:tel:)?(\+?[0-9*#.()-]{1,32})")
_STATUS = re.compile(r"\s*SIP/2\.0 (\d{3})")


class Referral:
    def __init__(self, dialog: SipDialog, address: str) -> None:
        """`address`: `sip:…` as it is, a number at the peer's own host. Raises BadInput for neither."""
        number = _NUMBER.fullmatch(address)
        if number is None and not _ADDRESS.fullmatch(address):
            raise BadInput("address", "must be tel:+… or sip:…")
        self._refer_to = address if number is None else f"sip:{number[1]}@{dialog.target_host()}"
        self._dialog = dialog
        self._outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, wait_s: float) -> None:
        """Send it; return when the peer reports success, has left, or reports nothing within `wait_s` of accepting it.

        Raises Rejected, TimedOut, Unavailable.
        """
        more = {"Refer-To": f"<{self._refer_to}>", "Referred-By": f"<{self._dialog.local_uri}>"}
        try:
            response = await self._dialog.ask("REFER", more=more)
            if response.status >= 300:
                raise Rejected("the SIP peer", str(response.status), wire.REASONS.get(response.status, ""))
            try:
                async with asyncio.timeout(wait_s):
                    await self._outcome
            except TimeoutError:
                log.info("transfer accepted, outcome not reported", extra={"channel": "sip"})
        finally:
            self._outcome.cancel()

    def left(self) -> bool:
        """The peer has hung up; whether it did so to go where it was sent."""
        if self._outcome.done():
            return False
        self._outcome.set_result(None)
        return True

    def reported(self, sipfrag: str) -> None:
        """A NOTIFY's body: the status line of the call that the peer places (§2.4.5)."""
        found = _STATUS.match(sipfrag[:100])
        if found is None or self._outcome.done():
            return
        status = int(found[1])
        if 200 <= status < 300:
            self._outcome.set_result(None)
        elif status >= 300:
            self._outcome.set_exception(Rejected("the SIP peer", str(status), "the transfer target did not answer"))


def on_notify(transaction: ServerTransaction, referral: Referral | None) -> None:
    """Answer a NOTIFY inside a call: its only events are those of a transfer."""
    request = transaction.request
    if request.first("Event").partition(";")[0].strip().lower() != "refer":
        transaction.refuse(489)
        return
    transaction.refuse(200)
    if referral is not None:
        referral.reported(request.message.text)
