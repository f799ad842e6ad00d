"""What a caller wants: keyword rules for the short things, sentence vectors for what starts a flow.

The words are the language pack's `Intents`.
The rules work without any other service; the vectors come from rag. Where rag does not answer, shared words decide.
Thresholds were set by hand against all-MiniLM-L6-v2; see the README.
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from zlib import crc32

from parley_core.agents import Flow
from parley_core.errors import ParleyError
from parley_core.languages.registry import pack

from parley_llm.ports import Knowledge, Vector
from parley_llm.providers.rule_based.words import bare

FLOW_SIMILARITY = 0.55  # an utterance this near to an example starts the flow
OFFER_SIMILARITY = 0.33  # words that nothing else fits: the flow is offered, not begun
QUESTION_SIMILARITY = 0.72  # a question must be nearer: "do I need an appointment for a flu shot" is no wish to book


def is_goodbye(text: str, language: str = "en") -> bool:
    said = bare(text)
    return (
        bool(pack(language).intents.goodbye.search(said))
        and len(said.split()) <= 12
        and not is_question(said, language)
    )


def is_thanks(text: str, language: str = "en") -> bool:
    said = bare(text)
    return (
        bool(pack(language).intents.thanks.search(said)) and len(said.split()) <= 8 and not is_question(said, language)
    )


def is_greeting(text: str, language: str = "en") -> bool:
    return bool(pack(language).intents.greeting.search(bare(text)))


def wants_person(text: str, language: str = "en") -> bool:
    return bool(pack(language).intents.person.search(bare(text)))


def wants_repeat(text: str, language: str = "en") -> bool:
    said = bare(text)
    return bool(pack(language).intents.repeat.search(said)) and len(said.split()) <= 8


def wants_resume(text: str, language: str = "en") -> bool:
    """ "Sorry, go on": the agent was talked over and may finish."""
    return bool(pack(language).intents.resume.search(bare(text)))


def wants_cancel(text: str, language: str = "en") -> bool:
    return bool(pack(language).intents.cancel.search(bare(text)))


def wants_message(text: str, language: str = "en") -> bool:
    return bool(pack(language).intents.message.search(bare(text)))


def is_question(text: str, language: str = "en") -> bool:
    return bool(pack(language).intents.question.search(bare(text)))


def asks_for_slot(text: str, language: str = "en") -> bool:
    """A question that proposes a value: "do you have something at eleven", "how about friday"."""
    return bool(pack(language).intents.proposes.search(bare(text)))


def content(text: str, language: str = "en") -> set[str]:
    return {word.rstrip("s") for word in bare(text).split() if word not in pack(language).intents.stop}


def hashed_vector(text: str, dimensions: int = 256) -> Vector:
    """A bag of words as a vector of length 1: instead of the embedding model in tests and without rag."""
    values = [0.0] * dimensions
    for word in content(text):
        values[crc32(word.encode()) % dimensions] += 1.0
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return tuple(value / length for value in values)


def similarity(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


class Embeddings:
    """Vectors by text, remembered; shared by all calls of a process."""

    def __init__(self, knowledge: Knowledge, *, size: int = 4096) -> None:
        self._knowledge = knowledge
        self._size = size
        self._known: OrderedDict[str, Vector] = OrderedDict()

    async def vectors(self, tenant: str, texts: Sequence[str]) -> list[Vector]:
        """Raises a ParleyError when rag does not answer."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        found: dict[str, Vector] = {}
        for start in range(0, len(missing), 256):
            batch = missing[start : start + 256]
            found.update(zip(batch, await self._knowledge.embed(tenant, batch), strict=True))
        result = [found.get(text) or self._known[text] for text in texts]
        self._known.update(found)
        while len(self._known) > self._size:
            self._known.popitem(last=False)
        return result


class FlowMatcher:
    """Which flow an utterance starts, if any."""

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings

    async def warm(self, tenant: str, flows: Sequence[Flow]) -> None:
        """Fetch the examples' vectors ahead of the first utterance."""
        await self._embeddings.vectors(tenant, [example for flow in flows for example in flow.starts_on])

    async def match(
        self, tenant: str, text: str, flows: Sequence[Flow], *, language: str = "en", least: float = 0.0
    ) -> Flow | None:
        """`least`: a similarity that suffices instead of the usual ones."""
        words = content(text, language)
        wish = pack(language).intents.wish
        for flow in flows:
            for example in flow.starts_on:
                wanted = content(example, language)
                if (
                    len(wanted) >= 2
                    and wanted <= words
                    and (not is_question(text, language) or wish.search(bare(text)))
                ):
                    return flow
        examples = [(flow, example) for flow in flows for example in flow.starts_on]
        if not examples or not words:
            return None
        texts = [text, *(example for _, example in examples)]
        try:
            vectors = await self._embeddings.vectors(tenant, texts)
        except ParleyError:
            vectors = [hashed_vector(one) for one in texts]
        needed = least or FLOW_SIMILARITY
        if not least and is_question(text, language) and not wish.search(bare(text)):
            needed = QUESTION_SIMILARITY
        best = max(range(len(examples)), key=lambda at: similarity(vectors[0], vectors[at + 1]))
        return examples[best][0] if similarity(vectors[0], vectors[best + 1]) >= needed else None
