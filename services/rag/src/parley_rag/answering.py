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
from parley_rag.embeddings.base import Floats
from parley_rag.ports import Chunk

# Set on the questions of tests/test_answers_clinic.py: answerable ones end above 0.5, the others below.
_MEANING, _WORDS = 0.65, 0.35
_HEADING_WORD = 0.8  # a word found in the heading alone, against one in the sentence
# Factors for what the question names and the sentence has, lacks or contradicts.
_WRONG_DAY, _WRONG_DAY_OF_NAME, _NO_DAY = 0.45, 0.85, 0.85  # "Doctor Chen is here on Monday" does answer for Sunday
_NAMED, _NO_NAME, _NO_NUMBER = 1.08, 0.6, 0.95
_UNKNOWN = 0.25  # sentences that a word counts as being in, when it is in none: it weighs more than any other
_DENIAL = 0.8  # "we do not" is rarely the answer to which or what
_MIDDLE, _STEEPNESS = 0.49, 14.0
_NOTHING_BELOW = 0.15  # confidence under which no answer is better than this one
_SECOND_AT_LEAST = 0.75  # of the first one's score
# Set on the questions in Spanish, German and French of tests/embeddings/test_likeness.py.
_LIKE, _CONCERNS = 0.6, 0.4
_MEANT_MIDDLE, _MEANT_STEEPNESS = 0.36, 14.0
_SECOND_MEANT = 0.9
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


def candidates_of(chunks: Sequence[Chunk]) -> list[Candidate]:
    """Every sentence of the hits' chunks once, in their order. A question is no answer."""
    seen: dict[str, Candidate] = {}
    for at, chunk in enumerate(chunks):
        heading = chunk.section.split(SECTION_SEPARATOR)[-1]
        for number, text in enumerate(sentences.split(chunk.text)):
            if text.endswith("?"):
                continue
            seen.setdefault(text, Candidate(text, heading, at, (chunk.document, chunk.ordinal, number)))
    return list(seen.values())


def texts_of(candidates: Sequence[Candidate]) -> list[str]:
    """What needs vectors to weigh the candidates: each alone, then each under its heading."""
    return [one.text for one in candidates] + [one.in_context for one in candidates]


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
    readings = [(words.read(one.text, names), words.read(one.heading, names)) for one in candidates]
    rarity = _rarity(asked.stems, [said.stems | above.stems for said, above in readings])
    scores = [
        _score(asked, said, above, float(near), rarity) for (said, above), near in zip(readings, meaning, strict=True)
    ]
    best = max(range(len(candidates)), key=lambda at: (scores[at], -at))
    confidence = 1 / (1 + math.exp(-_STEEPNESS * (scores[best] - _MIDDLE)))
    if confidence < _NOTHING_BELOW:
        return Answer("", confidence, ())
    chosen = [best]
    for at in _nearest_first(candidates, best):
        if len(chosen) >= max_sentences:
            break
        repeats = any(
            float(alone[at] @ alone[one]) >= _SAME_MEANING and readings[at][0].days <= readings[one][0].days
            for one in chosen
        )
        if scores[at] >= _SECOND_AT_LEAST * scores[best] and not repeats:
            chosen.append(at)
    hits = tuple(dict.fromkeys(candidates[at].hit for at in chosen))
    spoken = sorted(chosen, key=lambda at: candidates[at].place)
    return Answer(" ".join(candidates[at].text for at in spoken), confidence, hits)


def answer_by_meaning(candidates: Sequence[Candidate], likeness: Sequence[float], relevance: Sequence[float]) -> Answer:
    """For languages whose words are not read here. `likeness` of each candidate with the question, 0 to 1, and
    `relevance` of each hit. One sentence, and the one behind it in its passage where that fits as well."""
    if not candidates:
        return NO_ANSWER
    sure = [_LIKE * like + _CONCERNS * relevance[one.hit] for one, like in zip(candidates, likeness, strict=True)]
    best = max(range(len(candidates)), key=lambda at: (sure[at], -at))
    confidence = 1 / (1 + math.exp(-_MEANT_STEEPNESS * (sure[best] - _MEANT_MIDDLE)))
    if confidence < _NOTHING_BELOW:
        return Answer("", confidence, ())
    document, chunk, number = candidates[best].place
    behind = [at for at, one in enumerate(candidates) if one.place == (document, chunk, number + 1)]
    chosen = [best, *(at for at in behind if sure[at] >= _SECOND_MEANT * sure[best])]
    return Answer(" ".join(candidates[at].text for at in chosen), confidence, (candidates[best].hit,))


def _nearest_first(candidates: Sequence[Candidate], best: int) -> list[int]:
    """The other sentences under the same heading, those next to the best one first, later before earlier."""
    document, chunk, number = candidates[best].place
    near = []
    for at, one in enumerate(candidates):
        if at != best and one.heading == candidates[best].heading and one.place[0] == document:
            away = (one.place[1] - chunk, one.place[2] - number)
            near.append((abs(away[0]), abs(away[1]), away < (0, 0), at))
    return [at for *_, at in sorted(near)]


def _rarity(stems: frozenset[str], texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """Weights of the question's words, by how few of the candidates have them; a word that none has weighs most."""
    having = {stem: sum(stem in text for text in texts) for stem in stems}
    return {stem: math.log(1 + len(texts) / (count or _UNKNOWN)) for stem, count in having.items()}


def _score(
    asked: words.Reading, said: words.Reading, above: words.Reading, meaning: float, rarity: dict[str, float]
) -> float:
    joined = {part for *parts, whole in asked.pairs if whole in said.stems or whole in above.stems for part in parts}
    met = sum(
        weight * (1.0 if stem in said.stems or stem in joined else _HEADING_WORD if stem in above.stems else 0.0)
        for stem, weight in rarity.items()
    )
    # A question of nothing but a day or small words is judged by its meaning alone.
    covered = met / sum(rarity.values()) if rarity else max(0.0, meaning)
    score = _MEANING * meaning + _WORDS * covered
    named = asked.names & (said.names | above.names)
    if asked.days and not asked.days & said.days:
        score *= _NO_DAY if not said.days else _WRONG_DAY_OF_NAME if named else _WRONG_DAY
    if asked.names:
        met_names = len(named) / len(asked.names)
        score *= _NO_NAME + (_NAMED - _NO_NAME) * met_names
    if asked.numbers and not asked.numbers & said.numbers:
        score *= _NO_NUMBER
    if said.denies and asked.open and not asked.denies and not named and not asked.days:
        score *= _DENIAL
    return score
