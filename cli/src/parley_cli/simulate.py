"""`parley simulate` and `parley agents test`: whole calls on a virtual clock, or scripts on a running platform.

The simulator is a separate package that may not be installed.
"""

import os
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from parley_core.errors import Unavailable
from rich.console import Console

DEFAULT_CALLS = 200


def run_simulation(
    *,
    calls: int | None,
    seed: int | None,
    script: Path | None,
    trace: bool,
    full: bool,
    processes: int,
    live: bool,
    console: Console,
) -> int:
    """Many calls, or one where a seed or a script is named without a number; `live`: the scripts on a running platform.

    Returns the exit status.

    Raises Unavailable where the simulator is not installed.
    """
    if find_spec("parley_sim") is None:
        raise Unavailable("the simulator", "the package parley-sim is not installed here")
    if live:
        spoken: int = import_module("parley_sim.live").command_live(script=script, console=console)
        return spoken
    runner = import_module("parley_sim.runner")
    one = script is not None or trace or full or (calls is None and seed is not None)
    status: int
    if one:
        status = runner.command_one(seed=seed or 1, script=script, trace=trace, full=full, console=console)
    else:
        status = runner.command_many(
            calls=DEFAULT_CALLS if calls is None else calls,
            seed=1 if seed is None else seed,
            processes=processes or os.cpu_count() or 1,
            console=console,
        )
    return status


def run_typed(paths: Sequence[Path], *, verbose: bool, console: Console) -> int:
    """Hold the calls of scripted callers who type; returns the exit status. Raises Unavailable as above."""
    if find_spec("parley_sim") is None:
        raise Unavailable("the simulator", "the package parley-sim is not installed here")
    status: int = import_module("parley_sim.typed.command").command(paths, verbose=verbose, console=console)
    return status
