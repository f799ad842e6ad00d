"""Key-value buckets over JetStream. Made by `NatsBus.kv`; a bucket is created when it is first used."""

import asyncio
import json

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import KeyValueConfig, StorageType
from nats.js.errors import (
    BucketNotFoundError,
    KeyDeletedError,
    KeyNotFoundError,
    KeyWrongLastSequenceError,
)
from nats.js.kv import KeyValue as Bucket

from parley_core.bus.errors import translated

TIMEOUT_S = 2.0  # for one request; a caller who waits for a call hears within 3 s that there is none
_MAX_MEMORY_BYTES = 16 * 1024 * 1024  # of a bucket whose values expire; past it nothing new is stored
_AT_ONCE = 50  # requests under way


class NatsKeyValue:
    """See `port.KeyValue`. Every method raises TimedOut and Unavailable, and nothing of the client's."""

    def __init__(self, client: Client, bucket: str, ttl_s: float = 0.0) -> None:
        self._client = client
        self._js: JetStreamContext = client.jetstream(timeout=TIMEOUT_S)
        self._name = bucket
        self._ttl_s = ttl_s
        self._bucket: Bucket | None = None

    async def get(self, key: str) -> bytes | None:
        found = await self.entry(key)
        return found[0] if found is not None else None

    async def entry(self, key: str) -> tuple[bytes, int] | None:
        with translated(self._what, TIMEOUT_S):
            try:
                found = await (await self._open()).get(key)
            except (KeyNotFoundError, KeyDeletedError):
                return None
        return (found.value or b"", found.revision or 0)

    async def update(self, key: str, value: bytes, revision: int) -> bool:
        with translated(self._what, TIMEOUT_S):
            try:
                await (await self._open()).update(key, value, last=revision)
            except KeyWrongLastSequenceError:
                return False
        return True

    async def put(self, key: str, value: bytes) -> int:
        with translated(self._what, TIMEOUT_S):
            return await (await self._open()).put(key, value)

    async def create(self, key: str, value: bytes) -> bool:
        with translated(self._what, TIMEOUT_S):
            try:
                await (await self._open()).create(key, value)
            except KeyWrongLastSequenceError:
                return False
        return True

    async def delete(self, key: str) -> None:
        with translated(self._what, TIMEOUT_S):
            await (await self._open()).delete(key)

    async def keys(self, prefix: str = "") -> list[str]:
        """Read without a consumer: each of the client's own listings leaves one on the server for minutes."""
        known = [key for key in await self._subjects() if key.startswith(prefix)]
        live: list[str] = []
        for at in range(0, len(known), _AT_ONCE):  # a deleted key has left its marker
            some = known[at : at + _AT_ONCE]
            found = await asyncio.gather(*(self.entry(key) for key in some))
            live += [key for key, entry in zip(some, found, strict=True) if entry is not None]
        return live

    async def _subjects(self) -> list[str]:
        """Every key that the bucket has had a value for, sorted; by pages, as the server gives them."""
        before = f"$KV.{self._name}."
        keys: list[str] = []
        total = 1
        with translated(self._what, TIMEOUT_S):
            await self._open()
            while len(keys) < total:
                ask = json.dumps({"subjects_filter": f"{before}>", "offset": len(keys)}).encode()
                answer = await self._client.request(f"$JS.API.STREAM.INFO.KV_{self._name}", ask, timeout=TIMEOUT_S)
                page = json.loads(answer.data)
                subjects = (page.get("state") or {}).get("subjects") or {}
                keys += [one.removeprefix(before) for one in subjects]
                total = int(page.get("total", 0)) if subjects else 0
        return sorted(keys)

    @property
    def _what(self) -> str:
        return f"bucket {self._name}"

    def _config(self) -> KeyValueConfig:
        if not self._ttl_s:
            return KeyValueConfig(self._name, history=8)
        return KeyValueConfig(
            self._name, history=1, ttl=self._ttl_s, storage=StorageType.MEMORY, max_bytes=_MAX_MEMORY_BYTES
        )

    async def _open(self) -> Bucket:
        if self._bucket is None:
            try:
                self._bucket = await self._js.key_value(self._name)
            except BucketNotFoundError:
                self._bucket = await self._js.create_key_value(self._config())
        return self._bucket
