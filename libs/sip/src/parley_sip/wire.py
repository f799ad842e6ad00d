"""SIP on the wire: bytes to messages that are whole, and answers made of requests. Pure.

aiosipua parses; this module bounds what it is given, checks what RFC 3261 §8.1.1 demands, and makes every failure of
that library one refusal. Everything above relies on a `Received` having what it names.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from aiosipua.headers import Via, parse_via, stringify_via
from aiosipua.message import SipMessage, SipRequest, SipResponse
from aiosipua.utils import generate_tag
from parley_core.errors import BadInput

from parley_sip.addresses import Address, Uri, parse_list
from parley_sip.bodies import ACCEPT, Part, part, session_description

MAX_MESSAGE = 32 * 1024
_MAX_TOKEN = 512  # Call-ID, tags, branches
_COMPACT = {"r": "Refer-To", "x": "Session-Expires", "o": "Event", "b": "Referred-By", "u": "Allow-Events"}
_NOBODY = frozenset(("anonymous", "unknown", "unavailable", "restricted"))
_FOLD = re.compile(rb"[ \t]*\r\n[ \t]+")
_CONTENT_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "NOTIFY")
ALLOW = ", ".join(METHODS)
UNREADABLE = {"Accept": ACCEPT, "Accept-Encoding": "identity"}  # what a 415 says (§21.4.13)

REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    503: "Service Unavailable",
    505: "Version Not Supported",
}


@dataclass(frozen=True, slots=True)
class Head:
    """What every message has, checked."""

    branch: str
    sent_by: str  # of the topmost Via
    method: str  # CSeq's: of a response, what it answers
    cseq: int
    call_id: str
    from_tag: str
    to_tag: str  # empty outside of dialogs


@dataclass(frozen=True, slots=True)
class Request:
    message: SipRequest
    head: Head
    uri: Uri
    caller: Address
    called: Address

    @property
    def method(self) -> str:
        return self.head.method

    def values(self, name: str) -> list[str]:
        """A header's values, comma-separated ones apart."""
        return [one.strip() for value in self.message.headers.get(name) for one in value.split(",") if one.strip()]

    def first(self, name: str) -> str:
        return self.message.get_header(name) or ""

    @property
    def contact(self) -> Address | None:
        """The first that can be read."""
        return _contact(self.message)

    @property
    def identity(self) -> Address:
        """Who calls: as the network asserts it (RFC 3325), unless they want it withheld, else as they say."""
        if "id" in re.split(r"[;,\s]+", ";".join(self.message.headers.get("Privacy")).lower()):
            return self.caller
        asserted = parse_list(self.message.headers.get("P-Asserted-Identity"))
        named = [one for one in asserted if one.uri.who and one.uri.who.lower() not in _NOBODY]
        named.sort(key=lambda one: not one.uri.number)  # of a sip: and a tel: address the number
        return named[0] if named else self.caller

    def sdp(self) -> str | None:
        """Its session description, if it has one. Raises UnreadableBody."""
        return session_description(self.message)

    def part(self, kinds: Collection[str]) -> Part | None:
        """The content of one of these types, if it has one. Raises UnreadableBody."""
        return part(self.message, kinds)


@dataclass(frozen=True, slots=True)
class Response:
    message: SipResponse
    head: Head
    status: int

    def first(self, name: str) -> str:
        return self.message.get_header(name) or ""

    @property
    def contact(self) -> Address | None:
        """The first that can be read."""
        return _contact(self.message)

    def sdp(self) -> str | None:
        return session_description(self.message)


Received = Request | Response


def parse(data: bytes) -> Received:
    """Raises BadInput for what is no SIP message, whatever it is."""
    if len(data) > MAX_MESSAGE:
        raise BadInput("message", f"has more than {MAX_MESSAGE} bytes")
    try:
        message = SipMessage.parse(_whole(data))
        _expand(message)
        head = _head(message)
        if isinstance(message, SipRequest):
            return _request(message, head)
        if not 100 <= message.status_code <= 699:
            raise BadInput("status", "must be 100 to 699")
        return Response(message, head, message.status_code)
    except BadInput:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the library trips over, the sender wrote it
        raise BadInput("message", f"is not SIP ({type(error).__name__})") from None


def stamp(request: Request, source: tuple[str, int]) -> tuple[str, int]:
    """Note in the topmost Via where the request came from (RFC 3261 §18.2.1, RFC 3581).

    Returns where its answers go over UDP.
    """
    vias = request.message.headers.get("via")
    via = _via(vias[0])
    rport = "rport" in via.params
    if rport:
        via.params["rport"] = str(source[1])
    if rport or via.host.strip("[]") != source[0]:
        via.params["received"] = source[0]
    request.message.headers.remove("Via")
    request.message.headers.append("Via", stringify_via(via))
    for other in vias[1:]:
        request.message.headers.append("Via", other)
    return source if rport else (source[0], via.port or 5060)


def answer(
    request: Request, status: int, *, tag: str = "", more: Mapping[str, str] | None = None, body: str = ""
) -> SipResponse:
    """A response: Via, From, To, Call-ID, CSeq and Record-Route are the request's; `tag` is ours, for To.

    `body` is SDP. Without a tag a final answer gets a new one.
    """
    response = SipResponse(status_code=status, reason_phrase=REASONS.get(status, "Refused"))
    headers = request.message.headers
    for name in ("Via", "Record-Route"):
        if name == "Via" or 100 < status < 300:
            for value in headers.get(name):
                response.headers.append(name, value)
    to = request.first("To")
    if not request.head.to_tag and status > 100:
        to += f";tag={tag or generate_tag()}"
    for name, value in (
        ("From", request.first("From")),
        ("To", to),
        ("Call-ID", request.head.call_id),
        ("CSeq", f"{request.head.cseq} {request.method}"),
        *(more or {}).items(),
    ):
        response.headers.set_single(name, value)
    if body:
        response.headers.set_single("Content-Type", "application/sdp")
        response.body = body.encode()
    return response


def head_of(request: SipRequest) -> Head:
    """The head of an outgoing request."""
    return _head(request)


def retry_after(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}


def joined(values: Iterable[str]) -> str:
    return ", ".join(values)


def _whole(data: bytes) -> bytes:
    """The message without what follows it (RFC 3261 §18.3): of a datagram, the declared length counts."""
    head, end, body = data.partition(b"\r\n\r\n")
    declared = _CONTENT_LENGTH.search(unfolded(head))
    if declared is None:
        return data
    length = int(declared[1])
    if length > len(body):
        raise BadInput("Content-Length", "promises more than came")
    return head + end + body[:length]


def unfolded(head: bytes) -> bytes:
    """A header may go on in the next line (§7.3.1)."""
    return _FOLD.sub(b" ", head) if b"\n " in head or b"\n\t" in head else head


def _expand(message: SipMessage) -> None:
    """The compact forms that aiosipua leaves as they are (it knows RFC 3261's, these are of later RFCs)."""
    for short, name in _COMPACT.items():
        values = message.headers.get(short)
        if values:
            message.headers.remove(short)
            for value in values:
                message.headers.append(name, value)


def _contact(message: SipMessage) -> Address | None:
    return next(iter(parse_list(message.headers.get("Contact"))), None)


def _via(text: str) -> Via:
    """There may be blanks around its slashes (§25.1)."""
    return parse_via(re.sub(r"\s*/\s*", "/", text, count=2))


def _head(message: SipRequest | SipResponse) -> Head:
    vias = message.headers.get("via")
    if not vias:
        raise BadInput("Via", "is missing")
    via = _via(vias[0])
    branch = via.branch or ""
    cseq_number, _, cseq_method = (message.get_header("cseq") or "").strip().partition(" ")
    method = cseq_method.strip().upper()
    if not (cseq_number.isascii() and cseq_number.isdigit()) or len(cseq_number) > 10 or not method.isalpha():
        raise BadInput("CSeq", "must be a number and a method")
    tags = {}
    for name in ("from", "to"):
        value = message.get_header(name)
        if not value:
            raise BadInput(name.capitalize(), "is missing")
        tags[name] = Address.parse(value).tag
    head = Head(
        branch=branch,
        sent_by=f"{via.host}:{via.port or ''}",
        method=method,
        cseq=int(cseq_number),
        call_id=message.call_id or "",
        from_tag=tags["from"],
        to_tag=tags["to"],
    )
    if not head.call_id:
        raise BadInput("Call-ID", "is missing")
    for value in (head.branch, head.call_id, head.from_tag, head.to_tag, head.sent_by):
        if len(value) > _MAX_TOKEN:
            raise BadInput("message", f"has an identifier of more than {_MAX_TOKEN} characters")
    return head


def _request(message: SipRequest, head: Head) -> Request:
    if message.method.upper() != head.method:
        raise BadInput("CSeq", "names another method than the request")
    if len(message.uri) > _MAX_TOKEN:
        raise BadInput("Request-URI", f"has more than {_MAX_TOKEN} characters")
    if not head.branch:
        # A sender from before RFC 3261: Call-ID, tag and CSeq identify a retransmission.
        head = Head(
            f"{head.call_id}|{head.from_tag}|{head.cseq}",
            *(head.sent_by, head.method, head.cseq, head.call_id, head.from_tag, head.to_tag),
        )
    caller, called = (Address.parse(message.get_header(name) or "") for name in ("From", "To"))
    return Request(message, head, Uri.parse(message.uri), caller, called)
