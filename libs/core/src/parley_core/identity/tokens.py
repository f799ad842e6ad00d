"""How a service proves to a gRPC server who it is: a JWT that it signs with its own key, for that server's service.

Claims: `iss` the service, `aud` the full name of the gRPC service that is called, `exp` five minutes ahead. Signed with
EdDSA (RFC 8037). A token that was read off the wire is of use for that service only, and for minutes.
"""

import time
from collections.abc import Callable

import jwt

from parley_core.errors import NotAllowed
from parley_core.identity.keys import Identity

HEADER = "authorization"
LIFE_S = 300
RENEW_S = 60  # before its end
_ALGORITHM = "EdDSA"
_REMEMBERED = 512


class Presenter:
    """Tokens of one identity, made when first needed and kept for as long as they hold."""

    def __init__(self, identity: Identity, now: Callable[[], float] = time.time) -> None:
        self._identity = identity
        self._now = now
        self._made: dict[str, tuple[str, float]] = {}

    def header(self, audience: str) -> str:
        token, until = self._made.get(audience, ("", 0.0))
        now = self._now()
        if until - now < RENEW_S:
            until = now + LIFE_S
            claims = {"iss": self._identity.service, "aud": audience, "iat": int(now), "exp": int(until)}
            token = jwt.encode(claims, self._identity.private, algorithm=_ALGORITHM)
            self._made[audience] = (token, until)
        return f"Bearer {token}"


class Verifier:
    """Says who signed a token. One that was found good is remembered until its end: calls follow each other closely."""

    def __init__(self, identity: Identity, now: Callable[[], float] = time.time) -> None:
        self._public = identity.public
        self._now = now
        self._known: dict[tuple[str, str], tuple[str, float]] = {}

    def service(self, header: str, audience: str) -> str:
        """The service that the header proves. Raises NotAllowed with what is wrong, never with the token."""
        scheme, _, token = header.partition(" ")
        if not header:
            raise NotAllowed("the call", "it carries no service token")
        if scheme.lower() != "bearer" or not token:
            raise NotAllowed("the call", "its authorization is no bearer token")
        known = self._known.get((token, audience))
        if known is not None and known[1] > self._now():
            return known[0]
        service, until = self._verify(token, audience)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[token, audience] = (service, until)
        return service

    def _verify(self, token: str, audience: str) -> tuple[str, float]:
        try:
            named = jwt.decode(token, options={"verify_signature": False}).get("iss")
            key = self._public.get(named) if isinstance(named, str) else None
            if key is None:
                raise NotAllowed("the call", "its service token names no service of this installation")
            options = {"require": ["exp", "iss", "aud"], "verify_exp": False, "verify_iat": False}
            claims = jwt.decode(token, key, algorithms=[_ALGORITHM], audience=audience, options=options)  # type: ignore[arg-type]
            until = float(claims["exp"])
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise NotAllowed("the call", f"its service token is not valid ({type(error).__name__})") from None
        now = self._now()
        if until <= now:
            raise NotAllowed("the call", "its service token has expired")
        if until > now + 2 * LIFE_S:
            raise NotAllowed("the call", "its service token is valid for too long")
        return str(named), until
