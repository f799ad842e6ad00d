"""A model of fixed delays, for measuring everything around it. Selected with PARLEY_LLM_PROVIDER=fake."""

import asyncio
from collections.abc import AsyncIterator

from parley_llm.providers.base import Finished, ModelEvent, ModelRequest, TextDelta

_WORDS = [
    "the",
    "clinic",
    "opens",
    "at",
    "nine",
    "and",
    "closes",
    "at",
    "one",
    "on",
    "most",
    "days",
    "of",
    "the",
    "week",
    "for",
    "all",
    "who",
    "come",
]


class FakeProvider:
    """The first token after `first_token_ms`, then one each `token_ms`, whatever was asked. One token is one word."""

    name = "fake"
    replays = True
    wants_knowledge = False

    def __init__(self, *, first_token_ms: int, token_ms: int, tokens: int, sentence_tokens: int) -> None:
        self._first_token_s = first_token_ms / 1000
        self._token_s = token_ms / 1000
        self._tokens = tokens
        self._sentence_tokens = sentence_tokens

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        # Tokens come at moments counted from the start, so that the loop's own delays do not add up.
        clock = asyncio.get_running_loop().time
        start = clock()
        for number in range(self._tokens):
            due = start + self._first_token_s + number * self._token_s
            if (wait := due - clock()) > 0:
                await asyncio.sleep(wait)
            yield TextDelta(self._token(number))
        yield Finished("stop", input_tokens=len(request.text.split()), output_tokens=self._tokens)

    def _token(self, number: int) -> str:
        word = _WORDS[number % len(_WORDS)]
        place = number % self._sentence_tokens
        if place == 0:
            word = word.capitalize()
        last = place == self._sentence_tokens - 1 or number == self._tokens - 1
        return word + (". " if last else " ")

    async def close(self) -> None:
        return None
