"""Lists of addresses and networks, and the rules made of them: which addresses may reach the gateway at all.

The rules hold for every channel: HTTP requests and webhooks, WebSockets, offers of WebRTC, and SIP. Read from the
settings once; pure.
"""

import ipaddress

from parley_core.errors import BadInput
from parley_core.networks import parsed

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


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
