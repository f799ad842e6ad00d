"""Key-value buckets over JetStream. Made by `NatsBus.kv`; a bucket is created when it is first used."""

from nats.js import JetStreamContext
from nats.js.errors import (
    BucketNotFoundError,
    KeyDeletedError,
    KeyNotFoundError,
    KeyWrongLastSequenceError,
    NoKeysError,
)
from nats.js.kv import KeyValue as Bucket


class NatsKeyValue:
    """See `port.KeyValue`."""

    def __init__(self, js: JetStreamContext, bucket: str) -> None:
        self._js = js
        self._name = bucket
        self._bucket: Bucket | None = None

    async def get(self, key: str) -> bytes | None:
        try:
            return (await (await self._open()).get(key)).value
        except (KeyNotFoundError, KeyDeletedError):
            return None

    async def entry(self, key: str) -> tuple[bytes, int] | None:
        try:
            found = await (await self._open()).get(key)
        except (KeyNotFoundError, KeyDeletedError):
            return None
        return (found.value or b"", found.revision or 0)

    async def update(self, key: str, value: bytes, revision: int) -> bool:
        try:
            await (await self._open()).update(key, value, last=revision)
        except KeyWrongLastSequenceError:
            return False
        return True

    async def put(self, key: str, value: bytes) -> int:
        return await (await self._open()).put(key, value)

    async def create(self, key: str, value: bytes) -> bool:
        try:
            await (await self._open()).create(key, value)
        except KeyWrongLastSequenceError:
            return False
        return True

    async def delete(self, key: str) -> None:
        await (await self._open()).delete(key)

    async def keys(self, prefix: str = "") -> list[str]:
        try:
            found = await (await self._open()).keys()
        except NoKeysError:
            return []
        return sorted(key for key in found if key.startswith(prefix))

    async def _open(self) -> Bucket:
        if self._bucket is None:
            try:
                self._bucket = await self._js.key_value(self._name)
            except BucketNotFoundError:
                self._bucket = await self._js.create_key_value(bucket=self._name, history=8)
        return self._bucket
