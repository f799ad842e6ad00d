"""A bad network between two UDP peers, in this process: it loses, delays and reorders datagrams by a seeded plan.

Each peer sends to its own side of the relay and hears the other from there. The kernel's own netem is not everywhere.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

Address = tuple[str, int]
_CANDIDATE = re.compile(r"^(a=candidate:\S+ \d+ udp \d+) (\S+) (\d+) (typ host.*)$", re.MULTILINE)


@dataclass
class Weather:
    """How bad the network is just now; tests change it as they go."""

    lose_every: int = 0  # one in so many datagrams each way, evenly; 0: none
    jitter_s: float = 0.0  # each datagram is late by up to so much, at random, which reorders them, too
    cut: bool = False  # nothing comes through


@dataclass
class Passed:
    forwarded: int = 0
    lost: int = 0
    delayed: int = 0


class LossyRelay:
    """`near` is where the one peer sends, `far` where the other does. Set their addresses before they send."""

    def __init__(self, seed: int = 1) -> None:
        self.weather = Weather()
        self.passed = Passed()
        self.near: Address = ("", 0)
        self.far: Address = ("", 0)
        self._random = random.Random(seed)
        self._sides: dict[str, asyncio.DatagramTransport] = {}
        self._peers: dict[str, Address] = {}
        self._counts = {"near": 0, "far": 0}

    def between(self, near_peer: Address, far_peer: Address) -> None:
        self._peers = {"near": near_peer, "far": far_peer}

    def came(self, side: str, data: bytes) -> None:
        other = "far" if side == "near" else "near"
        weather = self.weather
        self._counts[side] += 1
        if weather.cut or (weather.lose_every and self._counts[side] % weather.lose_every == 0):
            self.passed.lost += 1
        elif weather.jitter_s:
            self.passed.delayed += 1
            late_s = self._random.uniform(0, weather.jitter_s)
            asyncio.get_running_loop().call_later(late_s, self._forward, other, data)
        else:
            self._forward(other, data)

    def _forward(self, side: str, data: bytes) -> None:
        transport, peer = self._sides.get(side), self._peers.get(side)
        if transport is not None and peer is not None and not transport.is_closing():
            self.passed.forwarded += 1
            transport.sendto(data, peer)

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        for side in ("near", "far"):
            transport, _ = await loop.create_datagram_endpoint(partial(_Side, self, side), local_addr=("127.0.0.1", 0))
            self._sides[side] = transport
        self.near = self._sides["near"].get_extra_info("sockname")
        self.far = self._sides["far"].get_extra_info("sockname")

    def close(self) -> None:
        for transport in self._sides.values():
            transport.close()


class _Side(asyncio.DatagramProtocol):
    def __init__(self, relay: LossyRelay, side: str) -> None:
        self._relay = relay
        self._side = side

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._relay.came(self._side, data)


def candidate_in(sdp: str) -> Address:
    """The address of the first host candidate. Raises ValueError where there is none."""
    found = _CANDIDATE.search(sdp)
    if found is None:
        raise ValueError("no candidate")
    return found[2], int(found[3])


def with_candidate(sdp: str, address: Address) -> str:
    """The description with its host candidates at this address."""
    return _CANDIDATE.sub(rf"\g<1> {address[0]} {address[1]} \g<4>", sdp)


@asynccontextmanager
async def lossy_relay(seed: int = 1) -> AsyncIterator[LossyRelay]:
    relay = LossyRelay(seed)
    await relay.open()
    try:
        yield relay
    finally:
        relay.close()
