"""Identifiers: tokens that may stand in a bus subject, and new ones whose order is the order of their making.

Every service uses this module where an id enters (check) or is made (new).
"""

import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar

from parley_core import clock
from parley_core.errors import BadInput

TOKEN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")

RANDOM_BITS: ContextVar[Callable[[int], int]] = ContextVar("random_bits", default=secrets.randbits)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str = "") -> str:
    """Return a token of 16 characters behind `prefix`: 9 of the time in milliseconds, 7 random ones (35 bits)."""
    millis = clock.current().time_us() // 1000
    stamp = _base32(millis, 9)
    return prefix + stamp + _base32(RANDOM_BITS.get()(35), 7)


def check_token(value: str, what: str) -> str:
    """Return `value` if it may be one token of a subject; raise BadInput naming `what` otherwise."""
    if not TOKEN.fullmatch(value):
        raise BadInput(what, "must be 1 to 64 of a-z, 0-9, '-' and '_', beginning with a letter or digit")
    return value


def _base32(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 32)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
