"""`parley agents`: what is checked, pushed, published and rolled back, as its author sees it."""

import asyncio
from pathlib import Path

import pytest
from parley.v1 import tools_pb2
from parley_cli.agents.commands import as_yaml, facts_of
from parley_cli.agents.drawing import boxes_of, draw_flows
from parley_cli.main import app
from parley_core.agents import AgentStore, load_agent, parse_agent
from parley_core.bus.connection import connect
from typer.testing import CliRunner, Result

CLINIC = Path(__file__).parents[3] / "examples" / "clinic" / "agent.yaml"
DOCUMENT = "agent: {name}\ngreeting: {{text: '{text}'}}\n"


def parley(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["agents", *arguments])


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, nats_url: str, tenant: str) -> str:
    """Has two versions, the second one live."""
    monkeypatch.setenv("PARLEY_NATS_URL", nats_url)
    monkeypatch.setenv("PARLEY_TENANT", tenant)

    async def put() -> None:
        async with connect(nats_url, "test") as bus:
            for text in ("First.", "Second."):
                await AgentStore(bus).put(tenant, parse_agent(DOCUMENT.format(name="salon", text=text), "a"))
            await AgentStore(bus).draft(tenant, parse_agent(DOCUMENT.format(name="salon", text="Draft."), "a"))

    asyncio.run(put())
    return "salon"


def test_versions_say_which_is_live(agent: str) -> None:
    assert parley("versions", agent).stdout.splitlines() == ["1  published before", "2  live", "3  draft"]


def test_a_roll_back_and_the_way_forth(agent: str) -> None:
    assert parley("rollback", agent).stdout == "salon version 1 (before: 2)\n"
    assert "First." in parley("pull", agent).stdout
    assert parley("publish", agent, "--version", "3").stdout == "salon version 3 (before: 1)\n"
    assert "Draft." in parley("pull", agent).stdout


def test_a_dry_run_changes_nothing(agent: str) -> None:
    assert "nothing was changed" in parley("rollback", agent, "--dry-run").stdout
    assert "nothing was changed" in parley("publish", agent, "--dry-run").stdout
    assert "Second." in parley("pull", agent).stdout


def test_differences_are_shown_and_counted_in_the_status(agent: str, tmp_path: Path) -> None:
    differs = parley("diff", agent, "1")
    assert differs.exit_code == 1
    assert "-  text: Second." in differs.stdout
    assert "+  text: First." in differs.stdout
    same = tmp_path / "same.yaml"
    same.write_text(parley("pull", agent).stdout)
    assert parley("diff", agent, str(same)).exit_code == 0


def test_what_is_not_there_is_named(agent: str) -> None:
    for arguments in (("versions", "nobody"), ("rollback", "nobody"), ("publish", agent, "--version", "9")):
        result = parley(*arguments)
        assert result.exit_code == 1
        assert result.stderr.startswith("parley: no ")


def test_a_fault_has_a_line_and_a_place(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(DOCUMENT.format(name="salon", text="Hi.") + "knowledge:\n  - hours.md\n")
    result = parley("validate", "--offline", str(path))
    assert result.exit_code == 1
    assert f"{path}:4: knowledge.0: no file 'hours.md'" in result.stdout.splitlines()


def test_a_field_that_is_wrong_has_a_line_too(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(DOCUMENT.format(name="salon", text="Hi.") + "turns:\n  pause_ms: fast\n")
    result = parley("validate", "--offline", str(path))
    assert result.exit_code == 1
    assert f"{path}:4: turns.pause_ms" in result.stderr


def test_the_example_can_be_published() -> None:
    result = parley("validate", "--offline", str(CLINIC))
    assert result.exit_code == 0, result.stdout


def test_a_document_survives_being_written_and_read() -> None:
    clinic = load_agent(CLINIC)
    assert parse_agent(as_yaml(clinic), "again") == clinic


def test_a_drawing_has_every_question_and_tool_of_the_flows() -> None:
    clinic = load_agent(CLINIC)
    drawn = draw_flows(clinic)
    for flow in clinic.flows:
        assert len(boxes_of(flow)) >= 1 + len(flow.slots)
        assert flow.name in drawn
        assert flow.call in drawn


def test_what_a_tool_takes_is_read_from_its_schema() -> None:
    closed = tools_pb2.Tool(name="t", parameters_schema='{"properties": {"when": {}}}', effects=["booked"])
    assert facts_of(closed).arguments == {"when"}
    for schema in ('{"properties": {"a": {}}, "additionalProperties": true}', "{}", "no json"):
        assert facts_of(tools_pb2.Tool(parameters_schema=schema)).arguments is None
