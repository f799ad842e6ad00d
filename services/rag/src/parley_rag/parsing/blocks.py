"""What every parser gives: a document as headings, texts and tables in reading order. `chunking` cuts it.

Pure values with a JSON form, since most parsers run in another process.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from parley_core.errors import BadInput
from parley_core.text import load_json


@dataclass(frozen=True, slots=True)
class Heading:
    level: int  # 1: the topmost
    text: str
    page: int = 0  # from 1; 0: the format has no pages


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph or a list item, with its sentences unsplit."""

    text: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """`header` may be empty. A row may be shorter or longer than it."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    page: int = 0


Block: TypeAlias = Heading | Text | Table


@dataclass(frozen=True, slots=True)
class Parsed:
    blocks: tuple[Block, ...]
    title: str = ""
    notes: tuple[str, ...] = field(default=())  # what could not be read, for the one who added the document


def one_line(text: str) -> str:
    """Single spaces, and no character that is never spoken."""
    return " ".join(text.replace("\0", "").replace("\xad", "").split())


def to_json(parsed: Parsed) -> dict[str, object]:
    return {
        "title": parsed.title,
        "notes": list(parsed.notes),
        "blocks": [_block_to_json(block) for block in parsed.blocks],
    }


def from_json(data: bytes) -> Parsed:
    """Raises BadInput."""
    try:
        said = load_json(data)
    except ValueError:
        raise BadInput("parsed document", "is no JSON") from None
    if not isinstance(said, dict):
        raise BadInput("parsed document", "is no object")
    blocks = said.get("blocks")
    notes = said.get("notes")
    return Parsed(
        tuple(_block_from_json(block) for block in blocks) if isinstance(blocks, list) else (),
        str(said.get("title", "")),
        tuple(str(note) for note in notes) if isinstance(notes, list) else (),
    )


def _block_to_json(block: Block) -> dict[str, object]:
    match block:
        case Heading():
            return {"heading": block.level, "text": block.text, "page": block.page}
        case Table():
            return {"header": list(block.header), "rows": [list(row) for row in block.rows], "page": block.page}
        case Text():
            return {"text": block.text, "page": block.page}


def _block_from_json(said: object) -> Block:
    if not isinstance(said, Mapping):
        raise BadInput("parsed document", "has a block that is no object")
    page = said.get("page")
    at = page if isinstance(page, int) else 0
    if isinstance(said.get("rows"), list):
        return Table(_cells(said.get("header")), tuple(_cells(row) for row in said["rows"]), at)
    level = said.get("heading")
    if isinstance(level, int):
        return Heading(level, str(said.get("text", "")), at)
    return Text(str(said.get("text", "")), at)


def _cells(said: object) -> tuple[str, ...]:
    return tuple(str(cell) for cell in said) if isinstance(said, Sequence) and not isinstance(said, str) else ()
