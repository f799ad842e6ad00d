"""Which model answers: the agent document's models in order, the next one where one fails before its first sentence."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeVar

from parley_core import clock
from parley_core.agents import AgentDocument, ModelChoice
from parley_core.errors import NotFound, ParleyError, Unavailable
from parley_core.providers import Attempts, Registry

from parley_llm.providers.base import (
    Finished,
    FlowMoved,
    HasEndpoints,
    JsonModel,
    ModelEvent,
    ModelProvider,
    ModelRequest,
    Searched,
)
from parley_llm.providers.watch import StreamWatch

ANSWER_S = 30.0  # for a whole answer at once, after the call
DEFAULT = "default"  # stands for the model of a document that names none
LAST_S = 8.0  # first token of the last model: there is nobody to turn to, and late is better than an apology

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


class BrokeOff(ParleyError):
    """A model failed after some of its words were said: another one may go on from there."""

    permanent = False

    def __init__(self, choice: ModelChoice, error: ParleyError) -> None:
        super().__init__(f"{choice.provider} broke off: {error}")
        self.choice = choice
        self.error = error


RoutedEvent = ModelEvent | Routed | FellBack


class Router:
    """What the agents' models are asked, for all calls of the process."""

    def __init__(
        self,
        registry: Registry[ModelProvider],
        attempts: Attempts,
        *,
        token_gap_s: float,
        override: str = "",
        last_s: float = LAST_S,
    ) -> None:
        """`override` names the provider that answers whatever the document says."""
        self._registry = registry
        self._attempts = attempts
        self._token_gap_s = token_gap_s
        self._override = override
        self._last_s = last_s

    def first(self, agent: AgentDocument) -> ModelProvider | None:
        """The provider that is asked first, where this process has it."""
        known = ((self._registry.peek(one.provider), one) for one in self._choices(agent))
        return next((found for found, one in known if found is not None and _reaches(found, one)), None)

    async def stream(
        self, request: ModelRequest, *, said: Callable[[], bool] = lambda: True, leave_out: Collection[ModelChoice] = ()
    ) -> AsyncGenerator[RoutedEvent, None]:
        """Yields Routed, then the model's events. Raises the last model's error when none can answer.

        `said`: whether the caller has heard, or will hear, anything of the stream. Until then the next model follows
        one that breaks off, and what came before FellBack counts for nothing. A stream that breaks off later raises
        BrokeOff. `leave_out`: models that are not asked where another can be.
        """
        error: ParleyError = NotFound("model provider", "any of the agent document")
        before = ""
        choices = self._choices(request.agent)
        choices = [one for one in choices if one not in leave_out] or choices
        for number, choice in enumerate(choices):
            if before:
                self._attempts.fell_back(before, choice.provider)
            before = choice.provider
            begun = acted = False
            try:
                provider = await self._ready(choice)
                asked = replace(
                    request,
                    model=choice.model,
                    temperature=choice.temperature,
                    max_tokens=choice.max_tokens,
                    endpoint=choice.endpoint,
                    server=choice.server,
                    parameters=choice.parameters,
                )
                first_s = choice.first_token_ms / 1000
                if number == len(choices) - 1:
                    first_s = max(first_s, self._last_s)
                async with aclosing(self._answer(provider, asked, choice, first_s)) as events:
                    async for event in events:
                        if not begun:
                            begun = True
                            yield Routed(provider.name, choice.model)
                        acted = acted or isinstance(event, FlowMoved | Searched)  # these are on the log
                        yield event
                return
            except ParleyError as failure:
                error = failure
            if begun and acted:
                raise error
            if begun and said():
                raise BrokeOff(choice, error)
            yield FellBack(choice.provider, type(error).__name__)
        raise error

    async def first_answer(
        self, agent: AgentDocument, ask: Callable[[JsonModel, ModelChoice], Awaitable[T]]
    ) -> T | None:
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
                if (refusal := self._attempts.health.refusal(choice.account, _named(choice))) is not None:
                    raise refusal
                with self._attempts.attempt(choice.account, _named(choice)) as attempt:
                    answer = await attempt.within(ask(provider, choice), ANSWER_S)
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
        return self._attempts.order(agent.models, lambda one: one.account, _named)

    async def _ready(self, choice: ModelChoice) -> ModelProvider:
        """The provider, where it is of use to ask it. Raises what asking it would."""
        refusal = self._attempts.health.refusal(choice.account, _named(choice))
        if refusal is not None:
            raise refusal
        return await self._registry.get(choice.provider)

    async def _answer(
        self, provider: ModelProvider, request: ModelRequest, choice: ModelChoice, first_token_s: float
    ) -> AsyncGenerator[ModelEvent, None]:
        """One provider's events up to Finished."""
        # What replays speaks the document's words.
        watch = None if provider.replays else StreamWatch(provider.name, request, gap_s=self._token_gap_s)
        with self._attempts.attempt(choice.account, _named(choice)) as attempt:
            events = attempt.paced(provider.stream(request), first_s=first_token_s, next_s=self._token_gap_s)
            async with aclosing(events):
                async for event in events:
                    if watch is None:
                        yield event
                    else:
                        for passed in watch.take(event, clock.current().monotonic()):
                            yield passed
                    if isinstance(event, Finished):
                        return
            raise Unavailable(provider.name, "the stream broke off")


def _named(choice: ModelChoice) -> str:
    return choice.model or DEFAULT


def _reaches(provider: ModelProvider, choice: ModelChoice) -> bool:
    """Whether this process has the choice's endpoint: an entry of PARLEY_VENDORS may be missing."""
    return not isinstance(provider, HasEndpoints) or provider.has_endpoint(choice.endpoint)
