"""Tokens: JSON Web Tokens, in three kinds that their audience tells apart, so that none serves for another.

A call token (`parley`) opens calls to one agent of one tenant, inside its limits. Gateways issue them, and so may
whoever has a key (`token_keys`); docs/clients.md has the claims. A resume token (`parley/resume`) takes up one call. A
ticket (`parley/ticket/<carrier>`) opens one media stream of a carrier's call. Only gateways sign the latter two.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Annotated, TypeVar

from parley.v1 import session_pb2
from parley_core import clock
from parley_core.bus.port import Bus
from parley_core.errors import BadInput, NotAllowed
from parley_core.ids import check_token
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parley_gateway.admission.token_keys import ISSUER, Claims, TokenKeys
from parley_gateway.caller import Uses
from parley_gateway.cluster.ticket import Ticket

CALLS = "parley"  # the audience of call tokens
MAX_TTL_S = 86_400  # of a call token, whoever signed it
SECRETS = "gateway_secrets"  # a KV bucket that only gateways may read
_RESUME = "parley/resume"
_TICKET = "parley/ticket/"
_GRACE_S = 60  # a resume token's life beyond the call's longest


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
    groups: tuple[str, ...] = ()  # whose documents the caller may hear of, beside the public ones
    most_uses: int = 0  # calls that it opens; 0: any number
    issuer: str = ISSUER

    @property
    def uses(self) -> Uses | None:
        if not self.most_uses:
            return None
        named = f"{self.issuer}\n{self.tenant}\n{self.id}"
        return Uses(hashlib.sha256(named.encode()).hexdigest()[:40], self.most_uses, self.expires)

    def check_origin(self, origin: str) -> None:
        """Raises NotAllowed for a page of another site (`origin`: its request's Origin header)."""
        if self.origins and origin.rstrip("/") not in self.origins:
            raise NotAllowed("this call", "the token is for pages of another site")


@dataclass(frozen=True, slots=True)
class StreamTicket:
    """What a carrier's ticket allows: one stream of its call."""

    tenant: str
    agent: str
    user: str
    call: str  # the carrier's name of it
    id: str
    expires: int = 0  # Unix seconds

    @property
    def uses(self) -> Uses:
        """One call, whichever gateway it is shown to."""
        return Uses(hashlib.sha256(f"ticket\n{self.call}\n{self.id}".encode()).hexdigest()[:40], 1, self.expires)


class _Claims(BaseModel):
    """A limit that is not understood must not be none: types are checked strictly. Other claims are the issuer's."""

    model_config = ConfigDict(strict=True, extra="ignore")


class _CallClaims(_Claims):
    agent: str
    tenant: str = ""
    exp: float
    sub: str = Field("", max_length=200)
    jti: str = Field("", max_length=100)
    max_call_s: int = Field(0, ge=0, le=86_400)
    concurrency: int = Field(0, ge=0, le=10_000)
    uses: int = Field(0, ge=0, le=10_000)
    origins: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=10)
    tools: list[Annotated[str, Field(max_length=100)]] = Field(default_factory=list, max_length=20)
    groups: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(default_factory=list, max_length=50)


class _ResumeClaims(_Claims):
    tenant: str
    call: str
    session: str


class _TicketClaims(_Claims):
    tenant: str
    agent: str
    sub: str
    call: str
    jti: str
    exp: float


async def shared_secret(bus: Bus) -> bytes:
    """The secret of the gateways of this bus that are told none: whichever starts first makes it."""
    kept = bus.kv(SECRETS)
    await kept.create("tokens", secrets.token_bytes(32))
    return await kept.get("tokens") or b""


class Tokens:
    def __init__(self, keys: TokenKeys) -> None:
        self._keys = keys

    def issue(self, grant: Grant) -> str:
        limits: dict[str, object] = {"max_call_s": grant.max_call_s, "concurrency": grant.concurrency}
        limits |= {"origins": grant.origins, "tools": grant.tools, "sub": grant.user, "jti": grant.id}
        limits |= {"uses": grant.most_uses, "groups": grant.groups}
        claims = {name: value for name, value in limits.items() if value}
        claims |= {"iss": ISSUER, "tenant": grant.tenant, "agent": grant.agent, "exp": grant.expires}
        return self._keys.sign(claims, CALLS)

    def read(self, token: str, now: float) -> Grant:
        """Raises NotAllowed for a token that is forged, broken, expired or of another use."""
        claims, key = self._keys.anyones(token, CALLS, now)
        read = _checked(_CallClaims, claims)
        tenant = read.tenant or key.tenant
        if key.tenant and tenant != key.tenant:
            raise NotAllowed("this call", "the token's key is another tenant's")
        if read.exp > now + MAX_TTL_S:
            raise NotAllowed("this call", f"the token lives longer than {MAX_TTL_S // 3600} hours")
        if read.uses and not read.jti:
            raise NotAllowed("this call", "the token's uses cannot be counted without a jti")
        return Grant(
            _name(tenant, "tenant"),
            _name(read.agent, "agent"),
            read.sub,
            int(read.exp),
            id=read.jti,
            max_call_s=read.max_call_s,
            concurrency=read.concurrency,
            origins=tuple(one.rstrip("/") for one in read.origins),
            tools=tuple(read.tools),
            groups=tuple(read.groups),
            most_uses=read.uses,
            issuer=key.issuer,
        )

    def issue_resume(self, session: session_pb2.Session, *, hold_s: float) -> str:
        """Make the token that takes this call up again. It lives as long as the call may, and `hold_s` longer."""
        expires = clock.current().time_us() / 1e6 + session.policy.max_call_s + hold_s + _GRACE_S
        claims = {"tenant": session.tenant, "call": session.call, "session": session.session}
        return self._keys.sign({**claims, "exp": int(expires)}, _RESUME)

    def read_resume(self, token: str, now: float) -> Ticket:
        """Raises NotAllowed for a token that is forged, broken, expired or of another use."""
        read = _checked(_ResumeClaims, self._keys.own(token, _RESUME, now))
        return Ticket(_name(read.tenant, "tenant"), _name(read.call, "call"), read.session)

    def issue_ticket(self, carrier: str, ticket: StreamTicket) -> str:
        claims = {"tenant": ticket.tenant, "agent": ticket.agent, "sub": ticket.user}
        claims |= {"call": ticket.call, "jti": ticket.id}
        return self._keys.sign({**claims, "exp": ticket.expires}, _TICKET + carrier)

    def read_ticket(self, carrier: str, token: str, now: float) -> StreamTicket:
        """Raises NotAllowed for a ticket that is forged, broken, expired or another carrier's."""
        read = _checked(_TicketClaims, self._keys.own(token, _TICKET + carrier, now))
        tenant, agent = _name(read.tenant, "tenant"), _name(read.agent, "agent")
        return StreamTicket(tenant, agent, read.sub, read.call, read.jti, int(read.exp))


C = TypeVar("C", bound=_Claims)


def _checked(kind: type[C], claims: Claims) -> C:
    try:
        return kind.model_validate(dict(claims))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise NotAllowed("this call", f"the token's claim {where}: {first['msg']}") from None


def _name(value: str, what: str) -> str:
    try:
        return check_token(value, what)
    except BadInput as error:
        raise NotAllowed("this call", f"the token's {error}") from None
