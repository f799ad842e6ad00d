"""Callers without a number, as carriers and SIP write them. Read by the gateway's limits and the CRM."""

import re

# What Twilio shows: ANONYMOUS, BLOCKED, RESTRICTED, UNAVAILABLE and UNKNOWN on a keypad.
_NUMBERS = frozenset({"266696687", "2562533", "7378742833", "86282452253", "8656696"})
_WORDS = frozenset({
    "anonymous", "blocked", "hidden", "nobody", "none", "private", "restricted", "unavailable", "unknown", "withheld",
})  # fmt: skip


def is_withheld(caller: str) -> bool:
    """Whether it stands for many callers: no number, or one that is shown in place of a number."""
    user = re.sub(r"^(?:sips?|tel):", "", caller.strip().strip("<>"), flags=re.IGNORECASE).partition("@")[0]
    words = re.findall(r"[a-z]+", user.lower())
    digits = re.sub(r"[^0-9]", "", user)
    return (not words and not digits.strip("0")) or digits in _NUMBERS or any(word in _WORDS for word in words)
