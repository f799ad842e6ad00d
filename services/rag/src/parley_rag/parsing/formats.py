"""Which kinds of files can be knowledge, how a file's kind is told, and its parser. Used by `sandbox` and its child."""

from collections.abc import Callable
from importlib import import_module
from typing import cast

from parley_core.errors import BadInput
from parley_core.media_types import EXTENSIONS, OFFICE

from parley_rag.parsing.blocks import Parsed
from parley_rag.parsing.markdown import parse_markdown, parse_plain

Parser = Callable[[bytes], Parsed]

IN_PROCESS: dict[str, Parser] = {"text/markdown": parse_markdown, "text/plain": parse_plain}

_ISOLATED = {  # parser's module and function: imported in the child alone
    "text/html": ("html", "parse"),
    "application/xhtml+xml": ("html", "parse"),
    "application/pdf": ("pdf", "parse"),
    f"{OFFICE}.wordprocessingml.document": ("office", "parse_docx"),
    f"{OFFICE}.presentationml.presentation": ("office", "parse_pptx"),
    f"{OFFICE}.spreadsheetml.sheet": ("sheets", "parse_xlsx"),
    "text/csv": ("sheets", "parse_csv"),
    "application/epub+zip": ("letters", "parse_epub"),
    "message/rfc822": ("letters", "parse_email"),
    "image/png": ("images", "parse"),
    "image/jpeg": ("images", "parse"),
    "image/webp": ("images", "parse"),
    "image/tiff": ("images", "parse"),
}
MEDIA_TYPES = (*IN_PROCESS, *_ISOLATED)

_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
)


def media_type_of(name: str, content: bytes, said: str = "") -> str:
    """The kind of a document: what its sender says, or else what its name's ending says. Raises BadInput.

    A file that is something else than that is refused: bytes of a PDF under the name of a picture, for example.
    """
    media_type = said.split(";")[0].strip().lower() or EXTENSIONS.get(name.rpartition(".")[2].lower(), "")
    if media_type not in MEDIA_TYPES:
        endings = ", ".join(sorted(EXTENSIONS))
        raise BadInput("media_type", f"{media_type or 'nothing known'} is not taken; known endings: {endings}")
    is_really = next((kind for magic, kind in _MAGIC if content.startswith(magic)), "")
    if is_really and is_really != media_type:
        raise BadInput("content", f"is {is_really}, not {media_type}")
    return media_type


def parser_of(media_type: str) -> Parser:
    """The parser of an isolated kind; imports its libraries. Call it in the child alone."""
    module, function = _ISOLATED[media_type]
    return cast(Parser, getattr(import_module(f"parley_rag.parsing.{module}"), function))
