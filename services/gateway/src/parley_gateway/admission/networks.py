"""Lists of addresses and networks, and the rules made of them: which addresses may reach the gateway at all.

The rules hold for every channel: HTTP requests and webhooks, WebSockets, offers of WebRTC, and SIP. Read from the
settings once; pure.
"""

import ipaddress
from functools import lru_cache

from parley_core.errors import BadInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_IPV6_SITE = 64  # bits that a provider gives to one customer, who has all addresses behind them


class Networks:
    def __init__(self, text: str, setting: str) -> None:
        """Addresses and networks, separated by blanks or commas. Raises BadInput, naming the setting."""
        try:
            self._networks: list[Network] = [
                ipaddress.ip_network(one, strict=False) for one in text.replace(",", " ").split()
            ]
        except ValueError as error:
            raise BadInput(setting, str(error)) from None

    def __bool__(self) -> bool:
        return bool(self._networks)

    def has(self, address: str) -> bool:
        known = parsed(address)
        return known is not None and any(
            known in network for network in self._networks if network.version == known.version
        )


class AddressRules:
    """`deny` goes before `allow`; an empty `allow` allows every address."""

    def __init__(self, allow: Networks, deny: Networks) -> None:
        self._allow = allow
        self._deny = deny

    def permit(self, address: str) -> bool:
        """Whether a client of this address may come; what is no address, such as a socket's path, is in no network."""
        return not self._deny.has(address) and (not self._allow or self._allow.has(address))


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
