"""clickhouse-connect, unpatched, against the warehouse: what Parley's services and analysts do with it."""

import asyncio
import datetime as dt
import gzip
import uuid
from collections.abc import Iterator
from typing import Any

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.external import ExternalData

UTC = dt.UTC
AT = dt.datetime(2026, 3, 1, 9, 30, 15, 123456, tzinfo=UTC)
ID = uuid.UUID("7d444840-9dc0-11d1-b245-5ffdce74fad2")

COLUMNS = [
    ("string", "String", ["plain", "quoted 'a' \\ \t\n ü 😀"]),
    ("low", "LowCardinality(String)", ["asr", "llm"]),
    ("u8", "UInt8", [0, 255]),
    ("u16", "UInt16", [0, 65_535]),
    ("u32", "UInt32", [0, 2**32 - 1]),
    ("u64", "UInt64", [0, 2**64 - 1]),
    ("i64", "Int64", [-(2**63), 2**63 - 1]),
    ("f64", "Float64", [-0.5, 1e300]),
    ("at", "DateTime64(6, 'UTC')", [AT, dt.datetime(2000, 1, 1, tzinfo=UTC)]),
    ("list", "Array(String)", [["a", "b"], []]),
    ("map", "Map(String, String)", [{"k": "v", "x": "'"}, {}]),
    ("nullable", "Nullable(String)", [None, ""]),
    ("enum", "Enum8('ok' = 1, 'failed' = 2)", ["ok", "failed"]),
    ("id", "UUID", [ID, uuid.UUID(int=0)]),
    ("flag", "Bool", [True, False]),
    ("date", "Date", [dt.date(2026, 3, 1), dt.date(1970, 1, 1)]),
    ("nested", "Array(Tuple(String, UInt32))", [[("hello", 1)], []]),
]


@pytest.mark.parametrize(("name", "kind", "values"), COLUMNS, ids=[name for name, _, _ in COLUMNS])
def test_every_column_type_comes_back_as_it_went_in(
    client: Client, table: str, name: str, kind: str, values: list[object]
) -> None:
    client.command(f"CREATE TABLE {table} (n UInt8, v {kind}) ENGINE = MergeTree ORDER BY n")
    rows = [[at, value] for at, value in enumerate(values)]
    assert client.insert(table, rows, column_names=["n", "v"]).written_rows == len(rows)
    got = client.query(f"SELECT v FROM {table} ORDER BY n", tz_mode="aware")
    assert [row[0] for row in got.result_rows] == values
    assert got.column_types[0].name.replace(" ", "") == kind.replace(" ", "")


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
def test_one_row_of_all_columns_in_every_packing(where: dict[str, Any], table: str, compress: str | bool) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind, _ in COLUMNS)
    rows = [[values[at] for _, _, values in COLUMNS] for at in (0, 1)]
    with clickhouse_connect.get_client(**where, compress=compress, tz_mode="aware") as client:
        client.command(f"CREATE TABLE {table} ({columns}) ENGINE = MergeTree ORDER BY u64")
        client.insert(table, rows, column_names=[name for name, _, _ in COLUMNS])
        got = client.query(f"SELECT * FROM {table} ORDER BY u64")
    assert [list(row) for row in got.result_rows] == rows


def test_connecting_learns_version_and_time_zone(client: Client) -> None:
    assert int(client.server_version.split(".")[0]) >= 24
    assert client.ping()
    assert client.command("SELECT version()") == client.server_version


def test_server_side_parameters(client: Client) -> None:
    sql = "SELECT {s:String} AS s, {n:UInt64} AS n, {l:Array(String)} AS l, {at:DateTime64(6, 'UTC')} AS at"
    text = "it's \\ a\ttab\nand ü"
    got = client.query(sql, parameters={"s": text, "n": 2**63, "l": ["a'b", "c"], "at": AT}, tz_mode="aware")
    assert got.first_row == (text, 2**63, ["a'b", "c"], AT)


def test_client_side_parameters(client: Client) -> None:
    assert client.query("SELECT %(a)s, %(b)s", parameters={"a": "o'clock", "b": 3}).first_row == ("o'clock", 3)


def test_command_tells_written_rows(client: Client, table: str) -> None:
    client.command(f"CREATE TABLE {table} (a UInt32) ENGINE = MergeTree ORDER BY a")
    summary = client.command(f"INSERT INTO {table} SELECT number FROM numbers(10)")
    assert summary.written_rows == 10
    assert client.command(f"SELECT count() FROM {table}") == 10


def test_command_with_a_result_that_is_empty(client: Client) -> None:
    assert client.command("SELECT 1 WHERE 0") == ""


def test_column_names_of_a_query_without_rows(client: Client) -> None:
    got = client.query("SELECT 1 AS a, 'x' AS b LIMIT 0")
    assert got.column_names == ("a", "b")


def test_query_summary_counts(client: Client) -> None:
    got = client.query("SELECT number FROM numbers(1000)")
    assert got.row_count == 1000
    assert int(got.summary["read_rows"]) == 1000
    assert got.summary["query_id"]


def test_streaming_blocks_of_a_large_result(client: Client) -> None:
    total = 0
    blocks = 0
    with client.query_row_block_stream("SELECT number, toString(number) FROM numbers(500000)") as stream:
        for block in stream:
            blocks += 1
            total += sum(row[0] for row in block)
    assert blocks > 1
    assert total == sum(range(500_000))


def test_an_error_in_the_middle_of_a_stream_reaches_the_client(client: Client) -> None:
    sql = "SELECT number, throwIf(number = 900000, 'too far') FROM numbers(1000000) SETTINGS max_block_size = 10000"
    with pytest.raises(Exception, match="too far"), client.query_rows_stream(sql) as stream:
        for _ in stream:
            pass


def test_raw_query_and_raw_stream(client: Client) -> None:
    assert client.raw_query("SELECT 1 AS a, 'x' AS b", fmt="JSONEachRow") == b'{"a":1,"b":"x"}\n'
    with client.raw_stream("SELECT number FROM numbers(3)", fmt="CSV") as stream:
        assert stream.read() == b"0\n1\n2\n"


@pytest.mark.parametrize(
    ("fmt", "block"),
    [
        ("CSV", b'1,"a, b"\n2,c\n'),
        ("TabSeparated", b"1\ta, b\n2\tc\n"),
        ("JSONEachRow", b'{"a":1,"b":"a, b"}\n{"a":2,"b":"c"}\n'),
    ],
)
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_raw_insert(client: Client, table: str, fmt: str, block: bytes, compression: str | None) -> None:
    client.command(f"CREATE TABLE {table} (a UInt32, b String) ENGINE = MergeTree ORDER BY a")
    body = gzip.compress(block) if compression else block
    written = client.raw_insert(table, ["a", "b"], body, fmt=fmt, compression=compression).written_rows
    assert written == 2
    assert client.query(f"SELECT * FROM {table} ORDER BY a").result_rows == [(1, "a, b"), (2, "c")]


def test_data_frames(client: Client, table: str) -> None:
    pandas = pytest.importorskip("pandas")
    client.command(f"CREATE TABLE {table} (a UInt32, b String, at DateTime64(6, 'UTC')) ENGINE = MergeTree ORDER BY a")
    client.insert_df(table, pandas.DataFrame({"a": [1, 2], "b": ["x", "y"], "at": [AT, AT]}))
    frame = client.query_df(f"SELECT a, b FROM {table} ORDER BY a")
    assert frame["a"].tolist() == [1, 2]
    assert frame["b"].tolist() == ["x", "y"]


def test_arrow(client: Client, table: str) -> None:
    pytest.importorskip("pyarrow")
    client.command(f"CREATE TABLE {table} (a UInt32) ENGINE = MergeTree ORDER BY a")
    arrow = client.query_arrow("SELECT number::UInt32 AS a FROM numbers(5)")
    client.insert_arrow(table, arrow)
    assert client.command(f"SELECT sum(a) FROM {table}") == 10


def test_replacing_merge_tree_makes_inserts_idempotent(client: Client, table: str) -> None:
    client.command(
        f"CREATE TABLE {table} (call String, turn UInt32, text String, version UInt64)"
        " ENGINE = ReplacingMergeTree(version) ORDER BY (call, turn)"
    )
    names = ["call", "turn", "text", "version"]
    client.insert(table, [["c1", 1, "hello", 1], ["c1", 2, "bye", 1]], column_names=names)
    client.insert(table, [["c1", 1, "hello!", 2], ["c1", 2, "bye", 1]], column_names=names)
    rows = client.query(f"SELECT turn, text FROM {table} FINAL ORDER BY turn").result_rows
    assert rows == [(1, "hello!"), (2, "bye")]


def test_databases(client: Client, where: dict[str, Any]) -> None:
    client.command("CREATE DATABASE IF NOT EXISTS other")
    client.command("CREATE TABLE IF NOT EXISTS other.things (a UInt8) ENGINE = Memory")
    with clickhouse_connect.get_client(**where, database="other") as inside:
        assert inside.command("SELECT currentDatabase()") == "other"
        assert inside.query("SHOW TABLES").result_rows == [("things",)]
    client.command("DROP DATABASE other")
    with pytest.raises(DatabaseError, match="81"):
        clickhouse_connect.get_client(**where, database="nowhere").query("SELECT 1")


def test_a_session_keeps_its_temporary_table_and_settings(client: Client) -> None:
    client.command("CREATE TEMPORARY TABLE kept (a UInt8)")
    client.command("INSERT INTO kept VALUES (7)")
    client.command("SET max_block_size = 1234")
    assert client.command("SELECT a FROM kept") == 7
    assert client.command("SELECT getSetting('max_block_size')") == 1234


def test_a_setting_of_one_query_ends_with_it(client: Client) -> None:
    before = client.command("SELECT getSetting('max_block_size')")
    assert client.command("SELECT getSetting('max_block_size')", settings={"max_block_size": 99}) == 99
    assert client.command("SELECT getSetting('max_block_size')") == before


def test_errors_carry_the_codes_of_clickhouse(client: Client) -> None:
    with pytest.raises(DatabaseError) as unknown:
        client.query("SELECT * FROM nowhere")
    assert unknown.value.code == 60
    assert unknown.value.name == "UNKNOWN_TABLE"
    with pytest.raises(DatabaseError) as syntax:
        client.command("SELEC 1")
    assert syntax.value.code == 62


def test_a_block_that_does_not_fit_is_refused_and_leaves_nothing(client: Client, table: str) -> None:
    client.command(f"CREATE TABLE {table} (a UInt32) ENGINE = MergeTree ORDER BY a")
    with pytest.raises(DatabaseError) as refused:
        client.raw_insert(table, ["a"], b"1\nnot a number\n", fmt="CSV")
    assert refused.value.code in (27, 72, 117)
    assert client.command(f"SELECT count() FROM {table}") == 0


def test_external_data(client: Client) -> None:
    data = ExternalData(file_name="names.csv", data=b"1,ann\n2,bob\n", fmt="CSV", structure=["id UInt8", "name String"])
    got = client.query("SELECT name FROM names WHERE id = 2", external_data=data)
    assert got.result_rows == [("bob",)]


@pytest.fixture
def analyst(where: dict[str, Any], client: Client) -> Iterator[Client]:
    client.command("CREATE TABLE IF NOT EXISTS readings (a UInt8) ENGINE = Memory")
    with clickhouse_connect.get_client(**where, username="analyst", password="read") as client:
        yield client


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE x (a UInt8) ENGINE = Memory",
        "DROP DATABASE default",
        "INSERT INTO default.readings VALUES (1)",
        "SET readonly = 0",
    ],
)
def test_the_analyst_reads_and_cannot_write(analyst: Client, sql: str) -> None:
    assert analyst.query("SELECT sum(number) FROM numbers(10)").first_row == (45,)
    with pytest.raises(DatabaseError) as refused:
        analyst.command(sql)
    assert refused.value.code == 164


async def test_the_async_client_runs_queries_side_by_side(where: dict[str, Any]) -> None:
    client = await clickhouse_connect.get_async_client(**where)
    try:
        await client.command("CREATE TABLE IF NOT EXISTS aside (a UInt32, at DateTime64(6, 'UTC')) ENGINE = Memory")
        await client.insert("aside", [[n, AT] for n in range(100)], column_names=["a", "at"])
        results = await asyncio.gather(*(client.query(f"SELECT {n} + count() FROM aside") for n in range(4)))
        assert [result.first_row[0] for result in results] == [100, 101, 102, 103]
        assert await client.command("SELECT {x:String}", parameters={"x": "y"}) == "y"
        async with await client.query_rows_stream("SELECT number FROM numbers(300000)") as stream:
            total = 0
            async for row in stream:
                total += row[0]
        assert total == sum(range(300_000))
        await client.command("DROP TABLE aside")
    finally:
        await client.close()
