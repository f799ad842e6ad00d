"""The part of chDB's Python interface that the warehouse uses, with its types; chDB's own are partial.

Read here and nowhere else: a change of chDB's shows in this file. Used by `engine` and `sessions`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, cast

from chdb import ChdbError as EngineError
from chdb.state import sqlitelike

__all__ = ["Answer", "Connection", "EngineError", "Stream", "connect"]


class Answer(Protocol):
    """A result, or one chunk of it. `rows_read` counts the result's own rows, `storage_rows_read` those scanned."""

    def bytes(self) -> bytes: ...
    def size(self) -> int: ...
    def rows_read(self) -> int: ...
    def storage_rows_read(self) -> int: ...
    def storage_bytes_read(self) -> int: ...
    def rows_written(self) -> int: ...
    def bytes_written(self) -> int: ...


class Stream(Protocol):
    def __iter__(self) -> Iterator[Answer]: ...
    def close(self) -> None: ...


class Connection(Protocol):
    """One connection: its own settings, database and temporary tables; not for two threads at once."""

    def query(self, query: str, format: str, params: dict[str, str] | None = None) -> Answer: ...
    def send_query(self, query: str, format: str, params: dict[str, str] | None = None) -> Stream: ...
    def close(self) -> None: ...


def connect(path: str, config: Path) -> Connection:
    """Open a connection; the first one of a process starts the engine on `path`, the last one closed stops it.

    `config`: the engine's configuration file, which the first one reads.
    """
    return cast(Connection, sqlitelike.Connection(f"{path}?config-file={config}"))
