"""A vendor that refuses one worker is asked by no other one of the fleet."""

import asyncio
from dataclasses import dataclass, field

import pytest
from parley_core import clock
from parley_core.bus.memory import MemoryBus
from parley_core.bus.port import Bus
from parley_core.errors import ParleyError, Rejected, Throttled, Unavailable
from parley_core.providers import Attempts, ProviderMetrics, refusal
from parley_core.providers.failures import Extent, refused_for
from parley_core.providers.health import REFUSED_S, ProviderHealth, Refused
from parley_core.providers.news import RefusalNews, fingerprint

KEY = fingerprint("https://vendor.example", "key-1")


class Listening(ProviderHealth):
    """Says when it has learned something."""

    def __init__(self) -> None:
        super().__init__()
        self.learned = asyncio.Event()

    def refuse(self, refused: Refused) -> bool:
        news = super().refuse(refused)
        self.learned.set()
        return news


@dataclass
class Worker:
    """One of a fleet: asks the vendor, unless it knows better."""

    attempts: Attempts
    asked: list[ParleyError] = field(default_factory=list)

    def ask(self, error: ParleyError | None, model: str = "m") -> None:
        known = self.attempts.health.refusal("openai", model)
        if known is not None:
            raise known
        with self.attempts.attempt("openai", model):
            if error is not None:
                self.asked.append(error)
                raise error


async def fleet(bus: Bus, size: int, *, key: str = KEY) -> tuple[list[Worker], list[RefusalNews]]:
    workers = [Worker(Attempts(ProviderMetrics("x"))) for _ in range(size)]
    for worker in workers:
        worker.attempts.health = Listening()
    news = [RefusalNews(bus, "llm", f"w{key}{at}", one.attempts, lambda _: key) for at, one in enumerate(workers)]
    for one in news:
        await one.start()
    return workers, news


async def settled(workers: list[Worker], *, refused: bool) -> None:
    """Until all know. Nothing but the bus can tell them."""
    async with asyncio.timeout(10):
        for one in workers:
            health = one.attempts.health
            assert isinstance(health, Listening)
            while (health.refusal("openai", "m") is not None) is not refused:
                health.learned.clear()
                await health.learned.wait()


@pytest.mark.parametrize("status", [401, 402])
async def test_a_refusal_of_the_account_moves_ten_workers(bus: Bus, status: int) -> None:
    workers, news = await fleet(bus, 10)
    with pytest.raises(Rejected):
        workers[3].ask(refusal("openai", status))
    await settled(workers, refused=True)
    for worker in workers:
        with pytest.raises(Rejected):
            worker.ask(refusal("openai", status), model="another")
    assert sum(len(one.asked) for one in workers) == 1
    for one in news:
        await one.close()


async def test_a_key_that_works_again_is_used_again_by_all() -> None:
    workers, _ = await fleet(MemoryBus(), 3)
    with pytest.raises(Rejected):
        workers[0].ask(refusal("openai", 401))
    await settled(workers, refused=True)
    real = clock.current()

    class Later:
        def monotonic(self) -> float:
            return real.monotonic() + REFUSED_S + 1

        def time_us(self) -> int:
            return real.time_us()

    token = clock.CURRENT.set(Later())
    workers[0].ask(None)
    clock.CURRENT.reset(token)
    await settled(workers, refused=False)


async def test_a_worker_with_another_key_is_not_concerned() -> None:
    bus = MemoryBus()
    old, _ = await fleet(bus, 2)
    new, _ = await fleet(bus, 1, key=fingerprint("https://vendor.example", "key-2"))
    with pytest.raises(Rejected):
        old[0].ask(refusal("openai", 401))
    await settled(old, refused=True)
    new[0].ask(None)


async def test_an_unknown_model_is_not_asked_for_and_the_others_are() -> None:
    workers, _ = await fleet(MemoryBus(), 2)
    with pytest.raises(Rejected):
        workers[0].ask(refusal("openai", 404))
    await settled(workers, refused=True)
    workers[1].ask(None, model="another")


@pytest.mark.parametrize(
    ("error", "extent"),
    [
        (refusal("v", 401), Extent.ACCOUNT),
        (refusal("v", 402), Extent.ACCOUNT),
        (refusal("v", 429, code="insufficient_quota"), Extent.ACCOUNT),
        (refusal("v", 400, code="Your credit balance is too low to access the API"), Extent.ACCOUNT),
        (refusal("v", 404), Extent.MODEL),
        (refusal("v", 400), None),  # only this request
        (refusal("v", 422), None),
        (refusal("v", 429), None),
        (refusal("v", 503), None),
    ],
)
def test_how_far_a_refusal_reaches(error: ParleyError, extent: Extent | None) -> None:
    assert refused_for(error) is extent


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("", 0.0), ("soon", 0.0), ("-3", 0.0), ("99999", 600.0), ("nan", 0)],
)
def test_when_a_vendor_wants_to_be_asked_again(value: str, seconds: float) -> None:
    error = refusal("v", 429, headers={"retry-after": value})
    assert isinstance(error, Throttled)
    assert error.retry_after_s == seconds


def test_a_date_says_when_as_well() -> None:
    error = refusal("v", 503, headers={"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"})
    assert isinstance(error, Unavailable)
    assert error.retry_after_s == 600.0


def test_one_that_asks_for_a_pause_has_it_at_once() -> None:
    attempts = Attempts(ProviderMetrics("x"))
    with pytest.raises(Throttled), attempts.attempt("a"):
        raise refusal("a", 429, headers={"retry-after": "30"})
    assert attempts.order("ab", lambda one: one) == ["b", "a"]


def test_news_of_what_was_known_is_none() -> None:
    health = Attempts(ProviderMetrics("x")).health
    assert health.refuse(Refused("a", "", "401"))
    assert not health.refuse(Refused("a", "", "401"))
    assert health.refuse(Refused("a", "", ""))
    assert not health.refuse(Refused("a", "", ""))
