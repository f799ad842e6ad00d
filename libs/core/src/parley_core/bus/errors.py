"""The NATS client's errors as Parley's: mapped here, once, for every call of `connection` and `kv`."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import nats.errors

from parley_core.errors import TimedOut, Unavailable


@contextmanager
def translated(what: str, timeout_s: float) -> Iterator[None]:
    """Raise TimedOut and Unavailable, naming `what`, for whatever the client raises: its own errors are many.

    `nats.js.errors` derive from `nats.errors.Error`; a closed socket and a full disk come as OSError.
    """
    try:
        yield
    except (nats.errors.TimeoutError, TimeoutError):
        raise TimedOut(what, timeout_s) from None
    except (nats.errors.Error, OSError) as error:
        raise Unavailable(what, type(error).__name__) from error


def without_credentials(urls: str) -> str:
    """Addresses separated by commas, for messages and logs: without user and password."""
    shown = []
    for url in urls.split(","):
        parts = urlsplit(url if "//" in url else f"//{url}")
        host = parts.netloc.rpartition("@")[2]
        shown.append(f"{parts.scheme}://{host}" if parts.scheme else host)
    return ",".join(shown)
