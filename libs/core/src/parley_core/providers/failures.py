"""How a provider can fail, as one list for recognisers, models and voices. Adapters raise the errors, `Attempts` counts
them by kind.

Whether the next provider is asked does not depend on the kind: it always is. `permanent` decides whether the *same*
request may be given to the *same* provider again.
"""

from enum import StrEnum

from parley_core.errors import BadReply, LimitReached, ParleyError, Rejected, Throttled, TimedOut, Unavailable

_OVERLOADED = 429
_WORTH_A_RETRY = frozenset({408, 409, 425})  # and all of 500 and above


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


def refusal(provider: str, status: int, detail: str = "") -> ParleyError:
    """The error for an HTTP status of 400 and above (also of a WebSocket's handshake)."""
    if status == _OVERLOADED:
        return Throttled(provider, str(status))
    if status >= 500 or status in _WORTH_A_RETRY:
        return Unavailable(provider, str(status))
    return Rejected(provider, str(status), detail)
