"""How a provider can fail, as one list for recognisers, models and voices. Adapters raise the errors, `Attempts` counts
them by kind.

Whether the next provider is asked does not depend on the kind: it always is. `permanent` decides whether the *same*
request may be given to the *same* provider again; `refused_for` whether *any* request may: an account without credit
refuses them all.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import StrEnum

from parley_core import clock
from parley_core.errors import BadReply, LimitReached, ParleyError, Rejected, Throttled, TimedOut, Unavailable

QUOTA = "quota"  # status of a refusal because the account has no credit left, whatever the vendor's HTTP status

_OVERLOADED = 429
_WORTH_A_RETRY = frozenset({408, 409, 425})  # and all of 500 and above
_ALL_OF_THE_ACCOUNT = frozenset({"401", "402", QUOTA})
_ALL_OF_THE_MODEL = frozenset({"403", "404", "410"})
_NO_CREDIT = ("insufficient_quota", "billing_not_active", "billing_hard_limit_reached", "credit balance is too low")
_LONGEST_RETRY_AFTER_S = 600.0


class FailureKind(StrEnum):
    REFUSED = "refused"  # credentials, an unknown voice or model, a request that it does not take: permanent
    UNAVAILABLE = "unavailable"  # no connection, a broken stream, a server error
    TIMED_OUT = "timed_out"
    OVER_LIMIT = "over_limit"  # the vendor's rate limit, or a bound of ours
    BAD_REPLY = "bad_reply"  # it answered, and nothing can be made of the answer
    UNFORESEEN = "unforeseen"  # an error that its adapter should have mapped

    @property
    def permanent(self) -> bool:
        return self is FailureKind.REFUSED


def kind_of(error: BaseException) -> FailureKind:
    match error:
        case BadReply():
            return FailureKind.BAD_REPLY
        case Throttled() | LimitReached():
            return FailureKind.OVER_LIMIT
        case TimedOut():
            return FailureKind.TIMED_OUT
        case ParleyError():
            return FailureKind.REFUSED if error.permanent else FailureKind.UNAVAILABLE
        case _:
            return FailureKind.UNFORESEEN


class Extent(StrEnum):
    """What else a refusal holds for."""

    ACCOUNT = "account"  # everything that is asked with the same key
    MODEL = "model"  # everything that this model is asked


def refused_for(error: BaseException) -> Extent | None:
    """What would be refused as well, until a person changes something; None: only this request, or nothing."""
    if not isinstance(error, Rejected):
        return None
    if error.status in _ALL_OF_THE_ACCOUNT:
        return Extent.ACCOUNT
    return Extent.MODEL if error.status in _ALL_OF_THE_MODEL else None


def refusal(
    provider: str, status: int, detail: str = "", *, code: str = "", headers: Mapping[str, str] | None = None
) -> ParleyError:
    """The error for an HTTP status of 400 and above (also of a WebSocket's handshake).

    `code`: the vendor's own word for it, or its message where it has none; only searched, never shown.
    """
    if any(word in code.lower() for word in _NO_CREDIT):
        return Rejected(provider, QUOTA, detail)
    if status == _OVERLOADED:
        return Throttled(provider, str(status), retry_after_s=retry_after_s(headers))
    if status >= 500 or status in _WORTH_A_RETRY:
        return Unavailable(provider, str(status), retry_after_s=retry_after_s(headers))
    return Rejected(provider, str(status), detail)


def retry_after_s(headers: Mapping[str, str] | None) -> float:
    """Seconds of the header Retry-After (RFC 9110: seconds or a date), at most ten minutes; 0 without it."""
    value = ((headers or {}).get("retry-after") or (headers or {}).get("Retry-After") or "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - clock.current().time_us() / 1e6
        except (ValueError, OverflowError):
            return 0.0
    # A NaN is not above 0.
    return min(seconds, _LONGEST_RETRY_AFTER_S) if seconds > 0 else 0.0
