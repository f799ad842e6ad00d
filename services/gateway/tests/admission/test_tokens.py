"""Tokens as others make them: with PyJWT, with other keys, and with whatever else can stand in a token."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from parley.v1 import session_pb2
from parley_core.errors import BadInput, NotAllowed
from parley_core.ids import new_id
from parley_gateway.admission.token_keys import LEEWAY_S, TokenKeys, read_key_set
from parley_gateway.admission.tokens import MAX_TTL_S, Grant, StreamTicket, Tokens
from parley_gateway.cluster.ticket import Ticket

NOW = 1_800_000_000
SECRET = b"the secret that all gateways share"
OTHER = b"the secret that somebody else has!"
PRIVATE = Ed25519PrivateKey.generate()
PEM = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
CLAIMS = {"iss": "parley", "aud": "parley", "exp": NOW + 300, "tenant": "acme", "agent": "clinic"}
ACMES = {**CLAIMS, "iss": "https://acme.example"}
GRANT = Grant("acme", "clinic", "", NOW + 300)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _public(private: Ed25519PrivateKey = PRIVATE) -> str:
    return _b64(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


JWKS: dict[str, Any] = {
    "keys": [
        {"kty": "OKP", "crv": "Ed25519", "kid": "acme-1", "iss": ACMES["iss"], "tenant": "acme", "x": _public()},
        {"kty": "oct", "kid": "partner", "iss": "partner", "k": _b64(OTHER)},
    ]
}


@pytest.fixture
def key_set(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(JWKS))
    return path


@pytest.fixture
def tokens(key_set: Path) -> Tokens:
    return Tokens(TokenKeys(SECRET, read_key_set(key_set, "keys")))


def signed(claims: dict[str, object], key: Any = SECRET, algorithm: str = "HS256", **headers: object) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def test_a_token_opens_what_it_was_issued_for(tokens: Tokens) -> None:
    limited = Grant("acme", "clinic", "ann", NOW + 60, "k-1", 600, 2, ("https://acme.example",), ("hand_off",))
    for grant in (GRANT, limited):
        assert tokens.read(tokens.issue(grant), NOW) == grant


def test_a_customers_server_makes_tokens_with_the_shared_secret(tokens: Tokens) -> None:
    more = {"sub": "ann", "jti": "t-1", "concurrency": 1, "iat": NOW, "name": "is the issuer's own claim"}
    read = tokens.read(signed({**CLAIMS, **more}), NOW)
    assert read == Grant("acme", "clinic", "ann", NOW + 300, id="t-1", concurrency=1)


def test_a_customers_key_makes_tokens_for_its_tenant(tokens: Tokens) -> None:
    token = signed(ACMES, PEM, "EdDSA", kid="acme-1")
    assert tokens.read(token, NOW) == replace(GRANT, issuer=str(ACMES["iss"]))
    nameless = {name: value for name, value in ACMES.items() if name != "tenant"}
    assert tokens.read(signed(nameless, PEM, "EdDSA", kid="acme-1"), NOW) == tokens.read(token, NOW)
    with pytest.raises(NotAllowed, match="another tenant's"):
        tokens.read(signed({**ACMES, "tenant": "globex"}, PEM, "EdDSA", kid="acme-1"), NOW)


def test_a_symmetric_key_of_the_set_makes_tokens_for_every_tenant(tokens: Tokens) -> None:
    claims = {**CLAIMS, "iss": "partner", "tenant": "globex"}
    assert tokens.read(signed(claims, OTHER, kid="partner"), NOW).tenant == "globex"


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        ({"exp": NOW - LEEWAY_S - 1}, "expired"),
        ({"nbf": NOW + LEEWAY_S + 1}, "not valid yet"),
        ({"exp": NOW + MAX_TTL_S + 1}, "lives longer"),
        ({"exp": None}, "lacks the claim exp"),
        ({"exp": "soon"}, "exp is no time"),
        ({"exp": True}, "exp is no time"),
        ({"exp": float("nan")}, "exp is no time"),
        ({"aud": "parley/resume"}, "for something else"),
        ({"aud": None}, "lacks the claim aud"),
        ({"aud": ["another", "service"]}, "for something else"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"tenant": None}, "tenant"),
        ({"tenant": "../etc"}, "tenant"),
        ({"agent": None}, "agent"),
        ({"agent": "Clinic"}, "agent"),
        ({"agent": 7}, "agent"),
        ({"sub": 7}, "malformed"),
        ({"sub": "\ud800"}, "sub"),
        ({"concurrency": "1"}, "concurrency"),
        ({"concurrency": True}, "concurrency"),
        ({"max_call_s": -1}, "max_call_s"),
        ({"origins": "https://acme.example"}, "origins"),
        ({"tools": [1]}, "tools"),
    ],
)
def test_a_claim_that_is_wrong_is_named(tokens: Tokens, claims: dict[str, object], problem: str) -> None:
    wrong = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    # PyJWT itself would not sign some of these.
    with pytest.raises(NotAllowed, match=problem):
        tokens.read(_signed_by_hand({"alg": "HS256"}, wrong), NOW)


def test_clocks_may_differ_by_half_a_minute(tokens: Tokens) -> None:
    late, early = {**CLAIMS, "exp": NOW - LEEWAY_S}, {**CLAIMS, "nbf": NOW + LEEWAY_S}
    assert tokens.read(signed(late), NOW).agent == tokens.read(signed(early), NOW).agent == "clinic"


def _signed_by_hand(header: dict[str, object], claims: object, key: bytes = SECRET) -> str:
    body = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
    return f"{body}.{_b64(hmac.new(key, body.encode(), hashlib.sha256).digest())}"


PUBLIC_PEM = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PUBLIC_RAW = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@pytest.mark.parametrize(
    ("token", "problem"),
    [
        (signed(CLAIMS, OTHER), "signature"),
        (signed(CLAIMS, None, "none"), "algorithm"),
        (signed(CLAIMS, None, "none", kid="acme-1"), "algorithm"),
        (_signed_by_hand({"alg": "none"}, CLAIMS), "algorithm"),
        (_signed_by_hand({"alg": "nOnE"}, CLAIMS), "algorithm"),
        (signed(CLAIMS, SECRET + b"." * 30, "HS512"), "algorithm"),
        # Key confusion: a public key, which everybody may know, taken for a secret.
        (_signed_by_hand({"alg": "HS256", "kid": "acme-1"}, ACMES, PUBLIC_PEM), "algorithm"),
        (_signed_by_hand({"alg": "HS256", "kid": "acme-1"}, ACMES, PUBLIC_RAW), "algorithm"),
        (_signed_by_hand({"alg": "EdDSA", "kid": "acme-1"}, ACMES, PUBLIC_RAW), "signature"),
        (_signed_by_hand({"alg": "EdDSA"}, CLAIMS), "algorithm"),
        (signed(ACMES, PEM, "EdDSA"), "algorithm"),
        (signed(ACMES, PEM, "EdDSA", kid="acme-2"), "key is unknown"),
        (signed(ACMES, OTHER, kid="partner"), "issuer"),
        (signed(CLAIMS, SECRET, kid="partner"), "signature"),
        (_signed_by_hand({"alg": "HS256", "kid": 7}, CLAIMS), "malformed"),
        # A key of the token's own, and extensions that must be understood.
        (signed(CLAIMS, OTHER, jwk={"kty": "oct", "k": _b64(OTHER)}), "signature"),
        (_signed_by_hand({"alg": "HS256", "crit": ["b64"], "b64": False}, CLAIMS), "malformed"),
        (_signed_by_hand({"alg": "HS256"}, [1, 2]), "malformed"),
        ("", "malformed"),
        ("é.é.é", "malformed"),
        ("a.b", "malformed"),
        ("." * 3000, "malformed"),
        ("x" * 5000, "too long"),
    ],
)
def test_a_token_that_is_forged_or_broken_opens_nothing(tokens: Tokens, token: str, problem: str) -> None:
    with pytest.raises(NotAllowed, match=problem):
        tokens.read(token, NOW)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_that_was_changed_opens_nothing(tokens: Tokens, part: int) -> None:
    parts = tokens.issue(GRANT).split(".")
    changed = base64.urlsafe_b64decode(parts[part] + "==")
    parts[part] = _b64(changed[:-2] + bytes([changed[-2] ^ 1]) + changed[-1:])
    with pytest.raises(NotAllowed):
        tokens.read(".".join(parts), NOW)


def test_no_kind_of_token_serves_for_another(tokens: Tokens) -> None:
    session = session_pb2.Session(tenant="acme", call="c-1", session="s-1")
    session.policy.max_call_s = 4_000_000_000 - NOW
    ticket = StreamTicket("acme", "clinic", "+15550100", "CA1", "once", NOW + 60)
    call, resume = tokens.issue(GRANT), tokens.issue_resume(session, hold_s=20)
    twilio = tokens.issue_ticket("twilio", ticket)
    assert tokens.read_resume(resume, NOW) == Ticket("acme", "c-1", "s-1")
    assert tokens.read_ticket("twilio", twilio, NOW) == ticket
    for wrong in (resume, twilio):
        with pytest.raises(NotAllowed, match="something else"):
            tokens.read(wrong, NOW)
    for wrong in (call, twilio):
        with pytest.raises(NotAllowed, match="something else"):
            tokens.read_resume(wrong, NOW)
    for wrong in (call, resume, tokens.issue_ticket("telnyx", ticket)):
        with pytest.raises(NotAllowed, match="something else"):
            tokens.read_ticket("twilio", wrong, NOW)


def test_a_customers_key_neither_takes_calls_up_nor_opens_carriers_streams(tokens: Tokens) -> None:
    resume = {**ACMES, "aud": "parley/resume", "call": "c-1", "session": "s-1"}
    ticket = {**ACMES, "aud": "parley/ticket/twilio", "call": "CA1", "sub": "", "jti": "x"}
    with pytest.raises(NotAllowed, match="key is unknown"):
        tokens.read_resume(signed(resume, PEM, "EdDSA", kid="acme-1"), NOW)
    with pytest.raises(NotAllowed, match="key is unknown"):
        tokens.read_ticket("twilio", signed(ticket, PEM, "EdDSA", kid="acme-1"), NOW)


def test_a_ticket_fits_into_what_twilio_passes_on() -> None:
    """Name and value of a stream's parameter have fewer than 500 characters; `session` is the ticket's name."""
    ticket = StreamTicket("t" * 64, "a" * 64, "+123456789012345", "C" * 34, "0" * 16, NOW)
    assert len("session" + Tokens(TokenKeys(SECRET)).issue_ticket("twilio", ticket)) < 500
    names = {"tenant": "t" * 64, "call": new_id("c-"), "session": new_id("s-")}
    assert len("resume" + Tokens(TokenKeys(SECRET)).issue_resume(session_pb2.Session(**names), hold_s=0)) < 500


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(BadInput, match="PARLEY_GATEWAY_TOKEN_SECRET: must have at least 32 bytes"):
        TokenKeys(b"sixteen bytes it")


OKP = JWKS["keys"][0]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("no JSON", "is no JWK set"),
        ("[]", "is no JWK set"),
        ({"keys": ["one"]}, "is no JWK set"),
        ({"keys": [{**OKP, "kid": ""}]}, "kid"),
        ({"keys": [OKP, OKP]}, "two keys of one kid"),
        ({"keys": [{**OKP, "iss": ""}]}, "iss"),
        ({"keys": [{**OKP, "tenant": "Acme Inc"}]}, "tenant"),
        ({"keys": [{**OKP, "d": _public()}]}, "private"),
        ({"keys": [{**OKP, "alg": "HS256"}]}, "must be Ed25519"),
        ({"keys": [{**OKP, "x": "short"}]}, "is no JWK set"),
        ({"keys": [{**OKP, "kty": "RSA"}]}, "must be Ed25519"),
        ({"keys": [{"kty": "oct", "kid": "k", "iss": "i", "k": _b64(b"short")}]}, "32 bytes"),
    ],
)
def test_a_key_set_that_is_wrong_stops_the_start(tmp_path: Path, content: object, problem: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(BadInput, match=problem):
        read_key_set(path, "PARLEY_GATEWAY_TOKEN_KEYS")


def test_a_key_set_that_is_not_there_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="PARLEY_GATEWAY_TOKEN_KEYS: No such file"):
        read_key_set(tmp_path / "none.json", "PARLEY_GATEWAY_TOKEN_KEYS")


def test_the_documented_example_opens_a_call(tokens: Tokens) -> None:
    """docs/clients.md, with this test's key."""
    blocks = (Path(__file__).parents[4] / "docs" / "clients.md").read_text(encoding="utf-8").split("```python\n")
    (example,) = [block.split("```")[0] for block in blocks if "def token_for" in block]
    names: dict[str, Any] = {}
    exec(example, names)
    grant = tokens.read(names["token_for"]("maria", PEM), time.time())
    assert (grant.tenant, grant.agent, grant.user, grant.concurrency) == ("acme", "clinic", "maria", 1)


def test_uses_are_counted_by_issuer_tenant_and_id(tokens: Tokens) -> None:
    read = tokens.read(tokens.issue(replace(GRANT, id="k-1", most_uses=2)), NOW)
    assert read.uses is not None
    assert read.uses.most == 2
    others = [replace(read, id="k-2"), replace(read, tenant="other"), replace(read, issuer="https://acme.example")]
    assert len({read.uses.key, *(one.uses.key for one in others if one.uses is not None)}) == 4
    assert tokens.read(tokens.issue(GRANT), NOW).uses is None


@pytest.mark.parametrize("claims", [{"uses": 1}, *({"uses": uses, "jti": "x"} for uses in (-1, "1", 1.5, True))])
def test_uses_that_cannot_be_counted_are_no_token(tokens: Tokens, claims: dict[str, object]) -> None:
    given = {name: value for name, value in ACMES.items() if name != "jti"}
    with pytest.raises(NotAllowed, match="uses"):
        tokens.read(signed({**given, **claims}, PEM, "EdDSA", kid="acme-1"), NOW)
