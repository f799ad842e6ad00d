"""Who may call, and which agent a called number reaches: read from the settings once. Pure."""

import ipaddress
from dataclasses import dataclass

from parley_core.errors import BadInput
from parley_core.ids import TOKEN

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Destination:
    tenant: str
    agent: str


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


class Routes:
    def __init__(self, routes: str, default: str, tenant: str) -> None:
        """`routes` and `default` as in the settings; `tenant` of agents that name none. Raises BadInput."""
        self._exact: dict[str, Destination] = {}
        self._prefixes: list[tuple[str, Destination]] = []
        for entry in routes.replace(",", " ").split():
            called, equals, agent = entry.rpartition("=")
            if not equals or not called:
                raise BadInput("sip_routes", f"{entry!r} is not number=agent")
            destination = _destination(agent, tenant, "sip_routes")
            if called.endswith("*"):
                self._prefixes.append((called[:-1], destination))
            else:
                self._exact[called] = destination
        self._prefixes.sort(key=lambda one: len(one[0]), reverse=True)
        self._default = _destination(default, tenant, "sip_default_agent") if default else None

    def find(self, called: str) -> Destination | None:
        """The exact number before the longest prefix before the default."""
        if called in self._exact:
            return self._exact[called]
        for prefix, destination in self._prefixes:
            if called.startswith(prefix):
                return destination
        return self._default


def _destination(text: str, tenant: str, where: str) -> Destination:
    named, _, agent = text.rpartition("/")
    named = named or tenant
    for name in (named, agent):
        if not TOKEN.fullmatch(name):
            raise BadInput(where, f"{text!r} is not an agent, or tenant/agent")
    return Destination(named, agent)


def port_range(text: str) -> range:
    """The even ports of `first-last`. Raises BadInput."""
    low, _, high = text.partition("-")
    first, last = int(low) + int(low) % 2, int(high)
    if not 1024 <= first < last <= 65535:
        raise BadInput("sip_rtp_ports", "must be two ports of 1024 to 65535, the lower one first")
    return range(first, last, 2)
