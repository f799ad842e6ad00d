"""Spreadsheets and CSV into tables, a heading for each sheet. Runs in the sandbox's process."""

import csv
import datetime
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO

from charset_normalizer import from_bytes
from openpyxl import load_workbook  # type: ignore[import-untyped]
from parley_core.errors import BadInput

from parley_rag.parsing.archives import check_archive
from parley_rag.parsing.blocks import Block, Heading, Parsed, Table, one_line

MAX_ROWS = 20_000  # of a document
MAX_COLUMNS = 200


def parse_xlsx(content: bytes) -> Parsed:
    check_archive(content)
    book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    blocks: list[Block] = []
    taken = 0
    for sheet in book.worksheets:
        values = sheet.iter_rows(values_only=True)
        rows = _rows(([_written(cell) for cell in row[:MAX_COLUMNS]] for row in values), taken)
        taken += len(rows)
        if rows:
            blocks += [Heading(1, one_line(sheet.title)), _table(rows)]
    return Parsed(tuple(blocks))


def parse_csv(content: bytes) -> Parsed:
    best = from_bytes(content).best()
    if best is None:
        raise BadInput("content", "is no text in any known encoding")
    text = str(best)
    try:
        dialect: csv.Dialect | type[csv.Dialect] = csv.Sniffer().sniff(text[:8192], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = _rows((row[:MAX_COLUMNS] for row in csv.reader(StringIO(text), dialect)), 0)
    except csv.Error as error:
        raise BadInput("content", f"is no CSV: {error}") from None
    return Parsed((_table(rows),) if rows else ())


def _rows(rows: Iterable[Sequence[str]], taken: int) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for row in rows:
        cells = tuple(one_line(cell) for cell in row)
        if any(cells):
            found.append(cells)
        if len(found) + taken > MAX_ROWS:
            raise BadInput("content", f"has more than {MAX_ROWS} rows")
    return found


def _table(rows: Sequence[tuple[str, ...]]) -> Table:
    """Titles above a table stand alone in their row; the first row with more than one cell is the header."""
    at = next((at for at, row in enumerate(rows) if sum(map(bool, row)) > 1), 0)
    return Table(rows[at], tuple(rows[:at]) + tuple(rows[at + 1 :]))


def _written(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime():
            return value.isoformat(" ", "minutes")
        case datetime.time():
            return value.isoformat("minutes")
        case _:
            return str(value)
