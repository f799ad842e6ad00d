"""PDF into blocks, by pdfplumber: tables as tables, large or bold lines as headings, scanned pages through recognition.

Runs in the sandbox's process. A page is scanned where it has an image and next to no letters.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from io import BytesIO

import pdfplumber
import pypdfium2  # type: ignore[import-untyped]
from parley_core.errors import BadInput
from pdfplumber.page import Page

from parley_rag.parsing import images
from parley_rag.parsing.blocks import Block, Heading, Parsed, Table, Text, one_line

MAX_PAGES = 1000
MAX_SCANNED = 60  # recognition takes a second and more a page
_FEW_CHARS = 20
_LARGER = 1.15  # of a heading's letters, against the body's
_RENDER_SCALE = 200 / 72  # dots an inch, against PDF's points
_ITEM = re.compile(r"^\s*(?:[•‣◦▪·–-]|\d{1,3}[.)])\s+")
_HEADING_CHARS = 120


def parse(content: bytes) -> Parsed:
    """Raises BadInput."""
    try:
        document = pdfplumber.open(BytesIO(content))
    except Exception as error:  # noqa: BLE001  # pdfminer has a dozen, and plain ones
        raise BadInput("content", f"is no PDF that can be read: {type(error).__name__}") from None
    with document:
        if len(document.pages) > MAX_PAGES:
            raise BadInput("content", f"has {len(document.pages)} pages; at most {MAX_PAGES} are taken")
        body = _body_size(document.pages)
        blocks: list[Block] = []
        scanned: list[int] = []
        for page in document.pages:
            if len(page.chars) < _FEW_CHARS and page.images:
                scanned.append(page.page_number)
                blocks += _recognised(content, page.page_number) if len(scanned) <= MAX_SCANNED else []
            else:
                blocks += _page(page, body)
            page.close()  # its layout is cached otherwise
        title = document.metadata.get("Title") if document.metadata else ""
    left = scanned[MAX_SCANNED:]
    notes = (f"{len(left)} scanned pages behind the first {MAX_SCANNED} were not read",) if left else ()
    return Parsed(tuple(_levelled(blocks)), one_line(str(title or "")), notes)


def _body_size(pages: Sequence[Page]) -> float:
    """The commonest size of letters, in points; of the first pages, which is enough and bounded."""
    sizes = Counter(round(char["size"], 1) for page in pages[:20] for char in page.chars)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _page(page: Page, body: float) -> list[Block]:
    """Lines outside of tables in reading order, each table where it stands."""
    tables = page.find_tables()
    placed: list[tuple[float, Block]] = []
    for found in tables:
        rows = [tuple(one_line(cell or "") for cell in row) for row in found.extract()]
        rows = [row for row in rows if any(row)]
        if len(rows) > 1:
            placed.append((found.bbox[1], Table(rows[0], tuple(rows[1:]), page.page_number)))
        elif rows:  # a frame around text
            placed.append((found.bbox[1], Text(one_line(" ".join(rows[0])), page.page_number)))
    boxes = [found.bbox for found in tables]
    outside = page.filter(lambda item: item["object_type"] != "char" or not any(_inside(item, box) for box in boxes))
    placed += _texts(outside, body, page.page_number)
    return [block for _, block in sorted(placed, key=lambda one: one[0])]


def _inside(char: Mapping[str, float], box: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = box
    middle, height = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    return left <= middle <= right and top <= height <= bottom


def _texts(page: Page, body: float, number: int) -> list[tuple[float, Block]]:
    """Lines joined to paragraphs: a wide gap, a list mark, or a heading begins a new one."""
    placed: list[tuple[float, Block]] = []
    current: list[str] = []
    top = bottom = 0.0

    def flush() -> None:
        if current:
            placed.append((top, Text(_joined(current), number)))
            current.clear()

    for line in page.extract_text_lines(return_chars=True):
        text = one_line(line["text"])
        if not text:
            continue
        size = max(char["size"] for char in line["chars"])
        bold = all("bold" in char["fontname"].lower() for char in line["chars"] if not char["text"].isspace())
        short = len(text) <= _HEADING_CHARS and text[-1] not in ".,;"
        if body and short and (size >= _LARGER * body or bold):
            flush()
            # Levels are told from the sizes of the whole document, by `_levelled`.
            placed.append((line["top"], Heading(round(size * 10) * 2 + bold, text, number)))
            continue
        height = line["bottom"] - line["top"]
        if _ITEM.match(text) or (current and line["top"] - bottom > 0.6 * height):
            flush()
        if not current:
            top = line["top"]
        current.append(_ITEM.sub("", text))
        bottom = line["bottom"]
    flush()
    return placed


def _levelled(blocks: Sequence[Block]) -> list[Block]:
    """Headings with their level, 1 for the largest letters of the document; a heading of two lines is joined."""
    sizes = sorted({block.level for block in blocks if isinstance(block, Heading)}, reverse=True)
    levels = {size: min(at, 6) for at, size in enumerate(sizes, 1)}
    found: list[Block] = []
    for block in blocks:
        if not isinstance(block, Heading):
            found.append(block)
            continue
        level = levels[block.level]
        last = found[-1] if found else None
        if isinstance(last, Heading) and last.level == level and last.page == block.page:
            found[-1] = Heading(level, f"{last.text} {block.text}", block.page)
        else:
            found.append(Heading(level, block.text, block.page))
    return found


def _joined(lines: Sequence[str]) -> str:
    """Lines as one text; a word that was divided at the end of a line is whole again."""
    text = lines[0]
    for line in lines[1:]:
        divided = text.endswith("-") and len(text) > 1 and text[-2].islower() and line[:1].islower()
        text = text[:-1] + line if divided else f"{text} {line}"
    return text


def _recognised(content: bytes, number: int) -> list[Block]:
    document = pypdfium2.PdfDocument(content)
    try:
        picture = document[number - 1].render(scale=_RENDER_SCALE).to_pil()
    finally:
        document.close()
    return images.read(picture, number)
