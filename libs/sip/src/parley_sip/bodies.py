"""Bodies of SIP messages (RFC 3261 §7.4, §20.11, RFC 5621): finds the part that the receiver can use. Pure.

Emergency calls carry a location beside the session description, SIP-I trunks an ISUP part, others pictures or vCards,
in one multipart body; Python's `email` parses it. Other parts are ignored, even with `handling=required`: a call is
worth more than its attachment.
"""

import email
import re
from collections.abc import Collection
from email.message import Message

from aiosipua.message import SipMessage
from parley_core.errors import BadInput

SDP = "application/sdp"
ACCEPT = f"{SDP}, multipart/mixed"
_MAX_NESTED = 8
_MAX_PARTS = 64
_ENCODED = re.compile(r"identity|", re.IGNORECASE)
_DELIMITER = re.compile(rb"^--([^\r\n]*[^\s-])[ \t]*\r?$", re.MULTILINE)
_OPTIONAL = re.compile(r";\s*handling\s*=\s*\"?optional", re.IGNORECASE)


class UnreadableBody(BadInput):
    """A body of another type, encoding or shape than can be read: 415."""


Part = tuple[str, bytes]  # Content-Type in lower case without parameters, and the content


def session_description(message: SipMessage) -> str | None:
    """The SDP of a message; None where it has none. Raises UnreadableBody."""
    found = part(message, (SDP,))
    return None if found is None else found[1].decode(errors="replace")


def part(message: SipMessage, kinds: Collection[str]) -> Part | None:
    """The content of one of these types; None if there is none. Raises UnreadableBody."""
    if not message.body.strip():
        return None
    encoding = (message.get_header("Content-Encoding") or "").strip()
    if not _ENCODED.fullmatch(encoding):
        raise UnreadableBody("Content-Encoding", "must be identity")
    content_type = message.content_type or ""
    dispositions = message.headers.get("Content-Disposition")
    kind = _kind(content_type, message.body)
    if kind.startswith("multipart/"):
        return _in_multipart(content_type, message.body, kinds)
    if kind in kinds:
        return None if _is_early(dispositions) else (kind, message.body)
    if any(_OPTIONAL.search(one) for one in dispositions):
        return None
    raise UnreadableBody("Content-Type", f"must be {' or '.join(sorted(kinds))}")


def _in_multipart(content_type: str, body: bytes, kinds: Collection[str]) -> Part | None:
    if body.lower().count(b"boundary") > _MAX_NESTED or len(_DELIMITER.findall(body)) > _MAX_PARTS:
        raise UnreadableBody("body", "has more parts than a call needs")
    parsed = _parsed(content_type, body)
    delimiter = _DELIMITER.search(body)
    if not _children(parsed) and delimiter is not None:
        # The header names no boundary, or another one.
        boundary = delimiter[1].decode("ascii", "replace").replace("\\", "\\\\").replace('"', '\\"')
        parsed = _parsed(f'{content_type.partition(";")[0]}; boundary="{boundary}"', body)
    return _chosen(parsed, kinds)


def _parsed(content_type: str, body: bytes) -> Message:
    return email.message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)


def _children(parsed: Message) -> list[Message]:
    if parsed.get_content_maintype() != "multipart":
        return []  # an encapsulated message is not ours to read
    return [one for one in parsed.get_payload() if isinstance(one, Message)] if parsed.is_multipart() else []


def _chosen(parsed: Message, kinds: Collection[str]) -> Part | None:
    """Of alternatives the last one that is understood (RFC 2046 §5.1.4), else the first."""
    children = _children(parsed)
    if children:
        found = [one for child in children if (one := _chosen(child, kinds)) is not None]
        if not found:
            return None
        return found[-1] if parsed.get_content_subtype() == "alternative" else found[0]
    content = parsed.get_payload(decode=True)
    if not isinstance(content, bytes) or not content.strip():
        return None
    kind = _kind(str(parsed.get("Content-Type") or parsed.get("c") or ""), content)
    if kind not in kinds or _is_early([str(one) for one in parsed.get_all("Content-Disposition") or ()]):
        return None
    return kind, content


def _kind(content_type: str, body: bytes) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    return kind or (SDP if body.lstrip().startswith(b"v=0") else "")


def _is_early(dispositions: list[str]) -> bool:
    """Whether SDP describes an early session only (RFC 3959), which is not supported."""
    named = {one.partition(";")[0].strip().lower() for one in dispositions}
    return "early-session" in named and "session" not in named
