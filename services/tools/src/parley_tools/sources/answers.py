"""What an HTTP answer means for a tool's call, and its JSON as a result that a model can read. Used by the sources."""

import json
from collections.abc import Mapping, Sequence

from parley.v1 import tools_pb2
from parley_core.egress import Fetched
from parley_core.errors import BadReply, Rejected, Throttled, Unavailable
from parley_core.text import load_json

from parley_tools.tool import JsonObject, Outcome

_MOST_CHARS = 20_000  # of a result: it goes to a model and on the log
_MOST_DETAIL = 200
_HIDDEN = "(secret)"


def outcome_of(
    name: str, answer: Fetched, secrets: Sequence[str], keep: Sequence[str] = (), success: str = ""
) -> Outcome:
    """Raises Throttled and Rejected where nothing was done, Unavailable and BadReply where that is open. A secret that
    the server echoes is taken out."""
    text = hidden(answer.content.decode(errors="replace"), secrets)
    match answer.status:
        case status if status // 100 == 2:
            result = _result(name, text)
            if success and result.get(success) is not True:
                reason = _detail(text)
                return Outcome(tools_pb2.TOOL_STATUS_CONFLICT, {"reason": reason}, f"{name} refused: {reason}")
            return Outcome(tools_pb2.TOOL_STATUS_OK, _bounded(name, kept(result, keep) if keep else result))
        case 429 | 503:
            raise Throttled(name, str(answer.status))
        case 400 | 422:
            return Outcome(tools_pb2.TOOL_STATUS_INVALID_ARGUMENTS, error=f"{name} refused: {_detail(text)}")
        case 404:
            return Outcome(tools_pb2.TOOL_STATUS_NOT_FOUND, error=f"{name} has found nothing")
        case 409 | 410 | 412:
            reason = _detail(text)
            return Outcome(tools_pb2.TOOL_STATUS_CONFLICT, {"reason": reason}, f"{name} refused: {reason}")
        case status if status >= 500 or status == 408:
            raise Unavailable(name, str(status))
        case status:
            raise Rejected(name, str(status))


def hidden(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        if secret:
            text = text.replace(secret, _HIDDEN)
    return text


def _result(name: str, text: str) -> JsonObject:
    if not text.strip():
        return {}
    try:
        found = load_json(text)
    except ValueError:
        raise BadReply(name, "no JSON") from None
    return found if isinstance(found, dict) else {"items" if isinstance(found, list) else "value": found}


def _bounded(name: str, result: JsonObject) -> JsonObject:
    if len(json.dumps(result, ensure_ascii=False)) > _MOST_CHARS:
        raise BadReply(name, f"more than {_MOST_CHARS} characters; name the fields to `keep`")
    return result


def kept(result: Mapping[str, object], keep: Sequence[str]) -> JsonObject:
    """The named fields, also of the items of lists."""

    def of(value: object) -> object:
        if isinstance(value, list):
            return [of(one) for one in value]
        return {name: one for name, one in value.items() if name in keep} if isinstance(value, dict) else value

    lists = {name: of(value) for name, value in result.items() if isinstance(value, list) and name not in keep}
    return {**lists, **{name: value for name, value in result.items() if name in keep}}


def _detail(text: str) -> str:
    """What a server says of a refusal, where it says it in a usual place (RFC 9457, or a message)."""
    try:
        found = load_json(text)
    except ValueError:
        return "no reason was given"
    if isinstance(found, dict):
        error = found.get("error")
        for place in (found, error if isinstance(error, dict) else {}):
            for field in ("detail", "message", "title", "error"):
                if isinstance(place.get(field), str) and place[field]:
                    return str(place[field])[:_MOST_DETAIL]
    return "no reason was given"
