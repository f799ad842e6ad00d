"""Twilio's webhooks as they come in: whose they are, and what they say.

Signed over the URL that Twilio called and the form's fields, with the account's auth token (HMAC-SHA1) or, where a
header says so, with a shared key's secret (`X-Twilio-Webhooks-Signature-Settings`). Checked by Twilio's SDK.
"""

import logging
import re
from dataclasses import dataclass

from aiohttp import web
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

log = logging.getLogger(__name__)

_CALL = re.compile(r"CA[0-9a-f]{32}", re.ASCII)
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class TwilioWebhook:
    """One request of Twilio's."""

    call: str  # CallSid
    fields: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def caller(self) -> str:
        """The number of the person: who called, or who was called by us."""
        return self["From"] if self["Direction"] in ("", "inbound") else self["To"]

    @property
    def called(self) -> str:
        return self["To"] if self["Direction"] in ("", "inbound") else self["From"]


class TwilioWebhooks:
    def __init__(self, account_sid: str, auth_token: str, signing_secret: str, public_url: str) -> None:
        self._account_sid = account_sid
        self._validator = RequestValidator(auth_token)
        self._shared = RequestValidator(signing_secret) if signing_secret else None
        self._public_url = public_url

    async def read(self, request: web.Request, *, call: str = "CallSid") -> TwilioWebhook:
        """Raises HTTPForbidden for a request that is not Twilio's, HTTPBadRequest for one that makes no sense.

        `call`: the field that names the channel's call.
        """
        if request.content_type != _FORM:
            raise web.HTTPBadRequest(text="a form is expected")
        try:
            form = await request.post()
        except ValueError:
            raise web.HTTPBadRequest(text="the form cannot be read") from None
        settings = request.headers.get(SIGNATURE_SETTINGS_HEADER, "")
        validator = self._shared if settings else self._validator
        url = self._public_url + request.raw_path
        signature = request.headers.get(SIGNATURE_HEADER, "")
        if validator is None or not validator.validate(url, form, signature, get_signature_algorithm(settings)):
            log.warning("webhook refused", extra={"reason": "bad_signature", "path": request.path, "channel": "twilio"})
            raise web.HTTPForbidden(text="the signature is wrong")
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        webhook = TwilioWebhook(fields.get(call, ""), fields)
        if webhook["AccountSid"] != self._account_sid:
            log.warning("webhook refused", extra={"reason": "other_account", "path": request.path, "channel": "twilio"})
            raise web.HTTPForbidden(text="this is another account's")
        if not _CALL.fullmatch(webhook.call):
            raise web.HTTPBadRequest(text=f"{call} is missing")
        return webhook
