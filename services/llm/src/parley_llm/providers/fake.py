"""A model of fixed delays, for measuring everything around it and for tests. Selected with PARLEY_LLM_PROVIDER=fake."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from parley_core.errors import ParleyError

from parley_llm.providers.base import Finished, ModelEvent, ModelRequest, TextDelta

_WORDS = (
    "the", "clinic", "opens", "at", "nine", "and", "closes", "at", "one", "on", "most", "days", "of", "the", "week",
    "for", "all", "who", "come",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FakePace:
    """The first token after `first_token_ms`, then one each `token_ms`. One token is one word."""

    first_token_ms: float = 100
    token_ms: float = 10
    tokens: int = 40
    sentence_tokens: int = 8


class FakeProvider:
    """Says the same whatever was asked. With `failure`, every stream fails after `fail_after` tokens."""

    replays = True
    wants_knowledge = False

    def __init__(
        self,
        pace: FakePace | None = None,
        *,
        name: str = "fake",
        failure: ParleyError | None = None,
        fail_after: int = 0,
    ) -> None:
        self.name = name
        self.pace = pace or FakePace()
        self.failure = failure
        self._fail_after = fail_after

    async def start(self) -> None:
        """Ready as made."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        # Tokens come at moments counted from the start, so that the loop's own delays do not add up.
        pace = self.pace
        clock = asyncio.get_running_loop().time
        start = clock()
        for number in range(pace.tokens):
            due = start + (pace.first_token_ms + number * pace.token_ms) / 1000
            if (wait := due - clock()) > 0:
                await asyncio.sleep(wait)
            if self.failure is not None and number == self._fail_after:
                raise self.failure
            yield TextDelta(self._token(number))
        yield Finished("stop", input_tokens=len(request.text.split()), output_tokens=pace.tokens)

    def _token(self, number: int) -> str:
        word = _WORDS[number % len(_WORDS)]
        place = number % self.pace.sentence_tokens
        if place == 0:
            word = word.capitalize()
        last = place == self.pace.sentence_tokens - 1 or number == self.pace.tokens - 1
        return word + (". " if last else " ")

    async def close(self) -> None:
        """Nothing is held."""
