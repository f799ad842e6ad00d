"""`parley knowledge heard`: which callers heard sentences from a document, and from which version of it. From the
logs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from parley.v1 import events_pb2, session_pb2
from parley_core.bus.connection import connect
from parley_core.bus.log import decode
from parley_core.bus.port import Bus
from parley_core.bus.subjects import log
from rich.console import Console
from rich.table import Column, Table

from parley_cli.target import Target

_KINDS = ("CallStarted", "SentenceSaid", "Spoken")


@dataclass(frozen=True, slots=True)
class HeardSentence:
    call: str
    user: str
    agent: str
    at: str  # RFC 3339
    version: str
    section: str
    said: str
    heard: str  # the words that the caller heard of it; "" for none


def heard(
    events: Iterable[events_pb2.Event], document: str, *, agent: str = "", version: str = ""
) -> list[HeardSentence]:
    """Sentences from the document, in the order of the events. An empty `agent` or `version` is any."""
    sessions: dict[str, session_pb2.Session] = {}
    spoken: dict[tuple[str, int, int], str] = {}
    said: list[events_pb2.Event] = []
    for event in events:
        match event.WhichOneof("body"):
            case "call_started":
                sessions[event.call] = event.call_started.session
            case "spoken":
                key = (event.call, event.spoken.turn, event.spoken.sentence)
                spoken[key] = " ".join(filter(None, (spoken.get(key, ""), event.spoken.text)))
            case "sentence_said":
                said.append(event)
    found = []
    for event in said:
        session, sentence = sessions.get(event.call), event.sentence_said
        of = session.agent if session is not None else ""
        for one in sentence.citations:
            if one.source == document and agent in ("", of) and one.version.startswith(version):
                words = spoken.get((event.call, sentence.turn, sentence.sentence), "")
                at = datetime.fromtimestamp(event.time_us / 1e6, UTC).isoformat(timespec="seconds")
                user = session.user if session is not None else ""
                found.append(HeardSentence(event.call, user, of, at, one.version, one.section, sentence.text, words))
                break
    return found


async def read(bus: Bus, tenant: str) -> list[events_pb2.Event]:
    """The events of all calls of a tenant that tell it, as far as the logs go back."""
    return [decode(data) for kind in _KINDS for _, data in await bus.read_stored(log(tenant, "*", kind))]


async def show(target: Target, document: str, console: Console, *, agent: str, version: str) -> int:
    async with connect(target.nats_url, "parley-cli", timeout_s=5) as bus:
        rows = heard(await read(bus, target.tenant), document, agent=agent, version=version)
    if not rows:
        console.print(f"no caller was told anything from {document}")
        return 0
    table = Table("when", "call", "caller", "agent", "version", "section", Column("heard", overflow="fold"), box=None)
    for one in rows:
        words = one.heard or f"(not heard) {one.said}"
        table.add_row(one.at, one.call, one.user, one.agent, one.version, one.section, words)
    console.print(table)
    return 0
