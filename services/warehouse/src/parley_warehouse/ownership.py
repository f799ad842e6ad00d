"""One process owns the data folder: a lock that the system releases however the process ends. `engine` holds it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parley_warehouse.errors import StartRefused


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder and hold it. Raises StartRefused when it cannot be written or has an owner."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "warehouse.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StartRefused(f"{folder} cannot be written: {error.strerror}") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(lock, 32).decode(errors="replace").strip()
            raise StartRefused(f"{folder} is in use by another warehouse (process {owner or 'unknown'})") from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(lock)
