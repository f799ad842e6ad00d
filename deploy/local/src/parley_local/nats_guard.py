"""Runs the NATS server, and starts it again after a full disk: `python -m parley_local.nats_guard FOLDER COMMAND …`.

A stream of JetStream that could not be written to takes nothing more until its server is started anew, also when the
disk has room again (nats-server 2.15). On a cluster the orchestrator does this by the server's health; here the guard
does. Everything that the server says goes on to the guard's own output.
"""

import asyncio
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from parley_core.tasks import Tasks

ROOM_BYTES = 64 * 1024 * 1024  # less than that is full again at once
LOOK_S = 1.0
END_WITHIN_S = 5.0  # less than the 8 s that `plan` gives the guard: the server must not outlive it
_BROKEN = (b"ritical write error", b"no space left on device")


class Guard:
    def __init__(self, folder: Path, command: Sequence[str]) -> None:
        self._folder = folder
        self._command = command
        self._broken = asyncio.Event()
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """Until the server ends by itself or SIGTERM comes; returns the status to exit with."""
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self._stop.set)
        while True:
            self._broken.clear()
            server = await asyncio.create_subprocess_exec(*self._command, stderr=asyncio.subprocess.PIPE)
            async with Tasks("nats guard") as tasks:
                tasks.spawn(self._pass_on(server), "output")
                room = tasks.spawn(self._until_room(), "room")
                ended = tasks.spawn(server.wait(), "end")
                stopped = tasks.spawn(self._stop.wait(), "stop")
                await asyncio.wait({room, ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
                again = room.done() and not (stopped.done() or ended.done())
                status = await self._end(server)
            if not again:
                return 0 if self._stop.is_set() else status
            print("nats_guard: the disk has room again, the server is started anew", file=sys.stderr, flush=True)

    async def _pass_on(self, server: asyncio.subprocess.Process) -> None:
        if server.stderr is None:
            return
        async for line in server.stderr:
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()
            if any(words in line for words in _BROKEN):
                self._broken.set()

    async def _until_room(self) -> None:
        """Return when the server could not write and now could."""
        await self._broken.wait()
        while shutil.disk_usage(self._folder).free < ROOM_BYTES:  # noqa: ASYNC110 - a disk tells nobody
            await asyncio.sleep(LOOK_S)

    async def _end(self, server: asyncio.subprocess.Process) -> int:
        if server.returncode is None:
            server.terminate()
            try:
                await asyncio.wait_for(server.wait(), END_WITHIN_S)
            except TimeoutError:
                server.kill()
        return await server.wait()


def main() -> int:
    folder, command = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    return asyncio.run(Guard(folder, command).run())


if __name__ == "__main__":
    sys.exit(main())
