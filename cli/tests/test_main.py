"""The command line: what is asked wrongly ends in one line and a status, never in a traceback."""

import json
from pathlib import Path

import pytest
from parley_cli.main import app
from typer.testing import CliRunner, Result


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PARLEY_VAR", str(tmp_path / "var"))
    for name in ("PARLEY_URL", "PARLEY_CLICKHOUSE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")


def parley(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def assert_refused(result: Result, words: str) -> None:
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stderr.startswith("parley: ")
    assert result.stderr.count("\n") == 1


def test_a_call_takes_one_kind_of_speech() -> None:
    assert_refused(parley("call", "hello", "--wav", "x.wav"), "takes texts, --wav or --script, one of them")


def test_a_script_that_is_not_there_is_named() -> None:
    assert_refused(parley("call", "--script", "nobody.yaml"), "nobody.yaml: No such file or directory")


def test_a_port_offset_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_PORT_OFFSET", "many")
    assert_refused(parley("sql", "SELECT 1"), "PARLEY_PORT_OFFSET: 'many' is not a whole number")


def test_a_port_offset_beyond_all_ports_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_PORT_OFFSET", "60000")
    assert_refused(parley("up"), "PARLEY_PORT_OFFSET: 60000 moves a port out of 1 to 65535")


@pytest.mark.outside
def test_a_warehouse_that_does_not_answer_is_named() -> None:
    assert_refused(parley("sql", "SELECT 1"), "ClickHouse is unavailable: http://127.0.0.1:1")


def test_an_agent_document_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, nats_url: str) -> None:
    monkeypatch.setenv("PARLEY_NATS_URL", nats_url)
    assert_refused(parley("agents", "publish", "nobody.yaml"), "nobody.yaml")


def test_a_call_that_nobody_has_had_is_not_found(monkeypatch: pytest.MonkeyPatch, nats_url: str) -> None:
    monkeypatch.setenv("PARLEY_NATS_URL", nats_url)
    assert_refused(parley("log", "c-nobody"), "c-nobody")


@pytest.mark.parametrize("arguments", [("calls", "--limit", "0"), ("log",), ("call", "--wvv", "x"), ("nonsense",)])
def test_wrong_usage_has_the_status_of_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert parley(*arguments).exit_code == 2


def test_no_command_shows_what_there_is() -> None:
    output = parley().output
    for command in ("up", "down", "call", "calls", "log", "sql", "doctor", "agents"):
        assert f" {command} " in output


def test_the_schema_of_agent_documents_is_json() -> None:
    result = parley("agents", "schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["type"] == "object"


def test_down_says_that_nothing_runs() -> None:
    result = parley("down")
    assert result.exit_code == 0
    assert "no stack runs here" in result.stdout
