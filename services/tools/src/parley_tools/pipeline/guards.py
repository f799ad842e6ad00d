"""What protects the platform from its tools and the tools from the platform: rests after failures, retries.

Counts are of this process. The libraries do the counting: purgatory, tenacity.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley_core.errors import ParleyError, Unavailable
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential


class Breakers:
    """A tool that failed `failures` times in a row rests for `rest_s`; then one call tries it again."""

    def __init__(self, failures: int, rest_s: float) -> None:
        self._rest_s = rest_s
        self._factory = AsyncCircuitBreakerFactory(
            default_threshold=failures, default_ttl=rest_s, exclude=[asyncio.CancelledError]
        )

    @asynccontextmanager
    async def guard(self, tool: str) -> AsyncIterator[None]:
        """Every error that leaves the block counts as a failure of the tool. Raises Unavailable while it rests."""
        breaker = await self._factory.get_breaker(tool)
        try:
            async with breaker:
                yield
        except OpenedState:
            raise Resting(tool, self._rest_s) from None


class Resting(Unavailable):
    """A tool that is left alone for a while; trying again at once is what it rests from."""

    permanent = True

    def __init__(self, tool: str, rest_s: float) -> None:
        super().__init__(f"tool {tool}", f"it failed repeatedly and rests for up to {rest_s:g} s")


def retries(attempts: int, backoff_s: float) -> AsyncRetrying:
    """Attempts at what fails transiently, with random waits up to `backoff_s`, doubled each time, at most 2 s."""
    return AsyncRetrying(
        stop=stop_after_attempt(attempts),
        wait=wait_random_exponential(multiplier=backoff_s, max=2.0),
        retry=retry_if_exception(lambda error: isinstance(error, ParleyError) and not error.permanent),
        reraise=True,
    )
