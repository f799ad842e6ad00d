"""How surely a passage concerns a question, beyond where the two searches ranked it. `knowledge` asks it for each hit.

The default costs no model: it weighs the meaning (what the index's cosine says of its model) with the question's
words that the passage has, rare ones more, in any language. A cross-encoder or a vendor's re-ranker would be another
`Reranker`.
"""

import math
import re
from collections.abc import Sequence
from typing import Protocol

from parley_core.languages.answers import folded
from parley_core.languages.registry import pack

from parley_rag import words
from parley_rag.ports import Found

_WORD = re.compile(r"\w+")
_STEM = 5  # letters of a word that its forms have in common, in a language without a stemmer here
_SHORTEST = 3  # a word of fewer letters carries no topic, unless it is a number
_UNKNOWN = 0.5  # passages that a word counts as being in, when it is in none
# Set on the questions of tests/test_answers_clinic.py and on the swimming pool of tests/embeddings/test_likeness.py.
_MEANING, _WORDS = 0.6, 0.4
_ALONE = 0.85  # of the meaning, where no word is shared: another language, or other words


class Reranker(Protocol):
    async def relevance(
        self, question: str, language: str, found: Sequence[Found], likeness: Sequence[float]
    ) -> list[float]:
        """From 0 to 1 for each passage, in their order. `likeness`: what the index's model says, from 0 to 1."""
        ...


class WordsAndMeaning:
    """See `Reranker`."""

    async def relevance(
        self, question: str, language: str, found: Sequence[Found], likeness: Sequence[float]
    ) -> list[float]:
        asked = _topics(question, language)
        texts = [_topics(one.chunk.indexed_text, one.chunk.language or language) for one in found]
        having = {word: sum(word in text for text in texts) for word in asked}
        weight = {word: math.log(1 + len(texts) / (count or _UNKNOWN)) for word, count in having.items()}
        whole = sum(weight.values())
        scores = []
        for like, text in zip(likeness, texts, strict=True):
            covered = sum(weight[word] for word in asked & text) / whole if whole else 0.0
            scores.append(max(_MEANING * like + _WORDS * covered, _ALONE * like))
        return scores


def _topics(text: str, language: str) -> frozenset[str]:
    """The words that carry a topic, so far that their forms meet."""
    if language in ("", "en"):
        return words.read(text).stems
    stop = pack(language).search.stop
    found = [word for word in _WORD.findall(folded(text)) if word not in stop]
    return frozenset(word[:_STEM] for word in found if len(word) >= _SHORTEST or word.isdigit())
