"""What a sender's HTTP answer means: taken, refused for good, or later. Used by the adapters of this folder."""

from collections.abc import Iterator, Mapping

from parley_core.egress import Fetched
from parley_core.errors import BadReply, Rejected, Throttled, Unavailable
from parley_core.text import load_json


def accepted(vendor: str, answer: Fetched) -> Mapping[str, object]:
    """The JSON object of an answer that says yes. Raises Throttled, Rejected; Unavailable and BadReply leave open
    whether the message was taken."""
    if answer.status in (429, 503):
        raise Throttled(vendor, str(answer.status))
    if answer.status >= 500 or answer.status == 408:
        raise Unavailable(vendor, str(answer.status))
    if answer.status // 100 != 2:
        raise Rejected(vendor, str(answer.status), _code(answer))
    try:
        found = load_json(answer.content.decode())
    except ValueError:
        raise BadReply(vendor, "no JSON") from None
    if not isinstance(found, dict):
        raise BadReply(vendor, "no JSON object")
    return found


def fields(vendor: str, answer: Mapping[str, object], name: str) -> Iterator[Mapping[str, object]]:
    found = answer.get(name)
    if not isinstance(found, list):
        raise BadReply(vendor, f"no list of {name}")
    return (one for one in found if isinstance(one, dict))


def _code(answer: Fetched) -> str:
    """The vendor's own code: Twilio's `code`, Telnyx's `errors[0].code`. Their texts may quote the recipient."""
    try:
        found = load_json(answer.content.decode())
    except ValueError:
        return ""
    errors = found.get("errors") if isinstance(found, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else found
    return str(first.get("code", ""))[:20] if isinstance(first, dict) else ""
