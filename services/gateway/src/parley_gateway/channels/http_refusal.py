"""How HTTP says that there is no call, or no token for one: a status, when to try again, and the reason as JSON."""

from collections.abc import Mapping

from aiohttp import web
from parley_core.reasons import Party, RefusalReason

_FORBIDDEN, _NOT_FOUND, _GONE, _TOO_MANY, _UNAVAILABLE = 403, 404, 410, 429, 503
_FOR_GOOD = {
    RefusalReason.BAD_TOKEN: _FORBIDDEN,
    RefusalReason.ADDRESS_DENIED: _FORBIDDEN,
    RefusalReason.FOREIGN_ORIGIN: _FORBIDDEN,
    RefusalReason.HOST_DENIED: _FORBIDDEN,
    RefusalReason.TOKEN_USED: _FORBIDDEN,
    RefusalReason.UNKNOWN_AGENT: _NOT_FOUND,
    RefusalReason.CALL_OVER: _GONE,
}


def refusal(reason: RefusalReason, detail: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """`headers`: more of them."""
    after_s = reason.meaning.retry_after_s
    if after_s is None:
        status, more = _FOR_GOOD[reason], {}
    else:
        status = _UNAVAILABLE if reason.meaning.whose is Party.PLATFORM else _TOO_MANY
        more = {"Retry-After": str(after_s)}
    return web.json_response({"reason": reason, "detail": detail}, status=status, headers={**(headers or {}), **more})
