"""The gateways of this bus, by their heartbeats: who is there, and how much of each limit their calls take."""

from collections.abc import Mapping

from google.protobuf.message import DecodeError
from parley.v1 import live_pb2
from parley_core import clock
from parley_core.bus import subjects
from parley_core.bus.beats import Beats
from parley_core.bus.claims import SILENT_S
from parley_core.bus.port import Bus, Message, Subscription


class Gateways:
    def __init__(self, bus: Bus, me: str) -> None:
        self._bus = bus
        self._me = me
        self._since = clock.current().monotonic()
        self._beats = Beats(me)
        self._loads: dict[str, Mapping[str, int]] = {}
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        self._since = clock.current().monotonic()
        self._subscription = await self._bus.subscribe(subjects.worker("gateway", "*"), self._beat)

    async def stop(self) -> None:
        if self._subscription is not None:
            await self._subscription.close()

    def silent_s(self, gateway: str) -> float:
        """For how long nothing was heard of a gateway; counts from this one's own start at the most."""
        if gateway == self._me:
            return 0.0
        return self._beats.silent_s(gateway, clock.current().monotonic(), since=self._since)

    def dead(self, gateway: str) -> bool:
        return self.silent_s(gateway) > SILENT_S

    def usage(self, key: str) -> int:
        """How many calls the other live gateways report for one limit."""
        return sum(loads[key] for name, loads in self._loads.items() if key in loads and not self.dead(name))

    async def _beat(self, message: Message) -> None:
        try:
            beat = live_pb2.Heartbeat.FromString(message.data)
        except DecodeError:
            return
        self._beats.heard(beat.worker, clock.current().monotonic())
        if beat.worker == self._me:
            return
        self._loads[beat.worker] = {load.key: load.calls for load in beat.loads}
        for name in [name for name in self._beats.names() if self.dead(name)]:
            self._loads.pop(name, None)
