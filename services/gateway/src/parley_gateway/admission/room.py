"""Whether there is room for the log of another call: on the disk of this machine's folders, and in the stream.

`registry` asks before every new call, and refuses early and in words what would fail in the middle; calls that run go
on. A disk counts as full until it has clearly more room again, so that callers are not taken and refused in turn.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from parley_core.health import Health

log = logging.getLogger(__name__)

LOW_BYTES = 256 * 1024 * 1024  # NATS' guard on one machine waits for 64 MB, the start of the stack for 500
ENOUGH_BYTES = 320 * 1024 * 1024
LOOK_S = 2.0

Free = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """Free space on the disk where the folder is, or would be made."""
    folder = folder.resolve()
    return shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free


class Room:
    def __init__(
        self,
        folders: Sequence[Path],
        refuses: Callable[[], str],
        health: Health,
        *,
        free: Free = free_bytes,
        low_bytes: int = LOW_BYTES,
        enough_bytes: int = ENOUGH_BYTES,
    ) -> None:
        """`refuses`: why the stream of the logs takes nothing; "" while it does."""
        self._folders = tuple(folders)
        self._refuses = refuses
        self._health = health
        self._free = free
        self._low_bytes = low_bytes
        self._enough_bytes = enough_bytes
        self._low = ""

    @property
    def missing(self) -> str:
        """Why there is no room for another call, in words; "" where there is."""
        if self._low:
            return self._low
        refused = self._refuses()
        return f"The log takes nothing: {refused}." if refused else ""

    async def watch(self) -> None:
        """Look every few seconds. A task of the gateway's app."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        low = ""
        for folder in self._folders:
            try:
                free = await asyncio.to_thread(self._free, folder)
            except OSError:
                continue  # a folder that is gone says nothing of its disk
            if free < (self._enough_bytes if self._low else self._low_bytes):
                low = f"The disk of {folder} has {free // 2**20} MB left."
        if low and not self._low:
            log.warning("disk low, new calls are refused", extra={"detail": low})
        elif self._low and not low:
            log.warning("disk has room, new calls are taken")
        self._low = low
        self._health.set("disk", not low, low)


def folders_of(unsent_dir: str, objects_url: str) -> list[Path]:
    """The folders of this machine that calls write to; object stores elsewhere have none."""
    named = [unsent_dir, "" if "://" in objects_url else objects_url]
    return [Path(one) for one in named if one]
