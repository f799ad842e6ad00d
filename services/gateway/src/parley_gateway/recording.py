"""Recording: both sides of a call on one clock, left the caller, right the agent, as one WAV file per call.

Calls hand in what they hear and play with its position on the call's clock; a writer shared by all calls puts what can
no longer change into a file, off the event loop, and the finished file goes to the object store.
"""

import asyncio
import contextlib
import hashlib
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from parley_audio.formats import SAMPLE_RATE
from parley_audio.wav import WavWriter
from parley_core.objects import Objects

log = logging.getLogger(__name__)

WRITE_EVERY_S = 2.0
_SETTLED_S = 1.0  # audio so far behind the newest can no longer change
_BYTES = 2


class RecordingTrack:
    """One side's samples from `start` on; gaps are silence."""

    def __init__(self, start: int = 0) -> None:
        self._first = self.start = start
        self.pcm = bytearray()

    def put(self, position: int, pcm: bytes | memoryview) -> None:
        """Place samples at a position; a position before the end so far means the end (clocks never fit exactly)."""
        if position < self._first:
            return  # from before the recording
        missing = position - self.start - len(self.pcm) // _BYTES
        if missing > 0:
            self.pcm.extend(bytes(missing * _BYTES))
        self.pcm += pcm

    def cut(self, position: int) -> None:
        """Drop what lies at `position` and after."""
        del self.pcm[max(0, position - self.start) * _BYTES :]

    def take(self, until: int) -> bytes:
        """Take the samples before `until`, silence where there are none."""
        count = (until - self.start) * _BYTES
        taken = bytes(self.pcm[:count])
        del self.pcm[:count]
        self.start = until
        return taken.ljust(count, b"\0")


@dataclass(frozen=True, slots=True)
class Stored:
    path: str
    bytes: int
    duration_ms: int
    sha256: str
    start_ms: int


class Recording:
    """One call's recording. Positions are samples since the call's start."""

    def __init__(self, folder: Path, tenant: str, call: str, start: int = 0, *, part: bool = False) -> None:
        """`part`: another gateway may have recorded what came before `start`."""
        self.path = f"recordings/{tenant}/{call}{f'-from-{start}' if part else ''}.wav"
        self.start = start
        self.caller = RecordingTrack(start)
        self.agent = RecordingTrack(start)
        self._file = folder / f"{call}.wav"
        self._writer: WavWriter | None = None
        self._lock = asyncio.Lock()

    async def write(self, until: int) -> None:
        """Move what lies before `until` (samples) to the file."""
        async with self._lock:
            if until <= self.caller.start:
                return
            caller, agent = self.caller.take(until), self.agent.take(until)
            await asyncio.to_thread(self._append, caller, agent)

    async def store(self, objects: Objects, duration_s: float) -> Stored:
        """Finish the file at the call's end and store it. Raises Unavailable; the file is removed in any case."""
        try:
            await self.write(int(duration_s * SAMPLE_RATE))
            async with self._lock:
                size, digest = await asyncio.to_thread(self._finish)
            await objects.put(self.path, self._file)
            start_ms = self.start * 1000 // SAMPLE_RATE
            return Stored(self.path, size, max(0, int(duration_s * 1000) - start_ms), digest, start_ms)
        finally:
            await self.discard()

    async def discard(self) -> None:
        await asyncio.to_thread(self._remove)

    def _append(self, caller: bytes, agent: bytes) -> None:
        if self._writer is None:
            self._writer = WavWriter(self._file, channels=2)
        both = np.empty((len(caller) // _BYTES, 2), dtype="<i2")
        both[:, 0] = np.frombuffer(caller, dtype="<i2")
        both[:, 1] = np.frombuffer(agent, dtype="<i2")
        self._writer.write(both.tobytes())

    def _finish(self) -> tuple[int, str]:
        if self._writer is None:
            self._writer = WavWriter(self._file, channels=2)
        self._writer.close()
        with self._file.open("rb") as file:
            return self._file.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()

    def _remove(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.close()
        self._file.unlink(missing_ok=True)


class Recorder:
    """Makes recordings and writes all that run, in one rhythm. `run` is a task of the gateway's app."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self._folder = tempfile.TemporaryDirectory(prefix="parley-recordings-")
        self._running: dict[Recording, float] = {}

    def start(self, tenant: str, call: str, started_at: float, *, at: int = 0, part: bool = False) -> Recording:
        """Begin one; `started_at`: the call's start on the event loop's clock; see `Recording` for the rest."""
        recording = Recording(Path(self._folder.name), tenant, call, at, part=part)
        self._running[recording] = started_at
        return recording

    async def finish(self, recording: Recording, duration_s: float) -> Stored:
        self._running.pop(recording, None)
        return await recording.store(self.objects, duration_s)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            for recording, started_at in list(self._running.items()):
                try:
                    await recording.write(int((loop.time() - started_at - _SETTLED_S) * SAMPLE_RATE))
                except OSError as error:
                    # The call is worth more than its recording.
                    log.error("recording stopped", extra={"error": type(error).__name__})
                    self._running.pop(recording, None)

    def close(self) -> None:
        self._folder.cleanup()


class CallRecording:
    """A call's recording as it goes on: from the call's beginning, from the caller's consent on, or none."""

    def __init__(
        self, recorder: Recorder, tenant: str, call: str, *, clock: Callable[[], float], started: float, part: bool
    ) -> None:
        """`clock` and `started`: the time, and when the call began. `part`: see `Recording`."""
        self._recorder = recorder
        self._tenant = tenant
        self._call = call
        self._clock = clock
        self._started = started
        self._part = part
        self.running: Recording | None = None

    def start(self, *, whole: bool) -> Recording:
        """Record from now on. `whole`: the call has just begun, and its first sample may lie before this moment."""
        at = 0 if whole and not self._part else self._position(self._clock())
        self.running = self._recorder.start(self._tenant, self._call, self._started, at=at, part=self._part)
        return self.running

    def cut_agent(self, at: float) -> None:
        """Of the agent's audio, what was to be heard from `at` on is not."""
        if self.running is not None:
            self.running.agent.cut(self._position(at))

    def _position(self, at: float) -> int:
        return int((at - self._started) * SAMPLE_RATE)
