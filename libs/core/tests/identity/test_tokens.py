import base64
import json
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest
from parley_core.errors import NotAllowed
from parley_core.identity import Identity, load, make_keys
from parley_core.identity.tokens import LIFE_S, Presenter, Verifier

RAG, TOOLS = "parley.v1.Rag", "parley.v1.Tools"
NOW = 1_800_000_000.0


@pytest.fixture
def identities(tmp_path: Path) -> Callable[[str], Identity]:
    make_keys(tmp_path)
    return lambda service: load(tmp_path / f"{service}.nk")


def signed(identity: Identity, **claims: object) -> str:
    whole = {"iss": identity.service, "aud": RAG, "exp": int(NOW) + 60} | claims
    kept = {name: value for name, value in whole.items() if value is not None}
    return "Bearer " + jwt.encode(kept, identity.private, algorithm="EdDSA")


def test_a_token_proves_the_service_to_the_one_that_it_is_for(identities: Callable[[str], Identity]) -> None:
    header = Presenter(identities("llm"), lambda: NOW).header(RAG)
    verifier = Verifier(identities("rag"), lambda: NOW)
    assert verifier.service(header, RAG) == verifier.service(header, RAG) == "llm"
    with pytest.raises(NotAllowed):
        verifier.service(header, TOOLS)


def test_a_token_is_used_again_and_renewed_before_its_end(identities: Callable[[str], Identity]) -> None:
    now = NOW
    presenter = Presenter(identities("llm"), lambda: now)
    first = presenter.header(RAG)
    now += LIFE_S / 2
    assert presenter.header(RAG) == first
    now += LIFE_S / 2 - 1
    renewed = presenter.header(RAG)
    assert renewed != first
    assert Verifier(identities("rag"), lambda: now + 10).service(renewed, RAG) == "llm"


def test_a_token_that_was_good_is_refused_after_its_end(identities: Callable[[str], Identity]) -> None:
    now = NOW
    verifier = Verifier(identities("rag"), lambda: now)
    header = signed(identities("llm"))
    assert verifier.service(header, RAG) == "llm"
    now += 61
    with pytest.raises(NotAllowed, match="expired"):
        verifier.service(header, RAG)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "gateway"},  # signed with llm's key
        {"iss": "nobody"},
        {"iss": None},
        {"aud": TOOLS},
        {"aud": None},
        {"exp": int(NOW) - 1},
        {"exp": None},
        {"exp": int(NOW) + 10**6},
    ],
)
def test_false_claims_are_refused(identities: Callable[[str], Identity], claims: dict[str, object]) -> None:
    with pytest.raises(NotAllowed):
        Verifier(identities("rag"), lambda: NOW).service(signed(identities("llm"), **claims), RAG)


def test_what_is_no_token_is_refused_without_being_repeated(identities: Callable[[str], Identity]) -> None:
    verifier = Verifier(identities("rag"), lambda: NOW)
    for header in ("", "Bearer", "Bearer ", "Basic bGxtOng=", "Bearer a.b.c", "Bearer " + "x" * 5000, "Bearer é.é.é"):
        with pytest.raises(NotAllowed) as raised:
            verifier.service(header, RAG)
        assert "x" * 20 not in str(raised.value)


def test_an_unsigned_token_and_one_signed_with_the_public_key_are_refused(
    identities: Callable[[str], Identity],
) -> None:
    claims = {"iss": "llm", "aud": RAG, "exp": int(NOW) + 60}
    unsigned = jwt.encode(claims, None, algorithm="none")
    public = identities("llm").public["llm"].public_bytes_raw()
    confused = jwt.encode(claims, public, algorithm="HS256")
    verifier = Verifier(identities("rag"), lambda: NOW)
    for token in (unsigned, confused):
        with pytest.raises(NotAllowed):
            verifier.service(f"Bearer {token}", RAG)


def test_a_changed_token_is_refused(identities: Callable[[str], Identity]) -> None:
    head, body, signature = signed(identities("llm")).removeprefix("Bearer ").split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = base64.urlsafe_b64encode(json.dumps(claims | {"exp": int(NOW) + 90}).encode()).decode().rstrip("=")
    with pytest.raises(NotAllowed):
        Verifier(identities("rag"), lambda: NOW).service(f"Bearer {head}.{changed}.{signature}", RAG)
