from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_warehouse.errors import QueryFailed
from parley_warehouse.statement import parse


@pytest.mark.parametrize(
    ("sql", "kind", "format_name"),
    [
        ("SELECT 1", "select", ""),
        ("select 1 format JSON", "select", "JSON"),
        ("SELECT 1 FORMAT JSON;", "select", "JSON"),
        ("SELECT 1 FORMAT CSV SETTINGS max_threads = 1", "select", "CSV"),
        ("SELECT 'x FORMAT JSON'", "select", ""),
        ("SELECT 1 -- FORMAT JSON", "select", ""),
        ("SELECT 1 /* FORMAT JSON */", "select", ""),
        ("SELECT format FROM t", "select", ""),
        ("SELECT 1 AS format, 2 FROM t", "select", ""),
        ("SELECT $$ FORMAT JSON $$", "select", ""),
        ("SELECT `FORMAT` FROM t FORMAT Native", "select", "Native"),
        ("SELECT formatDateTime(now(), '%Y') FORMAT TSV", "select", "TSV"),
        ("/* note */ WITH 1 AS a SELECT a", "with", ""),
        ("(SELECT 1)", "(", ""),
        ("  ", "", ""),
    ],
)
def test_kind_and_format(sql: str, kind: str, format_name: str) -> None:
    found = parse(sql.encode())
    assert (found.kind, found.format) == (kind, format_name)


@pytest.mark.parametrize(
    ("sql", "from_file"),
    [
        (b"INSERT INTO t FORMAT CSV\n1,2", b"INSERT INTO t FROM INFILE 'f'  FORMAT CSV"),
        (b"INSERT INTO t (a, b) FORMAT Native \r\n1,2", b"INSERT INTO t (a, b) FROM INFILE 'f'  FORMAT Native"),
        (b"INSERT INTO t FORMAT TSV;\n1,2", b"INSERT INTO t FROM INFILE 'f'  FORMAT TSV"),
        (b"insert into d.t (`values`) values1,2", None),
        (
            b"INSERT INTO t (`values`, format) VALUES1,2"[:-3] + b" 1,2",
            b"INSERT INTO t (`values`, format) FROM INFILE 'f'  FORMAT Values",
        ),
        (
            b"INSERT INTO t SETTINGS async_insert = 0 FORMAT CSV\n1,2",
            b"INSERT INTO t FROM INFILE 'f' SETTINGS async_insert = 0 FORMAT CSV",
        ),
        (b"INSERT INTO file (a) FORMAT CSV\n1,2", b"INSERT INTO file (a) FROM INFILE 'f'  FORMAT CSV"),
    ],
)
def test_the_data_of_an_insert_are_told_from_its_head(sql: bytes, from_file: bytes | None) -> None:
    found = parse(sql)
    if from_file is None:
        assert found.data_at < 0
        return
    assert sql[found.data_at :].strip() == b"1,2"
    assert found.insert_from("f") == from_file


def test_data_may_be_any_bytes() -> None:
    data = bytes(range(256))
    sql = b"INSERT INTO t FORMAT Native\n" + data
    assert sql[parse(sql).data_at :] == data


def test_a_path_cannot_break_out_of_its_quotes() -> None:
    assert b"'a\\'b'" in parse(b"INSERT INTO t FORMAT CSV\n").insert_from("a'b")


@pytest.mark.parametrize(
    "sql", ["INSERT INTO t SELECT 1", "INSERT INTO t (a) SELECT a FROM s", "INSERT INTO t (SELECT 1)"]
)
def test_an_insert_from_a_query_has_no_data(sql: str) -> None:
    found = parse(sql.encode())
    assert (found.kind, found.data_at, found.text) == ("insert", -1, sql.encode())


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT 1; SELECT 2", 62),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", 358),
        ("INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV", 78),
        ("SELECT * FROM file('/etc/passwd')", 497),
        ("SELECT * FROM `file` ('/etc/passwd')", 497),
        ("SELECT file /* */ ('/etc/passwd')", 497),
        ("SELECT * FROM FILE('/etc/passwd')", 497),
        ("SELECT * FROM url('http://169.254.169.254/')", 497),
        ("INSERT INTO FUNCTION file('/tmp/x') SELECT 1", 497),
        ("INSERT INTO TABLE FUNCTION file('/tmp/x') SELECT 1", 497),
        ("INSERT INTO t SELECT * FROM s3('http://x')", 497),
        ("CREATE TABLE t (a String) ENGINE = File(CSV, '/etc/passwd')", 497),
        ("SELECT * FROM python('import os')", 497),
        ("SYSTEM SHUTDOWN", 497),
        ("SYSTEM KILL", 497),
        ("INSERT INTO t SELECT * FROM input('a UInt8') FORMAT CSV 1", 48),
    ],
)
def test_what_a_server_does_not_do_over_http_is_refused(sql: str, code: int) -> None:
    with pytest.raises(QueryFailed) as refused:
        parse(sql.encode())
    assert refused.value.code == code


def test_sources_outside_may_be_allowed() -> None:
    assert parse(b"SELECT * FROM url('http://x')", external_sources=True).kind == "select"


@given(st.binary(max_size=200))
def test_no_bytes_break_it(raw: bytes) -> None:
    with suppress(QueryFailed):
        parse(raw)
