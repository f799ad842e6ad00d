"""The errors that cross Parley's own boundaries. Each carries facts; the text is made here, once.

Adapters turn vendors' errors into these; `rpc` turns these into gRPC statuses and back.
"""


class ParleyError(Exception):
    """Base of every error that Parley raises on purpose."""

    permanent = True  # trying the same again cannot help


class BadInput(ParleyError):
    """What came from outside is not acceptable; says where and what."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


class NotFound(ParleyError):
    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"no {what} named {name!r}")
        self.what = what
        self.name = name


class NotAllowed(ParleyError):
    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} is not allowed: {why}")
        self.what = what
        self.why = why


class Conflict(ParleyError):
    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why


class Unavailable(ParleyError):
    """Somebody that is needed does not answer; trying again later may help."""

    permanent = False

    def __init__(self, what: str, why: str, *, retry_after_s: float = 0.0) -> None:
        """`retry_after_s`: when it asked to be asked again; 0: it did not say."""
        super().__init__(f"{what} is unavailable: {why}")
        self.what = what
        self.why = why
        self.retry_after_s = retry_after_s


class Unreachable(Unavailable):
    """No connection was made, so nothing was asked: trying again repeats nothing."""


class Throttled(Unavailable):
    """A vendor's rate limit."""


class BadReply(Unavailable):
    """A vendor answered, and nothing can be made of the answer: a page instead of data, no content, a cut message."""


class TimedOut(ParleyError):
    permanent = False

    def __init__(self, what: str, after_s: float) -> None:
        super().__init__(f"{what} did not answer within {after_s:g} s")
        self.what = what
        self.after_s = after_s


class LimitReached(ParleyError):
    """A bound that protects the platform: calls, rates, sizes, queues."""

    permanent = False

    def __init__(self, what: str, limit: float) -> None:
        super().__init__(f"{what} is at its limit of {limit:g}")
        self.what = what
        self.limit = limit


class Rejected(ParleyError):
    """A vendor refused a request; `status` is the vendor's own code."""

    def __init__(self, provider: str, status: str, detail: str = "") -> None:
        super().__init__(f"{provider} refused with {status}" + (f": {detail}" if detail else ""))
        self.provider = provider
        self.status = status
        self.detail = detail
