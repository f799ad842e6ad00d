"""Keys of services: NATS' nkeys, which are Ed25519 keys in base32 with a checksum.

A folder of identities holds `<service>.nk`, the seed, for its service alone, and `services.json`, the public keys by
service, for all. Format: https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nkeys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from parley_core.errors import BadInput

OPERATOR = "operator"  # the person at the machine: the command line, set-up, tests of a whole stack
SERVICES = ("gateway", "asr", "llm", "tts", "rag", "tools", "postcall", "billing", "warehouse")
PUBLIC = "services.json"
_PREFIX, _CHECKSUM = 1, 2  # bytes around a key


@dataclass(frozen=True, slots=True)
class Identity:
    """One service's own key, and the public keys of those it may meet."""

    service: str
    seed: str = field(repr=False)
    private: Ed25519PrivateKey = field(repr=False)
    public: Mapping[str, Ed25519PublicKey] = field(repr=False)

    @property
    def inbox(self) -> bytes:
        """Prefix of the subjects on which answers from the bus come in; no other service may listen there."""
        return inbox_of(self.service).encode()


def inbox_of(service: str) -> str:
    return f"_INBOX_{service}"


def make_keys(folder: Path, services: Sequence[str] = (*SERVICES, OPERATOR)) -> dict[str, str]:
    """Make the keys that are not there yet; returns the public keys by service."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    public: dict[str, str] = {}
    for service in services:
        path = folder / f"{service}.nk"
        if not path.exists():
            seed = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)
            _write(path, bytes(seed), 0o600)
        public[service] = nkeys.from_seed(bytearray(path.read_bytes().strip())).public_key.decode()
    _write(folder / PUBLIC, json.dumps(public, indent=1).encode() + b"\n", 0o644)
    return public


def load(path: Path) -> Identity:
    """Read a service's identity from its seed file. Raises BadInput naming the file that is missing or wrong."""
    try:
        seed = path.read_text().strip()
        listed = json.loads((path.parent / PUBLIC).read_text())
        private = Ed25519PrivateKey.from_private_bytes(_raw_seed(seed))
        public = {service: Ed25519PublicKey.from_public_bytes(_raw_public(key)) for service, key in listed.items()}
    except (OSError, ValueError, AttributeError, nkeys.NkeysError) as error:
        raise BadInput("PARLEY_IDENTITY", f"no identity can be read from {path} ({type(error).__name__})") from None
    own = private.public_key().public_bytes_raw()
    service = next((name for name, key in public.items() if key.public_bytes_raw() == own), "")
    if not service:
        raise BadInput("PARLEY_IDENTITY", f"the key in {path} is not listed in {PUBLIC} beside it")
    return Identity(service, seed, private, public)


class _Process:
    """This process, which has one identity, as it has one user."""

    identity: Identity | None = None


_PROCESS = _Process()


def adopt(identity: Identity | None) -> None:
    """From here on this process presents itself as `identity`; None: as a stranger."""
    _PROCESS.identity = identity


def current() -> Identity | None:
    return _PROCESS.identity


def _raw_seed(seed: str) -> bytes:
    padded = seed.encode() + b"=" * (-len(seed) % 8)
    raw = base64.b32decode(padded)
    nkeys.from_seed(bytearray(seed.encode())).wipe()  # checks prefix and checksum
    return raw[_PREFIX + 1 : -_CHECKSUM]


def _raw_public(key: str) -> bytes:
    raw = base64.b32decode(key.encode() + b"=" * (-len(key) % 8))
    if raw[0] != nkeys.PREFIX_BYTE_USER:
        raise ValueError("not the public key of a user")
    return raw[_PREFIX:-_CHECKSUM]


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, never readable by more than `mode` says."""
    made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    made.replace(path)
