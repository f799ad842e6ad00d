"""Calls from seeds, with faults: what must hold in every call, and that a seed tells everything of it."""

import os
import subprocess
import sys

import pytest
from parley_sim.faults import KINDS, plan
from parley_sim.invariants import TAKEN_UP
from parley_sim.runner import run_seeds
from parley_sim.world import simulate

_DIGEST = "from parley_sim.world import simulate; print(*(simulate(seed, trace=True).digest for seed in (3, 5, 8)))"


@pytest.mark.slow
def test_two_hundred_calls_with_faults_break_no_rule() -> None:
    tally = run_seeds(range(100_000, 100_200))
    assert tally.calls == 200
    assert not tally.broken, [f"parley simulate --seed {one.seed} --trace: {one.lines}" for one in tally.broken]
    assert tally.faulty > 80
    assert len(tally.injected) > 15


def test_the_same_seed_gives_the_same_trace_to_the_byte() -> None:
    for seed in (3, 5, 8):
        assert simulate(seed, trace=True).lines == simulate(seed, trace=True).lines


@pytest.mark.outside
def test_a_trace_does_not_depend_on_the_process() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert len(set(told[0].split())) == 3


@pytest.mark.slow
def test_a_killed_workers_role_is_taken_up_within_3_s_in_every_state_of_a_call() -> None:
    injected = taken_up = 0
    for seed in range(130, 150):
        outcome = simulate(seed, planned=plan(seed, kinds=frozenset({"worker_killed"})))
        assert not outcome.violations, (seed, outcome.violations)
        injected += outcome.injected.total()
        taken_up += outcome.checked[TAKEN_UP]
    assert injected > taken_up > 5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_every_kind_of_fault_is_injected_and_survived(kind: str) -> None:
    injected = 0
    for seed in range(5):
        outcome = simulate(seed, planned=plan(seed, kinds=frozenset({kind})))
        assert not outcome.violations, (seed, outcome.violations)
        injected += outcome.injected.total()
    assert injected
