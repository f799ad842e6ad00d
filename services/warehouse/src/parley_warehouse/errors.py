"""Errors in ClickHouse's form: a code, a text, an HTTP status. Raised by every module here, answered by `http`."""

import enum
import re
from typing import Final


class StartRefused(Exception):
    """The process cannot start; its text is the one line that says why."""


class Code(enum.IntEnum):
    """The codes that this server raises itself; every other one comes from the engine."""

    BAD_ARGUMENTS = 36
    NOT_IMPLEMENTED = 48
    LOGICAL_ERROR = 49
    SYNTAX_ERROR = 62
    UNKNOWN_TYPE_OF_QUERY = 78
    UNKNOWN_COMPRESSION_METHOD = 89
    INCORRECT_DATA = 117
    TIMEOUT_EXCEEDED = 159
    READONLY = 164
    TOO_MANY_SIMULTANEOUS_QUERIES = 202
    SOCKET_TIMEOUT = 209
    QUERY_IS_TOO_LARGE = 229
    ABORTED = 236
    INTO_OUTFILE_NOT_ALLOWED = 358
    SESSION_NOT_FOUND = 372
    SESSION_IS_LOCKED = 373
    QUERY_WAS_CANCELLED = 394
    ACCESS_DENIED = 497
    AUTHENTICATION_FAILED = 516


# ClickHouse's own table (src/Server/HTTP/exceptionCodeToHTTPStatus.cpp) by number; a code that is not here is a 500.
_BAD_REQUEST: Final = (
    *(6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676),
)
_NOT_FOUND: Final = (46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511)
_STATUS: Final = {
    194: 401,
    **dict.fromkeys((192, 193, 497, 512, 516), 403),
    **dict.fromkeys(_BAD_REQUEST, 400),
    **dict.fromkeys(_NOT_FOUND, 404),
    Code.TIMEOUT_EXCEEDED: 408,
    381: 411,
    Code.QUERY_IS_TOO_LARGE: 413,
    779: 415,
    Code.NOT_IMPLEMENTED: 501,
    **dict.fromkeys((76, 209, 439), 503),
    # This server's addition: a full queue or a stopping server is a 503, which clients know to try again.
    Code.TOO_MANY_SIMULTANEOUS_QUERIES: 503,
    Code.ABORTED: 503,
}

_LEADING = re.compile(r"^(?:Streaming query failed: )?(?:Code: (\d+)\. DB::Exception: )+")
_TRAILING = re.compile(r"(?: ?\(version [^()]*\)\.?)|(?<=\))\.$")


class QueryFailed(Exception):
    """One request failed. `code` is ClickHouse's number for it, `text` ends with the code's name in brackets."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"Code: {code}. DB::Exception: {text}")
        self.code = code
        self.text = text

    @property
    def status(self) -> int:
        return _STATUS.get(self.code, 500)

    def body(self, version: str) -> str:
        return f"{self} (version {version} (official build))\n"


def refused(code: Code, text: str) -> QueryFailed:
    """An error of this server's own, worded as the engine words its own."""
    return QueryFailed(int(code), f"{text} ({code.name})")


def from_engine(message: str) -> QueryFailed:
    """Take the engine's message apart. An embedded engine wraps one error into others of the same code; one is kept."""
    found = _LEADING.match(message)
    if found is None:
        return refused(Code.LOGICAL_ERROR, message.strip() or "The engine gave no reason.")
    text = _TRAILING.sub("", message[found.end() :].strip())
    name = re.search(r"(\([A-Z0-9_]+\))$", text)
    if name is not None:
        while text.endswith((f"{name[1]} {name[1]}", f"{name[1]}. {name[1]}")):
            text = text[: -len(name[1])].rstrip(" .")
    return QueryFailed(int(found[1]), text)
