"""Text from outside, made fit to be sent on. Every adapter that reads text or JSON of a peer uses this module.

JSON escapes (`\\ud800`), broken UTF-8 and streams that split an emoji make strings with surrogates, which neither UTF-8
nor protobuf can carry: pairs are joined, and what is left alone is replaced by U+FFFD.
"""

import codecs
import json
from collections.abc import Callable

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def well_formed(text: str) -> str:
    """The text with its surrogate pairs joined and lone surrogates replaced."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class TextPieces:
    """A text that comes in pieces, any of which may end between the two halves of a pair."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-16-le")("replace")

    def feed(self, piece: str) -> str:
        """What can be sent on; the first half of a pair waits for the second."""
        return self._decoder.decode(piece.encode("utf-16-le", "surrogatepass"))

    def flush(self) -> str:
        return self._decoder.decode(b"", final=True)


def load_json(data: bytes | str, parse_constant: Callable[[str], object] | None = None) -> object:
    """The JSON value, its texts well formed. Raises ValueError, also for one that is nested too deeply."""
    try:
        value: object = json.loads(data, parse_constant=parse_constant)
        if data.isascii() and (b"\\u" if isinstance(data, bytes) else "\\u") not in data:  # type: ignore[operator]
            return value
        return _well_formed(value)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _well_formed(value: object) -> object:
    match value:
        case str():
            return well_formed(value)
        case list():
            return [_well_formed(item) for item in value]
        case dict():
            return {well_formed(name): _well_formed(item) for name, item in value.items()}
        case _:
            return value
