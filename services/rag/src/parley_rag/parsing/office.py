"""Word documents and slides into blocks, by python-docx and python-pptx. Runs in the sandbox's process."""

from collections.abc import Iterator
from io import BytesIO

from docx import Document as open_docx
from docx.document import Document
from docx.table import Table as DocxTable
from docx.text.paragraph import Paragraph
from pptx import Presentation
from pptx.shapes.base import BaseShape
from pptx.shapes.group import GroupShape

from parley_rag.parsing.archives import check_archive
from parley_rag.parsing.blocks import Block, Heading, Parsed, Table, Text, one_line

_DEEPEST = 8  # groups of shapes in groups


def parse_docx(content: bytes) -> Parsed:
    check_archive(content)
    document = open_docx(BytesIO(content))
    return Parsed(tuple(_docx_blocks(document)), one_line(document.core_properties.title or ""))


def _docx_blocks(document: Document) -> Iterator[Block]:
    for item in document.iter_inner_content():
        if isinstance(item, DocxTable):
            yield _docx_table(item)
            continue
        text = one_line(item.text)
        if text:
            level = _heading_level(item)
            yield Heading(level, text) if level else Text(text)


def _heading_level(paragraph: Paragraph) -> int:
    """0: no heading. Styles are asked by id, which is English in every language of Word."""
    style = paragraph.style
    while style is not None:
        name = (style.style_id or "").lower()
        if name == "title":
            return 1
        if name.startswith("heading") and name[7:].isdigit():
            return int(name[7:])
        style = style.base_style
    return 0


def _docx_table(table: DocxTable) -> Table:
    rows = []
    for row in table.rows:
        cells: list[str] = []
        seen = None
        for cell in row.cells:
            if cell._tc is not seen:  # a merged cell is given once for each column that it spans
                cells.append(one_line(cell.text))
            seen = cell._tc
        if any(cells):
            rows.append(tuple(cells))
    return _with_header(rows)


def _with_header(rows: list[tuple[str, ...]], page: int = 0) -> Table:
    """Office formats do not say which row is the header: it is the first one, unless a figure stands in it."""
    if len(rows) > 1 and not any(any(sign.isdigit() for sign in cell) for cell in rows[0]):
        return Table(rows[0], tuple(rows[1:]), page)
    return Table((), tuple(rows), page)


def parse_pptx(content: bytes) -> Parsed:
    check_archive(content)
    slides = Presentation(BytesIO(content)).slides
    blocks: list[Block] = []
    for page, slide in enumerate(slides, 1):
        title = slide.shapes.title
        if title is not None and one_line(title.text_frame.text):
            blocks.append(Heading(1, one_line(title.text_frame.text), page))
        for shape in slide.shapes:
            if title is None or shape.shape_id != title.shape_id:
                blocks += _shape_blocks(shape, page, 0)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            notes = one_line(slide.notes_slide.notes_text_frame.text)
            if notes:
                blocks.append(Text(notes, page))
    return Parsed(tuple(blocks))


def _shape_blocks(shape: BaseShape, page: int, depth: int) -> Iterator[Block]:
    if isinstance(shape, GroupShape):
        if depth < _DEEPEST:
            for inner in shape.shapes:
                yield from _shape_blocks(inner, page, depth + 1)
        return
    if shape.has_table:
        table = shape.table  # type: ignore[attr-defined]  # only shapes with one have it
        rows = [tuple(one_line(cell.text) for cell in row.cells) for row in table.rows]
        yield _with_header([row for row in rows if any(row)], page)
    elif shape.has_text_frame:
        for paragraph in shape.text_frame.paragraphs:  # type: ignore[attr-defined]
            text = one_line(paragraph.text)
            if text:
                yield Text(text, page)
