"""How loud the voice is that a caller's line carries, or carried last. Pure; `vad.Ear` feeds it.

`machine` compares it with the caller's own usual level: a voice far below it is another person's in the room.
"""

_FADING = (
    0.97  # per window of voice: 8 dB a second, so that the loud parts of words count and not the gaps between them
)
_FALLING = 0.85  # per window without voice: 44 dB a second


class Loudness:
    """In RMS, PCM16 steps. During silence, that of the last voice."""

    def __init__(self) -> None:
        self.level = 0.0
        self._carried = 0.0  # what the last voice still counts for when one begins

    def window(self, level: float, *, voiced: bool) -> None:
        """Take the next window's level; `voiced` as of the windows before it."""
        if voiced:
            self.level = self._carried = max(level, self.level * _FADING)
        else:
            self._carried *= _FALLING

    def begin(self, level: float) -> None:
        """Voice begins, in a window of this level. A closure inside a word ends a voice, too: what begins right behind
        it is the same one, however softly."""
        self.level = self._carried = max(level, self._carried)
