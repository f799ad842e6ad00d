"""Callers' tokens: short-lived, signed with HMAC-SHA256. Issued by `http` and to calls that stand, read by channels.

`<base64url of JSON claims>.<base64url of the signature>`. A grant opens calls to one agent of one tenant, inside its
limits; claims: tenant, agent, user, exp (Unix seconds) and, where they limit, id, max_call_s, concurrency, origins,
tools. A ticket takes up one call and nothing else; claims: use ("resume"), tenant, call, session, exp.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import cast

from parley.v1 import session_pb2
from parley_core import clock
from parley_core.bus.port import Bus
from parley_core.errors import BadInput, NotAllowed
from parley_core.ids import check_token
from parley_core.text import load_json

from parley_gateway.cluster.ticket import Ticket

MAX_LENGTH = 2048
SECRETS = "gateway_secrets"  # a KV bucket that only gateways may read
_RESUME = "resume"
_GRACE_S = 60  # a ticket's life beyond the call's longest


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows: calls to one agent of one tenant."""

    tenant: str
    agent: str
    user: str
    expires: int  # Unix seconds
    id: str = ""
    max_call_s: int = 0  # 0: the agent's
    concurrency: int = 0  # calls at the same time of this user, or else of this token; 0: any number
    origins: tuple[str, ...] = ()  # of the pages that may use it; none: any, and clients that are no pages
    tools: tuple[str, ...] = ()  # of the agent's; none: all

    def check_origin(self, origin: str) -> None:
        """Raises NotAllowed for a page of another site (`origin`: its request's Origin header)."""
        if self.origins and origin.rstrip("/") not in self.origins:
            raise NotAllowed("this call", "the token is for pages of another site")


async def shared_secret(bus: Bus) -> bytes:
    """The shared secret of the gateways of this bus that have none set: the first to start makes it."""
    kept = bus.kv(SECRETS)
    await kept.create("tokens", secrets.token_bytes(32))
    return await kept.get("tokens") or b""


class Tokens:
    def __init__(self, secret: bytes) -> None:
        """Every gateway that shall take a token needs the secret it was issued with."""
        if len(secret) < 16:
            raise BadInput("token secret", "must have at least 16 bytes")
        self._secret = secret

    def issue(self, grant: Grant) -> str:
        claims: dict[str, object] = {"tenant": grant.tenant, "agent": grant.agent, "user": grant.user}
        limits: dict[str, object] = {"id": grant.id, "max_call_s": grant.max_call_s, "concurrency": grant.concurrency}
        limits |= {"origins": grant.origins, "tools": grant.tools}
        claims |= {name: value for name, value in limits.items() if value}
        return self._seal({**claims, "exp": grant.expires})

    def read(self, token: str, now: float) -> Grant:
        """Raises NotAllowed for a token that is forged, broken, expired or of another use."""
        claims = self._unseal(token, now)
        if "use" in claims:
            raise NotAllowed("this call", "the token opens no call")
        tenant, agent = check_token(str(claims["tenant"]), "tenant"), check_token(str(claims["agent"]), "agent")
        return Grant(
            tenant,
            agent,
            str(claims["user"]),
            _whole(claims["exp"]),
            id=str(claims.get("id", "")),
            max_call_s=_whole(claims.get("max_call_s", 0)),
            concurrency=_whole(claims.get("concurrency", 0)),
            origins=_texts(claims.get("origins")),
            tools=_texts(claims.get("tools")),
        )

    def issue_resume(self, session: session_pb2.Session, *, hold_s: float) -> str:
        """Make the token that takes this call up again. It lives as long as the call may, and `hold_s` longer."""
        expires = clock.current().time_us() / 1e6 + session.policy.max_call_s + hold_s + _GRACE_S
        claims = {"use": _RESUME, "tenant": session.tenant, "call": session.call, "session": session.session}
        return self._seal({**claims, "exp": int(expires)})

    def read_resume(self, token: str, now: float) -> Ticket:
        """Raises NotAllowed for a token that is forged, broken, expired or of another use."""
        claims = self._unseal(token, now)
        if claims.get("use") != _RESUME:
            raise NotAllowed("this call", "the token takes no call up")
        tenant, call = check_token(str(claims["tenant"]), "tenant"), check_token(str(claims["call"]), "call")
        return Ticket(tenant, call, str(claims["session"]))

    def _seal(self, claims: dict[str, object]) -> str:
        body = _encode(json.dumps(claims, separators=(",", ":")).encode())
        return f"{body}.{_encode(self._sign(body))}"

    def _unseal(self, token: str, now: float) -> dict[str, object]:
        body, dot, signature = token.partition(".")
        if len(token) > MAX_LENGTH or not dot:
            raise NotAllowed("this call", "the token is malformed")
        try:
            given = _decode(signature)
        except (ValueError, binascii.Error):
            raise NotAllowed("this call", "the token is malformed") from None
        if not hmac.compare_digest(given, self._sign(body)):
            raise NotAllowed("this call", "the token's signature is wrong")
        claims = cast(dict[str, object], load_json(_decode(body)))
        if _whole(claims["exp"]) < now:
            raise NotAllowed("this call", "the token has expired")
        return claims

    def _sign(self, body: str) -> bytes:
        return hmac.new(self._secret, body.encode(), hashlib.sha256).digest()


def _whole(claim: object) -> int:
    return claim if isinstance(claim, int) else 0


def _texts(claim: object) -> tuple[str, ...]:
    return tuple(str(one) for one in claim) if isinstance(claim, list) else ()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
