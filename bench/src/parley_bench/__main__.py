"""`python -m parley_bench`: measures the platform on this machine; prints a table and writes `var/bench.json`."""

import argparse
import asyncio
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from parley_bench import analytics, components, scenario, whisper
from parley_bench.channels import carriers, client_channels, livekit_channel, sip, webrtc
from parley_bench.clip import INTERRUPTIONS, QUESTION, spoken
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
    parser.add_argument(
        "--drafts",
        choices=("both", "on", "off"),
        default="both",
        help="answers begun inside the pause, after it, or (as it comes) both side by side at 10 calls",
    )
    parser.add_argument("--no-barge-in", action="store_true", help="leave out callers who talk over the agent")
    parser.add_argument("--no-components", action="store_true", help="leave out the parts measured alone")
    parser.add_argument("--no-calls", action="store_true", help="leave out the spoken calls")
    parser.add_argument("--no-sip", action="store_true", help="leave out SIP calls on one core")
    parser.add_argument("--no-webrtc", action="store_true", help="leave out WebRTC calls on one core")
    parser.add_argument("--analytics-calls", type=int, help="synthetic calls for the named queries; 0: leave them out")
    parser.add_argument("--out", type=Path, default=Path("var/bench.json"))
    chosen = parser.parse_args(arguments)
    plan = scenario.QUICK if chosen.quick else scenario.FULL
    plan = dataclasses.replace(plan, levels=_levels(plan, chosen), barge_in=_barge_in(plan, chosen))
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


def _levels(plan: scenario.Plan, chosen: argparse.Namespace) -> tuple[scenario.Level, ...]:
    longest = max(level.seconds for level in plan.levels)
    durations = {level.calls: level.seconds for level in plan.levels}
    agents = {"on": (scenario.DRAFTING,), "off": (scenario.PLAIN,)}.get(chosen.drafts)
    levels: list[scenario.Level] = []
    for calls in chosen.calls or list(durations):
        seconds = chosen.seconds or durations.get(calls, longest)
        known = agents or tuple(level.agent for level in plan.levels if level.calls == calls)
        levels += [scenario.Level(agent, calls, seconds) for agent in known or (scenario.DRAFTING, scenario.PLAIN)]
    return tuple(levels)


def _barge_in(plan: scenario.Plan, chosen: argparse.Namespace) -> scenario.Level | None:
    if plan.barge_in is None or chosen.no_barge_in:
        return None
    return dataclasses.replace(plan.barge_in, seconds=chosen.seconds or plan.barge_in.seconds)


async def _measure(plan: scenario.Plan, chosen: argparse.Namespace, console: Console) -> list[Row]:
    rows: list[Row] = []
    with console.status("making the caller's voice") as status:
        question, *interruptions = await spoken(QUESTION, *INTERRUPTIONS)
        if not chosen.no_components:
            status.update("voice activity")
            rows += await asyncio.to_thread(components.voice_activity, question)
            status.update("resampling")
            rows += await asyncio.to_thread(components.resampling)
            status.update("codecs")
            rows += await asyncio.to_thread(sip.codecs)
            status.update("channels for other clients")
            rows += await client_channels.cpu_per_call(plan.component_s)
            status.update("LiveKit rooms")
            rows.append(await livekit_channel.cpu_per_call(plan.component_s))
            status.update("carriers' streams")
            rows += await asyncio.to_thread(carriers.carrier_streams, question)
            status.update("bus")
            rows += await components.bus_hop(plan.component_s)
            status.update("claims")
            rows += await asyncio.to_thread(components.claims)
            status.update("speech synthesis")
            rows += await components.speech()
            status.update("speech recognition")
            rows += await components.recognition(question)
            rows += await whisper.recognition()
            console.print("components measured")
        if not chosen.no_sip:
            status.update(f"{sip.CALLS} SIP calls")
            rows += await sip.channel(sip.QUICK_S if chosen.quick else sip.FULL_S)
            console.print("SIP measured")
        if not chosen.no_webrtc:
            seconds = webrtc.QUICK_S if chosen.quick else webrtc.FULL_S
            for calls in webrtc.CALLS:
                status.update(f"{calls} WebRTC calls")
                rows += await webrtc.channel(calls, seconds / 4, seconds)
            rows += await webrtc.gateway(webrtc.CALLS[-1], seconds / 4, seconds)
            console.print("WebRTC measured")

        def ready(stack: Stack) -> None:
            pids = ", ".join(f"{name} {pid}" for name, pid in stack.pids().items())
            console.print(f"platform is up: {pids}")

        def tell(step: str) -> None:
            console.print(step)
            status.update(step)

        asked = chosen.analytics_calls
        if calls_asked := (0 if chosen.quick else analytics.CALLS) if asked is None else asked:
            rows += await asyncio.to_thread(analytics.named_query_times, calls_asked, status.update)
            console.print("named queries measured")
        if not chosen.no_calls:
            voices = scenario.Voices(question, interruptions)
            rows += await scenario.run(plan, voices, noise=chosen.noise, tell=tell, on_ready=ready)
    return rows


if __name__ == "__main__":
    sys.exit(main())
