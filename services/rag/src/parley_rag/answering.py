"""Answers out of the knowledge's own sentences: which of the hits' sentences answer the question, and how surely.

Pure; `knowledge` brings the hits and the vectors. A sentence is scored by its meaning (cosine with the question, alone
and under its heading) and by the question's words that it or its heading has. What a question names must be there:
a sentence about Saturday does not answer a question about Monday, nor one about Aetna a question about Cigna.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from parley_rag import sentences, words
from parley_rag.chunking import SECTION_SEPARATOR
from parley_rag.embedding import Floats
from parley_rag.ports import Found

# Set on the questions of tests/test_answers_clinic.py: answerable ones end above 0.5, the others below.
_MEANING, _WORDS = 0.65, 0.35
_HEADING_WORD = 0.8  # a word found in the heading alone, against one in the sentence
_WRONG_DAY, _NO_DAY, _NO_NAME, _NO_NUMBER = 0.45, 0.85, 0.6, 0.95
_MIDDLE, _STEEPNESS = 0.48, 14.0
_NOTHING_BELOW = 0.15  # confidence under which no answer is better than this one
_SECOND_AT_LEAST = 0.8  # of the first one's score
_SAME_MEANING = 0.8  # cosine from which a second sentence only repeats the first


@dataclass(frozen=True, slots=True)
class Candidate:
    text: str
    heading: str
    hit: int  # index of the hit that it was first seen in
    place: tuple[str, int, int]  # document, chunk, sentence: the order of reading

    @property
    def in_context(self) -> str:
        return f"{self.heading}. {self.text}" if self.heading else self.text


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    confidence: float  # 0 to 1
    hits: tuple[int, ...]  # indices of the hits that the text was taken from, best first


NO_ANSWER = Answer("", 0.0, ())


def candidates_of(hits: Sequence[Found]) -> list[Candidate]:
    """Every sentence of the hits once, best hit first."""
    seen: dict[str, Candidate] = {}
    for at, found in enumerate(hits):
        chunk = found.chunk
        heading = chunk.section.split(SECTION_SEPARATOR)[-1]
        for number, text in enumerate(sentences.split(chunk.text)):
            seen.setdefault(text, Candidate(text, heading, at, (chunk.document, chunk.ordinal, number)))
    return list(seen.values())


def answer(
    question: str,
    candidates: Sequence[Candidate],
    *,
    question_vector: Floats,
    alone: Floats,
    in_context: Floats,
    max_sentences: int,
) -> Answer:
    """Choose up to `max_sentences`. `alone` and `in_context` hold one vector per candidate."""
    if not candidates:
        return NO_ANSWER
    names = words.names_of([part for one in candidates for part in (one.text, f". {one.heading}")])
    asked = words.read(question, names)
    meaning = (alone @ question_vector + in_context @ question_vector) / 2
    scores = [_score(asked, one, float(near), names) for one, near in zip(candidates, meaning, strict=True)]
    order = sorted(range(len(candidates)), key=lambda at: (-scores[at], at))
    best = order[0]
    confidence = 1 / (1 + math.exp(-_STEEPNESS * (scores[best] - _MIDDLE)))
    if confidence < _NOTHING_BELOW:
        return Answer("", confidence, ())
    chosen = [best]
    for at in order[1:]:
        if len(chosen) >= max_sentences or scores[at] < _SECOND_AT_LEAST * scores[best]:
            break
        if candidates[at].heading == candidates[best].heading and all(
            float(alone[at] @ alone[one]) < _SAME_MEANING for one in chosen
        ):
            chosen.append(at)
    hits = tuple(dict.fromkeys(candidates[at].hit for at in chosen))
    spoken = sorted(chosen, key=lambda at: candidates[at].place)
    return Answer(" ".join(candidates[at].text for at in spoken), confidence, hits)


def _score(asked: words.Reading, one: Candidate, meaning: float, names: frozenset[str]) -> float:
    said, above = words.read(one.text, names), words.read(one.heading, names)
    wanted = asked.stems
    met = sum(1.0 if stem in said.stems else _HEADING_WORD if stem in above.stems else 0.0 for stem in wanted)
    # A question of nothing but a day or small words is judged by its meaning alone.
    covered = met / len(wanted) if wanted else max(0.0, meaning)
    score = _MEANING * meaning + _WORDS * covered
    if asked.days and not asked.days & said.days:
        score *= _WRONG_DAY if said.days else _NO_DAY
    if asked.names:
        missing = len(asked.names - said.names - above.names) / len(asked.names)
        score *= 1 - (1 - _NO_NAME) * missing
    if asked.numbers and not asked.numbers & said.numbers:
        score *= _NO_NUMBER
    return score
