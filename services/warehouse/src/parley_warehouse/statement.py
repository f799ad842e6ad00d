"""What an HTTP front must know of a statement before the engine runs it.

`parse` finds a statement's kind, its output format, and where an INSERT's inline data begin; it refuses what a
ClickHouse server refuses over HTTP but the embedded engine would do (several statements, files of the server's
machine, shutting the process down). It is no SQL parser: the engine judges everything else. Called by `requests`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from parley_warehouse.errors import Code, refused

# Bytes are read as Latin-1, so that offsets count bytes and inline data need not be text.
_TOKEN: Final = re.compile(
    r"""
      (?P<skip>\s+ | --[^\n]* | \#[ !][^\n]* | /\*.*?\*/)
    | (?P<string>'(?:[^'\\]|\\.|'')*' | \$(?P<tag>[A-Za-z0-9_]*)\$.*?\$(?P=tag)\$)
    | (?P<quoted>`(?:[^`\\]|\\.|``)*` | "(?:[^"\\]|\\.|"")*")
    | (?P<word>[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*)
    | (?P<number>[0-9][A-Za-z0-9_.]*)
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_RESULTS: Final = frozenset(
    {"select", "with", "show", "describe", "desc", "exists", "explain", "check", "kill", "from", "("}
)
_STREAMS: Final = frozenset({"select", "with", "from", "("})
_DATA_TO_LINE_END: Final = re.compile(rb"[ \t\f]*;?[ \t\f]*\r?\n?")
_ESCAPED: Final = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_STOPS: Final = frozenset({"shutdown", "kill"})

# Table functions, functions and engines that reach outside the warehouse, and dictionaries' executable sources.
_OUTSIDE_WORDS: Final = """
    azureblobstorage azureblobstoragecluster azurequeue cosn deltalake deltalakelocal executable
    executablepool file filecluster filelog filesystem gcs hdfs hdfscluster hive http hudi iceberg
    iceberglocal jdbc kafka mongodb mysql nats odbc oss paimon postgresql python rabbitmq redis remote
    remotesecure s3 s3cluster s3queue sqlite url urlcluster ytsaurus arrowflight materializedpostgresql
    icebergs3 icebergazure deltalakes3
"""
_OUTSIDE: Final = frozenset(_OUTSIDE_WORDS.split())


@dataclass(frozen=True, slots=True)
class Statement:
    kind: str  # the first keyword in lower case; "" for an empty text
    text: bytes  # what the engine runs; for an INSERT with data, without them
    format: str = ""  # the FORMAT clause's name; "" where there is none
    data_at: int = -1  # INSERT: offset of the inline data in the text that was given; -1: none
    table: bytes = b""  # INSERT with data: "INSERT INTO t (a, b)"
    settings: bytes = b""  # INSERT with data: "SETTINGS …" of the statement itself

    @property
    def gives_result(self) -> bool:
        return self.kind in _RESULTS

    @property
    def streams(self) -> bool:
        return self.kind in _STREAMS

    def insert_from(self, path: str) -> bytes:
        """The same INSERT with its data in a file."""
        where = path.replace("\\", "\\\\").replace("'", "\\'").encode()
        return b"%s FROM INFILE '%s' %s FORMAT %s" % (self.table, where, self.settings, self.format.encode())


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int
    depth: int

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """The identifier as the engine reads it, in lower case: without its quotes and escapes."""
        if self.kind == "quoted":
            quote = self.text[0]
            return _ESCAPED.sub(_unescape, self.text[1:-1].replace(quote * 2, quote)).lower()
        return self.word


def _unescape(found: re.Match[str]) -> str:
    code = found[1]
    return chr(int(code[1:], 16)) if len(code) == 3 else code


def parse(raw: bytes, *, external_sources: bool = False) -> Statement:
    """Raises QueryFailed with ClickHouse's code for what is refused."""
    tokens = _tokens(raw)
    first = next(tokens, None)
    if first is None:
        return Statement("", b"")
    kind = first.word or first.text
    if kind == "insert":
        return _insert(raw, first, tokens, external_sources)
    return _other(raw, kind, first, tokens, external_sources)


def _tokens(raw: bytes) -> Iterator[_Token]:
    text = raw.decode("latin-1")
    depth = 0
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind == "tag":
            kind = "string"
        if kind == "skip":
            continue
        if kind == "sign" and found[0] in ")]":
            depth -= 1
        yield _Token(kind, found[0], found.start(), found.end(), depth)
        if kind == "sign" and found[0] in "([":
            depth += 1


def _check(older: _Token, before: _Token, token: _Token, external_sources: bool) -> None:
    """Look at three neighbours."""
    if before.word == "into" and token.word == "outfile":
        raise refused(Code.INTO_OUTFILE_NOT_ALLOWED, "INTO OUTFILE is not allowed over HTTP.")
    if before.word == "from" and token.word == "infile":
        raise refused(Code.UNKNOWN_TYPE_OF_QUERY, "FROM INFILE is not allowed over HTTP: send the data in the body.")
    if external_sources:
        return
    if token.text == "(" and before.name in _OUTSIDE:
        raise refused(Code.ACCESS_DENIED, f"Not enough privileges: {before.name}() reaches outside the warehouse.")
    # `APPLY file` and `APPLY(file)` name a function without brackets of its own; no column is called after APPLY.
    if token.name in _OUTSIDE and (before.word == "apply" or (before.text == "(" and older.word == "apply")):
        raise refused(Code.ACCESS_DENIED, f"Not enough privileges: {token.name}() reaches outside the warehouse.")


def _other(raw: bytes, kind: str, first: _Token, tokens: Iterator[_Token], external_sources: bool) -> Statement:
    before, older, format_name, ended = first, first, "", -1
    for token in tokens:
        if ended >= 0:
            raise refused(Code.SYNTAX_ERROR, "Syntax error (Multi-statements are not allowed): failed after ';'.")
        if token.text == ";" and token.kind == "sign":
            ended = token.start
            continue
        _check(older, before, token, external_sources)
        if first.word == "system" and before is first and token.word in _STOPS:
            raise refused(Code.ACCESS_DENIED, "Not enough privileges: the server is stopped by its own process.")
        if token.depth == 0:
            if before.word == "format" and older.word != "as" and token.kind in ("word", "quoted"):
                format_name = token.text.strip('`"')
            elif format_name and before.text.strip('`"') == format_name and token.word not in ("settings", "into"):
                format_name = ""  # it was a column called "format"
        older, before = before, token
    return Statement(kind, raw[:ended] if ended >= 0 else raw, format_name)


def _insert(raw: bytes, first: _Token, tokens: Iterator[_Token], external_sources: bool) -> Statement:
    older, before, settings_at, selects = first, first, -1, False
    for token in tokens:
        # "INSERT INTO [TABLE] file (a, b)" names a table; "INSERT INTO FUNCTION file(…)" does not.
        if token.text != "(" or before.name not in _OUTSIDE or _names_function(raw, before):
            _check(older, before, token, external_sources)
        if token.depth == 0:
            if token.word in ("select", "with"):
                selects = True
            elif token.word == "settings" and not selects:
                settings_at = token.start
            elif token.word == "values" and not selects and before.word != "into":
                return _with_data(raw, token.start, settings_at, "Values", token.end)
            elif before.word == "format" and token.kind in ("word", "quoted"):
                if selects:
                    raise refused(Code.NOT_IMPLEMENTED, "INSERT … SELECT with inline data is not supported here.")
                found = _DATA_TO_LINE_END.match(raw, token.end)
                data_at = found.end() if found else token.end
                return _with_data(raw, before.start, settings_at, token.text.strip('`"'), data_at)
        older, before = before, token
    return Statement("insert", raw)


def _names_function(raw: bytes, token: _Token) -> bool:
    return re.search(rb"(?i)\binto\s+(?:table\s+)?$", raw[: token.start]) is None


def _with_data(raw: bytes, clause_at: int, settings_at: int, format_name: str, data_at: int) -> Statement:
    cut = settings_at if settings_at >= 0 else clause_at
    settings = raw[settings_at:clause_at].strip() if settings_at >= 0 else b""
    return Statement("insert", raw[:data_at], format_name, data_at=data_at, table=raw[:cut].rstrip(), settings=settings)
