"""The keys that sign tokens, and what a JSON Web Token must be to be believed. Used by `tokens`.

The gateways' own key is the shared secret (HS256): their tokens name no key. Who signs tokens itself has a key in a JWK
set (RFC 7517): a public Ed25519 key (EdDSA, RFC 8037) or a symmetric one (HS256). A key there has a `kid`, which the
token's header names, an `iss`, which the token must have, and where it has a `tenant`, it opens that tenant's calls
alone. The algorithm is the key's: what the token's header says is compared, and never chosen by.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.types import Options
from parley_core.errors import BadInput, NotAllowed
from parley_core.ids import TOKEN
from parley_core.text import load_json

MAX_LENGTH = 4096
LEEWAY_S = 30  # for clocks that differ
ISSUER = "parley"  # of the gateways' own tokens
_MIN_SECRET = 32  # bytes: RFC 7518, section 3.2
_HMAC, _EDWARDS = "HS256", "EdDSA"

Claims = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TokenKey:
    algorithm: str
    key: bytes | Ed25519PublicKey
    issuer: str
    tenant: str = ""  # whose calls its tokens may open; empty: every tenant's


class TokenKeys:
    def __init__(self, secret: bytes, others: Mapping[str, TokenKey] | None = None) -> None:
        """`others`: by their `kid`. Raises BadInput for a secret that is too short."""
        if len(secret) < _MIN_SECRET:
            raise BadInput("PARLEY_GATEWAY_TOKEN_SECRET", f"must have at least {_MIN_SECRET} bytes")
        self._secret = secret
        self._own = TokenKey(_HMAC, secret, ISSUER)
        self._others = dict(others or {})

    def sign(self, claims: Claims, audience: str) -> str:
        # Without the header's constant `typ`: carriers bound the length of what they pass on.
        return jwt.encode({**claims, "aud": audience}, self._secret, algorithm=_HMAC, headers={"typ": None})

    def own(self, token: str, audience: str, now: float) -> Claims:
        """The claims of a token that a gateway signed. Raises NotAllowed."""
        if "kid" in _header(token):
            raise NotAllowed("this call", "the token's key is unknown")
        return _verified(token, self._own, audience, now)

    def anyones(self, token: str, audience: str, now: float) -> tuple[Claims, TokenKey]:
        """The claims of a token, and the key that signed it. Raises NotAllowed."""
        header = _header(token)
        key = self._others.get(str(header["kid"])) if "kid" in header else self._own
        if key is None:
            raise NotAllowed("this call", "the token's key is unknown")
        claims = _verified(token, key, audience, now)
        if claims.get("iss") != key.issuer:
            raise NotAllowed("this call", "the token's issuer is not its key's")
        return claims, key


def read_key_set(path: Path, setting: str) -> dict[str, TokenKey]:
    """The keys of a JWK set file by their `kid`. Raises BadInput, naming the setting."""
    try:
        key_set = cast(Mapping[str, Any], load_json(path.read_text(encoding="utf-8")))
        keys = [_of_jwk(one) for one in key_set["keys"]]
    except OSError as error:
        raise BadInput(setting, error.strerror or "cannot be read") from None
    except (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as error:
        raise BadInput(setting, f"is no JWK set: {type(error).__name__}: {error}") from None
    if len(dict(keys)) < len(keys):
        raise BadInput(setting, "has two keys of one kid")
    return dict(keys)


def _of_jwk(jwk: Mapping[str, Any]) -> tuple[str, TokenKey]:
    """Raises ValueError, or what PyJWT raises for what is no key."""
    kid, issuer, tenant = (str(jwk.get(name, "")) for name in ("kid", "iss", "tenant"))
    if not kid or not issuer:
        raise ValueError("every key has a kid and an iss")
    if tenant and not TOKEN.fullmatch(tenant):
        raise ValueError(f"key {kid}: {tenant!r} is not the name of a tenant")
    if "d" in jwk:
        raise ValueError(f"key {kid} is a private key; only its public part may be here")
    algorithm = {"OKP": _EDWARDS, "oct": _HMAC}.get(str(jwk.get("kty")), "")
    if not algorithm or jwk.get("alg", algorithm) != algorithm:
        raise ValueError(f"key {kid}: must be Ed25519 (OKP, EdDSA) or symmetric (oct, HS256)")
    key = jwt.PyJWK.from_dict(dict(jwk), algorithm=algorithm).key
    if algorithm == _HMAC and len(key) < _MIN_SECRET:
        raise ValueError(f"key {kid}: must have at least {_MIN_SECRET} bytes")
    if algorithm == _EDWARDS and not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"key {kid}: its curve must be Ed25519")
    return kid, TokenKey(algorithm, key, issuer, tenant)


def _header(token: str) -> Mapping[str, object]:
    if len(token) > MAX_LENGTH:
        raise NotAllowed("this call", "the token is too long")
    try:
        return jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise NotAllowed("this call", "the token is malformed") from None


def _verified(token: str, key: TokenKey, audience: str, now: float) -> Claims:
    """Signature and audience by PyJWT; times by the process's clock, which tests and simulations move."""
    options: Options = {"require": ["exp"], "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        claims: Claims = jwt.decode(token, key.key, algorithms=[key.algorithm], audience=audience, options=options)
    except jwt.InvalidSignatureError:
        raise NotAllowed("this call", "the token's signature is wrong") from None
    except jwt.InvalidAlgorithmError:
        raise NotAllowed("this call", "the token's algorithm is not its key's") from None
    except jwt.InvalidAudienceError:
        raise NotAllowed("this call", "the token is for something else") from None
    except jwt.MissingRequiredClaimError as error:
        raise NotAllowed("this call", f"the token lacks the claim {error.claim}") from None
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise NotAllowed("this call", "the token is malformed") from None
    if _time(claims, "exp") + LEEWAY_S < now:
        raise NotAllowed("this call", "the token has expired")
    if "nbf" in claims and _time(claims, "nbf") - LEEWAY_S > now:
        raise NotAllowed("this call", "the token is not valid yet")
    return claims


def _time(claims: Claims, name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NotAllowed("this call", f"the token's {name} is no time")
    return value
