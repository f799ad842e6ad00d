"""Callers' tokens: short-lived, signed with HMAC-SHA256, naming a tenant and an agent. Issued by `http`, read by doors.

`<base64url of JSON claims>.<base64url of the signature>`; claims: tenant, agent, user, exp (Unix seconds).
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

from parley_core.errors import BadInput, NotAllowed
from parley_core.ids import check_token

MAX_LENGTH = 2048


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows: calls to one agent of one tenant."""

    tenant: str
    agent: str
    user: str
    expires: int  # Unix seconds


class Tokens:
    def __init__(self, secret: bytes) -> None:
        """Every gateway that shall take a token needs the secret it was issued with."""
        if len(secret) < 16:
            raise BadInput("token secret", "must have at least 16 bytes")
        self._secret = secret

    def issue(self, grant: Grant) -> str:
        claims = {"tenant": grant.tenant, "agent": grant.agent, "user": grant.user, "exp": grant.expires}
        body = _encode(json.dumps(claims, separators=(",", ":")).encode())
        return f"{body}.{_encode(self._sign(body))}"

    def read(self, token: str, now: float) -> Grant:
        """Raises NotAllowed for a token that is forged, broken or expired."""
        body, dot, signature = token.partition(".")
        if len(token) > MAX_LENGTH or not dot:
            raise NotAllowed("this call", "the token is malformed")
        try:
            given = _decode(signature)
        except (ValueError, binascii.Error):
            raise NotAllowed("this call", "the token is malformed") from None
        if not hmac.compare_digest(given, self._sign(body)):
            raise NotAllowed("this call", "the token's signature is wrong")
        claims = json.loads(_decode(body))
        if claims["exp"] < now:
            raise NotAllowed("this call", "the token has expired")
        tenant, agent = check_token(claims["tenant"], "tenant"), check_token(claims["agent"], "agent")
        return Grant(tenant, agent, claims["user"], claims["exp"])

    def _sign(self, body: str) -> bytes:
        return hmac.new(self._secret, body.encode(), hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
