"""Pictures into text: RapidOCR, whose wheel carries its models, or Tesseract where it is installed instead.

Runs in the sandbox's process. Lines are put in reading order; boxes side by side on several lines become a table, so
that a scanned price list keeps its rows.
"""

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import pairwise
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from parley_core.errors import BadInput, Unavailable
from PIL import Image

from parley_rag.parsing.blocks import Block, Heading, Parsed, Table, Text, one_line

MAX_PIXELS = 40_000_000
_LONGEST_SIDE = 2600  # more makes it slower, not better
_LEAST_SURE = 0.5
_GAP = 1.8  # heights of a line between two columns
_LARGER = 1.35
_TESSERACT_S = 60.0


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of text where it stands, in pixels."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


class _Found(Protocol):
    boxes: npt.NDArray[np.float32] | None
    txts: tuple[str, ...] | None
    scores: tuple[float, ...] | None


def parse(content: bytes) -> Parsed:
    """Raises BadInput for what is no picture, Unavailable where nothing here can read one."""
    try:
        picture = Image.open(BytesIO(content))
        if picture.width * picture.height > MAX_PIXELS:
            raise BadInput("content", f"has {picture.width * picture.height} pixels; at most {MAX_PIXELS} are taken")
        picture.load()
    except BadInput:
        raise
    except Exception as error:  # noqa: BLE001  # formats have errors of their own
        raise BadInput("content", f"is no picture that can be read: {type(error).__name__}") from None
    return Parsed(tuple(read(picture, 0)))


def read(picture: Image.Image, page: int) -> list[Block]:
    """The text of a picture. Raises Unavailable."""
    upright = picture.convert("RGB")
    upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    return arranged(_boxes(upright), page)


def arranged(boxes: list[Box], page: int) -> list[Block]:
    """Boxes in reading order: rows with the same number of columns, one below the other, are a table."""
    lines = _lines(boxes)
    if not lines:
        return []
    usual = float(np.median([box.height for line in lines for box in line]))
    blocks: list[Block] = []
    rows: list[tuple[str, ...]] = []
    words: list[str] = []
    bottom = 0.0

    def flush() -> None:
        if len(rows) > 1:
            blocks.append(Table(rows[0], tuple(rows[1:]), page))
        elif rows:
            words.insert(0, " ".join(rows[0]))
        if words:
            blocks.append(Text(one_line(" ".join(words)), page))
        rows.clear()
        words.clear()

    for line in lines:
        cells = _cells(line, usual)
        height = max(box.height for box in line)
        if len(cells) > 1:
            if words or (rows and len(rows[0]) != len(cells)):
                flush()
            rows.append(cells)
        elif height >= _LARGER * usual and len(cells[0]) <= 80:
            flush()
            blocks.append(Heading(1 if height >= _LARGER * _LARGER * usual else 2, cells[0], page))
        else:
            if rows or (words and line[0].top - bottom > usual):
                flush()
            words.append(cells[0])
        bottom = line[0].bottom
    flush()
    return blocks


def _lines(boxes: list[Box]) -> list[list[Box]]:
    lines: list[list[Box]] = []
    for box in sorted(boxes, key=lambda one: (one.top + one.bottom) / 2):
        middle = (box.top + box.bottom) / 2
        if lines and lines[-1][0].top <= middle <= lines[-1][0].bottom:
            lines[-1].append(box)
        else:
            lines.append([box])
    return [sorted(line, key=lambda one: one.left) for line in lines]


def _cells(line: list[Box], height: float) -> tuple[str, ...]:
    cells = [line[0].text]
    for before, box in pairwise(line):
        if box.left - before.right > _GAP * height:
            cells.append(box.text)
        else:
            cells[-1] += f" {box.text}"
    return tuple(one_line(cell) for cell in cells)


def _boxes(picture: Image.Image) -> list[Box]:
    try:
        engine = _rapidocr()
    except ImportError:
        return _tesseract(picture)
    found = cast(_Found, engine(np.asarray(picture)))  # type: ignore[operator]  # no stubs
    if found.boxes is None or found.txts is None or found.scores is None:
        return []
    return [
        Box(text, float(box[:, 0].min()), float(box[:, 0].max()), float(box[:, 1].min()), float(box[:, 1].max()))
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if score >= _LEAST_SURE and text.strip()
    ]


@cache
def _rapidocr() -> object:
    from rapidocr import RapidOCR  # an optional package, and 200 MB of memory

    return RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1})


def _tesseract(picture: Image.Image) -> list[Box]:
    program = shutil.which("tesseract")
    if program is None:
        raise Unavailable("text recognition", "neither the package rapidocr nor the program tesseract is installed")
    png = BytesIO()
    picture.save(png, "PNG")
    done = subprocess.run(  # a fixed program, the picture on its input
        [program, "stdin", "stdout", "tsv"],
        input=png.getvalue(),
        capture_output=True,
        timeout=_TESSERACT_S,
        check=False,
    )
    if done.returncode != 0:
        raise Unavailable("text recognition", f"tesseract ended with status {done.returncode}")
    boxes = []
    for row in done.stdout.decode("utf-8", "replace").splitlines()[1:]:
        fields = row.split("\t")
        if len(fields) == 12 and fields[11].strip() and float(fields[10]) >= 100 * _LEAST_SURE:
            left, top, width, height = (float(field) for field in fields[6:10])
            boxes.append(Box(fields[11], left, left + width, top, top + height))
    return boxes
