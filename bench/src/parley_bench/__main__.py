"""`python -m parley_bench`: measures the platform on this machine; prints a table and writes `var/bench.json`."""

import argparse
import asyncio
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from parley_bench import carriers, client_doors, components, scenario, webrtc
from parley_bench.clip import spoken_question
from parley_bench.measure import Row
from parley_bench.processes import Stack, StartFailed
from parley_bench.report import show, write

WIDTH = 140  # of the tables where they go to a file


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="parley_bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under 90 s; few turns, so the tails say little")
    parser.add_argument("--calls", type=int, action="append", help="only this number of calls; may be repeated")
    parser.add_argument("--seconds", type=float, help="how long each number of calls is measured")
    parser.add_argument("--noise", type=int, default=0, help="amplitude of noise on the caller's line, 0 to 1000")
    parser.add_argument("--no-drafts", action="store_true", help="answers begin after the pause, not inside it")
    parser.add_argument("--no-components", action="store_true", help="leave out the parts measured alone")
    parser.add_argument("--no-calls", action="store_true", help="leave out the spoken calls")
    parser.add_argument("--no-webrtc", action="store_true", help="leave out WebRTC calls on one core")
    parser.add_argument("--out", type=Path, default=Path("var/bench.json"))
    chosen = parser.parse_args(arguments)
    plan = scenario.QUICK if chosen.quick else scenario.FULL
    if chosen.calls or chosen.seconds:
        durations = dict(plan.calls)
        wanted = chosen.calls or list(durations)
        longest = max(durations.values())
        levels = tuple((calls, chosen.seconds or durations.get(calls, longest)) for calls in wanted)
        plan = dataclasses.replace(plan, calls=levels)
    console = Console(stderr=True)
    try:
        rows = asyncio.run(_measure(plan, chosen, console))
    except StartFailed as error:
        console.print(f"[red]bench failed:[/] {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    out = Console()
    show(rows, out if out.is_terminal else Console(width=WIDTH))
    write(rows, chosen.out)
    console.print(f"written to {chosen.out}")
    return 0 if not any(row.name.endswith(".failed_calls") and row.value for row in rows) else 1


async def _measure(plan: scenario.Plan, chosen: argparse.Namespace, console: Console) -> list[Row]:
    rows: list[Row] = []
    with console.status("making the caller's voice") as status:
        question = await spoken_question()
        if not chosen.no_components:
            status.update("voice activity")
            rows += await asyncio.to_thread(components.voice_activity, question)
            status.update("resampling")
            rows += await asyncio.to_thread(components.resampling)
            status.update("doors for other clients")
            rows += await client_doors.cpu_per_call(plan.component_s)
            status.update("carriers' streams")
            rows += await asyncio.to_thread(carriers.carrier_streams, question)
            status.update("bus")
            rows += await components.bus_hop(plan.component_s)
            status.update("speech synthesis")
            rows += await components.speech()
            status.update("speech recognition")
            rows += await components.recognition(question)
            console.print("components measured")
        if not chosen.no_webrtc:
            seconds = webrtc.QUICK_S if chosen.quick else webrtc.FULL_S
            for calls in webrtc.CALLS:
                status.update(f"{calls} WebRTC calls")
                rows += await webrtc.door(calls, seconds / 4, seconds)
            rows += await webrtc.gateway(webrtc.CALLS[-1], seconds / 4, seconds)
            console.print("WebRTC measured")

        def ready(stack: Stack) -> None:
            pids = ", ".join(f"{name} {pid}" for name, pid in stack.pids().items())
            console.print(f"platform is up: {pids}")

        def tell(step: str) -> None:
            console.print(step)
            status.update(step)

        if not chosen.no_calls:
            drafts = not chosen.no_drafts
            rows += await scenario.run(plan, question, noise=chosen.noise, drafts=drafts, tell=tell, on_ready=ready)
    return rows


if __name__ == "__main__":
    sys.exit(main())
