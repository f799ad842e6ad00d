"""Rates: the storage as the library `limits` uses it, on both buses, and what the limiter spares the bus."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from limits import RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter
from parley_core import clock
from parley_core.bus.connection import connect
from parley_core.bus.memory import MemoryBus, MemoryKeyValue
from parley_core.bus.port import Bus
from parley_core.errors import Unavailable
from parley_core.ids import new_id
from parley_core.rates import KvStorage, RateLimiter

FIVE = RateLimitItemPerMinute(5)
TTL_S = 150.0


class Wound:
    """A clock that stands at the beginning of a window until it is wound on."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def monotonic(self) -> float:
        return self.seconds

    def time_us(self) -> int:
        return int(self.seconds * 1e6)


@pytest.fixture
def time() -> Wound:
    made = Wound()
    clock.CURRENT.set(made)
    return made


@pytest.fixture(params=["memory", pytest.param("nats", marks=pytest.mark.outside)])
async def any_bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    if request.param == "memory":
        yield MemoryBus()
        return
    async with connect(request.getfixturevalue("nats_url"), "rates") as nats_bus:
        yield nats_bus


class TestStorage:
    @pytest.fixture
    def storage(self, any_bus: Bus, time: Wound) -> KvStorage:
        clock.CURRENT.set(time)
        return KvStorage(any_bus.kv(new_id("rates-"), ttl_s=TTL_S))

    @pytest.mark.parametrize("strategy", [SlidingWindowCounterRateLimiter, FixedWindowRateLimiter])
    async def test_hits_up_to_the_limit_pass_and_the_next_does_not(self, storage: KvStorage, strategy: type) -> None:
        limiter = strategy(storage)
        assert [await limiter.hit(FIVE, "acme") for _ in range(6)] == [True] * 5 + [False]
        assert await limiter.hit(FIVE, "globex")
        assert not await limiter.test(FIVE, "acme")
        assert (await limiter.get_window_stats(FIVE, "acme")).remaining == 0
        await limiter.clear(FIVE, "acme")
        assert await limiter.hit(FIVE, "acme")

    async def test_a_hit_may_cost_more_than_one(self, storage: KvStorage) -> None:
        limiter = SlidingWindowCounterRateLimiter(storage)
        assert await limiter.hit(FIVE, "acme", cost=4)
        assert not await limiter.hit(FIVE, "acme", cost=2)
        assert await limiter.hit(FIVE, "acme", cost=1)
        assert not await limiter.hit(FIVE, "acme", cost=6)

    async def test_hits_at_the_same_moment_are_all_counted(self, storage: KvStorage) -> None:
        limiter = SlidingWindowCounterRateLimiter(storage)
        hits = await asyncio.gather(*(limiter.hit(FIVE, "acme") for _ in range(30)))
        assert hits.count(True) == 5

    async def test_the_window_slides(self, storage: KvStorage, time: Wound) -> None:
        limiter = SlidingWindowCounterRateLimiter(storage)
        assert all([await limiter.hit(FIVE, "acme") for _ in range(5)])
        time.seconds += 60
        assert not await limiter.hit(FIVE, "acme")  # the last minute is full
        time.seconds += 12  # a fifth of it has left the window
        assert [await limiter.hit(FIVE, "acme") for _ in range(2)] == [True, False]
        time.seconds += 120
        assert all([await limiter.hit(FIVE, "acme") for _ in range(5)])

    async def test_a_process_whose_clock_is_behind_counts_in_the_window_of_the_others(
        self, storage: KvStorage, time: Wound
    ) -> None:
        limiter = SlidingWindowCounterRateLimiter(storage)
        assert all([await limiter.hit(FIVE, "acme") for _ in range(5)])
        time.seconds -= 1
        assert not await limiter.hit(FIVE, "acme")

    async def test_it_can_be_looked_at_and_emptied(self, storage: KvStorage, time: Wound) -> None:
        limiter, key = FixedWindowRateLimiter(storage), FIVE.key_for("acme")
        await limiter.hit(FIVE, "acme")
        await limiter.hit(FIVE, "globex")
        assert (await storage.get(key), await storage.get_expiry(key)) == (1, time.seconds + 60)
        time.seconds += 60
        assert await storage.get(key) == 0
        assert await storage.check()
        assert await storage.reset() == 2
        assert (await storage.get(key), await storage.get_expiry(key)) == (0, time.seconds)


class Counted(MemoryBus):
    """A bus that tells how often its buckets were asked, and can fall silent."""

    asked = 0
    silent = False

    def kv(self, bucket: str, *, ttl_s: float = 0.0) -> MemoryKeyValue:
        bus, made = self, MemoryKeyValue(ttl_s)

        class Bucket(MemoryKeyValue):
            async def entry(self, key: str) -> tuple[bytes, int] | None:
                bus.asked += 1
                if bus.silent:
                    raise Unavailable("NATS", "it is frozen")
                return await made.entry(key)

            async def create(self, key: str, value: bytes) -> bool:
                return await made.create(key, value)

            async def update(self, key: str, value: bytes, revision: int) -> bool:
                return await made.update(key, value, revision)

        return Bucket()


class TestLimiter:
    async def test_a_rate_holds_over_all_processes(self, any_bus: Bus, time: Wound) -> None:
        clock.CURRENT.set(time)
        key = new_id("tenant-")
        one, other = RateLimiter(any_bus), RateLimiter(any_bus)
        took = [await (one if number % 2 else other).take(key, 4) for number in range(6)]
        assert took == [True] * 4 + [False] * 2

    async def test_a_key_above_its_limit_is_not_asked_about_for_a_second(self, time: Wound) -> None:
        bus = Counted()
        limiter = RateLimiter(bus)
        assert [await limiter.take("acme", 1) for _ in range(50)] == [True] + [False] * 49
        assert bus.asked == 2
        time.seconds += 1.1
        assert not await limiter.take("acme", 1)
        assert bus.asked == 3

    async def test_several_are_asked_for_together_and_none_is_granted_twice(self, time: Wound) -> None:
        bus = Counted()
        limiter = RateLimiter(bus)
        took = [await limiter.take("203.0.113.7", 100, at_once=10) for _ in range(110)]
        assert took == [True] * 100 + [False] * 10
        assert bus.asked == 12

    async def test_what_was_granted_ends_with_its_window(self, time: Wound) -> None:
        bus = Counted()
        limiter = RateLimiter(bus)
        assert await limiter.take("203.0.113.7", 20, at_once=20)
        time.seconds += 60
        assert not await limiter.take("203.0.113.7", 20, at_once=20)  # the last minute was granted whole

    async def test_a_process_counts_alone_while_the_bus_is_silent(self, time: Wound) -> None:
        bus = Counted()
        limiter = RateLimiter(bus)
        bus.silent = True
        assert [await limiter.take("acme", 3) for _ in range(5)] == [True] * 3 + [False] * 2
        assert bus.asked == 1
        bus.silent = False
        time.seconds += 6
        assert await limiter.take("acme", 3)
        assert bus.asked == 2
