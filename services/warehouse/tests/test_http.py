"""The HTTP interface as curl and other plain clients meet it."""

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest


@pytest.fixture
async def http(where: dict[str, Any]) -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(
        f"http://{where['host']}:{where['port']}",
        timeout=timeout,
        auto_decompress=False,
        skip_auto_headers=["Accept-Encoding"],
    ) as session:
        yield session


async def post(http: aiohttp.ClientSession, sql: str | bytes, **parameters: str) -> tuple[int, str, dict[str, str]]:
    async with http.post("/", data=sql, params=parameters) as answer:
        return answer.status, await answer.text(), dict(answer.headers)


@pytest.mark.parametrize("path", ["/ping", "/replicas_status", "/"])
async def test_health(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as answer:
        assert (answer.status, await answer.text()) == (200, "Ok.\n")


async def test_another_path_is_not_found(http: aiohttp.ClientSession) -> None:
    async with http.get("/dashboard") as answer:
        assert answer.status == 404
        assert "There is no handle /dashboard" in await answer.text()


async def test_get_and_post(http: aiohttp.ClientSession) -> None:
    async with http.get("/", params={"query": "SELECT 1, 'a'"}) as answer:
        assert await answer.text() == "1\ta\n"
    assert (await post(http, "SELECT 2"))[1] == "2\n"
    assert (await post(http, " + 2", query="SELECT 1"))[1] == "3\n"  # the parameter, a newline, the body


async def test_headers(http: aiohttp.ClientSession) -> None:
    _, _, headers = await post(http, "SELECT 1 FORMAT JSON", query_id="my-query")
    assert headers["X-ClickHouse-Query-Id"] == "my-query"
    assert headers["X-ClickHouse-Format"] == "JSON"
    assert headers["X-ClickHouse-Timezone"]
    assert headers["X-ClickHouse-Server-Display-Name"] == "parley"
    assert headers["Content-Type"] == "application/json; charset=UTF-8"
    summary = json.loads(headers["X-ClickHouse-Summary"])
    assert summary["result_rows"] == "1"
    assert set(summary) >= {"read_rows", "read_bytes", "written_rows", "written_bytes", "elapsed_ns"}


@pytest.mark.parametrize(
    ("sql", "parameters", "headers", "body"),
    [
        ("SELECT 1 AS a, 'x' AS b", {"default_format": "JSONEachRow"}, {}, '{"a":1,"b":"x"}\n'),
        ("SELECT 1 AS a, 'x' AS b FORMAT CSV", {"default_format": "JSONEachRow"}, {}, '1,"x"\n'),
        ("SELECT 1 AS a", {}, {"X-ClickHouse-Format": "CSVWithNames"}, '"a"\n1\n'),
        ("SELECT {a:UInt32} + 1, {b:Array(String)}", {"param_a": "41", "param_b": "['x','y']"}, {}, "42\t['x','y']\n"),
        ("SELECT {t:String}", {"param_t": "a\\tb"}, {}, "a\\tb\n"),
        ("SELECT currentDatabase()", {"database": "system"}, {}, "system\n"),
        ("SELECT currentDatabase()", {}, {"X-ClickHouse-Database": "system"}, "system\n"),
        ("SELECT getSetting('max_block_size')", {"max_block_size": "77"}, {}, "77\n"),
        ("SELECT toString(toDateTime(0))", {"session_timezone": "Asia/Tokyo"}, {}, "1970-01-01 09:00:00\n"),
        ("SHOW DATABASES LIKE 'defa%'", {}, {}, "default\n"),
        ("EXISTS TABLE nowhere", {}, {}, "0\n"),
        ("SELECT number FROM numbers(3)", {"max_result_rows": "10", "wait_end_of_query": "1"}, {}, "0\n1\n2\n"),
    ],
)
async def test_parameters(
    http: aiohttp.ClientSession, sql: str, parameters: dict[str, str], headers: dict[str, str], body: str
) -> None:
    async with http.post("/", data=sql, params=parameters, headers=headers) as answer:
        assert await answer.text() == body


async def test_a_form_carries_query_and_parameters(http: aiohttp.ClientSession) -> None:
    form = aiohttp.FormData({"query": "SELECT {x:String}", "param_x": "y"}, default_to_multipart=True)
    async with http.post("/", data=form) as answer:
        assert await answer.text() == "y\n"


@pytest.mark.parametrize(
    ("sql", "parameters", "code", "status"),
    [
        ("SELECT * FROM nowhere", {}, 60, 404),
        ("SELEC 1", {}, 62, 400),
        ("", {}, 62, 400),
        ("SELECT 1; SELECT 2", {}, 62, 400),
        ("SELECT nosuch()", {}, 46, 404),
        ("SELECT nosuch FROM system.one", {}, 47, 404),
        ("SELECT 1 FORMAT Nope", {}, 73, 404),
        ("SELECT 1", {"database": "nowhere"}, 81, 404),
        ("SELECT 1", {"no_such_setting": "1"}, 115, 404),
        ("SELECT 1", {"bad name": "1"}, 36, 400),
        ("SELECT toUInt8('x')", {}, 6, 400),
        ("SELECT {x:UInt8}", {}, 456, 500),
        ("SELECT throwIf(1)", {}, 395, 500),
        ("SELECT count() FROM system.numbers", {"max_execution_time": "0.2"}, 159, 408),
        ("SELECT 1", {"session_id": "unknown", "session_check": "1"}, 372, 500),
        ("SELECT 1", {"compress": "1"}, 48, 501),
        ("SELECT 1", {"query_id": "a\nb"}, 36, 400),
        (b"SELECT '\xff'", {}, 62, 400),
        ("SYSTEM SHUTDOWN", {}, 497, 403),
    ],
)
async def test_errors_have_clickhouses_codes_and_statuses(
    http: aiohttp.ClientSession, sql: str | bytes, parameters: dict[str, str], code: int, status: int
) -> None:
    found, body, headers = await post(http, sql, **parameters)
    assert (found, headers.get("X-ClickHouse-Exception-Code")) == (status, str(code)), body
    assert body.startswith(f"Code: {code}. DB::Exception: ")
    assert (await post(http, "SELECT 1"))[1] == "1\n"


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE x (a UInt8) ENGINE = Memory", "DROP TABLE x", "INSERT INTO system.x VALUES (1)"]
)
async def test_get_only_reads(http: aiohttp.ClientSession, sql: str) -> None:
    for parameters in ({}, {"session_id": "reading"}):
        async with http.get("/", params={"query": sql} | parameters) as answer:
            assert answer.headers["X-ClickHouse-Exception-Code"] in ("164", "60")
    status, _, _ = await post(http, "CREATE OR REPLACE TEMPORARY TABLE still_writable (a UInt8)", session_id="reading")
    assert status == 200


@pytest.fixture
async def table(http: aiohttp.ClientSession) -> AsyncIterator[str]:
    await post(http, "CREATE OR REPLACE TABLE plain (a UInt64, b String) ENGINE = MergeTree ORDER BY a")
    yield "plain"
    await post(http, "DROP TABLE plain")


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", "INSERT INTO plain VALUES (1, 'x'), (2, 'it''s')"),
        ("", "INSERT INTO plain (b, a) VALUES ('x', 1), ('it\\'s', 2);"),
        ("INSERT INTO plain VALUES", "(1, 'x'), (2, 'it''s')"),
        ("INSERT INTO plain FORMAT CSV", "1,x\n2,it's\n"),
        ("", "INSERT INTO plain FORMAT TSV\n1\tx\n2\tit's\n"),
        ("INSERT INTO plain (a, b) FORMAT JSONEachRow", '{"a": 1, "b": "x"}{"a": 2, "b": "it\'s"}'),
        ("", "INSERT INTO plain SETTINGS input_format_csv_skip_first_lines = 1 FORMAT CSV\nhead\n1,x\n2,it's\n"),
        ("", "INSERT INTO plain SELECT number + 1, if(number = 0, 'x', 'it''s') FROM numbers(2)"),
    ],
)
async def test_inserts(http: aiohttp.ClientSession, table: str, query: str, body: str) -> None:
    status, text, headers = await post(http, body, **({"query": query} if query else {}))
    assert (status, text) == (200, "")
    assert json.loads(headers["X-ClickHouse-Summary"])["written_rows"] == "2"
    assert "X-ClickHouse-Format" not in headers
    assert (await post(http, f"SELECT * FROM {table} ORDER BY a FORMAT CSV"))[1] == '1,"x"\n2,"it\'s"\n'


async def test_a_large_insert_and_a_large_answer(http: aiohttp.ClientSession, table: str) -> None:
    rows = "".join(f"{n}\t{'x' * 50}\n" for n in range(60_000))
    status, _, headers = await post(http, rows, query=f"INSERT INTO {table} FORMAT TSV")
    assert status == 200
    assert json.loads(headers["X-ClickHouse-Summary"])["written_rows"] == "60000"
    assert (await post(http, f"SELECT * FROM {table} ORDER BY a"))[1] == rows


async def test_native_blocks_go_round(http: aiohttp.ClientSession, table: str) -> None:
    async with http.post("/", data="SELECT number AS a, toString(number) AS b FROM numbers(9) FORMAT Native") as answer:
        native = await answer.read()
    await post(http, native, query=f"INSERT INTO {table} FORMAT Native")
    assert (await post(http, f"SELECT count(), sum(a) FROM {table}"))[1] == "9\t36\n"


async def test_gzip_both_ways(http: aiohttp.ClientSession, table: str) -> None:
    body = gzip.compress(f"INSERT INTO {table} FORMAT CSV\n1,x\n".encode())
    async with http.post("/", data=body, headers={"Content-Encoding": "gzip"}) as answer:
        assert answer.status == 200
    async with http.post("/", data=f"SELECT * FROM {table}", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(await answer.read()) == b"1\tx\n"
    sql = "SELECT number FROM numbers(400000)"
    async with http.post("/", data=sql, headers={"Accept-Encoding": "gzip"}) as answer:
        assert gzip.decompress(await answer.read()).endswith(b"399999\n")
    async with http.post("/?enable_http_compression=0", data="SELECT 1", headers={"Accept-Encoding": "gzip"}) as answer:
        assert "Content-Encoding" not in answer.headers


async def test_a_body_beyond_the_limit(http: aiohttp.ClientSession, table: str) -> None:
    bomb = gzip.compress(b"1,x\n" * 5_000_000)
    async with http.post(
        "/", params={"query": f"INSERT INTO {table} FORMAT CSV"}, data=bomb, headers={"Content-Encoding": "gzip"}
    ) as answer:
        assert answer.status == 413
        assert answer.headers["X-ClickHouse-Exception-Code"] == "229"
    assert (await post(http, f"SELECT count() FROM {table}"))[1] == "0\n"
    assert (await post(http, "SELECT '" + "x" * 2_000_000 + "'"))[0] == 413


async def test_a_long_query_in_the_address(http: aiohttp.ClientSession) -> None:
    values = ",".join(map(str, range(20_000)))
    async with http.get(f"/?query={quote(f'SELECT length([{values}])')}") as answer:
        assert await answer.text() == "20000\n"


async def test_an_error_in_the_middle_is_told_under_its_tag(http: aiohttp.ClientSession) -> None:
    sql = "SELECT throwIf(number = 900000, 'too far') FROM numbers(1000000) SETTINGS max_block_size = 10000 FORMAT CSV"
    async with http.post("/", data=sql) as answer:
        assert answer.status == 200
        tag = answer.headers["X-ClickHouse-Exception-Tag"]
        body = await answer.text()
    head, _, tail = body.partition(f"\r\n__exception__\r\n{tag}\r\n")
    assert head.startswith("0\n0\n")
    message, _, end = tail.rpartition(f" {tag}\r\n__exception__\r\n")
    assert end == ""
    text, _, length = message.rpartition("\n")
    assert text.startswith("Code: 395. DB::Exception: too far")
    assert int(length) == len(text) + 1


@pytest.mark.parametrize("way", ["basic", "headers", "parameters"])
@pytest.mark.parametrize(
    ("user", "password", "status"), [("analyst", "read", 200), ("analyst", "no", 403), ("who", "", 403)]
)
async def test_users(http: aiohttp.ClientSession, way: str, user: str, password: str, status: int) -> None:
    headers, parameters = {}, {}
    if way == "basic":
        headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    elif way == "headers":
        headers = {"X-ClickHouse-User": user, "X-ClickHouse-Key": password}
    else:
        parameters = {"user": user, "password": password}
    async with http.post("/", data="SELECT 1", headers=headers, params=parameters) as answer:
        assert answer.status == status
        if status != 200:
            assert answer.headers["X-ClickHouse-Exception-Code"] == "516"


@pytest.mark.parametrize("value", ["Basic !!!", "Bearer token", "Basic " + base64.b64encode(b"\xff").decode()])
async def test_bad_authorization_is_refused(http: aiohttp.ClientSession, value: str) -> None:
    async with http.post("/", data="SELECT 1", headers={"Authorization": value}) as answer:
        assert answer.status == 403


async def test_the_line_of_waiting_queries_is_bounded(http: aiohttp.ClientSession) -> None:
    """Two run, two wait, the others are turned away at once with a code that clients try again."""
    slow = "SELECT count() FROM system.numbers"
    found = await asyncio.gather(*(post(http, slow, max_execution_time="1") for _ in range(8)))
    codes = sorted(headers["X-ClickHouse-Exception-Code"] for _, _, headers in found)
    assert codes == ["159"] * 4 + ["202"] * 4
    assert {status for status, _, headers in found if headers["X-ClickHouse-Exception-Code"] == "202"} == {503}
    assert (await post(http, "SELECT 1"))[1] == "1\n"


async def test_a_client_that_goes_away_frees_its_thread(http: aiohttp.ClientSession) -> None:
    for sql in ["SELECT number FROM system.numbers"] * 3 + ["SELECT count() FROM system.numbers"] * 3:
        try:
            async with asyncio.timeout(0.3), http.post("/", data=sql) as answer:
                await answer.content.read(10)
                answer.close()
        except TimeoutError:
            pass
    # Their own limit is 10 s each, of which six would not fit in here.
    async with asyncio.timeout(8):
        assert (await post(http, "SELECT 1"))[1] == "1\n"


async def test_a_client_that_stops_sending_is_answered(where: dict[str, Any]) -> None:
    reader, writer = await asyncio.open_connection(where["host"], where["port"])
    writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nSELECT")
    answer = await asyncio.wait_for(reader.read(), 20)
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"Code: 209" in answer
    writer.close()
    await writer.wait_closed()


async def test_a_session_serves_one_query_at_a_time(http: aiohttp.ClientSession) -> None:
    slow = "SELECT count() FROM system.numbers"
    both = await asyncio.gather(*(post(http, slow, max_execution_time="0.5", session_id="one") for _ in "ab"))
    assert sorted(headers["X-ClickHouse-Exception-Code"] for _, _, headers in both) == ["159", "373"]


async def test_sessions_make_room_for_new_ones(http: aiohttp.ClientSession) -> None:
    for number in range(6):
        assert (await post(http, "SET max_threads = 1", session_id=f"s{number}"))[0] == 200
    assert (await post(http, "SELECT getSetting('max_threads')", session_id="s5", session_check="1"))[1] == "1\n"
    assert (await post(http, "SELECT 1", session_id="s0", session_check="1"))[2]["X-ClickHouse-Exception-Code"] == "372"
