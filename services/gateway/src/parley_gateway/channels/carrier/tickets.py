"""One-time tickets: what a webhook gives the carrier to show when it opens the call's media stream.

A ticket is signed, names the carrier's call, its caller and the agent, and lives for a minute. Every gateway takes the
others' tickets; each gateway takes one once, and all of them together open one call with it (`StreamTicket.uses`).
"""

import secrets
import time
from collections import OrderedDict

from parley_core.errors import NotAllowed

from parley_gateway.admission.tokens import StreamTicket, Tokens
from parley_gateway.channels.carrier.replays import Pass

TTL_S = 60
_MAX_USED = 10_000


class Tickets:
    def __init__(self, tokens: Tokens, carrier: str) -> None:
        self._tokens = tokens
        self._carrier = carrier
        self._used: OrderedDict[str, None] = OrderedDict()

    def issue(self, call: str, user: str, tenant: str, agent: str, once: Pass | None = None) -> str:
        """`once`: the webhook may come again, and is then answered with the same ticket."""
        once = once or Pass(secrets.token_hex(8), int(time.time()) + TTL_S)
        return self._tokens.issue_ticket(self._carrier, StreamTicket(tenant, agent, user, call, once.id, once.expires))

    def redeem(self, ticket: str, call: str) -> StreamTicket:
        """Give what it was issued for. Raises NotAllowed for any but the first, timely use."""
        read = self._tokens.read_ticket(self._carrier, ticket, time.time())
        if read.call != call:
            raise NotAllowed("this stream", "the ticket is another call's")
        if read.id in self._used:
            raise NotAllowed("this stream", "the ticket was used before")
        self._used[read.id] = None
        while len(self._used) > _MAX_USED:
            self._used.popitem(last=False)
        return read
