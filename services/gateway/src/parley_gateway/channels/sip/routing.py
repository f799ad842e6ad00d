"""Who may call without a password, and the ports of audio: read from the settings once. Pure."""

import ipaddress

from parley_core.errors import BadInput

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AllowList:
    def __init__(self, text: str) -> None:
        """Addresses and networks, separated by blanks or commas. Raises BadInput for what is neither."""
        try:
            self._networks: list[Network] = [ipaddress.ip_network(one) for one in text.replace(",", " ").split()]
        except ValueError as error:
            raise BadInput("sip_allow", str(error)) from None

    def has(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped:
            known = known.ipv4_mapped
        return any(known in network for network in self._networks if network.version == known.version)


def port_range(text: str) -> range:
    """The even ports of `first-last`. Raises BadInput."""
    low, _, high = text.partition("-")
    first, last = int(low) + int(low) % 2, int(high)
    if not 1024 <= first < last <= 65535:
        raise BadInput("sip_rtp_ports", "must be two ports of 1024 to 65535, the lower one first")
    return range(first, last, 2)
