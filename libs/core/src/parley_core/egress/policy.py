"""Where requests on behalf of users may go. Pure; `client` asks it for every URL and every address.

A URL that a user names (a web page to learn, a webhook, a tool's server) must not reach what only this machine or its
network can: cloud metadata, databases, routers (server-side request forgery, OWASP API7:2023).
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from parley_core.errors import BadInput, NotAllowed

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
_MAX_URL = 4096


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    hosts: tuple[str, ...] = ()  # names; "*.example.com" also takes every name below; empty: any
    private: tuple[Network, ...] = ()  # networks that may be reached although they are not public
    schemes: tuple[str, ...] = ("https", "http")

    @classmethod
    def of(cls, hosts: Sequence[str] = (), private: Sequence[str] = ()) -> "EgressPolicy":
        """Raises BadInput for what is no network in CIDR notation."""
        try:
            networks = tuple(ipaddress.ip_network(one) for one in private)
        except ValueError as error:
            raise BadInput("allowed networks", str(error)) from None
        return cls(tuple(host.lower().rstrip(".") for host in hosts), networks)

    def check_url(self, url: str) -> SplitResult:
        """The parts of a URL that may be asked, as far as its text shows. Raises BadInput, NotAllowed."""
        if len(url) > _MAX_URL:
            raise BadInput("url", f"is longer than {_MAX_URL} characters")
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            raise BadInput("url", "is no URL") from None
        if parts.scheme not in self.schemes or not parts.hostname:
            raise BadInput("url", f"must be an absolute URL of {' or '.join(self.schemes)}")
        if parts.username is not None or parts.password is not None:
            raise BadInput("url", "must not carry a user or a password")
        host = parts.hostname.rstrip(".")
        if self.hosts and not any(_matches(host, pattern) for pattern in self.hosts):
            raise NotAllowed(f"a request to {host}", "the host is not on the list of allowed hosts")
        address = address_of(host)
        if address is not None:
            self.check_address(host, address)
        return parts

    def check_address(self, host: str, address: Address) -> None:
        """Raises NotAllowed for an address that is not public, unless its network is allowed."""
        inner = _unwrapped(address)
        if any(inner in network for network in self.private if network.version == inner.version):
            return
        if not inner.is_global or inner.is_multicast or inner.is_reserved:
            raise NotAllowed(f"a request to {host}", "its address is not a public one")


def address_of(host: str) -> Address | None:
    """The address that a host is written as, also in the short and octal forms that resolvers take; None: a name."""
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        pass
    parts = host.split(".")
    if len(parts) > 4 or not all(parts):
        return None
    try:
        numbers = [int(part, _base(part)) for part in parts]
    except ValueError:
        return None
    *first, last = numbers
    value = last
    if any(number > 255 for number in first) or last >= 256 ** (5 - len(numbers)):
        return None
    for at, number in enumerate(first):
        value += number << (24 - 8 * at)
    return ipaddress.IPv4Address(value)


def _base(part: str) -> int:
    """inet_aton(3): 0x is hexadecimal, a leading 0 octal."""
    if part.lower().startswith("0x"):
        return 16
    return 8 if part.startswith("0") and len(part) > 1 else 10


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None) or address


def _matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host == pattern[2:] or host.endswith(pattern[1:])
    return host == pattern
