"""One request to one provider, the same way for all kinds of providers: errors mapped, waits bounded, all counted.

A service holds one `Attempts` for all of its calls. Whom to ask after a failure is the caller's to say: it knows what
was heard or said already. Here stands who is better not asked first: a provider that failed several times in a row
rests, so that not every call waits for a deadline to find out the same.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import TypeVar

from parley_core import clock
from parley_core.errors import ParleyError, TimedOut, Unavailable
from parley_core.providers.failures import kind_of
from parley_core.providers.health import ProviderHealth, Refused
from parley_core.providers.metrics import ProviderMetrics

log = logging.getLogger(__name__)

T = TypeVar("T")


def _nobody(refused: Refused) -> None:
    """Nobody else is told."""


class Attempts:
    def __init__(self, metrics: ProviderMetrics) -> None:
        self._metrics = metrics
        self.health = ProviderHealth()
        self.tell: Callable[[Refused], None] = _nobody  # a refusal that is news, or stands no longer

    def attempt(self, provider: str, model: str = "") -> "Attempt":
        """Enter it, ask the provider inside. It lets Parley's errors and cancellation through, counted; any other error
        becomes Unavailable. `model`: where one provider has several, of which one may fail."""
        return Attempt(self, provider, model)

    def fell_back(self, provider: str, then: str) -> None:
        """`then` is asked what `provider` could not do."""
        self._metrics.fallbacks.add(1, {"provider": provider, "next": then})

    def order(
        self, candidates: Iterable[T], name: Callable[[T], str], model: Callable[[T], str] = lambda one: ""
    ) -> list[T]:
        """The candidates as they should be asked now: those that rest behind the others."""
        line = list(candidates)
        if len(line) < 2:
            return line
        resting = [self.health.rests(name(one), model(one)) for one in line]
        return [
            *(one for one, rests in zip(line, resting, strict=True) if not rests),
            *(one for one, rests in zip(line, resting, strict=True) if rests),
        ]

    def first_result(self, provider: str, after_s: float) -> None:
        self._metrics.first_result.record(after_s, {"provider": provider})

    def ended(self, provider: str, model: str, error: BaseException | None) -> None:
        """One attempt is over; called by `Attempt`."""
        if error is None:
            for refused in self.health.succeeded(provider, model):
                self.tell(refused)
            self._metrics.requests.add(1, {"provider": provider, "outcome": "ok"})
        elif isinstance(error, Exception):
            news = self.health.failed(provider, model, error)
            if news is not None:
                self.tell(news)
            self._metrics.requests.add(1, {"provider": provider, "outcome": kind_of(error).value})
        else:
            self._metrics.requests.add(1, {"provider": provider, "outcome": "cancelled"})


class Attempt:
    """Made by `Attempts.attempt`."""

    def __init__(self, attempts: Attempts, provider: str, model: str = "") -> None:
        self.provider = provider
        self._model = model
        self._attempts = attempts
        self._asked = 0.0
        self._answered = False

    def __enter__(self) -> "Attempt":
        self._attempts.health.begun(self.provider, self._model)
        self.asked()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._attempts.ended(self.provider, self._model, error)
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
