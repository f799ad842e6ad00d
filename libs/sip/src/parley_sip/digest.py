"""Digest authentication (RFC 7616, RFC 8760), the server's half; aiosipua answers challenges but makes none.

Nonces are signed and carry their time, so that strangers cost no memory; each is good for a few minutes, and a count
of it only once.
"""

import base64
import hashlib
import hmac
import secrets
import struct
from collections import OrderedDict
from enum import Enum

from aiosipua.headers import parse_auth

_ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_GOOD_FOR_S = 300
_MAX_KNOWN = 10_000  # nonces whose counts are remembered


class Verdict(Enum):
    ALLOWED = "allowed"
    UNKNOWN = "unknown"  # no credentials, or wrong ones
    STALE = "stale"  # right ones, for a nonce that is over


class Digest:
    def __init__(self, user: str, password: str, realm: str, *, secret: bytes | None = None) -> None:
        self._user = user
        self._password = password
        self._realm = realm
        self._secret = secret or secrets.token_bytes(32)
        self._counts: OrderedDict[str, int] = OrderedDict()  # the highest count by nonce

    def challenge(self, now: float, *, stale: bool = False) -> str:
        """The value of WWW-Authenticate. MD5 is what phones and trunks of every age answer; SHA-256 is taken, too."""
        value = f'Digest realm="{self._realm}", nonce="{self._nonce(now)}", algorithm=MD5, qop="auth"'
        return value + ", stale=true" if stale else value

    def check(self, authorization: str, method: str, now: float) -> Verdict:
        given = parse_auth(authorization, credentials=True)
        if given.scheme.lower() != "digest":
            return Verdict.UNKNOWN
        fields = {name.lower(): value for name, value in given.params.items()}
        nonce = fields.get("nonce", "")
        made = self._made_at(nonce)
        if made is None or not hmac.compare_digest(fields.get("username", "").encode(), self._user.encode()):
            return Verdict.UNKNOWN
        if not hmac.compare_digest(fields.get("response", "").lower().encode(), self._expected(fields, method)):
            return Verdict.UNKNOWN
        if not 0 <= now - made <= _GOOD_FOR_S or not self._count(nonce, fields):
            return Verdict.STALE
        return Verdict.ALLOWED

    def _expected(self, fields: dict[str, str], method: str) -> bytes:
        algorithm = _ALGORITHMS.get(fields.get("algorithm", "MD5").upper())
        if algorithm is None or fields.get("realm") != self._realm:
            return b""

        def digest(*parts: str) -> str:
            return algorithm(":".join(parts).encode()).hexdigest()

        user = digest(self._user, self._realm, self._password)
        asked = digest(method, fields.get("uri", ""))
        between: tuple[str, ...]
        if fields.get("qop", "").lower() == "auth":
            between = (fields.get("nonce", ""), fields.get("nc", ""), fields.get("cnonce", ""), fields["qop"])
        elif "qop" in fields:
            return b""
        else:
            between = (fields.get("nonce", ""),)
        return digest(user, *between, asked).encode()

    def _count(self, nonce: str, fields: dict[str, str]) -> bool:
        """Whether this use of the nonce is a new one."""
        try:
            count = int(fields.get("nc", "1"), 16)
        except ValueError:
            return False
        if count <= self._counts.get(nonce, 0):
            return False
        self._counts[nonce] = count
        self._counts.move_to_end(nonce)
        while len(self._counts) > _MAX_KNOWN:
            self._counts.popitem(last=False)
        return True

    def _nonce(self, now: float) -> str:
        body = struct.pack(">d", now) + secrets.token_bytes(6)
        return base64.urlsafe_b64encode(body + self._sign(body)).decode()

    def _made_at(self, nonce: str) -> float | None:
        try:
            raw = base64.b64decode(nonce.encode(), altchars=b"-_", validate=True)
        except ValueError:
            return None
        body, signature = raw[:14], raw[14:]
        if len(body) != 14 or not hmac.compare_digest(signature, self._sign(body)):
            return None
        made: float = struct.unpack(">d", body[:8])[0]
        return made

    def _sign(self, body: bytes) -> bytes:
        return hmac.new(self._secret, body, hashlib.sha256).digest()[:16]
