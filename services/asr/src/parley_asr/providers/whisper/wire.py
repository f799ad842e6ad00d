"""What the service and the child that decodes send each other: `child.py` on one side, `process.py` on the other.

Apart from both, so that the service does not load the model's libraries. Frames in both directions: length (4 bytes), a
byte for what it is, the request (4 bytes), then JSON and, behind its length, PCM.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = struct.Struct("<IBI")  # length of what follows the head, kind, request
JSON_LENGTH = struct.Struct("<I")

DECODE, FORGET = 1, 2
READY, OK, FAILED, SKIPPED = range(4)


@dataclass(frozen=True, slots=True)
class Wish:
    """How a sound is to be decoded. Spoken pieces of one sentence are heard well only behind each other."""

    language: str = "en"  # without region
    others: Sequence[str] = ()  # which else it may be
    hot_words: str = ""
    beam: int = 5
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
