"""Stored messages on their way: sent again until the stream has them, and kept in a file over the process's end.

`connection` owns one. The stream may be away for long (a frozen server, a full disk): nothing is given up but by the
bound on memory, and what the end of the process finds unsent is written to a file that the next process reads.
"""

import asyncio
import base64
import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from parley_core import telemetry
from parley_core.errors import Unavailable

log = logging.getLogger(__name__)

ACK_TIMEOUT_S = 2.0  # then a stored message is sent again with the same id
LATE_S = 5.0  # the oldest one that waits for so long makes the stream count as away
BOUND_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class Waiting:
    subject: str
    data: bytes
    headers: dict[str, str]
    stored: asyncio.Future[int]
    first_sent: float
    sent: float


class Outbox:
    """Messages by the number that their acknowledgement carries. `resend` sends one again."""

    def __init__(self, resend: Callable[[str, Waiting], None]) -> None:
        self._resend = resend
        self._waiting: dict[str, Waiting] = {}
        self._bytes = 0
        self.resent = 0
        self._lost = telemetry.counter("parley_events_lost", "Events that were never stored on their call's log")
        self.refused = ""  # the stream's newest refusal; empty once it has stored something again

    def __len__(self) -> int:
        return len(self._waiting)

    def pending(self) -> list[asyncio.Future[int]]:
        return [one.stored for one in self._waiting.values()]

    def late(self, now: float) -> bool:
        """Whether the stream has not taken the oldest message for too long."""
        oldest = next(iter(self._waiting.values()), None)
        return oldest is not None and now - oldest.first_sent > LATE_S

    def add(self, number: str, waiting: Waiting) -> bool:
        """Wait for its acknowledgement; False where there is no room, and its future has failed."""
        if self._bytes + len(waiting.data) > BOUND_BYTES:
            self._lost.add(1)
            log.error("event lost", extra={"waiting": len(self._waiting)})
            waiting.stored.set_exception(Unavailable("the log", "too many events wait to be stored"))
            return False
        self._waiting[number] = waiting
        self._bytes += len(waiting.data)
        return True

    def acknowledged(self, number: str, sequence: int) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is None:
            return
        self._bytes -= len(waiting.data)
        self.refused = ""
        if not waiting.stored.done():
            waiting.stored.set_result(sequence)

    def refuse(self, number: str, why: str) -> None:
        """The stream did not take it (its disk may be full); it is sent again later."""
        if number in self._waiting and self.refused != why:
            self.refused = why
            log.warning("log refused an event", extra={"reason": why})

    async def keep_resending(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(ACK_TIMEOUT_S / 4)
            now = loop.time()
            for number, waiting in list(self._waiting.items()):
                if now - waiting.sent > ACK_TIMEOUT_S:
                    waiting.sent = now
                    self.resent += 1
                    self._resend(number, waiting)

    def cancel(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.stored.done():
                waiting.stored.cancel()

    def spill(self, folder: Path | None) -> None:
        """Write what is still here to a file, or count it as lost where there is no folder to write to."""
        if not self._waiting:
            return
        if folder is None:
            self._lost.add(len(self._waiting))
            log.error("events lost at the end of the process", extra={"count": len(self._waiting)})
            return
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{os.getpid()}-{id(self)}.jsonl"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            for one in self._waiting.values():
                data = base64.b64encode(one.data).decode()
                file.write(json.dumps({"subject": one.subject, "headers": one.headers, "data": data}) + "\n")
        log.warning("events kept in a file", extra={"count": len(self._waiting), "file": path.name})


def spilled(folder: Path | None) -> Iterator[tuple[Path, list[tuple[str, bytes, dict[str, str]]]]]:
    """What processes that ended have left: each file, with (subject, data, headers). A broken line is logged."""
    for path in sorted(folder.glob("*.jsonl")) if folder is not None and folder.is_dir() else ():
        mine = path.with_suffix(".taken")
        try:
            path.rename(mine)  # another process may look at the same moment
        except OSError:
            continue
        kept = []
        for line in mine.read_text(encoding="utf-8").splitlines():
            try:
                one = json.loads(line)
                kept.append((str(one["subject"]), base64.b64decode(one["data"]), dict(one["headers"])))
            except (ValueError, KeyError, TypeError):
                log.error("event in a file cannot be read", extra={"file": path.name})
        yield mine, kept
