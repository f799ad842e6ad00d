"""Tenants' secrets, encrypted at rest. Each has a data key of its own, which a master key wraps (envelope encryption,
AES-256-GCM through `cryptography`); tenant and name are bound in, so that a row that is moved opens nothing.

Master keys stand in a file, one a line, the newest first: the first wraps, all of them open. To rotate, put a new line
on top, restart, and have every data key wrapped anew (`rotate`); then the old line can go.
"""

import base64
import binascii
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from parley_core.clock import Clock
from parley_core.errors import BadInput, NotAllowed, NotFound
from parley_store.engine import reading, transaction
from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from parley_tools.stores.tables import credentials

_BITS = 256
_NONCE = 12


class MasterKeys:
    """The key-encryption keys, by the beginning of their hash."""

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = {hashlib.sha256(key).hexdigest()[:16]: AESGCM(key) for key in keys}
        self.newest = next(iter(self._keys), "")

    @classmethod
    def load(cls, path: str) -> "MasterKeys":
        """Make the file with one key where it is not there yet. Without a path there are no keys. Raises BadInput."""
        if not path:
            return cls([])
        file = Path(path)
        try:
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                _create(file)
            lines = file.read_text(encoding="utf-8").split()
            keys = [base64.b64decode(line, validate=True) for line in lines]
        except OSError as error:
            raise BadInput(path, error.strerror or "cannot be read") from None
        except (binascii.Error, ValueError):
            raise BadInput(path, "holds what is no base64 of 32 bytes") from None
        if not keys or any(len(key) * 8 != _BITS for key in keys):
            raise BadInput(path, "must hold keys of 32 bytes, in base64, one a line")
        return cls(keys)

    def wrap(self, data_key: bytes, bound: bytes) -> tuple[str, bytes]:
        if not self.newest:
            raise NotAllowed("storing a secret", "PARLEY_TOOLS_KEYS names no file of master keys")
        return self.newest, _sealed(self._keys[self.newest], data_key, bound)

    def unwrap(self, key_id: str, wrapped: bytes, bound: bytes) -> bytes:
        if key_id not in self._keys:
            raise NotAllowed("opening a secret", f"its master key {key_id} is not in the file")
        return _opened(self._keys[key_id], wrapped, bound)


class Vault:
    def __init__(self, database: AsyncEngine, keys: MasterKeys, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    async def put(self, tenant: str, name: str, value: str) -> None:
        """Store or replace a secret. Raises NotAllowed where there are no master keys."""
        bound, data_key = _bound(tenant, name), AESGCM.generate_key(_BITS)
        key_id, wrapped = self._keys.wrap(data_key, bound)
        row = {
            "key_id": key_id,
            "wrapped": wrapped,
            "sealed": _sealed(AESGCM(data_key), value.encode(), bound),
            "updated_us": self._clock.time_us(),
        }
        async with transaction(self._database) as connection:
            await connection.execute(delete(credentials).where(*_is(tenant, name)))
            await connection.execute(insert(credentials).values(tenant=tenant, name=name, **row))

    async def get(self, tenant: str, name: str) -> str:
        """Raises NotFound, NotAllowed."""
        async with reading(self._database) as connection:
            row = (await connection.execute(select(credentials).where(*_is(tenant, name)))).one_or_none()
        if row is None:
            raise NotFound("credential", name)
        bound = _bound(tenant, name)
        return _opened(AESGCM(self._keys.unwrap(row.key_id, row.wrapped, bound)), row.sealed, bound).decode()

    async def names(self, tenant: str) -> list[tuple[str, int]]:
        """Name and time of each, never a value."""
        query = select(credentials.c.name, credentials.c.updated_us).where(credentials.c.tenant == tenant)
        async with reading(self._database) as connection:
            return [(row.name, row.updated_us) for row in await connection.execute(query.order_by(credentials.c.name))]

    async def remove(self, tenant: str, name: str) -> None:
        async with transaction(self._database) as connection:
            gone = await connection.execute(delete(credentials).where(*_is(tenant, name)))
        if gone.rowcount != 1:
            raise NotFound("credential", name)

    async def rotate(self, tenant: str) -> int:
        """Wrap the tenant's data keys with the newest master key; returns how many were not yet."""
        async with transaction(self._database) as connection:
            old = select(credentials).where(credentials.c.tenant == tenant, credentials.c.key_id != self._keys.newest)
            rows = (await connection.execute(old)).all()
            for row in rows:
                bound = _bound(tenant, row.name)
                key_id, wrapped = self._keys.wrap(self._keys.unwrap(row.key_id, row.wrapped, bound), bound)
                await connection.execute(
                    update(credentials).where(*_is(tenant, row.name)).values(key_id=key_id, wrapped=wrapped)
                )
        return len(rows)


def _create(file: Path) -> None:
    """Readable by its owner alone, and whole when it is there: processes may start at once."""
    made = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(base64.b64encode(AESGCM.generate_key(_BITS)).decode() + "\n")
    try:
        os.link(made, file)
    except FileExistsError:
        pass
    finally:
        made.unlink()


def _sealed(cipher: AESGCM, data: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + cipher.encrypt(nonce, data, bound)


def _opened(cipher: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except InvalidTag:
        raise NotAllowed("opening a secret", "it was changed, or its key is another one") from None


def _bound(tenant: str, name: str) -> bytes:
    return f"{tenant}\n{name}".encode()


def _is(tenant: str, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return credentials.c.tenant == tenant, credentials.c.name == name
