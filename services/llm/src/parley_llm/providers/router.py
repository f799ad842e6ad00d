"""Which model answers: the agent document's models in order, the next one where one fails before its first sentence."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeVar

from parley_core.agents import AgentDocument, ModelChoice
from parley_core.errors import NotFound, ParleyError, Unavailable
from parley_core.providers import Attempts, Registry

from parley_llm.providers.base import (
    Finished,
    FlowMoved,
    JsonModel,
    ModelEvent,
    ModelProvider,
    ModelRequest,
    Searched,
)

ANSWER_S = 30.0  # for a whole answer at once, after the call

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Routed:
    """This model answers; comes before its events."""

    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class FellBack:
    """A model failed before anything of it was said; the next one is asked."""

    provider: str
    error: str  # an error class


RoutedEvent = ModelEvent | Routed | FellBack


class Router:
    """What the agents' models are asked, for all calls of the process."""

    def __init__(
        self, registry: Registry[ModelProvider], attempts: Attempts, *, token_gap_s: float, override: str = ""
    ) -> None:
        """`override` names the provider that answers whatever the document says."""
        self._registry = registry
        self._attempts = attempts
        self._token_gap_s = token_gap_s
        self._override = override

    def first(self, agent: AgentDocument) -> ModelProvider | None:
        """The provider that is asked first, where this process has it."""
        known = (self._registry.peek(one.provider) for one in self._choices(agent))
        return next((provider for provider in known if provider is not None), None)

    async def stream(
        self, request: ModelRequest, *, said: Callable[[], bool] = lambda: True
    ) -> AsyncGenerator[RoutedEvent, None]:
        """Yields Routed, then the model's events. Raises the last model's error when none can answer.

        `said`: whether the caller has heard, or will hear, anything of the stream. Until then the next model follows
        one that breaks off, and what came before FellBack counts for nothing.
        """
        error: ParleyError = NotFound("model provider", "any of the agent document")
        before = ""
        for choice in self._choices(request.agent):
            if before:
                self._attempts.fell_back(before, choice.provider)
            before = choice.provider
            begun = acted = False
            try:
                provider = await self._registry.get(choice.provider)
                asked = replace(
                    request, model=choice.model, temperature=choice.temperature, max_tokens=choice.max_tokens
                )
                async with aclosing(self._answer(provider, asked, choice.first_token_ms / 1000)) as events:
                    async for event in events:
                        if not begun:
                            begun = True
                            yield Routed(provider.name, choice.model)
                        acted = acted or isinstance(event, FlowMoved | Searched)  # these are on the log
                        yield event
                return
            except ParleyError as failure:
                error = failure
            if begun and (acted or said()):
                raise error
            yield FellBack(choice.provider, type(error).__name__)
        raise error

    async def first_answer(self, agent: AgentDocument, ask: Callable[[JsonModel, str], Awaitable[T]]) -> T | None:
        """Ask the agent's models in order for one answer as JSON. One that gives none (the rules) ends the search: what
        callers said to it does not go to a later model. None if there was no provider to ask; raises the last error.
        """
        error: ParleyError | None = None
        before = ""
        for choice in self._choices(agent):
            provider = self._registry.peek(choice.provider)
            if provider is None:
                continue
            if not isinstance(provider, JsonModel):
                break
            if before:
                self._attempts.fell_back(before, choice.provider)
            before = choice.provider
            try:
                with self._attempts.attempt(provider.name) as attempt:
                    answer = await attempt.within(ask(provider, choice.model), ANSWER_S)
                    attempt.answered()
                    return answer
            except ParleyError as failure:
                error = failure
        if error is not None:
            raise error
        return None

    def _choices(self, agent: AgentDocument) -> list[ModelChoice]:
        if self._override:
            return [ModelChoice(provider=self._override)]
        return self._attempts.order(agent.models, lambda one: one.provider)

    async def _answer(
        self, provider: ModelProvider, request: ModelRequest, first_token_s: float
    ) -> AsyncGenerator[ModelEvent, None]:
        """One provider's events up to Finished."""
        with self._attempts.attempt(provider.name) as attempt:
            events = attempt.paced(provider.stream(request), first_s=first_token_s, next_s=self._token_gap_s)
            async with aclosing(events):
                async for event in events:
                    yield event
                    if isinstance(event, Finished):
                        return
            raise Unavailable(provider.name, "the stream broke off")
