"""Files of every kind, made here with the usual writers and read back through the sandbox."""

import zipfile
from email.message import EmailMessage
from io import BytesIO

import pytest
from docx import Document
from openpyxl import Workbook  # type: ignore[import-untyped]
from parley_core.media_types import EXTENSIONS
from parley_rag.parsing.blocks import Block, Heading, Table, Text
from parley_rag.parsing.sandbox import Sandbox
from pptx import Presentation
from pptx.util import Inches

pytestmark = pytest.mark.outside


async def blocks_of(name: str, content: bytes) -> list[Block]:
    return list((await Sandbox().parse(content, EXTENSIONS[name.rpartition(".")[2]])).blocks)


def saved(document: object) -> bytes:
    file = BytesIO()
    document.save(file)  # type: ignore[attr-defined]
    return file.getvalue()


async def test_word_documents_keep_headings_lists_and_tables_in_order() -> None:
    document = Document()
    document.add_heading("Returns", 1)
    document.add_paragraph("Send it back within thirty days.")
    document.add_heading("Refunds", 2)
    document.add_paragraph("Card payments", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for at, text in enumerate(("Method", "Days", "Card", "5")):
        table.rows[at // 2].cells[at % 2].text = text
    document.add_paragraph("Ask us.")
    assert await blocks_of("a.docx", saved(document)) == [
        Heading(1, "Returns"),
        Text("Send it back within thirty days."),
        Heading(2, "Refunds"),
        Text("Card payments"),
        Table(("Method", "Days"), (("Card", "5"),)),
        Text("Ask us."),
    ]


async def test_slides_are_pages() -> None:
    deck = Presentation()
    for title, text in (("Welcome", "We fix bicycles."), ("Prices", "See the table.")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(3), Inches(4), Inches(1)).table
    for at, text in enumerate(("Repair", "Price", "Tyre", "12 euros")):
        table.cell(at // 2, at % 2).text = text
    slide.notes_slide.notes_text_frame.text = "Prices hold until June."
    assert await blocks_of("a.pptx", saved(deck)) == [
        Heading(1, "Welcome", 1),
        Text("We fix bicycles.", 1),
        Heading(1, "Prices", 2),
        Text("See the table.", 2),
        Table(("Repair", "Price"), (("Tyre", "12 euros"),), 2),
        Text("Prices hold until June.", 2),
    ]


async def test_each_sheet_is_a_table_under_its_name() -> None:
    book = Workbook()
    book.active.title = "Rooms"
    for row in (["Our rooms"], ["Room", "Beds", "Open"], ["Blue", 2, True], [None, None, None], ["Green", 3.0, False]):
        book.active.append(row)
    book.create_sheet("Empty")
    assert await blocks_of("a.xlsx", saved(book)) == [
        Heading(1, "Rooms"),
        Table(("Room", "Beds", "Open"), (("Our rooms", "", ""), ("Blue", "2", "yes"), ("Green", "3", "no"))),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
async def test_csv_is_read_with_any_separator_and_encoding(encoding: str) -> None:
    text = "Straße;Öffnungszeit\r\nGroße Straße 1;8 bis 18 Uhr\r\nKüferweg 2;geschlossen für Gäste\r\n" * 3
    (table,) = await blocks_of("a.csv", text.encode(encoding))
    assert isinstance(table, Table)
    assert table.header == ("Straße", "Öffnungszeit")
    assert table.rows[0] == ("Große Straße 1", "8 bis 18 Uhr")


PAGE = """<html><head><title>Harbour Dental</title><style>p {color: red}</style></head><body>
<nav><a href="/">Home</a><a href="/about">About us and our long story</a></nav>
<main><h1>Fees</h1><p>All fees include <b>an examination</b> and are due on the day of the visit. We take cards and
cash, and we send an invoice by letter on request, as long as the address is in this country.</p>
<table><tr><th>Treatment</th><th>Fee</th></tr><tr><td>Cleaning</td><td>80 dollars</td></tr></table>
<h2>Insurance</h2><ul><li>Delta and Cigna are accepted.</li><li>Others on request.</li></ul></main>
<script>alert("no")</script><footer>Copyright</footer></body></html>"""


async def test_web_pages_keep_their_content_and_lose_scripts_and_menus() -> None:
    blocks = await blocks_of("a.html", PAGE.encode())
    assert Table(("Treatment", "Fee"), (("Cleaning", "80 dollars"),)) in blocks
    texts = [block.text for block in blocks if isinstance(block, Heading | Text)]
    assert texts.index("Fees") < texts.index("Insurance")
    assert "Delta and Cigna are accepted." in " ".join(texts)
    everything = " ".join(texts)
    assert "alert" not in everything
    assert "color" not in everything
    assert "About us" not in everything


async def test_a_page_without_prose_is_kept_whole() -> None:
    page = b"<html><title>Menu</title><body><div>Soup<br>7 euros</div><div>Fish<br>19 euros</div></body></html>"
    assert await blocks_of("a.html", page) == [
        Heading(1, "Menu"),
        Text("Soup"),
        Text("7 euros"),
        Text("Fish"),
        Text("19 euros"),
    ]


async def test_e_mails_keep_subject_sender_and_words_but_not_the_quoted_letter() -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = "New opening hours", "Ana <ana@example.org>"
    message.set_content("We open at eight from May on.\n\nBest wishes\n\n> What was asked\n")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="plan.pdf")
    parsed = await Sandbox().parse(bytes(message), "message/rfc822")
    assert parsed.blocks[0] == Heading(1, "New opening hours")
    texts = [block.text for block in parsed.blocks if isinstance(block, Text)]
    assert texts == ["From Ana <ana@example.org>", "We open at eight from May on.", "Best wishes"]
    assert parsed.notes == ("the attachment plan.pdf was not read",)


async def test_books_are_read_in_the_order_of_their_spine() -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        container = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="O/p.opf"/></rootfiles></container>'  # noqa: E501
        book.writestr("META-INF/container.xml", container)
        book.writestr(
            "O/p.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
            "<dc:title>Bread</dc:title></metadata><manifest><item id='b' href='b.xhtml'/>"
            "<item id='a' href='a%201.xhtml'/>"
            "</manifest><spine><itemref idref='a'/><itemref idref='b'/></spine></package>",
        )
        book.writestr("O/a 1.xhtml", "<html><body><h1>One</h1><p>Flour.</p></body></html>")
        book.writestr("O/b.xhtml", "<html><body><h1>Two</h1><p>Water.</p></body></html>")
    assert await blocks_of("a.epub", file.getvalue()) == [
        Heading(1, "One"),
        Text("Flour."),
        Heading(1, "Two"),
        Text("Water."),
    ]
