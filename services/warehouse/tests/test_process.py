"""The process itself: data survive its end, the folder has one owner, and a start that fails says why in one line."""

import asyncio
import base64
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp
import clickhouse_connect
import pytest

pytestmark = pytest.mark.outside


def command(folder: Path, port: int, **changes: str) -> tuple[list[str], dict[str, str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    own = {"PARLEY_WAREHOUSE_DATA_DIR": str(folder), "PARLEY_WAREHOUSE_PORT": str(port)}
    return [sys.executable, "-m", "parley_warehouse"], kept | own | changes


@contextmanager
def process(folder: Path, port: int, **changes: str) -> Iterator[subprocess.Popen[str]]:
    arguments, environment = command(folder, port, **changes)
    running = subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert running.stderr is not None
        while "warehouse ready" not in (line := running.stderr.readline()):
            assert line, "the warehouse ended at its start"
        yield running
    finally:
        running.kill()
        running.wait(20)
        if running.stderr is not None:
            running.stderr.close()


def refused(folder: Path, port: int, **changes: str) -> str:
    arguments, environment = command(folder, port, **changes)
    ended = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    return line


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_data_survive_a_stop_and_a_kill(tmp_path: Path, port: int) -> None:
    for round_, how in enumerate((signal.SIGTERM, signal.SIGKILL, signal.SIGINT)):
        with process(tmp_path, port) as running:
            client = clickhouse_connect.get_client(host="127.0.0.1", port=port)
            client.command("CREATE TABLE IF NOT EXISTS kept (n UInt8) ENGINE = MergeTree ORDER BY n")
            client.insert("kept", [[round_]], column_names=["n"])
            assert client.query("SELECT n FROM kept ORDER BY n").result_columns == [list(range(round_ + 1))]
            client.close()
            if round_ == 0:
                assert "is in use by another warehouse" in refused(tmp_path, port + 1)
                other = tmp_path / "other"
                assert f"127.0.0.1:{port} is taken" in refused(other, port)
            running.send_signal(how)
            assert running.wait(20) == (0 if how != signal.SIGKILL else -signal.SIGKILL)


def test_it_starts_again_where_the_database_default_has_no_tables(tmp_path: Path, port: int) -> None:
    """As with Parley alone, whose tables are in a database of its own."""
    for begun, tables in enumerate(("parley.kept", "parley.kept", "default.kept", "default.kept", "")):
        with process(tmp_path, port) as running:
            client = clickhouse_connect.get_client(host="127.0.0.1", port=port)
            client.command("CREATE DATABASE IF NOT EXISTS parley")
            if tables:
                client.command(f"CREATE TABLE IF NOT EXISTS {tables} (n UInt8) ENGINE = MergeTree ORDER BY n")
                client.insert(tables, [[begun]], column_names=["n"])
                assert client.query(f"SELECT count() FROM {tables}").result_rows == [(begun % 2 + 1,)]
            else:
                client.command("DROP TABLE default.kept SYNC")
            client.close()
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0
    with process(tmp_path, port):
        pass


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PARLEY_WAREHOUSE_PROT": "1"}, "PARLEY_WAREHOUSE_PROT is not a setting"),
        ({"PARLEY_WAREHOUSE_QUERY_THREADS": "0"}, "PARLEY_WAREHOUSE_QUERY_THREADS: "),
    ],
)
def test_a_wrong_setting_stops_the_start(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    assert words in refused(tmp_path, 0, **changes)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert f"{blocked}" in refused(blocked / "data", 0)


async def test_a_query_that_outlasts_the_drain_is_ended_and_told(tmp_path: Path, port: int) -> None:
    with process(tmp_path, port, PARLEY_WAREHOUSE_DRAIN_TIMEOUT_S="0.2") as running:
        url = f"http://127.0.0.1:{port}/"
        # The first chunks of a stream tell that its query runs when the signal is sent.
        async with aiohttp.ClientSession() as http, http.post(url, data="SELECT number FROM system.numbers") as endless:
            await endless.content.readexactly(1000)
            running.send_signal(signal.SIGTERM)
            with suppress(aiohttp.ClientError):
                assert b"Code: 236" in (await endless.read())[-1000:]
        assert await asyncio.to_thread(running.wait, 20) == 0


PREPARED = (
    "CREATE DATABASE parley",
    "CREATE TABLE parley.calls (tenant LowCardinality(String), n UInt32) ENGINE = MergeTree ORDER BY (tenant, n)",
    "CREATE TABLE parley.schema_versions (version UInt32) ENGINE = MergeTree ORDER BY version",
    "CREATE VIEW parley.all_calls AS SELECT * FROM parley.calls",
    "INSERT INTO parley.calls VALUES ('a', 1), ('b', 2), ('b', 3)",
    "INSERT INTO parley.schema_versions VALUES (1)",
)
OWN_ROWS = (
    "SELECT n FROM parley.calls",
    "SELECT n FROM parley.calls PREWHERE n > 0",
    "SELECT n FROM parley.all_calls",
    "SELECT n FROM merge('parley', '^calls$')",
    "SELECT n FROM merge(REGEXP('par.*'), '^calls$')",
    "SELECT n FROM view(SELECT * FROM parley.calls)",
    "WITH x AS (SELECT * FROM parley.calls) SELECT n FROM x WHERE n IN (SELECT n FROM parley.calls)",
    "SELECT a.n FROM parley.calls AS a, parley.calls AS b",
    "SELECT count() FROM parley.calls",
    "SELECT max(n) FROM parley.calls",
    "SELECT n FROM `par\\x6cey`.`calls`",
    "SELECT n FROM parley.calls ORDER BY n DESC LIMIT 1",
    "SELECT uniq(tenant) FROM parley.calls",
)
NOTHING = (
    "SELECT * FROM parley.schema_versions",
    "SELECT n FROM parley.calls WHERE tenant = 'b'",
    "SELECT query FROM system.processes",
)
REFUSED = (
    "SELECT n FROM parley.calls SETTINGS workload = 'default'",
    "SELECT n FROM parley.calls SETTINGS workload = 'tenant:b'",
    "SET workload = 'default'",
    "SELECT 1 SETTINGS max_memory_usage = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT * FROM mergeTreeIndex('parley', 'calls')",
    "CREATE VIEW parley.w AS SELECT * FROM parley.calls",
    "CREATE TEMPORARY TABLE w AS SELECT * FROM parley.calls",
    "SYSTEM FLUSH LOGS",
    "KILL QUERY WHERE 1",
)
PARAMETERS = (
    "workload=default",
    "workload=tenant%3Ab",
    "additional_table_filters=%7B%7D",
    "readonly=0",
)


async def test_a_reading_user_with_a_tenant_sees_its_rows_alone(tmp_path: Path, port: int) -> None:
    own = {"USER": "analyst", "PASSWORD": "read", "TENANT": "a"}
    with process(tmp_path, port, **{f"PARLEY_WAREHOUSE_ANALYST_{name}": value for name, value in own.items()}):
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:

            async def ask(sql: str, user: str = "analyst:read", more: str = "") -> tuple[int, str]:
                basic = {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()}
                async with http.post(f"/?{more}", data=sql, headers=basic) as answer:
                    return answer.status, (await answer.text()).strip()

            for sql in PREPARED:
                assert await ask(sql, "default:") == (200, "")
            for sql in OWN_ROWS:
                assert await ask(sql) == (200, "1"), sql
                assert (await ask(sql, more="session_id=s"))[1] == "1", sql
            for sql in NOTHING:
                assert await ask(sql) == (200, ""), sql
            for sql in REFUSED:
                assert (await ask(sql))[0] != 200, sql
            for parameter in PARAMETERS:
                status, answer = await ask("SELECT n FROM parley.calls", more=parameter)
                assert (status, answer) == (200, "1") if parameter == "readonly=0" else status == 403, parameter
            assert await ask("SELECT count() FROM parley.calls", "default:") == (200, "3")
            assert await ask("SELECT 1", more="max_threads=1&output_format_json_quote_64bit_integers=1") == (200, "1")
            # A table without a policy closes the warehouse to the user, rather than showing its rows.
            assert (await ask("CREATE TABLE parley.new (tenant String) ENGINE = Memory", "default:"))[0] == 200
            status, answer = await ask("SELECT n FROM parley.calls")
            assert status == 403
            assert "parley.new" in answer
    with process(tmp_path, port, **{f"PARLEY_WAREHOUSE_ANALYST_{name}": value for name, value in own.items()}):
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            assert await ask("INSERT INTO parley.new VALUES ('a'), ('b')", "default:") == (200, "")
            assert await ask("SELECT tenant FROM parley.new") == (200, "a")
            assert await ask("SELECT n FROM parley.calls") == (200, "1")
