"""What goes wrong in a call, from its seed: a plan of faults, asked by the world's parts at every step, and counted."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from parley_sim.network import ARRIVES, Fate, Port

Role = Literal["asr", "llm", "tts"]
ROLES: tuple[Role, ...] = ("asr", "llm", "tts")

LIVE = ("live_lost", "live_late", "live_repeated", "live_reordered")
SERVICES = (
    "asr_slow",
    "asr_fails",
    "llm_slow",
    "llm_fails",
    "llm_breaks_off",
    "tts_slow",
    "tts_fails",
    "tts_breaks_off",
    "tool_slow",
    "tool_fails",
    "tool_answer_lost",
)
WORKERS = ("worker_killed", "worker_held", "worker_drained")
OTHERS = ("bus_paused", "clocks_drift", "caller_line", "line_broken", "log_lost")
KINDS = (*LIVE, *SERVICES, *WORKERS, *OTHERS)

UNPROMISED = frozenset({"bus_paused", "worker_held"})  # with them a role may be without a worker for longer
_LOST = Fate(())


@dataclass(frozen=True, slots=True)
class AtEvent:
    """Something that happens when the call's log has its n-th event."""

    event: int
    kind: str
    role: Role = "llm"
    seconds: float = 0.0


@dataclass(slots=True)
class Faults:
    """One call's. Of the same seed and the same questions come the same answers."""

    chance: random.Random
    kinds: frozenset[str] = frozenset()
    at_events: tuple[AtEvent, ...] = ()
    rate: float = 0.0  # of live messages that suffer
    log_rate: float = 0.0  # of deliveries of log messages that are lost
    always_s: Mapping[str, float] = field(default_factory=dict)  # by part, however the chances fall
    injected: Counter[str] = field(default_factory=Counter)

    # Live messages

    def fate(self, subject: str, port: Port) -> Fate:
        if not self.rate or self.chance.random() >= self.rate:
            return ARRIVES
        kinds = [kind for kind in LIVE if kind in self.kinds]
        if not kinds:
            return ARRIVES
        kind = self.chance.choice(kinds)
        self.injected[kind] += 1
        if kind == "live_lost":
            return _LOST
        if kind == "live_late":
            return Fate((self.chance.uniform(0.02, 0.6),))
        if kind == "live_repeated":
            return Fate((0.0, self.chance.uniform(0.0, 0.3)))
        return Fate((self.chance.uniform(0.002, 0.08),), in_order=False)

    def loses(self, subject: str) -> bool:
        """Whether one listener does not get this message of the log. It is stored all the same."""
        if not self.log_rate or ".log." not in subject or self.chance.random() >= self.log_rate:
            return False
        self.injected["log_lost"] += 1
        return True

    # Services: see `providers.Troubles`

    def delay_s(self, part: str) -> float:
        if part in self.always_s:
            return self.always_s[part]
        kind, share, most_s = _SLOW.get(part, ("", 0.0, 0.0))
        if kind not in self.kinds or self.chance.random() >= share:
            return 0.0
        self.injected[kind] += 1
        return self.chance.uniform(0.2, most_s)

    def fails(self, part: str) -> bool:
        kind, share = _FAILING.get(part, ("", 0.0))
        if kind not in self.kinds or self.chance.random() >= share:
            return False
        self.injected[kind] += 1
        return True

    # Clocks

    def drift(self) -> tuple[float, float]:
        """A machine's drift and offset in seconds."""
        if "clocks_drift" not in self.kinds:
            return 0.0, 0.0
        self.injected["clocks_drift"] += 1
        return self.chance.uniform(-0.02, 0.02), self.chance.uniform(-30, 30)


# The step that is slow: its kind of fault, how often, and by how much at the most
_SLOW = {
    "asr": ("asr_slow", 0.4, 6.0),
    "asr_accept": ("asr_slow", 0.05, 1.0),
    "llm": ("llm_slow", 0.4, 7.0),
    "llm_token": ("llm_slow", 0.02, 6.0),
    "tts": ("tts_slow", 0.3, 5.0),
    "tts_piece": ("tts_slow", 0.05, 6.0),
    "tool": ("tool_slow", 0.5, 14.0),
}
_FAILING = {
    "asr": ("asr_fails", 0.1),
    "llm": ("llm_fails", 0.4),
    "llm_midway": ("llm_breaks_off", 0.04),
    "tts": ("tts_fails", 0.3),
    "tts_midway": ("tts_breaks_off", 0.06),
    "tool": ("tool_fails", 0.4),
    "tool_answer": ("tool_answer_lost", 0.4),
}


def plan(seed: int, *, kinds: frozenset[str] | None = None) -> Faults:
    """A quarter of the calls has no fault; the others have one to four kinds. `kinds` fixes them."""
    chance = random.Random(f"faults/{seed}")
    if kinds is None:
        if chance.random() < 0.25:
            return Faults(chance)
        kinds = frozenset(chance.sample(KINDS, chance.randint(1, 4)))
    at_events: list[AtEvent] = []
    for kind in KINDS:  # in this order, whatever the set's
        if kind not in kinds:
            continue
        if kind in WORKERS:
            at_events += [
                AtEvent(chance.randint(1, 50), kind, chance.choice(ROLES), chance.uniform(0.5, 6.0))
                for _ in range(chance.randint(1, 3))
            ]
        elif kind == "bus_paused":
            at_events.append(AtEvent(chance.randint(1, 50), kind, seconds=chance.uniform(0.5, 2.5)))
        elif kind == "line_broken":  # some stay away for longer than they are waited for
            for _ in range(chance.randint(1, 3)):
                at_events.append(AtEvent(chance.randint(1, 50), kind, seconds=chance.choice((0.1, 1.0, 6.0, 20.0))))
    rate = chance.choice((0.005, 0.02, 0.08)) if kinds & set(LIVE) else 0.0
    log_rate = chance.choice((0.01, 0.05, 0.15)) if "log_lost" in kinds else 0.0
    return Faults(chance, kinds, tuple(at_events), rate, log_rate)
