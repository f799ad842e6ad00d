"""Webhooks that begin something are answered once, over all gateways: a captured one that is sent again opens nothing.

A carrier asks again when it got no answer. It then gets the same answer, with the same one-time ticket, for as long as
that is valid; what comes later is refused. By call and occasion, for a day, in the memory of the bus's servers; while
the bus does not answer, each gateway remembers alone.
"""

import hashlib
import logging
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass

from parley_core.bus.port import Bus
from parley_core.errors import NotAllowed, ParleyError

log = logging.getLogger(__name__)

BUCKET = "webhooks"
REMEMBERED_S = 86_400
_MAX_LOCAL = 10_000


@dataclass(frozen=True, slots=True)
class Pass:
    """What makes the answer to one webhook the same each time."""

    id: str
    expires: int  # Unix seconds


class Replays:
    def __init__(self, bus: Bus, carrier: str, *, valid_s: float) -> None:
        self._kept = bus.kv(BUCKET, ttl_s=REMEMBERED_S)
        self._carrier = carrier
        self._valid_s = valid_s
        self._local: OrderedDict[str, Pass] = OrderedDict()

    async def answer(self, call: str, occasion: str) -> Pass:
        """For a webhook of the carrier's `call`. Raises NotAllowed for one whose answer is no longer valid."""
        known = await self._first(call, occasion)
        if known.expires <= time.time():
            log.warning("webhook refused", extra={"reason": "replayed", "channel": self._carrier, "occasion": occasion})
            raise NotAllowed("this webhook", "it was answered before")
        return known

    async def is_new(self, event: str) -> bool:
        """Whether an event of the carrier's comes for the first time."""
        made = self._fresh()
        return await self._first(event, "event", made) is made

    def _fresh(self) -> Pass:
        return Pass(secrets.token_hex(8), int(time.time() + self._valid_s))

    async def _first(self, call: str, occasion: str, made: Pass | None = None) -> Pass:
        made = made or self._fresh()
        # Carriers' ids have characters that keys may not have.
        key = f"{self._carrier}.{hashlib.sha256(f'{occasion} {call}'.encode()).hexdigest()[:40]}"
        known = self._local.get(key)
        if known is None:
            try:
                stored = None
                if not await self._kept.create(key, f"{made.id} {made.expires}".encode()):
                    stored = await self._kept.get(key)
                known = _read(stored) if stored else None
            except ParleyError as error:
                log.warning("webhook memory unavailable", extra={"error": type(error).__name__})
        known = known or made
        self._local[key] = known
        while len(self._local) > _MAX_LOCAL:
            self._local.popitem(last=False)
        return known


def _read(stored: bytes) -> Pass:
    id_, _, expires = stored.decode().partition(" ")
    return Pass(id_, int(expires))
