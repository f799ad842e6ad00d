"""The speech engines that this process has, by name: started together, closed together."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from parley_core.errors import NotFound

from parley_tts.providers.base import SpeechProvider, VoiceInfo


class Registry:
    """`preferred` comes before whatever a caller names; empty: the caller's choice stands."""

    def __init__(self, providers: Mapping[str, SpeechProvider], *, preferred: str = "") -> None:
        self._providers = dict(providers)
        self._preferred = preferred
        if preferred and preferred not in self._providers:
            raise NotFound("speech provider", preferred)

    def get(self, name: str) -> SpeechProvider:
        """Raises NotFound."""
        if name not in self._providers:
            raise NotFound("speech provider", name)
        return self._providers[name]

    def chain(self, names: Sequence[str]) -> list[SpeechProvider]:
        """The providers of these names that exist here, in order, each once. Raises NotFound when none does."""
        wanted = dict.fromkeys([self._preferred, *names] if self._preferred else names)
        found = [self._providers[name] for name in wanted if name in self._providers]
        if not found:
            raise NotFound("speech provider", ", ".join(names))
        return found

    async def voices(self, provider: str = "") -> list[VoiceInfo]:
        chosen = [self.get(provider)] if provider else list(self._providers.values())
        return [voice for one in chosen for voice in await one.voices()]


@asynccontextmanager
async def started(registry: Registry) -> AsyncIterator[Registry]:
    """Run every provider of the registry. Raises what a provider that cannot start raises."""
    async with AsyncExitStack() as stack:
        for provider in registry._providers.values():
            await provider.start()
            stack.push_async_callback(provider.close)
        yield registry
