"""Markdown and plain text into blocks, by markdown-it. Runs in the service itself: no binary format, no archive."""

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token
from parley_core.errors import BadInput

from parley_rag.parsing.blocks import Block, Heading, Parsed, Table, Text

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def decode(content: bytes) -> str:
    """Raises BadInput for bytes that are not UTF-8."""
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\0", "")
    except UnicodeDecodeError:
        raise BadInput("content", "is not UTF-8 text") from None


def parse_plain(content: bytes) -> Parsed:
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", decode(content)))
    return Parsed(tuple(Text(part) for part in paragraphs if part))


def parse_markdown(content: bytes) -> Parsed:
    return Parsed(tuple(blocks_of(decode(content))))


def blocks_of(text: str, page: int = 0) -> list[Block]:
    """The blocks of Markdown text; `page` is written on each."""
    blocks: list[Block] = []
    heading = 0
    header: list[str] = []
    rows: list[tuple[str, ...]] = []
    row: list[str] | None = None
    in_header = False
    for token in MarkdownIt("commonmark").enable("table").parse(_FRONT_MATTER.sub("", text)):
        match token.type:
            case "heading_open":
                heading = int(token.tag[1:])
            case "table_open":
                header, rows = [], []
            case "thead_open" | "thead_close":
                in_header = token.type == "thead_open"
            case "tr_open":
                row = []
            case "tr_close":
                if row is not None and not in_header:
                    rows.append(tuple(row))
                row = None
            case "table_close":
                blocks.append(Table(tuple(header), tuple(rows), page))
            case "fence" | "code_block":
                blocks.append(Text(" ".join(token.content.split()), page))
            case "inline":
                said = _inline(token)
                if heading:
                    blocks.append(Heading(heading, said, page))
                    heading = 0
                elif row is not None:
                    (header if in_header else row).append(said)
                elif said:
                    blocks.append(Text(said, page))
    return blocks


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
