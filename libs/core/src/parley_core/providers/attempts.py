"""One request to one provider, the same way for all kinds of providers: errors mapped, waits bounded, all counted.

A service holds one `Attempts` for all of its calls. Whom to ask after a failure is the caller's to say: it knows what
was heard or said already. Here stands who is better not asked first: a provider that failed several times in a row
rests, so that not every call waits for a deadline to find out the same.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

from parley_core import clock
from parley_core.errors import ParleyError, TimedOut, Unavailable
from parley_core.providers.failures import kind_of
from parley_core.providers.metrics import ProviderMetrics

log = logging.getLogger(__name__)

REST_AFTER = 3  # failures in a row
REST_S = 10.0  # doubles with each failure after a rest
LONGEST_REST_S = 120.0
PROBE_S = 5.0  # after a rest one request finds out; the others keep away for so long

T = TypeVar("T")


@dataclass(slots=True)
class _Health:
    failures: int = 0  # in a row
    rest_s: float = REST_S
    resting_until: float = 0.0  # 0: it does not rest


class Attempts:
    def __init__(self, metrics: ProviderMetrics) -> None:
        self._metrics = metrics
        self._health: dict[str, _Health] = {}

    def attempt(self, provider: str) -> "Attempt":
        """Enter it, ask the provider inside. It lets Parley's errors and cancellation through, counted; any other error
        becomes Unavailable."""
        return Attempt(self, provider)

    def fell_back(self, provider: str, then: str) -> None:
        """`then` is asked what `provider` could not do."""
        self._metrics.fallbacks.add(1, {"provider": provider, "next": then})

    def order(self, candidates: Iterable[T], name: Callable[[T], str]) -> list[T]:
        """The candidates as they should be asked now: those that rest behind the others."""
        line = list(candidates)
        if len(line) < 2:
            return line
        resting = [self._rests(name(one)) for one in line]
        return [
            *(one for one, rests in zip(line, resting, strict=True) if not rests),
            *(one for one, rests in zip(line, resting, strict=True) if rests),
        ]

    def first_result(self, provider: str, after_s: float) -> None:
        self._metrics.first_result.record(after_s, {"provider": provider})

    def ended(self, provider: str, error: BaseException | None) -> None:
        """One attempt is over; called by `Attempt`."""
        if error is None:
            self._health.pop(provider, None)
            self._metrics.requests.add(1, {"provider": provider, "outcome": "ok"})
        elif isinstance(error, Exception):
            self._failed(provider)
            self._metrics.requests.add(1, {"provider": provider, "outcome": kind_of(error).value})
        else:
            self._metrics.requests.add(1, {"provider": provider, "outcome": "cancelled"})

    def _failed(self, provider: str) -> None:
        health = self._health.setdefault(provider, _Health())
        health.failures += 1
        if health.failures < REST_AFTER:
            return
        health.resting_until = clock.current().monotonic() + health.rest_s
        log.warning("provider paused after failures", extra={"provider": provider, "seconds": health.rest_s})
        health.rest_s = min(2 * health.rest_s, LONGEST_REST_S)

    def _rests(self, provider: str) -> bool:
        health = self._health.get(provider)
        if health is None or not health.resting_until:
            return False
        return clock.current().monotonic() < health.resting_until

    def begun(self, provider: str) -> None:
        """One attempt begins; called by `Attempt`. After a rest it finds out for all."""
        health = self._health.get(provider)
        if health is not None and health.resting_until:
            health.resting_until = max(health.resting_until, clock.current().monotonic() + PROBE_S)


class Attempt:
    """Made by `Attempts.attempt`."""

    def __init__(self, attempts: Attempts, provider: str) -> None:
        self.provider = provider
        self._attempts = attempts
        self._asked = 0.0
        self._answered = False

    def __enter__(self) -> "Attempt":
        self._attempts.begun(self.provider)
        self.asked()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._attempts.ended(self.provider, error)
        if isinstance(error, Exception) and not isinstance(error, ParleyError):
            log.error("provider failed unexpectedly", exc_info=error, extra={"provider": self.provider})
            raise Unavailable(self.provider, type(error).__name__) from error

    def asked(self) -> None:
        """The time to the first result counts from here; called by itself on entering."""
        self._asked = clock.current().monotonic()

    def answered(self) -> None:
        """The first result is here; later ones are not counted."""
        if not self._answered:
            self._answered = True
            self._attempts.first_result(self.provider, clock.current().monotonic() - self._asked)

    async def within(self, answer: Awaitable[T], seconds: float) -> T:
        """Await one answer. Raises TimedOut."""
        try:
            # Not wait_for: before Python 3.12 it loses a cancellation that meets the answer.
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            raise TimedOut(self.provider, seconds) from None

    async def paced(self, items: AsyncIterator[T], *, first_s: float, next_s: float) -> AsyncGenerator[T, None]:
        """The items of a stream, which is closed behind the last one. Raises TimedOut where one takes longer."""
        deadline_s = first_s
        try:
            while True:
                try:
                    async with asyncio.timeout(deadline_s):
                        item = await anext(items)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    raise TimedOut(self.provider, deadline_s) from None
                self.answered()
                yield item
                deadline_s = next_s
        finally:
            close = getattr(items, "aclose", None)
            if close is not None:
                await close()
