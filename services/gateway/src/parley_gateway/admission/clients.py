"""Where a client comes from, and how much one address may ask of this gateway: connections, and requests a minute."""

import ipaddress
import re
from collections import deque

from parley_core import clock
from parley_core.callers import is_withheld
from parley_core.errors import BadInput

from parley_gateway.admission.settings import AdmissionSettings

_MINUTE_S = 60.0
_MOST_ADDRESSES = 50_000
_NUMBER = re.compile(r"\+?[0-9]{7,15}", re.ASCII)


def number_of(caller: str) -> str:
    """The telephone number in what a carrier says of a caller; empty where it is none, or is shown for many."""
    found = _NUMBER.fullmatch(caller)
    return caller if found is not None and not is_withheld(caller) else ""


def exempt(address: str) -> bool:
    """This machine's own clients are not limited; neither is an address that is none, such as a socket's path."""
    if number_of(address):
        return False
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True


def addresses_of(settings: AdmissionSettings) -> "ClientAddresses":
    """Raises BadInput for proxies that are no networks."""
    try:
        return ClientAddresses(
            settings.trusted_proxies,
            connections=settings.address_connections,
            per_minute=settings.address_per_minute,
        )
    except ValueError as error:
        raise BadInput("PARLEY_GATEWAY_TRUSTED_PROXIES", str(error)) from None


class ClientAddresses:
    """`trusted`: networks of the proxies whose X-Forwarded-For is believed. 0 for a limit: none."""

    def __init__(self, trusted: str, *, connections: int, per_minute: int) -> None:
        """Raises ValueError for what is no list of networks."""
        self._trusted = [ipaddress.ip_network(one.strip(), strict=False) for one in trusted.split(",") if one.strip()]
        self._connections = connections
        self._per_minute = per_minute
        self._open: dict[str, int] = {}
        self._recent: dict[str, deque[float]] = {}

    def client(self, peer: str, forwarded: str) -> str:
        """The client's address: the peer's, or what trusted proxies say of it (the header's last one that is no
        proxy)."""
        address = peer
        for said in reversed([one.strip() for one in forwarded.split(",")] if forwarded else []):
            if not self._is_proxy(address):
                break
            try:
                address = str(ipaddress.ip_address(said))
            except ValueError:
                break
        return address

    def asks(self, address: str) -> bool:
        """Count a request or a connection; False when it is one too many in this minute."""
        if not self._per_minute or exempt(address):
            return True
        now = clock.current().monotonic()
        if len(self._recent) >= _MOST_ADDRESSES:
            self._recent = {one: times for one, times in self._recent.items() if times[-1] > now - _MINUTE_S}
        recent = self._recent.setdefault(address, deque(maxlen=self._per_minute))
        if len(recent) == self._per_minute and recent[0] > now - _MINUTE_S:
            return False
        recent.append(now)
        return True

    def connect(self, address: str) -> bool:
        """Count a connection in; False (and not counted) when there are as many as there may be."""
        if exempt(address):
            return True
        count = self._open.get(address, 0)
        if self._connections and count >= self._connections:
            return False
        self._open[address] = count + 1
        return True

    def disconnect(self, address: str) -> None:
        """A connection that was counted in is gone."""
        count = self._open.get(address, 0) - 1
        if count > 0:
            self._open[address] = count
        else:
            self._open.pop(address, None)

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)
