"""Which model answers: the agent document's models in order, the next one where one fails before its first token."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from parley_core.agents import AgentDocument, ModelChoice
from parley_core.errors import NotFound, ParleyError, TimedOut, Unavailable

from parley_llm.providers.base import Finished, ModelEvent, ModelProvider, ModelRequest


@dataclass(frozen=True, slots=True)
class Routed:
    """This model answers; comes before its events."""

    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class FellBack:
    """A model failed before it said anything; the next one is tried."""

    provider: str
    error: str  # an error class


RoutedEvent = ModelEvent | Routed | FellBack


class Router:
    def __init__(self, providers: Mapping[str, ModelProvider], *, token_gap_s: float, override: str = "") -> None:
        """`override` names the provider that answers whatever the document says."""
        self._providers = providers
        self._token_gap_s = token_gap_s
        self._override = override

    def choices(self, agent: AgentDocument) -> list[ModelChoice]:
        return [ModelChoice(provider=self._override)] if self._override else list(agent.models)

    def first(self, agent: AgentDocument) -> ModelProvider | None:
        """The provider that is asked first, where this process has it."""
        known = [self._providers[one.provider] for one in self.choices(agent) if one.provider in self._providers]
        return known[0] if known else None

    async def stream(self, request: ModelRequest) -> AsyncGenerator[RoutedEvent, None]:
        """Yields Routed, then the model's events. Raises the last model's error when none can answer."""
        error: ParleyError = NotFound("model provider", "any of the agent document")
        choices = self.choices(request.agent)
        for choice in choices:
            provider = self._providers.get(choice.provider)
            begun = False
            try:
                if provider is None:
                    raise NotFound("model provider", choice.provider)
                asked = replace(
                    request, model=choice.model, temperature=choice.temperature, max_tokens=choice.max_tokens
                )
                async with aclosing(self._guarded(provider, asked, choice.first_token_ms / 1000)) as events:
                    async for event in events:
                        if not begun:
                            begun = True
                            yield Routed(provider.name, choice.model)
                        yield event
                return
            except ParleyError as failure:
                error = failure
            if begun:
                raise error
            yield FellBack(choice.provider, type(error).__name__)
        raise error

    async def _guarded(
        self, provider: ModelProvider, request: ModelRequest, first_token_s: float
    ) -> AsyncGenerator[ModelEvent, None]:
        """The provider's events, none later than its deadline after the one before; anything unforeseen is an error."""
        events = provider.stream(request)
        deadline_s = first_token_s
        try:
            while True:
                event = await self._next(provider, events, deadline_s)
                if event is None:
                    raise Unavailable(provider.name, "the stream broke off")
                yield event
                if isinstance(event, Finished):
                    return
                deadline_s = self._token_gap_s
        finally:
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    async def _next(
        self, provider: ModelProvider, events: AsyncIterator[ModelEvent], deadline_s: float
    ) -> ModelEvent | None:
        try:
            # Not wait_for: before Python 3.12 it loses a cancellation that meets a token.
            async with asyncio.timeout(deadline_s):
                return await anext(events, None)
        except TimeoutError:
            raise TimedOut(f"model {provider.name}", deadline_s) from None
        except ParleyError:
            raise
        except Exception as error:
            raise Unavailable(provider.name, type(error).__name__) from error
