"""Telnyx's webhooks as they come in: whose they are, and what they say.

Signed with Ed25519 over `<telnyx-timestamp>|<raw body>`; the key is the portal's. What is older than 300 s is
refused, as Telnyx's own SDK does.
"""

import base64
import binascii
import logging
import time
from dataclasses import dataclass

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from parley_core.errors import BadInput

from parley_gateway.channels.carrier import messages as m

log = logging.getLogger(__name__)

_WINDOW_S = 300
_MAX_CALL = 300


@dataclass(frozen=True, slots=True)
class TelnyxWebhook:
    id: str
    family: str  # call, streaming
    event: str  # initiated, hangup, stopped …
    call: str  # call_control_id
    payload: m.Json

    def __getitem__(self, name: str) -> str:
        value = self.payload.get(name)
        return value if isinstance(value, str) else ""


class TelnyxWebhooks:
    def __init__(self, public_key: str, where: str) -> None:
        """Raises BadInput, naming the setting `where`, for what is no key."""
        try:
            self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        except (ValueError, binascii.Error):
            raise BadInput(where, "must be an Ed25519 public key in base64") from None

    async def read(self, request: web.Request) -> TelnyxWebhook:
        """Raises HTTPForbidden for a request that is not Telnyx's, HTTPBadRequest for one that makes no sense."""
        body = await request.read()
        stamp = request.headers.get("telnyx-timestamp", "")
        if not self._genuine(body, stamp, request.headers.get("telnyx-signature-ed25519", "")):
            log.warning("webhook refused", extra={"reason": "bad_signature", "path": request.path, "channel": "telnyx"})
            raise web.HTTPForbidden(text="the signature is wrong")
        try:
            return parse_webhook(body)
        except BadInput as error:
            raise web.HTTPBadRequest(text=str(error)) from None

    def _genuine(self, body: bytes, stamp: str, signature: str) -> bool:
        if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 12:
            return False
        if abs(time.time() - int(stamp)) > _WINDOW_S:
            return False
        try:
            self._key.verify(base64.b64decode(signature, validate=True), stamp.encode() + b"|" + body)
        except (ValueError, binascii.Error, InvalidSignature):
            return False
        return True


def parse_webhook(body: bytes) -> TelnyxWebhook:
    """Raises BadInput for what Telnyx does not send."""
    data = m.part(m.parse_object(body), "data")
    payload = m.part(data, "payload")
    call = payload.get("call_control_id")
    if not isinstance(call, str) or not 0 < len(call) <= _MAX_CALL:
        raise BadInput("call_control_id", "must be a short text")
    family, _, event = m.text(data, "event_type").partition(".")
    return TelnyxWebhook(m.text(data, "id"), family, event, call, payload)
