"""Which Parley call belongs to a carrier's call, in the KV bucket `sessions`: any gateway may take it up from there."""

import hashlib
import json
from dataclasses import asdict, dataclass

from parley_core.bus.port import Bus

BUCKET = "sessions"


@dataclass(frozen=True, slots=True)
class Record:
    tenant: str
    agent: str
    user: str
    resume: str  # the token that takes the call up
    resumes: int = 0
    order: str = ""  # of a call of ours


class Records:
    def __init__(self, bus: Bus, carrier: str) -> None:
        self._kv = bus.kv(BUCKET)
        self._carrier = carrier

    async def put(self, call: str, record: Record) -> None:
        await self._kv.put(self._key(call), json.dumps(asdict(record)).encode())

    async def get(self, call: str) -> Record | None:
        stored = await self._kv.get(self._key(call))
        return Record(**json.loads(stored)) if stored else None

    async def delete(self, call: str) -> None:
        await self._kv.delete(self._key(call))

    def _key(self, call: str) -> str:
        """Carriers' ids have characters that keys may not have."""
        return f"{self._carrier}.{hashlib.sha256(call.encode()).hexdigest()[:40]}"
