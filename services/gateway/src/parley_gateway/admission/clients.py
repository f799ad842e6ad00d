"""Where a client comes from, whether it may come at all, and how much its address may ask for.

Requests and connections a minute are counted over all gateways, open connections by each gateway. IPv6 clients count
by their /64, which is one customer's.
"""

import logging
import re

from parley_core.callers import is_withheld
from parley_core.networks import parsed, site_of
from parley_core.rates import RateLimiter

from parley_gateway.admission.networks import AddressRules, Networks
from parley_gateway.admission.settings import AdmissionSettings

log = logging.getLogger(__name__)

_SHARE = 20  # of a limit: so much of it is asked for at once, which spares the bus a question per request
_NUMBER = re.compile(r"\+?[0-9]{7,15}", re.ASCII)


def number_of(caller: str) -> str:
    """The telephone number in what a carrier says of a caller; empty where it is none, or is shown for many."""
    found = _NUMBER.fullmatch(caller)
    return caller if found is not None and not is_withheld(caller) else ""


def exempt(address: str) -> bool:
    """This machine's own clients are not limited; neither is an address that is none, such as a socket's path."""
    if number_of(address):
        return False
    known = parsed(address)
    return known is None or known.is_loopback


def addresses_of(settings: AdmissionSettings, rates: RateLimiter) -> "ClientAddresses":
    """Raises BadInput for lists that are none."""
    allow = Networks(settings.allow_addresses, "PARLEY_GATEWAY_ALLOW_ADDRESSES")
    deny = Networks(settings.deny_addresses, "PARLEY_GATEWAY_DENY_ADDRESSES")
    return ClientAddresses(
        Networks(settings.trusted_proxies, "PARLEY_GATEWAY_TRUSTED_PROXIES"),
        AddressRules(allow, deny),
        rates,
        connections=settings.address_connections,
        per_minute=settings.address_per_minute,
    )


class ClientAddresses:
    """`trusted`: the proxies whose X-Forwarded-For is believed. 0 for a limit: none."""

    def __init__(
        self, trusted: Networks, rules: AddressRules, rates: RateLimiter, *, connections: int, per_minute: int
    ) -> None:
        self.rules = rules
        self._trusted = trusted
        self._rates = rates
        self._connections = connections
        self._per_minute = per_minute
        self._open: dict[str, int] = {}
        self._warned = False

    def client(self, peer: str, forwarded: str) -> str:
        """The client's address: the peer's, or what trusted proxies say of it (the header's last one that is no
        proxy)."""
        if forwarded and not self._warned and not self._trusted.has(peer):
            self._warn(peer)
        address = peer
        for said in reversed([one.strip() for one in forwarded.split(",")] if forwarded else []):
            if not self._trusted.has(address):
                break
            known = parsed(said)
            if known is None:
                break
            address = str(known)
        return address

    def _warn(self, peer: str) -> None:
        """Once: behind a proxy that is not trusted all callers have one address, and meet its limits together."""
        known = parsed(peer)
        if known is not None and known.is_private:
            self._warned = True
            log.warning(
                "a private peer forwards for others and is not trusted: set PARLEY_GATEWAY_TRUSTED_PROXIES",
                extra={"peer": peer},
            )

    def rated(self, address: str) -> bool:
        """Whether requests of this address are counted."""
        return self._per_minute > 0 and not exempt(address)

    @property
    def connections(self) -> int:
        """How many of one address may be open; 0: any number."""
        return self._connections

    def is_proxy(self, address: str) -> bool:
        return self._trusted.has(address)

    async def asks(self, address: str) -> bool:
        """Count a request or a connection; False when it is one too many in this minute."""
        if not self.rated(address):
            return True
        at_once = max(1, self._per_minute // _SHARE)
        return await self._rates.take(f"address/{site_of(address)}", self._per_minute, at_once=at_once)

    def connect(self, address: str) -> bool:
        """Count a connection in; False (and not counted) when there are as many as there may be."""
        if exempt(address):
            return True
        site = site_of(address)
        count = self._open.get(site, 0)
        if self._connections and count >= self._connections:
            return False
        self._open[site] = count + 1
        return True

    def disconnect(self, address: str) -> None:
        """A connection that was counted in is gone."""
        site = site_of(address)
        count = self._open.get(site, 0) - 1
        if count > 0:
            self._open[site] = count
        else:
            self._open.pop(site, None)
