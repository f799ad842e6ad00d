"""SIP messages out of a byte stream (RFC 3261 §18.3), and RFC 5626's keep-alives. Pure."""

from parley_core.errors import BadInput

from parley_sip.wire import MAX_MESSAGE, unfolded

_END = b"\r\n\r\n"
PONG = b"\r\n"


class Framer:
    """One connection's."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.pings = 0  # keep-alives that want an answer

    def feed(self, data: bytes) -> list[bytes]:
        """The whole messages that there are now. Raises BadInput for a stream that cannot be cut any further."""
        self._buffer += data
        messages: list[bytes] = []
        while True:
            self._skip_blank_lines()
            end = self._buffer.find(_END)
            if end < 0:
                if len(self._buffer) > MAX_MESSAGE:
                    raise BadInput("stream", f"has no message's end in {MAX_MESSAGE} bytes")
                return messages
            size = end + len(_END) + _content_length(bytes(self._buffer[:end]))
            if size > MAX_MESSAGE:
                raise BadInput("Content-Length", f"makes a message of more than {MAX_MESSAGE} bytes")
            if len(self._buffer) < size:
                return messages
            messages.append(bytes(self._buffer[:size]))
            del self._buffer[:size]

    def _skip_blank_lines(self) -> None:
        if self._buffer.startswith(_END):
            self.pings += 1
            del self._buffer[: len(_END)]
        blank = len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))
        # Two of a ping's four bytes may be all that came of it.
        if blank and (len(self._buffer) > blank or blank > len(_END)):
            del self._buffer[:blank]


def _content_length(head: bytes) -> int:
    for line in unfolded(head).split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon and name.strip().lower() in (b"content-length", b"l"):
            digits = value.strip()
            if not digits.isdigit() or len(digits) > 9:
                raise BadInput("Content-Length", "must be a number")
            return int(digits)
    return 0
