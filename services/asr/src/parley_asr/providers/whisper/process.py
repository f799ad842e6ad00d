"""The program of the child process: two Whisper models, a queue and threads, driven over stdin and stdout.

`child.py` starts it (`python -m parley_asr.providers.whisper.process FOLDER THREADS`) and is the only one that speaks
with it. Final texts go before interim ones, and an interim one that had to wait is not made at all: its caller has
gone on. When many finals wait, English ones are decoded by the smaller model. `wire.py` has the frames. It ends when
stdin does.
"""

import heapq
import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from parley_core import weights
from parley_core.errors import NotFound

from parley_asr.providers.whisper.decoding import WhisperModel
from parley_asr.providers.whisper.wire import (
    FAILED,
    FORGET,
    HEAD,
    JSON_LENGTH,
    OK,
    READY,
    SKIPPED,
    Decoded,
    Wish,
)

MAX_QUEUED = 64
INTERIM_WAITS_S = 0.2
MANY_FINALS = 3  # waiting; from there on the smaller model helps


@dataclass(order=True, slots=True)
class Job:
    interim: bool
    number: int
    header: dict[str, object] = field(compare=False)
    pcm: bytes = field(compare=False)
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


class Models:
    """The multilingual model and, where it is installed, the small English one."""

    def __init__(self, folder: Path, threads: int) -> None:
        files, source = weights.read(weights.WHISPER_BASE, folder)
        self.sources = {weights.WHISPER_BASE.name: source.where}
        self._large = WhisperModel(weights.WHISPER_BASE.name, files, threads=threads)
        self._small: WhisperModel | None = None
        try:
            files, source = weights.read(weights.WHISPER_TINY_EN, folder)
        except NotFound:
            return
        self.sources[weights.WHISPER_TINY_EN.name] = source.where
        self._small = WhisperModel(weights.WHISPER_TINY_EN.name, files, threads=threads)

    @property
    def languages(self) -> list[str]:
        return sorted(self._large.languages)

    def decode(self, job: Job, waiting: int) -> Decoded:
        wish = Wish(**job.header)  # type: ignore[arg-type]
        quick = job.interim or waiting >= MANY_FINALS
        model = self._small if self._small is not None and quick and wish.language == "en" else self._large
        return model.decode(job.pcm, wish)


class Worker:
    """Reads requests, has threads decode, writes replies in the order in which they are done."""

    def __init__(self, models: Models, replies: BinaryIO, threads: int) -> None:
        self._models = models
        self._queue = Queue(threads)
        self._replies = replies
        self._writing = threading.Lock()
        for number in range(threads):
            threading.Thread(target=self._work, name=f"decode {number}", daemon=True).start()

    def serve(self, requests: BinaryIO) -> None:
        while len(head := requests.read(HEAD.size)) == HEAD.size:
            length, kind, number = HEAD.unpack(head)
            body = requests.read(length)
            if len(body) < length:
                return
            if kind == FORGET:
                if self._queue.forget(number):
                    self.reply(SKIPPED, number)
                continue
            (size,) = JSON_LENGTH.unpack_from(body)
            header = json.loads(body[JSON_LENGTH.size : JSON_LENGTH.size + size])
            job = Job(header.pop("interim"), number, header, body[JSON_LENGTH.size + size :])
            if not self._queue.put(job):
                self.reply(SKIPPED if job.interim else FAILED, number, b"too many utterances wait")

    def reply(self, status: int, number: int, body: bytes = b"") -> None:
        with self._writing:
            self._replies.write(HEAD.pack(len(body), status, number) + body)
            self._replies.flush()

    def _work(self) -> None:
        while True:
            job, waiting = self._queue.take()
            try:
                if job.interim and (waiting or time.monotonic() - job.queued > INTERIM_WAITS_S):
                    self.reply(SKIPPED, job.number)
                    continue
                self.reply(OK, job.number, json.dumps(asdict(self._models.decode(job, waiting))).encode())
            except Exception as error:  # noqa: BLE001 one utterance's failure is told to its call and never ends the others
                self.reply(FAILED, job.number, f"{type(error).__name__}: {error}".encode())
            finally:
                self._queue.done(job)


def main() -> None:
    # Ctrl-C reaches the whole process group; this process ends when the service that started it closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Libraries print to stdout in places: replies go to a copy that they do not know.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    threads = int(sys.argv[2])
    models = Models(Path(sys.argv[1]), threads)
    worker = Worker(models, replies, threads)
    worker.reply(READY, 0, json.dumps({"languages": models.languages, "sources": models.sources}).encode())
    worker.serve(sys.stdin.buffer)


if __name__ == "__main__":
    main()
