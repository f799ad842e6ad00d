"""Many calls on all cores, and what came of them in one table. Called by `parley simulate`."""

import gc
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from parley_sim.clock import Stuck
from parley_sim.invariants import RULES
from parley_sim.script import Script, load_script
from parley_sim.trace import brief
from parley_sim.world import Outcome, simulate

_CHUNK = 20
_COLLECT_EVERY = 20
_SHOWN = 10  # failing calls that are told in full


@dataclass(slots=True)
class Broken:
    """A call that broke a rule, or the simulation itself."""

    seed: int
    lines: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    calls: int = 0
    faulty: int = 0  # calls with faults
    seconds: float = 0.0
    turns: int = 0
    injected: Counter[str] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    broken: list[Broken] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.calls += 1
        self.faulty += bool(outcome.injected)
        self.seconds += outcome.seconds
        self.turns += outcome.turns
        self.injected += outcome.injected
        self.checked += outcome.checked
        self.ended[outcome.ended or "not ended"] += 1
        self.violations.update(one.rule for one in outcome.violations)
        if outcome.violations:
            self.broken.append(Broken(outcome.seed, tuple(str(one) for one in outcome.violations)))

    def join(self, other: "Tally") -> None:
        self.calls += other.calls
        self.faulty += other.faulty
        self.seconds += other.seconds
        self.turns += other.turns
        for mine, theirs in (
            (self.injected, other.injected),
            (self.checked, other.checked),
            (self.ended, other.ended),
            (self.violations, other.violations),
        ):
            mine.update(theirs)
        self.broken += other.broken


def run_seeds(seeds: Sequence[int]) -> Tally:
    """Simulate these calls in order, in this process."""
    tally = Tally()
    collecting = gc.isenabled()
    gc.disable()  # a call makes few cycles; they are collected between calls
    try:
        for seed in seeds:
            try:
                tally.add(simulate(seed))
            except Stuck as stuck:
                tally.calls += 1
                tally.violations["the simulation stands"] += 1
                tally.broken.append(Broken(seed, (f"the simulation stands: {stuck}",)))
            if tally.calls % _COLLECT_EVERY == 0:
                gc.collect()
    finally:
        if collecting:
            gc.enable()
    return tally


def run_many(first: int, calls: int, *, processes: int) -> Iterator[Tally]:
    """Simulate the calls of `calls` seeds from `first` on; yields what has come together so far."""
    chunks = [range(at, min(at + _CHUNK, first + calls)) for at in range(first, first + calls, _CHUNK)]
    total = Tally()
    if processes == 1:
        for chunk in chunks:
            total.join(run_seeds(chunk))
            yield total
        return
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(run_seeds, chunk) for chunk in chunks]):
            total.join(done.result())
            yield total


def report(tally: Tally, took_s: float, console: Console) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2))
    speed = tally.seconds / took_s if took_s else 0.0
    table.add_row("calls", f"{tally.calls:,}", f"{tally.faulty:,} with faults, {tally.turns:,} turns")
    table.add_row("time", f"{took_s:.0f} s", f"{tally.seconds / 3600:.1f} h of calls, {speed:.0f} × real time")
    table.add_row("ended", "", ", ".join(f"{name} {count:,}" for name, count in tally.ended.most_common()))
    table.add_row("faults", f"{tally.injected.total():,}", "")
    for kind, count in sorted(tally.injected.items()):
        table.add_row("", f"{count:,}", kind)
    table.add_row("checks", f"{tally.checked.total():,}", "")
    for rule in RULES:
        table.add_row("", f"{tally.checked[rule]:,}", rule)
    table.add_row("violations", f"{tally.violations.total():,}", "")
    for rule, count in tally.violations.most_common():
        table.add_row("", f"{count:,}", rule)
    console.print(table)
    broken = sorted(tally.broken, key=lambda one: one.seed)
    for one in broken[:_SHOWN]:
        console.print(f"\nseed {one.seed}: parley simulate --seed {one.seed} --trace", markup=False)
        for line in one.lines:
            console.print(f"  {line[:400]}", markup=False, soft_wrap=True)
    if len(broken) > _SHOWN:
        console.print(f"\nand seeds {', '.join(str(one.seed) for one in broken[_SHOWN:60])}", markup=False)


def command_many(*, calls: int, seed: int, processes: int, console: Console) -> int:
    """`parley simulate --calls`: 0 when every rule held."""
    began = time.perf_counter()
    tally = Tally()
    with console.status("simulating") as status:
        for tally in run_many(seed, calls, processes=processes or os.cpu_count() or 1):
            status.update(f"{tally.calls:,} of {calls:,} calls, {tally.violations.total()} violations")
    report(tally, time.perf_counter() - began, console)
    return 1 if tally.broken else 0


def command_one(*, seed: int, script: Path | None, trace: bool, full: bool, console: Console) -> int:
    """`parley simulate --seed` or a script: one call; `trace` shows it as a timeline, `full` with every frame."""
    played: Script | None = load_script(script) if script else None
    outcome = simulate(seed, script=played, trace=trace)
    lines = list(outcome.lines) if full else brief(list(outcome.lines))
    for line in lines:
        console.print(line, markup=False, soft_wrap=True, highlight=False)
    faults = ", ".join(f"{kind} {count}" for kind, count in sorted(outcome.injected.items())) or "none"
    console.print(
        f"ended: {outcome.ended or 'not'}; {outcome.turns} turns in {outcome.seconds:.1f} s; faults: {faults}; "
        f"{outcome.checked.total():,} checks, {len(outcome.violations)} violations",
        markup=False,
        soft_wrap=True,
    )
    for violation in outcome.violations:
        console.print(str(violation), markup=False, soft_wrap=True)
    return 1 if outcome.violations else 0
