"""Questions and answers in documents: the question becomes the heading of its answer, as it is in many an FAQ anyway.

`chunking` calls it first. So a search meets the question, and what is said is the answer. The forms: "Q: … A: …" in one
paragraph or several, with the marks of every language pack; a table of questions; a paragraph that is a question, or
begins with one. A question that no answer follows stays the text that it is.
"""

import re
from collections.abc import Iterable, Iterator

from parley_core.languages.answers import folded
from parley_core.languages.registry import PACKS

from parley_rag import sentences
from parley_rag.parsing.blocks import Block, Heading, Table, Text

_LEVEL = 9  # below every heading of a document
_LONGEST = 200  # characters of a question
_ASKED = frozenset(mark for one in PACKS.values() for mark in one.search.question_marks)
_ANSWERED = frozenset(mark for one in PACKS.values() for mark in one.search.answer_marks)


def _marked(marks: frozenset[str]) -> str:
    return "|".join(map(re.escape, sorted(marks, key=len, reverse=True)))


_MARK = re.compile(
    rf"(?:^|(?<=\s))[*_]*(?:\d+[.)]\s*)?(?:(?P<asked>{_marked(_ASKED)})|(?P<answered>{_marked(_ANSWERED)}))"
    r"\s*\d*\s*[*_]*:[*_]*(?=\s|$)",
    re.IGNORECASE,
)


def as_headings(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, with each question that is answered as a heading above its answer."""
    asked: Text | None = None  # a question whose answer may follow
    for block in blocks:
        if isinstance(block, Table) and (rows := _rows(block)):
            yield from _kept(asked)
            asked = None
            for question, answer in rows:
                yield from _answered(question, answer, block.page)
            continue
        if not isinstance(block, Text):
            yield from _kept(asked)
            asked = None
            yield block
            continue
        for question, answer in _pairs(block.text):
            if question:
                yield from _kept(asked)
                asked = Text(question, block.page)
            if answer and asked is not None:
                yield from _answered(asked.text, answer, asked.page)
                asked = None
            elif answer:
                yield Text(answer, block.page)
    yield from _kept(asked)


def _kept(asked: Text | None) -> Iterator[Block]:
    if asked is not None:
        yield asked


def _answered(question: str, answer: str, page: int) -> Iterator[Block]:
    yield Heading(_LEVEL, question, page)
    yield Text(answer, page)
    yield Heading(_LEVEL, "", page)  # what follows the answer is no part of it


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Questions with their answers; "" for either where the text has none."""
    marks = [mark for mark in _MARK.finditer(text) if not mark["asked"] or _begins(text[: mark.start()])]
    if not any(mark["asked"] for mark in marks):
        if marks and marks[0].start() == 0:
            yield "", text[marks[0].end() :].strip()  # the answer to the paragraph before
        else:
            yield _opened(text)
        return
    if before := text[: marks[0].start()].strip():
        yield "", before
    question, ends = "", [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        said = text[mark.end() : end].strip().strip("*_ ")
        if mark["asked"]:
            if question:
                yield question, ""
            question = said
        else:
            yield question, said
            question = ""
    if question:
        yield question, ""


def _begins(before: str) -> bool:
    """Whether a sentence begins behind these words: "Plan P: the second" is no question of a Spanish list."""
    return not before.strip() or before.rstrip(" *_").endswith((".", "!", "?", "…"))


def _opened(text: str) -> tuple[str, str]:
    """A paragraph that is a question, or begins with one: the question, and the rest."""
    parts = sentences.split(text)
    if not parts or not _is_question(parts[0]) or any(_is_question(part) for part in parts[1:]):
        return "", text
    return parts[0].strip("*_ "), " ".join(parts[1:]).strip("*_ ")


def _is_question(sentence: str) -> bool:
    return sentence.rstrip("*_ ").endswith("?") and len(sentence) <= _LONGEST


def _rows(table: Table) -> list[tuple[str, str]]:
    """The questions and answers of a table that has nothing else; empty for another table."""
    header = [folded(cell).strip(" *_:") for cell in table.header]
    rows = [row for row in table.rows if any(row)]
    named = bool(header) and header[0] in _ASKED
    if not rows or any(len(row) < 2 for row in rows) or not (named or all(_is_question(row[0]) for row in rows)):
        return []
    column = next((at for at, cell in enumerate(header) if cell in _ANSWERED), 0)
    return [(row[0], row[column] if 0 < column < len(row) else ", ".join(filter(None, row[1:]))) for row in rows]
