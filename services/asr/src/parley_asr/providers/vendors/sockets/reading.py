"""Values of vendors' JSON, which may be of any kind: read without trust. Used by the dialects."""

from parley_core.errors import BadReply
from parley_core.text import load_json

from parley_asr.providers.vendors.sockets.dialect import Message


def json_object(provider: str, message: Message) -> dict[str, object]:
    """Raises BadReply."""
    try:
        value = load_json(message)
    except ValueError:
        raise BadReply(provider, "a message that is no JSON") from None
    if not isinstance(value, dict):
        raise BadReply(provider, "a message that is no JSON object")
    return value


def part_of(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0


def text(value: object) -> str:
    return value if isinstance(value, str) else ""
