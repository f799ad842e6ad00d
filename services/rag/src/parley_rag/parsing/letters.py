"""E-mails and books (EPUB) into blocks, by the standard library and the HTML parser. Runs in the sandbox's process."""

import posixpath
import zipfile
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped]
from parley_core.errors import BadInput

from parley_rag.parsing.archives import check_archive
from parley_rag.parsing.blocks import Block, Heading, Parsed, Text, one_line
from parley_rag.parsing.html import parse_fragment

MAX_CHAPTERS = 2000
_CONTAINER = "META-INF/container.xml"
_XML = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


def parse_email(content: bytes) -> Parsed:
    """Subject, sender, day and the words of the letter. Attachments are named, not read."""
    message = message_from_bytes(content, policy=policy.default)
    if not isinstance(message, EmailMessage) or not (message["subject"] or message["from"]):
        raise BadInput("content", "is no e-mail: it has neither a subject nor a sender")
    subject = one_line(str(message["subject"] or ""))
    blocks: list[Block] = [Heading(1, subject)] if subject else []
    about = [f"{field} {one_line(str(message[field]))}" for field in ("From", "Date") if message[field]]
    if about:
        blocks.append(Text(", ".join(about)))
    body = message.get_body(("plain", "html"))
    if body is not None:
        try:
            text = body.get_content()
        except (LookupError, UnicodeError):
            raise BadInput("content", "is an e-mail in an encoding that is not known") from None
        if body.get_content_subtype() == "html":
            blocks += parse_fragment(str(text).encode())
        else:
            blocks += [Text(one_line(part)) for part in _paragraphs(str(text))]
    names = [one_line(part.get_filename() or "without a name") for part in message.iter_attachments()]
    return Parsed(tuple(blocks), subject, tuple(f"the attachment {name} was not read" for name in names))


def _paragraphs(text: str) -> list[str]:
    """Without what is quoted of an earlier letter."""
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if not line.startswith(">")]
    return [part for part in "\n".join(lines).split("\n\n") if part.strip()]


def parse_epub(content: bytes) -> Parsed:
    """The chapters in reading order (EPUB 3.3, "package document": the spine names items of the manifest)."""
    archive = check_archive(content)
    package_name = _package(archive)
    package = _xml(archive, package_name)
    folder = posixpath.dirname(package_name)
    items = {item.get("id"): item.get("href", "") for item in package.iterfind(".//{*}manifest/{*}item")}
    spine = [items.get(ref.get("idref")) for ref in package.iterfind(".//{*}spine/{*}itemref")]
    if len(spine) > MAX_CHAPTERS:
        raise BadInput("content", f"has {len(spine)} chapters; at most {MAX_CHAPTERS} are taken")
    blocks: list[Block] = []
    for href in spine:
        if href:
            name = posixpath.normpath(posixpath.join(folder, unquote(href)))
            blocks += parse_fragment(_entry(archive, name))
    title = package.findtext(".//{http://purl.org/dc/elements/1.1/}title") or ""
    return Parsed(tuple(blocks), one_line(title))


def _package(archive: zipfile.ZipFile) -> str:
    root = _xml(archive, _CONTAINER).find(".//{*}rootfile")
    path = root.get("full-path") if root is not None else None
    if not path:
        raise BadInput("content", "is no EPUB: its container names no package")
    return str(path)


def _xml(archive: zipfile.ZipFile, name: str) -> etree._Element:
    try:
        return etree.fromstring(_entry(archive, name), _XML)
    except etree.XMLSyntaxError:
        raise BadInput("content", f"is an EPUB whose {name} is no XML") from None


def _entry(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except KeyError:
        raise BadInput("content", f"is an EPUB without its {name[:80]}") from None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        raise BadInput("content", f"is a damaged or locked EPUB, at {name[:80]}") from None
