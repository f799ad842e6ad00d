"""What a worker and the process that decodes send each other: `decoder.py` on one side, `process.py` on the other.

Apart from both, so that the worker does not load the model's libraries. They meet at an abstract Unix socket: its name
exists as long as the process does, and only one process can have it. Frames in both directions: length (4 bytes), a
byte for what it is, the request (4 bytes), then JSON and, behind its length, PCM.
"""

import hashlib
import os
import socket
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HEAD = struct.Struct("<IBI")  # length of what follows the head, kind, request
JSON_LENGTH = struct.Struct("<I")
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: unix(7)

DECODE, FORGET = 1, 2
READY, OK, FAILED, SKIPPED, BUSY = range(5)  # BUSY: it works, if not for this worker


def name_of(folder: Path, threads: int, apart: str) -> str:
    """The socket's name. The same for workers of one user, one installation and the same settings; `apart` tells
    processes from each other that shall not be shared."""
    code = [(one.name, one.stat().st_mtime_ns) for one in sorted(Path(__file__).parent.glob("*.py"))]
    of = repr((sys.prefix, str(folder.resolve()), threads, apart, code))
    return f"parley-whisper-{os.getuid()}-{hashlib.sha256(of.encode()).hexdigest()[:24]}"


def address(name: str) -> str:
    """In the namespace that has no files (unix(7))."""
    return f"\0{name}"


def peer(connected: socket.socket) -> tuple[int, int]:
    """The process and the user at the other end: any user of the machine may take or reach an abstract name."""
    pid, uid, _ = _CREDENTIALS.unpack(connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return pid, uid


@dataclass(frozen=True, slots=True)
class Wish:
    """How a sound is to be decoded. Spoken pieces of one sentence are heard well only behind each other."""

    language: str = "en"  # without region
    others: Sequence[str] = ()  # which else it may be
    hot_words: str = ""
    beam: int = 5  # where the first text is not sure
    timed: bool = True  # with word times
    before: str = ""  # what was said in the first `before_ms` of the sound: it is not written again
    before_ms: int = 0


@dataclass(frozen=True, slots=True)
class Word:
    """As it is written, with its marks; milliseconds since the first sample that is not `before`."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Decoded:
    words: tuple[Word, ...] = ()
    confidence: float = 0.0
    language: str = ""  # another one than was wished for, where the sound tells so
