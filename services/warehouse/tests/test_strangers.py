"""What reaches outside the warehouse is refused by the engine itself; web pages of other sites are refused in front."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from parley_core.http.connections import OF_THIS_MACHINE
from parley_warehouse.chdb_api import EngineError, connect

READS = [
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM `/etc/passwd`",
    "SELECT * FROM default.`/etc/passwd`",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM `fi\\x6ce`('/etc/passwd', 'LineAsString')",
    "SELECT * FROM \"fi\\x6ce\"('/etc/passwd', 'LineAsString')",
    "SELECT * FROM /* a */ FILE /* b */ ('/etc/passwd', LineAsString)",
    "SELECT * FROM file(concat('/etc', '/passwd'), LineAsString)",
    "SELECT file('/etc/passwd')",
    "SELECT `fi\\x6ce`('/etc/passwd')",
    "SELECT * APPLY(file) FROM (SELECT '/etc/passwd' AS path)",
    "SELECT * APPLY file FROM (SELECT '/etc/passwd' AS path)",
    "SELECT * APPLY (`\\x66ile`) FROM (SELECT '/etc/passwd' AS path)",
    "SELECT arrayMap(path -> file(path), ['/etc/passwd'])",
    "WITH a AS (SELECT * FROM file('/etc/passwd', LineAsString)) SELECT * FROM a",
    "SELECT * FROM view(SELECT * FROM '/etc/passwd')",
    "SELECT * FROM loop('/etc/passwd')",
    "SELECT * FROM url('file:///etc/passwd', LineAsString)",
    "SELECT * FROM url('http://127.0.0.1:9/', LineAsString)",
    "SELECT * FROM remote('127.0.0.1:9', 'a', 'b')",
    "SELECT * FROM sqlite('/etc/passwd', 'a')",
    "DESCRIBE TABLE file('/etc/passwd', LineAsString)",
]
WRITES = [
    "INSERT INTO FUNCTION file('/tmp/parley-written', 'CSV', 'a Int32') VALUES (1)",
    "INSERT INTO TABLE FUNCTION `f\\x69le`('/tmp/parley-written', 'CSV', 'a Int32') SELECT 1",
    "INSERT INTO FUNCTION url('http://127.0.0.1:9/', 'CSV', 'a Int32') SELECT 1",
    "SELECT 1 INTO OUTFILE '/tmp/parley-written'",
    "CREATE TABLE default.outside (a String) ENGINE = File(TSV)",
    "CREATE TABLE default.outside (a String) ENGINE = URL('http://127.0.0.1:9/', TSV)",
    "CREATE TABLE default.outside AS file('/etc/passwd', LineAsString)",
    "CREATE DATABASE outside ENGINE = Filesystem('/etc')",
    "CREATE VIEW default.outside AS SELECT * FROM file('/etc/passwd', LineAsString)",
    "BACKUP DATABASE default TO File('/tmp/parley-written')",
    "ATTACH TABLE default.outside FROM '/etc' (a Int32) ENGINE = MergeTree ORDER BY a",
    "SYSTEM FLUSH LOGS",
    "SYSTEM SHUTDOWN",
    "CREATE USER outside",
    "GRANT ALL ON *.* TO default",
]
# The engine has no right for the function `file(path)` (the table function of that name it has), nor for OUTFILE.
ONLY_BY_WORDS = [
    one
    for one in READS + WRITES
    if "APPLY" in one or one.startswith(("SELECT file", "SELECT `fi", "SELECT arrayMap", "SELECT 1 INTO OUTFILE"))
]


@pytest.fixture
async def http(where: dict[str, Any]) -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(f"http://{where['host']}:{where['port']}", timeout=timeout) as session:
        yield session


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize("user", [basic("default", ""), basic("analyst", "read")], ids=["writer", "analyst"])
@pytest.mark.parametrize("sql", [*READS, *WRITES])
async def test_nobody_reaches_outside(http: aiohttp.ClientSession, sql: str, user: dict[str, str]) -> None:
    async with http.post("/", data=sql, headers=user) as answer:
        text = await answer.text()
        assert answer.status != 200, text
        assert "root:" not in text
    assert not os.path.exists("/tmp/parley-written")  # noqa: ASYNC240 - one look, in a test


@pytest.mark.parametrize("sql", READS)
async def test_nor_by_a_plain_get(http: aiohttp.ClientSession, sql: str) -> None:
    async with http.get("/", params={"query": sql}) as answer:
        assert answer.status != 200
        assert "root:" not in await answer.text()


@pytest.mark.parametrize("sql", [one for one in READS + WRITES if one not in ONLY_BY_WORDS])
def test_the_engine_refuses_by_itself(data_dir: Path, sql: str) -> None:
    """Behind the words that are refused in front of it. Only the function `file(path)` and OUTFILE rest on those."""
    connection = connect(str(data_dir / "engine"), data_dir / "rights" / "config.xml")
    try:
        with pytest.raises(EngineError):
            connection.query(sql, "TabSeparated")
    finally:
        connection.close()


@pytest.mark.parametrize(
    "sql", ["KILL QUERY WHERE 1", "kill mutation where 1", "SYSTEM STOP MERGES", "SYSTEM RELOAD CONFIG"]
)
async def test_the_reading_user_stops_nothing(http: aiohttp.ClientSession, sql: str) -> None:
    async with http.post("/", data=sql, headers=basic("analyst", "read")) as answer:
        assert answer.status == 403, await answer.text()


@pytest.mark.parametrize("setting", ["max_memory_usage", "readonly"])
async def test_limits_hold_against_the_reading_user(http: aiohttp.ClientSession, setting: str) -> None:
    sql = f"SELECT 1 SETTINGS {setting} = {0 if setting == 'readonly' else 10**15}"
    async with http.post("/", data=sql, headers=basic("analyst", "read")) as answer:
        assert answer.status != 200, await answer.text()


async def test_a_foreign_page_is_refused_over_http(http: aiohttp.ClientSession) -> None:
    async with http.post("/", data="SELECT 1", headers={"Origin": "https://evil.example"}) as answer:
        assert answer.status == 403
    async with http.get("/", params={"query": "SELECT 1"}, headers={"Host": "rebound.example"}) as answer:
        assert answer.status == 403


async def test_half_open_connections_of_an_address_are_bounded(where: dict[str, Any]) -> None:
    """From an address of its own, so that other tests' connections go on."""
    held: list[asyncio.StreamWriter] = []

    async def refused() -> bool:
        reader, writer = await asyncio.open_connection(where["host"], where["port"], local_addr=("127.0.0.9", 0))
        held.append(writer)
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\n")
        try:
            await asyncio.wait_for(reader.read(1), 2)
        except TimeoutError:
            return False
        except ConnectionError:
            pass
        return True

    told = await asyncio.gather(*(refused() for _ in range(OF_THIS_MACHINE + 20)))
    for writer in held:
        writer.close()
    assert told.count(True) == 20
