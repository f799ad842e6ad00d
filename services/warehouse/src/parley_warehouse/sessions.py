"""Connections that outlive a request: ClickHouse's `session_id`, with its temporary tables and SET values.

`engine` asks for a query's connection here, on a query thread. A session serves one query at a time, ends when it is
idle for its timeout, and the one idle longest makes room when there are too many.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from parley_warehouse.chdb_api import Connection
from parley_warehouse.errors import Code, refused


class Asking(Protocol):
    """What a query says of its session."""

    @property
    def user(self) -> str: ...
    @property
    def session_id(self) -> str: ...
    @property
    def session_check(self) -> bool: ...
    @property
    def session_timeout_s(self) -> float: ...
    @property
    def analyst(self) -> bool: ...


@dataclass(slots=True)
class _Session:
    connection: Connection
    busy: bool
    until: float


class Sessions:
    def __init__(
        self, connect: Callable[[], Connection], *, limit: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._connect = connect
        self._limit = limit
        self._now = now
        self._guard = threading.Lock()
        self._kept: dict[tuple[str, str], _Session] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @contextmanager
    def connection(self, query: Asking) -> Iterator[Connection]:
        """Raises QueryFailed when the session is busy, unknown though it must be there, or one too many.

        The reading user has none: its connections cannot be given other settings once they only read.
        """
        if not query.session_id or query.analyst:
            connection = self._connect()
            try:
                yield connection
            finally:
                connection.close()
            return
        session = self._take(query)
        try:
            yield session.connection
        finally:
            with self._guard:
                session.busy = False
                session.until = self._now() + query.session_timeout_s

    def _take(self, query: Asking) -> _Session:
        key = (query.user, query.session_id)
        with self._guard:
            self._sweep()
            session = self._kept.get(key)
            if session is not None and session.busy:
                raise refused(Code.SESSION_IS_LOCKED, "Session is locked by a concurrent client.")
            if session is None:
                if query.session_check:
                    raise refused(Code.SESSION_NOT_FOUND, "Session not found.")
                self._make_room()
                session = self._kept[key] = _Session(self._connect(), True, 0.0)
            session.busy = True
            return session

    def _sweep(self) -> None:
        now = self._now()
        for key in [key for key, session in self._kept.items() if not session.busy and session.until <= now]:
            self._kept.pop(key).connection.close()

    def _make_room(self) -> None:
        if len(self._kept) < self._limit:
            return
        idle = [(session.until, key) for key, session in self._kept.items() if not session.busy]
        if not idle:
            raise refused(Code.TOO_MANY_SIMULTANEOUS_QUERIES, f"Too many sessions are busy. Maximum: {self._limit}.")
        self._kept.pop(min(idle)[1]).connection.close()

    def close(self) -> None:
        with self._guard:
            for session in self._kept.values():
                session.connection.close()
            self._kept.clear()
