"""The providers of one process, by the names that agent documents use. `providers/registry.py` of a service makes it.

Making a provider is cheap and imports its vendor's client; starting it (a model loaded, processes forked) happens when
the process starts for those it will surely need, and with the first call that names it for the others.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from typing import Generic, Protocol, TypeVar

from parley_core import clock
from parley_core.errors import NotFound, ParleyError
from parley_core.providers.names import canonical

log = logging.getLogger(__name__)


START_AGAIN_S = 60.0  # one that did not start is not tried with every call


class Provider(Protocol):
    """What every kind of provider has in common."""

    @property
    def name(self) -> str:
        """As agent documents, the log and the bill call it."""
        ...

    async def start(self) -> None:
        """Make ready; called before anything else, and again only where it has failed. Raises a ParleyError."""
        ...

    async def close(self) -> None:
        """Give back what is held. May be called twice, and without `start`."""
        ...


P = TypeVar("P", bound=Provider)


class Registry(Generic[P]):
    def __init__(self, what: str, providers: Iterable[P]) -> None:
        """`what` the providers are, for error messages: "recogniser", "model", "voice"."""
        self._what = what
        self._providers = {provider.name: provider for provider in providers}
        self._started: set[str] = set()
        self._starting: dict[str, asyncio.Lock] = {}
        self._failed: dict[str, tuple[float, ParleyError]] = {}  # starts, and when

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._providers)

    def __contains__(self, name: str) -> bool:
        return canonical(name) in self._providers

    def peek(self, name: str) -> P | None:
        """The provider of this name, started or not; None where this process has none."""
        return self._providers.get(canonical(name))

    def started(self, name: str) -> bool:
        """Whether `get` would return at once."""
        return canonical(name) in self._started

    async def get(self, name: str) -> P:
        """The provider of this name, ready. Raises NotFound, and what its `start` raises."""
        provider = self.peek(name)
        if provider is None:
            raise NotFound(f"{self._what} provider", name)
        if provider.name not in self._started:
            async with self._starting.setdefault(provider.name, asyncio.Lock()):
                if provider.name not in self._started:
                    await self._start(provider)
        return provider

    async def chain(self, names: Sequence[str]) -> list[P]:
        """The providers of these names that can be had here, in order, each once; those that are not started yet start
        side by side. Raises the last error where there is none."""
        known = list(dict.fromkeys(canonical(name) for name in names if name in self))
        found = await asyncio.gather(*(self._get_or_failure(name) for name in known))
        providers = [one for one in found if not isinstance(one, ParleyError)]
        if not providers:
            failures = [one for one in found if isinstance(one, ParleyError)]
            raise failures[-1] if failures else NotFound(f"{self._what} provider", ", ".join(names))
        return providers

    async def _get_or_failure(self, name: str) -> P | ParleyError:
        try:
            return await self.get(name)
        except ParleyError as failure:
            log.warning("provider failed to start", extra={"provider": name, "error": type(failure).__name__})
            return failure

    async def start(self, names: Sequence[str]) -> None:
        """Have these ready before the first call. Raises what a provider that cannot start raises."""
        for name in names:
            await self.get(name)

    async def _start(self, provider: P) -> None:
        failed_at, error = self._failed.get(provider.name, (0.0, None))
        if error is not None and clock.current().monotonic() - failed_at < START_AGAIN_S:
            raise error
        try:
            await provider.start()
        except ParleyError as failure:
            self._failed[provider.name] = clock.current().monotonic(), failure
            raise
        self._started.add(provider.name)

    async def close(self) -> None:
        async with AsyncExitStack() as stack:  # one that fails does not keep the others open
            for provider in self._providers.values():
                stack.push_async_callback(provider.close)
        self._started.clear()

    async def __aenter__(self) -> "Registry[P]":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
