"""Where the caller of a relay goes when it is over. The `end` message leaves it to the carrier, which passes it to its
next document (`read_handoff`); of a carrier that does not, the gateways keep it themselves (`Handoffs`).
"""

import hashlib
import re

from parley_core.bus.port import Bus
from parley_core.reasons import EndReason
from parley_core.text import load_json

from parley_gateway.channels.carrier.records import BUCKET

KEPT = "handoff"  # the relay's parameter that asks for it

_ADDRESS = re.compile(r"tel:\+?[0-9*#]{1,32}|sips?:[^\s<>\"]{1,200}", re.ASCII)
_MAX_DATA = 16_000


def read_handoff(data: str) -> tuple[str, str] | None:
    """Address and summary of a caller who goes to a person; None for a call that is over."""
    if len(data) > _MAX_DATA:
        return None
    try:
        told = load_json(data)
    except ValueError:
        return None
    if not isinstance(told, dict) or told.get("reason") != EndReason.HANDED_OFF:
        return None
    address, summary = told.get("address"), told.get("summary", "")
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address) or not isinstance(summary, str):
        return None
    return address, summary


class Handoffs:
    """By the carrier's call."""

    def __init__(self, bus: Bus) -> None:
        self._kv = bus.kv(BUCKET)

    async def put(self, call: str, data: str) -> None:
        await self._kv.put(_key(call), data.encode())

    async def take(self, call: str) -> str:
        """What was kept, once; empty: nothing."""
        stored = await self._kv.get(_key(call))
        if stored:
            await self._kv.delete(_key(call))
        return (stored or b"").decode()


def _key(call: str) -> str:
    """Carriers' ids have characters that keys may not have."""
    return f"relay.{hashlib.sha256(call.encode()).hexdigest()[:40]}"
