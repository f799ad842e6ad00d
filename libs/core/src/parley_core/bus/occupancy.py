"""How busy each role of the platform is, from the heartbeats of all its processes: what autoscaling asks for.

`Claims` feeds it in every gateway; the health port serves it as `GET /metrics/scale/{role}`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from parley.v1 import live_pb2

GONE_S = 5.0  # ten beats: a process that was silent for so long counts no more


@dataclass(frozen=True, slots=True)
class _Seen:
    role: str
    calls: int
    capacity: int
    draining: bool
    at: float


class Occupancy:
    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def heard(self, beat: live_pb2.Heartbeat, now: float) -> None:
        self._seen[beat.worker] = _Seen(beat.role, beat.calls, beat.capacity, beat.draining, now)

    def scale(self, role: str, now: float) -> Mapping[str, int | float] | None:
        """`value`: calls in use. `capacity`: of the processes that take calls. `processes_at_70`: how many processes of
        their average size would be 70 % in use. None for a role that no process has."""
        self._seen = {worker: one for worker, one in self._seen.items() if now - one.at <= GONE_S}
        here = [one for one in self._seen.values() if one.role == role]
        if not here:
            return None
        taking = [one for one in here if not one.draining]
        in_use, capacity = sum(one.calls for one in here), sum(one.capacity for one in taking)
        each = capacity / len(taking) if taking else max(one.capacity for one in here)
        wanted = math.ceil(in_use / (0.7 * each)) if each else len(here)
        return {"value": in_use, "capacity": capacity, "processes": len(taking), "processes_at_70": max(1, wanted)}
