"""The call of `make run`, spoken end to end, and what becomes of it."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from parley.v1 import events_pb2
from parley_cli.place import Placed, place_scripted
from parley_cli.review import booked_appointments, query, show_review
from parley_cli.script import load_script
from parley_cli.slots import call_tool
from parley_core.bus.log import body_of
from parley_local.stack import examples_folder

from tests.checks import check_call
from tests.conftest import Running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def placed(running: Running) -> Placed:
    script = load_script(examples_folder() / "calls" / "clinic.yaml")
    return asyncio.run(place_scripted(running.target, script, running.console))


async def test_a_patient_asks_books_and_says_goodbye(running: Running, placed: Placed) -> None:
    events = await check_call(running.target, placed)
    said = " ".join(turn.heard_text for turn in placed.conversation.turns.values()).lower()
    assert "nine in the morning" in said  # Saturday's hours, which only the knowledge files have
    assert "blue cross" in said
    assert "goodbye" in said
    assert placed.conversation.ended is not None
    assert placed.conversation.ended.reason == "agent_hung_up"

    (appointment,) = booked_appointments(placed.conversation)
    stored = await call_tool(
        running.target.tools_address,
        tenant=running.target.tenant,
        agent="clinic",
        tool="get_appointment",
        arguments={"appointment_id": appointment},
        key="",
    )
    assert stored["appointment_id"] == appointment
    assert str(stored["phone"]).endswith("5550142")
    tools = [body.tool for body in map(body_of, events) if isinstance(body, events_pb2.ToolCalled)]
    assert tools.count("book_appointment") == 1
    assert tools.count("send_sms") == 1
    searched = [body for body in map(body_of, events) if isinstance(body, events_pb2.KnowledgeSearched)]
    assert any("faq" in one.source for body in searched for one in body.citations)
    assert any("insurance" in one.source for body in searched for one in body.citations)


async def test_the_agents_audio_reached_the_caller(placed: Placed) -> None:
    spoken_ms = sum(
        (sentence.end_ms or 0) - (sentence.start_ms or 0)
        for turn in placed.conversation.turns.values()
        for sentence in turn.sentences.values()
    )
    assert len(placed.heard) / 32 == pytest.approx(spoken_ms, rel=0.05)


def test_no_log_holds_a_secret_or_a_word_of_the_call(running: Running, placed: Placed) -> None:
    """Tokens (JWTs), keys, passwords in addresses, capabilities of connections; names, numbers and whole turns."""
    logs = {path.name: path.read_text("utf-8", "replace") for path in running.stack.supervisor.logs.glob("*.log")}
    assert {"gateway.log", "llm-1.log", "tools.log"} <= set(logs)
    secret = re.compile(r"eyJ[\w-]{20,}|[Bb]earer \S{8,}|pc_id\W+\w{8,}|\w+://[^/\s:@]+:[^/\s@]+@")
    turns = [turn.text.lower() for turn in placed.conversation.turns.values() if len(turn.text.split()) > 3]
    assert turns
    for name, text in logs.items():
        assert not secret.search(text), name
        said = [one for one in ("maria lopez", "5550142", "blue cross", *turns) if one in text.lower()]
        assert not said, name


async def test_the_post_call_work_is_in_the_warehouse(running: Running, placed: Placed) -> None:
    assert await show_review(running.target, placed.call, placed.conversation, running.console)
    mine = {"tenant": running.target.tenant, "call": placed.call}
    where = "WHERE tenant = {tenant:String} AND call = {call:String}"
    (call,) = (
        await query(running.target, f"SELECT booked, cost_micros, summary FROM parley.calls FINAL {where}", mine)
    ).rows
    assert call[0] is True
    assert call[1] > 0
    assert "appointment" in call[2].lower()
    turns = await query(
        running.target,
        f"SELECT count(), countIf(total_us = pause_us + final_text_us + model_us + sentence_us + speech_us + bus_us "
        f"+ playout_us) FROM parley.turns FINAL {where} AND turn > 0",
        mine,
    )
    assert turns.rows[0][0] == turns.rows[0][1] == placed.conversation.newest_turn
    events = await query(
        running.target, f"SELECT count(), uniq(id), uniq(trace_id) FROM parley.events FINAL {where}", mine
    )
    assert events.rows[0][0] == events.rows[0][1] > 40
    assert events.rows[0][2] == 1
    tools = await query(running.target, f"SELECT tool, status FROM parley.tool_calls FINAL {where}", mine)
    assert "book_appointment" in {row[0] for row in tools.rows}


async def test_the_calls_trace_crosses_the_services(running: Running, placed: Placed) -> None:
    trace = (await check_call(running.target, placed))[0].traceparent.split("-")[1]
    wanted = {f"parley-{name}" for name in ("gateway", "asr", "llm", "tts", "tools", "rag", "postcall")}
    async with asyncio.timeout(30):  # each service writes its spans out every few seconds
        while not wanted <= services_of(running.plan.var / "traces", trace):  # noqa: ASYNC110 - files tell nobody
            await asyncio.sleep(0.5)


def services_of(folder: Path, trace: str) -> set[str]:
    """The services that have written spans of this trace."""
    services = set()
    for path in folder.glob("*.jsonl"):
        for line in path.read_text().splitlines():
            if line.endswith("}"):  # the last one may be half written
                span = json.loads(line)
                if span["context"]["trace_id"].removeprefix("0x") == trace:
                    services.add(str(span["resource"]["attributes"]["service.name"]))
    return services
