"""Documents into chunks: Markdown by its headings, plain text by its paragraphs, whole sentences, no markup left.

Pure; `knowledge` calls `parts_of` at ingest. The same document always gives the same parts, hence the same chunk ids.
"""

import json
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token
from parley_core.errors import BadInput

from parley_rag import sentences
from parley_rag.ports import Scope

MEDIA_TYPES = ("text/markdown", "text/plain")
SECTION_SEPARATOR = " > "
VERSION = "1"  # part of the content hash: raise it when the same document would give other chunks

_NAMESPACE = uuid.UUID("6f0d2a1e-3c53-5a5f-9d0e-9a3f7d1f6c11")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk before it has an owner."""

    section: str
    ordinal: int
    text: str


@dataclass(slots=True)
class _Section:
    path: str
    sentences: list[str] = field(default_factory=list)


def parts_of(content: bytes, media_type: str, *, max_chars: int) -> list[Part]:
    """Cut a document. Sentences stay whole, so a part passes `max_chars` only when one sentence does.

    Raises BadInput when the media type is not known, the bytes are not UTF-8 or there is no text.
    """
    if media_type not in MEDIA_TYPES:
        raise BadInput("media_type", f"must be one of {', '.join(MEDIA_TYPES)}")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\0", "")
    except UnicodeDecodeError:
        raise BadInput("content", "is not UTF-8 text") from None
    sections = _markdown(text) if media_type == "text/markdown" else _plain(text)
    parts: list[Part] = []
    for section in sections:
        for lines in _packed(section.sentences, max_chars):
            parts.append(Part(section.path, len(parts), " ".join(lines)))
    if not parts:
        raise BadInput("content", "has no text")
    return parts


def chunk_id(scope: Scope, document: str, part: Part) -> str:
    """A UUID that depends on nothing but its arguments."""
    name = json.dumps([scope.tenant, scope.agent, document, part.section, part.ordinal])
    return str(uuid.uuid5(_NAMESPACE, name))


def _packed(lines: Sequence[str], max_chars: int) -> Iterable[list[str]]:
    """Fill parts evenly. A short last sentence of a part opens the next one too: answers often span two."""
    total = sum(len(line) + 1 for line in lines)
    wanted = max(1, -(-total // max_chars))
    target = min(max_chars, total // wanted + max_chars // 4)
    current: list[str] = []
    fresh = 0  # sentences in `current` that no earlier part has
    for line in lines:
        if fresh and sum(len(one) + 1 for one in current) + len(line) > target:
            yield current
            keeps = len(current[-1]) <= max_chars // 3 and len(current[-1]) + len(line) < target
            current, fresh = ([current[-1]] if keeps else []), 0
        current.append(line)
        fresh += 1
    if fresh:
        yield current


def _plain(text: str) -> list[_Section]:
    section = _Section("")
    for paragraph in re.split(r"\n\s*\n", text):
        section.sentences += sentences.split(sentences.ended(" ".join(paragraph.split())))
    return [section]


def _markdown(text: str) -> list[_Section]:
    tokens = MarkdownIt("commonmark").enable("table").parse(_FRONT_MATTER.sub("", text))
    path: list[tuple[int, str]] = []
    sections = [_Section("")]
    heading = 0
    header: list[str] = []
    row: list[str] | None = None
    in_header = False
    for token in tokens:
        if token.type == "heading_open":
            heading = int(token.tag[1:])
        elif token.type == "thead_open":
            header, in_header = [], True
        elif token.type == "thead_close":
            in_header = False
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            if row is not None and not in_header:
                sections[-1].sentences += sentences.split(_row_text(header, row))
            row = None
        elif token.type == "fence" or token.type == "code_block":
            sections[-1].sentences += sentences.split(sentences.ended(" ".join(token.content.split())))
        elif token.type == "inline":
            said = _inline(token)
            if heading:
                path = [(level, title) for level, title in path if level < heading] + [(heading, said)]
                sections.append(_Section(SECTION_SEPARATOR.join(title for _, title in path if title)))
                heading = 0
            elif row is not None:
                (header if in_header else row).append(said)
            elif said:
                sections[-1].sentences += sentences.split(sentences.ended(said))
    return [section for section in sections if section.sentences]


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


def _inline(token: Token) -> str:
    """The words of an inline token: link texts without addresses, no emphasis marks, no tags."""
    words: list[str] = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            words.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            words.append(" ")
        elif child.type == "image":
            words.append(child.content)
        elif child.type == "html_inline":
            words.append(_TAG.sub("", child.content))
    return " ".join("".join(words).split())
