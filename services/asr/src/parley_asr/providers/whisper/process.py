"""The program that decodes for all workers of a machine: two Whisper models, a queue and threads behind a Unix socket.

`decoder.py` starts it (`python -m parley_asr.providers.whisper.process FOLDER THREADS NAME`) and is the only one that
speaks with it. Final texts go before interim ones, and an interim one that had to wait is not made at all: its caller
has gone on. `wire.py` has the socket's name and the frames. It ends with its last worker; a second process of the same
name ends at once.
"""

import contextlib
import heapq
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from parley_asr.providers.whisper import wire
from parley_asr.providers.whisper.wire import HEAD, JSON_LENGTH, Wish

if TYPE_CHECKING:
    from parley_asr.providers.whisper.models import Models

MAX_QUEUED = 64
INTERIM_WAITS_S = 0.2
_MOST_WORKERS = 64
_MOST_BYTES = 4 << 20  # of one request: a minute of sound is half of it
_ALONE_S = 60.0  # without the worker that started it
_SEND_WITHIN_S = 2  # a worker that stands still must not hold the others up
_BUSY_EVERY_S = 0.5


def _no_answer(_status: int, _body: bytes) -> None:
    return None


@dataclass(order=True, slots=True)
class Job:
    interim: bool
    number: int  # in the order in which they came
    header: dict[str, object] = field(compare=False)
    pcm: bytes = field(compare=False)
    answer: Callable[[int, bytes], None] = field(compare=False, default=_no_answer)  # status and body
    queued: float = field(compare=False, default_factory=time.monotonic)


class Queue:
    """Jobs in the order of their class, bounded. Interim ones never take the last free thread."""

    def __init__(self, threads: int) -> None:
        self._interims_at_once = max(threads - 1, 1)
        self._jobs: list[Job] = []
        self._changed = threading.Condition()
        self._interims_running = 0

    def put(self, job: Job) -> bool:
        """False where it is full."""
        with self._changed:
            if len(self._jobs) >= MAX_QUEUED:
                return False
            heapq.heappush(self._jobs, job)
            self._changed.notify()
        return True

    def forget(self, number: int) -> bool:
        """Take a job back; False where it runs or is done."""
        with self._changed:
            kept = [job for job in self._jobs if job.number != number]
            found = len(kept) < len(self._jobs)
            self._jobs = kept
            heapq.heapify(self._jobs)
        return found

    def take(self) -> tuple[Job, int]:
        """Await the next job; returns it and how many finals wait behind it."""
        with self._changed:
            while not self._jobs or (self._jobs[0].interim and self._interims_running >= self._interims_at_once):
                self._changed.wait()
            job = heapq.heappop(self._jobs)
            self._interims_running += job.interim
            return job, sum(not other.interim for other in self._jobs)

    def done(self, job: Job) -> None:
        with self._changed:
            self._interims_running -= job.interim
            self._changed.notify()


class Worker:
    """One worker's connection: its requests become jobs, their results replies."""

    def __init__(self, connected: socket.socket, queue: Queue, numbers: "count[int]") -> None:
        self._socket = connected
        # Only for sending: a worker may have nothing to ask for hours.
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SEND_WITHIN_S, 0))
        self._queue = queue
        self._numbers = numbers
        self._owed: dict[int, int] = {}  # by its request's number, the job's
        self._sending = threading.Lock()

    def serve(self) -> None:
        """Return when the worker has gone."""
        try:
            with contextlib.suppress(OSError), self._socket.makefile("rb") as requests:
                while self._take(requests):
                    pass
        finally:
            for owed in list(self._owed.values()):
                self._queue.forget(owed)

    def _take(self, requests: BinaryIO) -> bool:
        """The next request; False where there is no more."""
        head = requests.read(HEAD.size)
        if len(head) < HEAD.size:
            return False
        length, kind, number = HEAD.unpack(head)
        if length > _MOST_BYTES or len(body := requests.read(length)) < length:
            return False
        if kind == wire.DECODE:
            self._ask(number, body)
        elif (owed := self._owed.pop(number, None)) is not None and self._queue.forget(owed):
            self.reply(wire.SKIPPED, number)
        return True

    def reply(self, status: int, number: int, body: bytes = b"") -> None:
        try:
            with self._sending:
                self._socket.sendall(HEAD.pack(len(body), status, number) + body)
        except OSError:  # gone, or it takes nothing: its reader then ends as well
            self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _ask(self, number: int, body: bytes) -> None:
        def answer(status: int, made: bytes) -> None:
            self._owed.pop(number, None)
            self.reply(status, number, made)

        (size,) = JSON_LENGTH.unpack_from(body)
        header = json.loads(body[JSON_LENGTH.size : JSON_LENGTH.size + size])
        job = Job(header.pop("interim"), next(self._numbers), header, body[JSON_LENGTH.size + size :], answer)
        self._owed[number] = job.number
        if not self._queue.put(job):
            answer(wire.SKIPPED if job.interim else wire.FAILED, b"too many utterances wait")


class Server:
    """Takes workers in, has threads decode for them, and ends with the last of them."""

    def __init__(self, listener: socket.socket, models: "Models", threads: int) -> None:
        self._listener = listener
        self._models = models
        self._queue = Queue(threads)
        self._numbers = count(1)
        self._workers: set[Worker] = set()
        self._changing = threading.Lock()
        self._busy_at = 0.0
        for number in range(threads):
            threading.Thread(target=self._work, name=f"decode {number}", daemon=True).start()

    def serve(self) -> None:
        self._listener.settimeout(_ALONE_S)
        ready = json.dumps({"languages": self._models.languages, "sources": self._models.sources}).encode()
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:  # nobody came, or the last one went: see `_serve`
                return
            if wire.peer(connected)[1] != os.getuid():
                connected.close()
                continue
            self._listener.settimeout(None)
            worker = Worker(connected, self._queue, self._numbers)
            with self._changing:
                self._workers.add(worker)
            worker.reply(wire.READY, 0, ready)
            threading.Thread(target=self._serve, args=(worker,), name="worker", daemon=True).start()

    def _serve(self, worker: Worker) -> None:
        try:
            worker.serve()
        finally:
            worker.close()
            with self._changing:
                self._workers.discard(worker)
                if not self._workers:
                    self._listener.shutdown(socket.SHUT_RDWR)

    def _work(self) -> None:
        while True:
            job, waiting = self._queue.take()
            try:
                if job.interim and (waiting or time.monotonic() - job.queued > INTERIM_WAITS_S):
                    job.answer(wire.SKIPPED, b"")
                    continue
                wish = Wish(**job.header)  # type: ignore[arg-type]
                decoded = self._models.decode(job.pcm, wish, interim=job.interim, waiting=waiting)
                job.answer(wire.OK, json.dumps(asdict(decoded)).encode())
            except Exception as error:  # noqa: BLE001 one utterance's failure is told to its call and never ends the others
                job.answer(wire.FAILED, f"{type(error).__name__}: {error}".encode())
            finally:
                self._queue.done(job)
                self._say_busy()

    def _say_busy(self) -> None:
        """Tell all workers that decodes end: those whose requests stand behind others' must not take it for hung."""
        now = time.monotonic()
        if now - self._busy_at >= _BUSY_EVERY_S:
            self._busy_at = now
            with self._changing:
                workers = list(self._workers)
            for worker in workers:
                worker.reply(wire.BUSY, 0)


def main() -> None:
    # Ctrl-C reaches the whole process group; this process ends when its workers do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)  # libraries print to stdout in places
    folder, threads, name = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            listener.bind(wire.address(name))
        except OSError:  # another one serves already
            return
        listener.listen(_MOST_WORKERS)
        # Only now, so that a process that is not needed costs next to nothing.
        from parley_asr.providers.whisper.models import Models

        Server(listener, Models(folder, threads), threads).serve()


if __name__ == "__main__":
    main()
