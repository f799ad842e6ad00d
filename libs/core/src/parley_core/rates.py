"""Events a minute by key, counted over all processes of the bus. The counting is that of the library `limits`.

`KvStorage` keeps its sliding windows in a key-value bucket, by compare-and-set. `RateLimiter` is what services ask: it
spares the bus where it can, and counts in this process alone while the bus does not answer, so that neither a flood nor
a frozen bus makes anybody wait.
"""

import asyncio
import hashlib
import logging
import struct
from collections.abc import Callable
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, SlidingWindowCounterSupport, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from parley_core import clock
from parley_core.bus.port import Bus, KeyValue
from parley_core.errors import ParleyError, Unavailable

log = logging.getLogger(__name__)

BUCKET = "rates"
_MINUTE_S = 60
_TTL_S = 150.0  # a count is of use until the end of the window after its own
_TRIES = 20  # at a key that other processes change at the same moment
_PATIENCE_S = 0.25  # for the bus: a caller waits for this
_REST_S = 5.0  # the bus is left alone after it did not answer
_REFUSED_S = 1.0  # a key above its limit is not asked about again
_MOST_KEYS = 50_000


@dataclass(frozen=True, slots=True)
class _Window:
    """Two windows of `length` seconds: the one with this number, counted from 1970, and the one before it."""

    length: int
    number: int
    previous: int
    current: int

    _FORM = struct.Struct(">IQII")

    @classmethod
    def read(cls, data: bytes) -> "_Window":
        return cls(*cls._FORM.unpack(data))

    def written(self) -> bytes:
        return self._FORM.pack(self.length, self.number, self.previous, self.current)

    def at(self, number: int) -> "_Window":
        """The same counts at a later window. Where another process's clock is ahead, its window is in force."""
        if number <= self.number:
            return self
        return _Window(self.length, number, self.current if number == self.number + 1 else 0, 0)


class KvStorage(Storage, SlidingWindowCounterSupport):
    """A storage of `limits`, in one bucket. Raises ParleyError where the bucket cannot be reached."""

    STORAGE_SCHEME = None

    def __init__(self, bucket: KeyValue) -> None:
        super().__init__()
        self._bucket = bucket
        self._locks = [asyncio.Lock() for _ in range(64)]  # only other processes are met at the bucket

    @property
    def base_exceptions(self) -> type[Exception]:
        return ParleyError

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        taken = await self._change(key, expiry, lambda window, share: _added(window, share, limit, amount))
        return taken is not None

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        window, left_s = await self._read(key, expiry), self._left_s(expiry)
        return window.previous, left_s if window.previous else 0.0, window.current, left_s + expiry

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        await self.clear(key)

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        window = await self._change(key, expiry, lambda window, share: _added(window, 0.0, None, amount))
        return window.current if window is not None else 0

    async def get(self, key: str) -> int:
        stored = await self._bucket.get(_name(key))
        if stored is None:
            return 0
        window = _Window.read(stored)
        return window.at(int(_now() / window.length)).current

    async def get_expiry(self, key: str) -> float:
        stored = await self._bucket.get(_name(key))
        if stored is None:
            return _now()
        window = _Window.read(stored)
        return float((window.number + 1) * window.length)

    async def check(self) -> bool:
        try:
            await self._bucket.get("check")
        except ParleyError:
            return False
        return True

    async def reset(self) -> int:
        keys = await self._bucket.keys()
        for key in keys:
            await self._bucket.delete(key)
        return len(keys)

    async def clear(self, key: str) -> None:
        await self._bucket.delete(_name(key))

    async def _read(self, key: str, expiry: int) -> _Window:
        number = int(_now() / expiry)
        stored = await self._bucket.get(_name(key))
        return _Window.read(stored).at(number) if stored is not None else _Window(expiry, number, 0, 0)

    async def _change(
        self, key: str, expiry: int, change: Callable[[_Window, float], _Window | None]
    ) -> _Window | None:
        """Store what `change` makes of the window and of the share of the one before it that still counts.

        None, and nothing is stored, where it makes None.
        """
        name = _name(key)
        async with self._locks[int(name, 16) % len(self._locks)]:
            return await self._changed(name, expiry, change)

    async def _changed(
        self, name: str, expiry: int, change: Callable[[_Window, float], _Window | None]
    ) -> _Window | None:
        for _ in range(_TRIES):
            now = _now()
            entry = await self._bucket.entry(name)
            window = _Window(expiry, int(now / expiry), 0, 0)
            if entry is not None:
                window = _Window.read(entry[0]).at(window.number)
            changed = change(window, self._left_s(expiry) / expiry)
            if changed is None:
                return None
            if entry is None:
                stored = await self._bucket.create(name, changed.written())
            else:
                stored = await self._bucket.update(name, changed.written(), entry[1])
            if stored:
                return changed
        raise Unavailable("rates", "others change the same key all the time")

    @staticmethod
    def _left_s(length: int) -> float:
        return length - _now() % length


def _added(window: _Window, share: float, limit: int | None, amount: int) -> _Window | None:
    if limit is not None and int(window.previous * share + window.current) + amount > limit:
        return None
    return _Window(window.length, window.number, window.previous, window.current + amount)


def _now() -> float:
    return clock.current().time_us() / 1e6


def _name(key: str) -> str:
    """A bucket's keys have few characters; addresses and users have any."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(slots=True)
class _Known:
    """What the bus has said of a key: so many more are granted, or none is before a moment."""

    granted: int = 0
    until: float = 0.0
    refused_until: float = 0.0


class RateLimiter:
    def __init__(self, bus: Bus) -> None:
        self._shared = SlidingWindowCounterRateLimiter(KvStorage(bus.kv(BUCKET, ttl_s=_TTL_S)))
        self._alone = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._known: dict[str, _Known] = {}
        self._rests_until = 0.0

    async def take(self, key: str, per_minute: int, *, at_once: int = 1) -> bool:
        """Count one event of `key`; False when it is one too many in this minute.

        `at_once`: so many are asked for together, which spares the bus; what this process does not use of them is lost
        to the others until the minute is over.
        """
        now = clock.current().monotonic()
        known = self._known.get(key)
        if known is not None and now < known.refused_until:
            return False
        if known is not None and known.granted and now < known.until:
            known.granted -= 1
            return True
        item = RateLimitItemPerMinute(per_minute)
        if now < self._rests_until:
            return await self._alone.hit(item, key)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                granted = await self._ask(item, key, min(at_once, per_minute))
        except (ParleyError, TimeoutError) as error:
            log.warning("rates counted by this process alone", extra={"error": type(error).__name__})
            self._rests_until = now + _REST_S
            return await self._alone.hit(item, key)
        self._note(key, granted, now)
        return granted > 0

    async def _ask(self, item: RateLimitItemPerMinute, key: str, at_once: int) -> int:
        """How many events are granted."""
        if await self._shared.hit(item, key, cost=at_once):
            return at_once
        return 1 if at_once > 1 and await self._shared.hit(item, key) else 0

    def _note(self, key: str, granted: int, now: float) -> None:
        if granted == 1:
            self._known.pop(key, None)
            return
        if len(self._known) >= _MOST_KEYS:
            self._known = {name: one for name, one in self._known.items() if max(one.until, one.refused_until) > now}
        # The grant ends with the window that it was counted in, at the latest.
        left_s = _MINUTE_S - _now() % _MINUTE_S
        self._known[key] = (
            _Known(granted - 1, until=now + left_s) if granted else _Known(refused_until=now + _REFUSED_S)
        )
