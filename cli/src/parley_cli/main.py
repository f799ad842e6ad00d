"""The `parley` command: run the stack, place calls, read logs, query the warehouse, find what is wrong."""

import asyncio
import os
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any

import typer
from parley_core.bus.connection import connect
from parley_core.bus.log import follow_log, read_log
from parley_core.errors import BadInput, ParleyError
from parley_local.keys import write_identities
from parley_local.stack import examples_folder
from rich.console import Console

from parley_cli import acts, tools
from parley_cli import doctor as doctoring
from parley_cli import models as model_files
from parley_cli.agents.commands import agents_app
from parley_cli.evaluation import load_evaluation
from parley_cli.knowledge import documents as knowledge
from parley_cli.knowledge import heard as knowledge_heard_by
from parley_cli.place import Placed, place_recording, place_scripted, place_spoken
from parley_cli.review import query, show_review, show_rows
from parley_cli.running import run as _run
from parley_cli.script import load_script
from parley_cli.show import CallView, as_json
from parley_cli.simulate import run_simulation
from parley_cli.target import Target, var_folder
from parley_cli.up import run_down, run_up
from parley_cli.warehouse import analytics

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
app.add_typer(agents_app, name="agents")
models_app = typer.Typer(no_args_is_help=True, help="The weights of the embedded recogniser and voice.")
app.add_typer(models_app, name="models")
knowledge_app = typer.Typer(no_args_is_help=True, help="What agents know: documents, pages, folders.")
app.add_typer(knowledge_app, name="knowledge")
eval_app = typer.Typer(no_args_is_help=True, help="Measure a running platform.")
app.add_typer(eval_app, name="eval")
analytics_app = typer.Typer(no_args_is_help=True, help="The warehouse's named queries and synthetic calls.")
app.add_typer(analytics_app, name="analytics")
approvals_app = typer.Typer(no_args_is_help=True, help="What agents may only do when a person agrees.")
app.add_typer(approvals_app, name="approvals")
app.add_typer(tools.app, name="tools")
console = Console(highlight=False)


@app.command()
def up(
    call: Annotated[bool, typer.Option(help="Place the example call once everything is healthy.")] = False,
    once: Annotated[bool, typer.Option(help="End the stack after that instead of staying up.")] = False,
) -> None:
    """Start the whole stack on this machine and stay until Ctrl-C."""
    _run(run_up(var_folder(), console, place_call=call, stay=not once))


@app.command()
def identities(folder: Annotated[Path, typer.Argument(help="Where the keys are, or are to be.")]) -> None:
    """Make the keys by which services know each other, and what NATS lets each do, for a cluster."""

    async def run() -> None:
        for path in await asyncio.to_thread(write_identities, folder):
            console.print(str(path), soft_wrap=True)

    _run(run())


@models_app.command("list")
def models_list() -> None:
    """Show each model's size, licence, hash and where it comes from."""
    model_files.list_models(model_files.weights_folder(var_folder()), console)


@models_app.command("fetch")
def models_fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Models; without any, those that are not installed.")
    ] = None,
) -> None:
    """Download models from the official hub into var/models."""

    async def run() -> None:
        await asyncio.to_thread(model_files.fetch, names or [], model_files.weights_folder(var_folder()), console)

    _run(run())


@models_app.command("verify")
def models_verify() -> None:
    """Compare every file with the hash of the official model."""
    raise typer.Exit(model_files.verify(model_files.weights_folder(var_folder()), console))


@eval_app.command("turns")
def eval_turns(
    calls: Annotated[int, typer.Option(min=1, max=500, help="Calls; 44 give a hundred events of most classes.")] = 44,
    echo_calls: Annotated[int, typer.Option(min=0, max=100, help="Further calls through a loudspeaker.")] = 6,
    questions: Annotated[int, typer.Option(min=1, max=20, help="Questions of a call.")] = 8,
    at_once: Annotated[int, typer.Option(min=1, max=20, help="Calls at the same time.")] = 4,
    seed: Annotated[int, typer.Option(help="The same seed gives the same callers.")] = 1,
    half: Annotated[str, typer.Option(help="Voices and businesses: held, or tuning.")] = "held",
    control: Annotated[bool, typer.Option("--control", help="Telephone lines without noise and lost frames.")] = False,
    words: Annotated[bool, typer.Option(help="Recognise the agent's words for the take-over rule.")] = True,
    start: Annotated[bool, typer.Option("--start", help="Start a stack of its own, and end it afterwards.")] = False,
    virtual: Annotated[bool, typer.Option("--virtual", help="On a virtual clock, without a stack.")] = False,
    first: Annotated[int, typer.Option(min=0, help="Number of the first call, to share a run out.")] = 0,
    pause_ms: Annotated[int, typer.Option(min=100, max=5000, help="The agents' `turns.pause_ms`.")] = 400,
    small: Annotated[bool, typer.Option("--small", help="Two short calls: whether it works at all.")] = False,
    again: Annotated[list[Path] | None, typer.Option(help="Score these calls.json of earlier runs; no calls.")] = None,
) -> None:
    """Have spoken callers interrupt, cough and talk to others; score the turn-taking by the field's public rules."""
    folder = var_folder() / "eval-turns"
    measuring = load_evaluation()
    if again:
        raise typer.Exit(0 if measuring.score_again(again, console) else 1)
    wanted = measuring.Wanted(
        calls=2 if small else calls,
        echo_calls=0 if small else echo_calls,
        questions=3 if small else questions,
        at_once=at_once,
        seed=seed,
        half=half,
        regular=not control,
        words=words and not small and not virtual,
        pause_ms=pause_ms,
        first=first,
        virtual=virtual,
    )

    async def run() -> int:
        weights = model_files.weights_folder(var_folder())
        status: int = await asyncio.to_thread(
            measuring.command, wanted, weights, folder, console, start=start, small=small
        )
        return status

    _run(run())


@app.command()
def down() -> None:
    """End a stack that was started from this folder and left running."""
    _run(run_down(var_folder(), console))


@app.command()
def call(
    text: Annotated[list[str] | None, typer.Argument(help="Sentences to speak, one per turn.")] = None,
    wav: Annotated[Path | None, typer.Option(help="A WAV file to play instead.")] = None,
    script: Annotated[Path | None, typer.Option(help="A caller's script (YAML).")] = None,
    agent: Annotated[str, typer.Option(help="Whom to call.")] = "clinic",
    voice: Annotated[str, typer.Option(help="The caller's voice; empty: the best there is.")] = "",
    save: Annotated[Path | None, typer.Option(help="Write the agent's audio to this WAV file.")] = None,
    review: Annotated[bool, typer.Option(help="Show what the post-call workflow made.")] = True,
) -> None:
    """Place a call: texts to speak, a WAV file, or (with neither) the scripted example."""

    async def run() -> int:
        target = Target.from_environment()
        if sum(bool(one) for one in (text, wav, script)) > 1:
            raise BadInput("call", "takes texts, --wav or --script, one of them")
        placed: Placed
        expected: list[str] = []
        if wav is not None:
            placed = await place_recording(target, agent, wav, console)
        elif text:
            placed = await place_spoken(target, agent, text, voice, console)
        else:
            chosen = load_script(script or examples_folder() / "calls" / "clinic.yaml")
            expected = chosen.expects
            placed = await place_scripted(target, chosen, console)
        if save is not None:
            doctoring.write_wav(save, placed.heard)
            console.print(f"[dim]the agent's audio is in {save}[/]")
        if not review:
            return 0
        well = await show_review(target, placed.call, placed.conversation, console, expected=expected)
        return 0 if well else 1

    _run(run())


@app.command()
def calls(limit: Annotated[int, typer.Option(min=1, max=1000)] = 20) -> None:
    """List the newest finished calls."""

    async def run() -> None:
        target = Target.from_environment()
        rows = await query(
            target,
            "SELECT call, agent, toString(toDateTime(started_at)) AS started_utc, "
            "toUInt32(duration_ms / 1000) AS seconds, turns, end_reason AS end, sentiment, "
            "concat(toString(cost_micros / 1000000), ' ', currency) AS cost, substring(summary, 1, 120) AS summary "
            "FROM parley.calls FINAL WHERE tenant = {tenant:String} ORDER BY started_at DESC LIMIT {limit:UInt32}",
            {"tenant": target.tenant, "limit": limit},
        )
        show_rows(console, rows)

    _run(run())


@app.command()
def log(
    call: Annotated[str, typer.Argument(help="A call's id.")],
    as_lines: Annotated[bool, typer.Option("--json", help="One JSON object per event.")] = False,
    follow: Annotated[bool, typer.Option(help="Go on with events as they happen.")] = False,
    full: Annotated[bool, typer.Option(help="Every event, not only what people want to read.")] = False,
) -> None:
    """Show a call's events."""

    async def run() -> None:
        target = Target.from_environment()
        view = CallView(brief=not full)
        async with connect(target.nats_url, "parley-cli", timeout_s=5) as bus:
            events = await read_log(bus, target.tenant, call) if not follow else []
            for event in events:
                _print_event(event, view, as_lines)
            if follow:
                async with aclosing(follow_log(bus, target.tenant, call)) as live:
                    async for event in live:
                        _print_event(event, view, as_lines)
                        if event.HasField("postcall_finished") or event.HasField("call_refused"):
                            return  # nothing follows

    _run(run())


def _print_event(event: Any, view: CallView, as_lines: bool) -> None:
    if as_lines:
        print(as_json(event), flush=True)
        return
    for line in view.lines(event):
        console.print(line, soft_wrap=True)


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(help="A ClickHouse query.")] = "",
    name: Annotated[str, typer.Option(help="A named query instead; --list has them.")] = "",
    listed: Annotated[bool, typer.Option("--list", help="List the named queries.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Print the named query's text instead of its rows.")] = False,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days back a named query looks.")] = 30,
    tenant: Annotated[str, typer.Option(help="Whose calls a named query is of; empty: PARLEY_TENANT.")] = "",
    as_lines: Annotated[bool, typer.Option("--json", help="One JSON object per row.")] = False,
) -> None:
    """Query the warehouse: a statement of yours, or a named query."""

    wanted = analytics.Wanted(statement, name, listed=listed, show=show, days=days, tenant=tenant, as_lines=as_lines)
    _run(analytics.answer(wanted, console))


@analytics_app.command("generate")
def analytics_generate(
    calls: Annotated[int, typer.Option(min=1, max=100_000_000, help="How many.")] = 10_000,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Over how many days, back from today.")] = 365,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same calls.")] = 1,
    tenant: Annotated[str, typer.Option(help="A tenant of their own, beside those with real calls.")] = "synthetic",
) -> None:
    """Fill the warehouse with synthetic calls, to try queries and boards on."""
    _run(analytics.generate(Target.from_environment(), console, calls=calls, days=days, seed=seed, tenant=tenant))


@app.command()
def simulate(
    calls: Annotated[int | None, typer.Option(min=1, max=10_000_000, help="How many calls.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of the first call; without --calls, this call alone.")
    ] = None,
    script: Annotated[Path | None, typer.Option(help="A caller's script (YAML), with the faults of the seed.")] = None,
    trace: Annotated[bool, typer.Option(help="Show the call as a timeline.")] = False,
    full: Annotated[bool, typer.Option(help="The timeline with every frame and every guess.")] = False,
    processes: Annotated[int, typer.Option(min=0, max=256, help="0: one per core.")] = 0,
    live: Annotated[
        bool, typer.Option("--live", help="Play the scripts (or --script, a file or folder) to a running platform.")
    ] = False,
) -> None:
    """Simulate whole calls with faults on a virtual clock, and check what must hold in every one of them."""

    try:
        if live and (calls or seed is not None or trace or full):
            raise BadInput("simulate", "--live takes no calls, seed or trace: it plays scripts in real time")
        status = run_simulation(
            calls=calls,
            seed=seed,
            script=script,
            trace=trace or full,
            full=full,
            processes=processes,
            live=live,
            console=console,
        )
    except ParleyError as error:
        sys.stderr.write(f"parley: {error}\n")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(status)


@app.command()
def doctor() -> None:
    """Check this machine and a running stack, and say what to do about each problem."""
    _run(doctoring.examine(var_folder(), console))


Agent = Annotated[str, typer.Option(help="Whose knowledge.")]


ByApi = Annotated[bool, typer.Option("--api", help="By the gateway's API (PARLEY_URL), not by rag's own port.")]
Spoken = Annotated[str, typer.Option(help="The question's language, where it is not English: its primary tag.")]


@knowledge_app.command("add")
def knowledge_add(
    sources: Annotated[list[str], typer.Argument(help="Files, folders, URLs of pages or of sitemaps.")],
    agent: Agent = "clinic",
    language: Annotated[str, typer.Option(help="BCP 47 tag of the documents.")] = "",
    permissions: Annotated[str, typer.Option(help="Groups that may hear them, comma-separated; none: all.")] = "",
    host: Annotated[list[str] | None, typer.Option(help="May be asked for pages; none: the URL's own.")] = None,
    max_pages: Annotated[int, typer.Option(min=1, max=500, help="Of a sitemap.")] = 50,
    api: ByApi = False,
) -> None:
    """Add or renew documents. Those that have not changed cost nothing."""
    given = {"language": language, "permissions": permissions}
    metadata = {name: value for name, value in given.items() if value}
    target = Target.from_environment()
    hosts = host or []
    _run(knowledge.add(target, agent, sources, console, metadata=metadata, hosts=hosts, max_pages=max_pages, api=api))


@knowledge_app.command("list")
def knowledge_list(agent: Agent = "clinic", api: ByApi = False) -> None:
    """List an agent's documents."""
    _run(knowledge.show_documents(Target.from_environment(), agent, console, api=api))


@knowledge_app.command("show")
def knowledge_show(
    document: Annotated[str, typer.Argument(help="A document's name.")], agent: Agent = "clinic", api: ByApi = False
) -> None:
    """Print a document as it is held."""
    _run(knowledge.show_document(Target.from_environment(), agent, document, console, api=api))


@knowledge_app.command("heard")
def knowledge_heard(
    document: Annotated[str, typer.Argument(help="A document's name.")],
    agent: Annotated[str, typer.Option(help="Only calls of this agent.")] = "",
    version: Annotated[str, typer.Option(help="Only this version, or versions that begin so.")] = "",
) -> None:
    """List who heard what from a document, and from which version of it."""
    _run(knowledge_heard_by.show(Target.from_environment(), document, console, agent=agent, version=version))


@knowledge_app.command("search")
def knowledge_search(
    query: Annotated[str, typer.Argument(help="A question.")],
    agent: Agent = "clinic",
    limit: Annotated[int, typer.Option(min=1, max=20)] = 3,
    permission: Annotated[list[str] | None, typer.Option(help="A group of the caller.")] = None,
    language: Annotated[str, typer.Option(help="Only documents of this language.")] = "",
    spoken: Spoken = "",
    api: ByApi = False,
) -> None:
    """Show what a question finds, and what an agent without a language model would answer."""
    given = knowledge.Asked(limit, permission or [], language, spoken)
    _run(knowledge.search(Target.from_environment(), agent, query, console, given, api=api))


@knowledge_app.command("remove")
def knowledge_remove(
    documents: Annotated[list[str] | None, typer.Argument(help="Names of documents.")] = None,
    agent: Agent = "clinic",
    everything: Annotated[bool, typer.Option("--all", help="Everything that the agent knows.")] = False,
    api: ByApi = False,
) -> None:
    """Remove documents from every answer, at once."""
    _run(knowledge.remove(Target.from_environment(), agent, documents or [], console, everything=everything, api=api))


@knowledge_app.command("eval")
def knowledge_eval(
    questions: Annotated[Path, typer.Argument(help="A list of `question` and `expects` (YAML).")],
    agent: Agent = "clinic",
    least: Annotated[float, typer.Option(min=0, max=1, help="Share under which the command fails.")] = 0.0,
    spoken: Spoken = "",
    api: ByApi = False,
) -> None:
    """Measure how well questions find their passage, and how often nothing is claimed where nothing answers."""
    _run(knowledge.evaluate(Target.from_environment(), agent, questions, console, least=least, spoken=spoken, api=api))


@approvals_app.command("list")
def approvals_list(
    decided: Annotated[bool, typer.Option("--all", help="Also those that are decided.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
) -> None:
    """List what waits for a decision, the oldest first."""
    _run(acts.show_approvals(Target.from_environment(), console, decided=decided, limit=limit))


Approval = Annotated[str, typer.Argument(help="As `parley approvals list` names it.")]
By = Annotated[str, typer.Option(help="Who decides; none: the user of this machine.")]
Note = Annotated[str, typer.Option(help="Kept with the decision.")]


@approvals_app.command("approve")
def approvals_approve(approval: Approval, by: By = "", note: Note = "") -> None:
    """Agree: the call is carried out now, once."""
    _run(acts.decide(Target.from_environment(), approval, console, approve=True, by=by, note=note))


@approvals_app.command("deny")
def approvals_deny(approval: Approval, by: By = "", note: Note = "") -> None:
    """Refuse: the call is never carried out."""
    _run(acts.decide(Target.from_environment(), approval, console, approve=False, by=by, note=note))


OfCall = Annotated[str, typer.Option(help="Only what this call made.")]
Limit = Annotated[int, typer.Option(min=1, max=1000)]
AsLines = Annotated[bool, typer.Option("--json", help="One JSON object per row.")]


@app.command()
def appointments(
    call: OfCall = "",
    changes: Annotated[bool, typer.Option(help="How they came to be what they are: booked, moved, cancelled.")] = False,
    limit: Limit = 100,
    as_lines: AsLines = False,
) -> None:
    """List appointments that agents booked, the newest first."""
    kind = "changes" if changes else "appointments"
    _run(acts.show_records(Target.from_environment(), kind, console, call=call, limit=limit, as_lines=as_lines))


@app.command()
def outbox(call: OfCall = "", limit: Limit = 100, as_lines: AsLines = False) -> None:
    """List text messages and e-mails: what waits, what was sent, and its receipt; the newest first."""
    _run(acts.show_records(Target.from_environment(), "outbox", console, call=call, limit=limit, as_lines=as_lines))


@app.command()
def handoffs(call: OfCall = "", limit: Limit = 100, as_lines: AsLines = False) -> None:
    """List the notes of callers who were handed to a person, the newest first."""
    _run(acts.show_records(Target.from_environment(), "handoffs", console, call=call, limit=limit, as_lines=as_lines))


def main() -> None:
    # A closed pipe (parley log … | head) is an end, not an error.
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
