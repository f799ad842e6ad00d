"""Documents into chunks: by headings, a table row with its header, whole sentences. `knowledge` calls it at ingest.

Pure. The same blocks always give the same parts, hence the same chunk ids.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from parley_core.errors import BadInput

from parley_rag import questions, sentences
from parley_rag.parsing.blocks import Block, Heading, Table
from parley_rag.ports import Scope

SECTION_SEPARATOR = " > "
VERSION = "3"  # part of the content hash: raise it when the same document would give other chunks

_NAMESPACE = uuid.UUID("6f0d2a1e-3c53-5a5f-9d0e-9a3f7d1f6c11")


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk before it has an owner."""

    section: str
    ordinal: int
    text: str
    page: int = 0  # where it begins, from 1; 0: the format has no pages


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    page: int


@dataclass(slots=True)
class _Section:
    path: str
    sentences: list[_Sentence] = field(default_factory=list)


def parts_of(blocks: Iterable[Block], *, max_chars: int) -> list[Part]:
    """Cut a document. Sentences stay whole, so a part passes `max_chars` only when one sentence does.

    Raises BadInput when there is no text.
    """
    parts: list[Part] = []
    for section in _sections(questions.as_headings(blocks)):
        for lines in _packed(section.sentences, max_chars):
            parts.append(Part(section.path, len(parts), " ".join(line.text for line in lines), lines[0].page))
    if not parts:
        raise BadInput("content", "has no text")
    return parts


def chunk_id(scope: Scope, document: str, part: Part) -> str:
    """A UUID that depends on nothing but its arguments."""
    name = json.dumps([scope.tenant, scope.agent, document, part.section, part.ordinal])
    return str(uuid.uuid5(_NAMESPACE, name))


def _sections(blocks: Iterable[Block]) -> list[_Section]:
    path: list[tuple[int, str]] = []
    sections = [_Section("")]
    for block in blocks:
        if isinstance(block, Heading):
            path = [(level, title) for level, title in path if level < block.level] + [(block.level, block.text)]
            sections.append(_Section(SECTION_SEPARATOR.join(title for _, title in path if title)))
            continue
        said = [_row_text(block.header, row) for row in block.rows] if isinstance(block, Table) else [block.text]
        for text in said:
            sections[-1].sentences += [
                _Sentence(one, block.page) for one in sentences.split(sentences.ended(text)) if one
            ]
    return [section for section in sections if section.sentences]


def _packed(lines: Sequence[_Sentence], max_chars: int) -> Iterable[list[_Sentence]]:
    """Fill parts evenly. A short last sentence of a part opens the next one too: answers often span two."""
    total = sum(len(line.text) + 1 for line in lines)
    wanted = max(1, -(-total // max_chars))
    target = min(max_chars, total // wanted + max_chars // 4)
    current: list[_Sentence] = []
    fresh = 0  # sentences in `current` that no earlier part has
    for line in lines:
        if fresh and sum(len(one.text) + 1 for one in current) + len(line.text) > target:
            yield current
            last = current[-1]
            keeps = len(last.text) <= max_chars // 3 and len(last.text) + len(line.text) < target
            current, fresh = ([last] if keeps else []), 0
        current.append(line)
        fresh += 1
    if fresh:
        yield current


def _row_text(header: Sequence[str], cells: Sequence[str]) -> str:
    """A table row as it would be said: the first cell, then each column's name with its value."""
    if not cells:
        return ""
    rest = [
        f"{name} {cell}".strip()
        for name, cell in zip([*header, *[""] * len(cells)][1:], cells[1:], strict=False)
        if cell
    ]
    return sentences.ended(", ".join(part for part in [cells[0], *rest] if part))
