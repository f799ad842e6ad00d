"""One-time tickets: what a webhook gives the carrier to show when it opens the call's media stream.

A ticket is signed, names the carrier's call, its caller and the agent, and lives for a minute. Any gateway with the
same `token_secret` takes it; each gateway takes it once.
"""

import hashlib
import secrets
import time
from collections import OrderedDict

from parley_core.errors import NotAllowed

from parley_gateway.admission.tokens import Grant, Tokens

TTL_S = 60
_MAX_USED = 10_000
_BETWEEN = "\n"


class Tickets:
    def __init__(self, secret: str, carrier: str) -> None:
        """Another carrier's tickets and callers' tokens are no tickets here, nor the other way round."""
        own = secret.encode() or secrets.token_bytes(32)
        self._tokens = Tokens(hashlib.sha256(b"ticket:" + carrier.encode() + b":" + own).digest())
        self._used: OrderedDict[str, None] = OrderedDict()

    def issue(self, call: str, user: str, tenant: str, agent: str) -> str:
        named = _BETWEEN.join((call, secrets.token_hex(8), user))
        return self._tokens.issue(Grant(tenant, agent, named, int(time.time()) + TTL_S))

    def redeem(self, ticket: str, call: str) -> Grant:
        """Give what it was issued for; `user` is the caller. Raises NotAllowed for any but the first, timely use."""
        grant = self._tokens.read(ticket, time.time())
        issued_to, once, user = grant.user.split(_BETWEEN, 2)
        if issued_to != call:
            raise NotAllowed("this stream", "the ticket is another call's")
        if once in self._used:
            raise NotAllowed("this stream", "the ticket was used before")
        self._used[once] = None
        while len(self._used) > _MAX_USED:
            self._used.popitem(last=False)
        return Grant(grant.tenant, grant.agent, user, grant.expires)
