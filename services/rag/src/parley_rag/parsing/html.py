"""Web pages into blocks: the main content without menus and footers, by trafilatura. Runs in the sandbox's process."""

from lxml import html as lxml_html  # type: ignore[import-untyped]
from parley_core.errors import BadInput
from trafilatura import extract

from parley_rag.parsing.blocks import Block, Heading, Parsed, Table, Text, one_line
from parley_rag.parsing.markdown import blocks_of

_SKIPPED = {"script", "style", "noscript", "template", "head", "iframe", "svg", "nav"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_TEXTS = {"p", "li", "dt", "dd", "blockquote", "figcaption", "caption", "pre", "td", "th", "address", "summary"}
_LEAST_CHARS = 200  # what a page with prose has; below it the extraction has thrown away more than it kept
_LEAST_SHARE = 0.5


def parse(content: bytes) -> Parsed:
    """Raises BadInput for what is no HTML."""
    text = extract(content, output_format="markdown", include_tables=True, include_comments=False, favor_recall=True)
    tree = _tree(content)
    everything = _walk(tree)
    found = blocks_of(text) if text else []
    # A price list or a page of contacts has little prose, and little of it survives a search for articles.
    kept, there = _letters(found), _letters(everything)
    whole = kept >= max(_LEAST_CHARS, _LEAST_SHARE * there) and _tables(found) >= _tables(everything)
    blocks = found if whole else everything
    title = one_line(tree.findtext(".//title") or "")
    if title and not any(isinstance(block, Heading) and block.level == 1 for block in blocks):
        blocks = [Heading(1, title), *blocks]
    return Parsed(tuple(blocks), title)


def parse_fragment(content: bytes) -> list[Block]:
    """All of a page's text, for chapters and letters: nothing in them is a menu."""
    return _walk(_tree(content))


def _tree(content: bytes) -> lxml_html.HtmlElement:
    try:
        tree = lxml_html.document_fromstring(content)
    except (ValueError, lxml_html.etree.ParserError) as error:
        raise BadInput("content", f"is no HTML: {error}") from None
    return tree


def _walk(element: lxml_html.HtmlElement) -> list[Block]:
    blocks: list[Block] = []
    loose: list[str] = []

    def flush() -> None:
        text = one_line(" ".join(loose))
        loose.clear()
        if text:
            blocks.append(Text(text))

    stack: list[tuple[lxml_html.HtmlElement, bool]] = [(element, False)]
    while stack:  # not recursive: hostile pages nest deeper than Python calls may
        node, left = stack.pop()
        if left:
            if node.tag in _TEXTS or node.tag in ("div", "section", "br"):
                flush()
            loose.append(node.tail or "")
            continue
        if not isinstance(node.tag, str) or node.tag in _SKIPPED:
            loose.append(node.tail or "")
            continue
        if node.tag == "table" and not node.xpath(".//table"):
            flush()
            blocks.append(_table(node))
            loose.append(node.tail or "")
            continue
        if node.tag in _HEADINGS:
            flush()
            title = one_line(node.text_content())
            if title:
                blocks.append(Heading(_HEADINGS[node.tag], title))
            loose.append(node.tail or "")
            continue
        if node.tag in _TEXTS or node.tag in ("div", "section", "br"):
            flush()
        loose.append(node.text or "")
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(node))
    flush()
    return blocks


def _table(node: lxml_html.HtmlElement) -> Table:
    rows = []
    for row in node.iter("tr"):
        cells = row.xpath("./th|./td")
        rows.append((all(cell.tag == "th" for cell in cells), tuple(one_line(cell.text_content()) for cell in cells)))
    header: tuple[str, ...] = rows[0][1] if rows and rows[0][0] else ()
    body = rows[1:] if header else rows
    return Table(header, tuple(cells for _, cells in body if any(cells)))


def _letters(blocks: list[Block]) -> int:
    return sum(
        sum(len(cell) for row in block.rows for cell in row) if isinstance(block, Table) else len(block.text)
        for block in blocks
    )


def _tables(blocks: list[Block]) -> int:
    """Rows of tables."""
    return sum(len(one.rows) for one in blocks if isinstance(one, Table))
