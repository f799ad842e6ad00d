"""Addresses of clients, and what is limited for one: itself, or the network that a provider gives to one customer."""

import ipaddress
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_IPV6_SITE = 64  # bits that a provider gives to one customer, who has all addresses behind them


@lru_cache(maxsize=4096)
def parsed(address: str) -> Address | None:
    """The address, an IPv4 one that came as IPv6 as what it is; None for what is none."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return None
    return known.ipv4_mapped or known if isinstance(known, ipaddress.IPv6Address) else known


def site_of(address: str) -> str:
    """What is limited for an address: itself, or the network of its customer where it is an IPv6 one."""
    known = parsed(address)
    if isinstance(known, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((known, _IPV6_SITE), strict=False))
    return str(known) if known is not None else address
