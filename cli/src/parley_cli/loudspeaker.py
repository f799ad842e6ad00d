"""What a client plays of the agent's audio, and when: `caller`'s loudspeaker. Pure; times are monotonic seconds.

A frame is played when it comes, or behind what is still to be played; `clear` drops that. The gateway keeps some 60 ms
ahead of the ear, so a frame is heard about that much after it came.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RATE = 16000
SOUND = 64  # of 32767; below it a frame is silence
_BYTES_PER_S = RATE * 2


@dataclass(slots=True)
class Played:
    start: float
    pcm: bytes
    sounds: bool

    @property
    def end(self) -> float:
        return self.start + len(self.pcm) / _BYTES_PER_S


class Loudspeaker:
    def __init__(self) -> None:
        self._played: list[Played] = []
        self._until = 0.0

    @property
    def played(self) -> Sequence[Played]:
        """In order; the last of it may still be to be heard."""
        return self._played

    @property
    def pcm(self) -> bytes:
        """All of it, without the gaps."""
        return b"".join(one.pcm for one in self._played)

    def take(self, pcm: bytes, at: float) -> None:
        start = max(at, self._until)
        loud = len(pcm) > 1 and int(np.abs(np.frombuffer(pcm, "<i2").astype(np.int32)).max()) > SOUND
        self._played.append(Played(start, pcm, loud))
        self._until = self._played[-1].end

    def clear(self, at: float) -> None:
        """What is not played by now is never heard."""
        while self._played and self._played[-1].start >= at:
            self._played.pop()
        if self._played and self._played[-1].end > at:
            last = self._played[-1]
            last.pcm = last.pcm[: round((at - last.start) * RATE) * 2]
        self._until = min(self._until, at)

    def voice_s(self, since: float, until: float) -> float:
        """How long the agent's voice was heard between two times."""
        total = 0.0
        for one in reversed(self._played):
            if one.end <= since:
                break
            if one.sounds:
                total += max(0.0, min(one.end, until) - max(one.start, since))
        return total

    def last_sound(self, before: float) -> float:
        """When the agent was last heard before a time; 0: never."""
        for one in reversed(self._played):
            if one.sounds and one.start < before:
                return min(one.end, before)
        return 0.0

    def between(self, start: float, end: float) -> bytes:
        """What is heard from one time to another, silence included: PCM16 16 kHz."""
        mixed = bytearray(round((end - start) * RATE) * 2)
        for one in reversed(self._played):
            if one.end <= start:
                break
            at = round((one.start - start) * RATE) * 2
            part = one.pcm[max(0, -at) : max(0, len(mixed) - at)]
            at = max(0, at)
            mixed[at : at + len(part)] = part[: max(0, len(mixed) - at)]
        return bytes(mixed)
