"""PDF files and pictures, drawn here: headings, tables, columns, scanned pages, and what cannot be read."""

from io import BytesIO

import pytest
from fpdf import FPDF
from parley_core.errors import BadInput
from parley_rag.parsing.blocks import Block, Heading, Parsed, Table, Text
from parley_rag.parsing.images import Box, arranged
from parley_rag.parsing.sandbox import Sandbox
from PIL import Image, ImageDraw, ImageFont

pytestmark = pytest.mark.outside

PRICES = (
    ("Treatment", "Members", "Others"),
    ("Massage, 50 minutes", "60 euros", "75 euros"),
    ("Sauna", "free", "20 euros"),
)


async def read(content: bytes, media_type: str = "application/pdf") -> Parsed:
    return await Sandbox().parse(content, media_type)


def pdf() -> FPDF:
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=11)
    return document


def titled(document: FPDF, text: str, size: int) -> None:
    document.set_font("helvetica", "B", size)
    document.multi_cell(0, size / 2, text, new_x="LMARGIN", new_y="NEXT")
    document.set_font("helvetica", size=11)


def paragraph(document: FPDF, text: str) -> None:
    document.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT")
    document.ln(6)


def tabulated(document: FPDF, rows: tuple[tuple[str, ...], ...]) -> None:
    with document.table() as table:
        for row in rows:
            cells = table.row()
            for cell in row:
                cells.cell(cell)
    document.ln(6)


def drawn(lines: list[tuple[str, int, int, int]]) -> Image.Image:
    """A white page of 1240 by 900 dots; lines are text, left, top and size."""
    picture = Image.new("RGB", (1240, 900), "white")
    pencil = ImageDraw.Draw(picture)
    for text, left, top, size in lines:
        pencil.text((left, top), text, fill="black", font=ImageFont.load_default(size))
    return picture


def words_of(blocks: tuple[Block, ...] | list[Block]) -> str:
    said: list[str] = []
    for block in blocks:
        said += (
            [cell for row in (block.header, *block.rows) for cell in row] if isinstance(block, Table) else [block.text]
        )
    return " ".join(said)


async def test_a_pdf_keeps_headings_paragraphs_tables_and_pages() -> None:
    document = pdf()
    titled(document, "Harbour Spa", 22)
    paragraph(document, "We are a small spa by the harbour. " * 8)
    titled(document, "Prices", 15)
    paragraph(document, "All prices are with tax.")
    tabulated(document, PRICES)
    paragraph(document, "Ask for groups of five and more.")
    document.add_page()
    titled(document, "Parking", 15)
    paragraph(document, "There are three places behind the house.")
    parsed = await read(bytes(document.output()))
    headings = [block for block in parsed.blocks if isinstance(block, Heading)]
    assert headings == [Heading(1, "Harbour Spa", 1), Heading(2, "Prices", 1), Heading(2, "Parking", 2)]
    assert Table(PRICES[0], PRICES[1:], 1) in parsed.blocks
    texts = [block for block in parsed.blocks if isinstance(block, Text)]
    assert texts[0].text.startswith("We are a small spa by the harbour. We are")
    assert texts[1:] == [
        Text("All prices are with tax.", 1),
        Text("Ask for groups of five and more.", 1),
        Text("There are three places behind the house.", 2),
    ]
    kinds = [type(block) for block in parsed.blocks]
    assert kinds == [Heading, Text, Heading, Text, Table, Text, Heading, Text]


async def test_list_items_are_texts_of_their_own_and_divided_words_are_joined() -> None:
    document = pdf()
    document.multi_cell(0, 5, "- Bring your card\n- Come early\n1. Ring twice", new_x="LMARGIN", new_y="NEXT")
    document.ln(8)
    document.multi_cell(0, 5, "The appoint-\nment is free.", new_x="LMARGIN", new_y="NEXT")
    parsed = await read(bytes(document.output()))
    assert [block.text for block in parsed.blocks if isinstance(block, Text)] == [
        "Bring your card",
        "Come early",
        "Ring twice",
        "The appointment is free.",
    ]


async def test_a_scanned_page_is_recognised_beside_pages_of_text() -> None:
    document = pdf()
    paragraph(document, "Written page with enough letters on it.")
    document.add_page()
    scan = BytesIO()
    drawn([("Opening hours", 80, 80, 54), ("Monday to Friday from eight to six", 80, 220, 32)]).save(scan, "PNG")
    document.image(scan, x=0, y=0, w=210)
    parsed = await read(bytes(document.output()))
    assert {block.page for block in parsed.blocks} == {1, 2}
    scanned = words_of([block for block in parsed.blocks if block.page == 2])
    assert "Opening hours" in scanned
    assert "Monday to Friday from eight to six" in scanned


async def test_a_picture_of_a_price_list_keeps_its_rows() -> None:
    lines = [("Bicycle Workshop", 80, 60, 60)]
    for at, row in enumerate(
        (("Repair", "Price"), ("New tyre", "19 euros"), ("Brakes", "35 euros"), ("Lights", "12 euros"))
    ):
        lines += [(row[0], 80, 220 + 90 * at, 36), (row[1], 700, 220 + 90 * at, 36)]
    picture = BytesIO()
    drawn(lines).save(picture, "JPEG", quality=80)
    parsed = await read(picture.getvalue(), "image/jpeg")
    (table,) = [block for block in parsed.blocks if isinstance(block, Table)]
    assert table.header == ("Repair", "Price")
    assert table.rows == (("New tyre", "19 euros"), ("Brakes", "35 euros"), ("Lights", "12 euros"))
    assert isinstance(parsed.blocks[0], Heading)
    assert parsed.blocks[0].text == "Bicycle Workshop"


async def test_a_locked_pdf_is_refused() -> None:
    document = pdf()
    paragraph(document, "Secret.")
    document.set_encryption(owner_password="owner", user_password="user")
    with pytest.raises(BadInput, match="is no PDF that can be read"):
        await read(bytes(document.output()))


def test_boxes_on_one_line_are_read_from_left_to_right() -> None:
    boxes = [Box("world", 60, 100, 2, 20), Box("Hello", 0, 50, 0, 20), Box("Below", 0, 50, 25, 45)]
    assert arranged(boxes, 3) == [Text("Hello world Below", 3)]


def test_no_boxes_are_no_text() -> None:
    assert arranged([], 0) == []
