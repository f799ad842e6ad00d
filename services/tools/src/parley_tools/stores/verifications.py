"""One-time codes of a call, and the contacts that its caller has shown to hold. A code is kept as a hash, for ten
minutes and three tries; a call gets three codes for a contact.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from parley_core.clock import Clock
from parley_core.errors import LimitReached
from parley_store.engine import reading, transaction
from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parley_tools.stores.tables import verifications

_DIGITS = 6
_VALID_US = 600_000_000
_MOST_CODES, _MOST_TRIES = 3, 3


@dataclass(frozen=True, slots=True)
class Checked:
    contact: str  # "": the code fits none
    tries_left: int


class VerificationStore:
    def __init__(self, database: AsyncEngine, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def new_code(self, tenant: str, call: str, contact: str) -> str:
        """A fresh code, which takes the place of an older one. Raises LimitReached."""
        code, salt = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}", secrets.token_hex(16)
        fresh = {"salt": salt, "code_hash": _hashed(salt, code), "tries": 0, "sent_us": self._clock.time_us()}
        mine = _is(tenant, call, verifications.c.contact == contact)
        async with transaction(self._database) as connection:
            row = (await connection.execute(select(verifications.c.codes).where(mine).with_for_update())).one_or_none()
            if row is None:
                await connection.execute(
                    insert(verifications).values(
                        tenant=tenant, call=call, contact=contact, codes=1, verified_us=0, **fresh
                    )
                )
            elif row.codes >= _MOST_CODES:
                raise LimitReached("codes for this contact in one call", _MOST_CODES)
            else:
                await connection.execute(update(verifications).where(mine).values(codes=row.codes + 1, **fresh))
        return code

    async def check(self, connection: AsyncConnection, tenant: str, call: str, code: str) -> Checked:
        """Compare with the call's valid codes, in the caller's transaction; a miss counts against each of them."""
        now = self._clock.time_us()
        valid = _is(tenant, call, verifications.c.sent_us > now - _VALID_US, verifications.c.tries < _MOST_TRIES)
        rows = (await connection.execute(select(verifications).where(valid).with_for_update())).all()
        for row in rows:
            if hmac.compare_digest(row.code_hash, _hashed(row.salt, code)):
                mine = _is(tenant, call, verifications.c.contact == row.contact)
                await connection.execute(update(verifications).where(mine).values(verified_us=now, sent_us=0))
                return Checked(row.contact, 0)
        await connection.execute(update(verifications).where(valid).values(tries=verifications.c.tries + 1))
        return Checked("", max((_MOST_TRIES - row.tries - 1 for row in rows), default=0))

    async def verified(self, tenant: str, call: str) -> frozenset[str]:
        """The contacts that the caller of this call has shown to hold."""
        query = select(verifications.c.contact).where(_is(tenant, call, verifications.c.verified_us > 0))
        async with reading(self._database) as connection:
            return frozenset(row.contact for row in await connection.execute(query))


def _hashed(salt: str, code: str) -> str:
    return hashlib.sha256(f"{salt}{code}".encode()).hexdigest()


def _is(tenant: str, call: str, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    first: ColumnElement[bool] = (verifications.c.tenant == tenant) & (verifications.c.call == call)
    for one in more:
        first = first & one
    return first
