"""`parley agents test`: the callers of one or more agents, held in this process, and a table by category."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from parley_core.agents import load_agent
from parley_core.errors import BadInput
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from rich.console import Console
from rich.table import Table

from parley_sim.typed.call import Came, hold
from parley_sim.typed.place import Place, place
from parley_sim.typed.script import load_callers

CALLERS = "callers.yaml"


async def held(files: Sequence[Path]) -> list[tuple[str, list[Came]]]:
    """What came of every caller, by agent. Raises BadInput for a file that cannot be read."""
    root = files[0].resolve().parent.parent
    async with place(root) as here:
        return [await _agent(here, path) for path in files]


async def _agent(here: Place, path: Path) -> tuple[str, list[Came]]:
    callers = load_callers(path)
    document = load_agent(path.parent / callers.agent)
    await here.search.learn(document, path.parent)
    brain = RuleBasedProvider(here.search)
    came = []
    for at, caller in enumerate(callers.callers):
        async with here.tools(document, callers.tools, f"typed-{at}", datetime.fromisoformat(callers.now)) as tools:
            came.append(await hold(callers, caller, document, brain, tools))
    return document.agent, came


def command(paths: Sequence[Path], *, verbose: bool, console: Console) -> int:
    """Print the table, and of each caller who did not reach the goal what is wrong. Returns the exit status."""
    found = asyncio.run(held(files_of(paths)))
    for agent, came in found:
        for one in came:
            if one.problems or verbose:
                console.print(f"{agent}: {one.caller.name} ({one.caller.category})", style="bold", markup=False)
                for said, reply in one.transcript:
                    console.print(f"  > {said}\n    {reply}", markup=False)
                for problem in one.problems:
                    console.print(f"  ! {problem}", style="red", markup=False)
    console.print(_table(found))
    return 1 if any(one.problems for _, came in found for one in came) else 0


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The callers' files that are named, or lie in the named folders. Raises BadInput where there is none."""
    files = [one for path in paths for one in ([path] if path.is_file() else sorted(path.rglob(CALLERS)))]
    if not files:
        raise BadInput("callers", f"no {CALLERS} in {', '.join(map(str, paths))}")
    return files


def _table(found: list[tuple[str, list[Came]]]) -> Table:
    table = Table(title="callers who reached their goal")
    table.add_column("category")
    agents = [agent for agent, _ in found]
    for agent in [*agents, "all"]:
        table.add_column(agent, justify="right")
    categories = list(dict.fromkeys(one.caller.category for _, came in found for one in came))
    for category in [*categories, "all"]:
        counts = [_count([one for one in came if category in (one.caller.category, "all")]) for _, came in found]
        row = [f"{good} of {total}" if total else "" for good, total in counts]
        good, total = (sum(one[at] for one in counts) for at in (0, 1))
        table.add_row(category, *row, f"{good} of {total}", style="bold" if category == "all" else "")
    return table


def _count(came: list[Came]) -> tuple[int, int]:
    return Counter(not one.problems for one in came)[True], len(came)
