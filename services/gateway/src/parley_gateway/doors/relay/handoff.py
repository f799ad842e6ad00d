"""What the `end` message of a relay leaves for the carrier's next document: where the caller goes. Pure."""

import json
import re

_ADDRESS = re.compile(r"tel:\+?[0-9*#]{1,32}|sips?:[^\s<>\"]{1,200}", re.ASCII)
_MAX_DATA = 16_000


def read_handoff(data: str) -> tuple[str, str] | None:
    """Address and summary of a caller who goes to a person; None for a call that is over."""
    if len(data) > _MAX_DATA:
        return None
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or told.get("reason") != "handed_off":
        return None
    address, summary = told.get("address"), told.get("summary", "")
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address) or not isinstance(summary, str):
        return None
    return address, summary
