"""The silence between two sentences of a turn, as a person would make it: by the mark that the first one ends in.

`call` asks it before each sentence. The pause stands before a sentence and not behind one: so neither the turn's first
sound nor its end waits for it. A time without audio that the listener had anyway, because the next sentence was not
there yet, counts as part of it.
"""

from parley_core.clock import Clock

from parley_tts.shaping import LEAD_MS, Shape

_CLOSERS = "\"'”’»)]*_ "
# After a question a person waits a moment longer; a cut at a comma or inside a clause is no end of a thought.
_PAUSES_MS = {
    **dict.fromkeys(".!。！।۔", 320),
    **dict.fromkeys("?？؟…", 380),
    **dict.fromkeys(";:—–；：؛", 220),
    **dict.fromkeys(",、，،", 150),
}
_WITHOUT_MARK_MS = 90


def pause_ms(text: str) -> int:
    """How long a person is silent behind this text, in its middle of a turn."""
    return _PAUSES_MS.get(text.rstrip(_CLOSERS)[-1:], _WITHOUT_MARK_MS)


class Pauses:
    """Of one call; its sentences come one after the other."""

    def __init__(self, clock: Clock, shape: Shape) -> None:
        self._clock = clock
        self._kept_ms = shape.gap_ms + LEAD_MS  # silence that every sentence has at its edges
        self._last: tuple[int, int] | None = None
        self._pause_ms = 0
        self._until = 0.0

    def before(self, turn: int, sentence: int) -> int:
        """Milliseconds of silence that this sentence needs in front, if its audio begins now."""
        if self._last is None or self._last[0] != turn or self._last[1] >= sentence:
            return 0
        waited_ms = max(self._clock.monotonic() - self._until, 0.0) * 1000
        return max(self._pause_ms - self._kept_ms - round(waited_ms), 0)

    def said(self, turn: int, sentence: int, text: str, *, began: float, length_ms: int) -> None:
        """A sentence's audio has been given, from `began` (monotonic seconds) on."""
        follows = self._last is not None and self._last[0] == turn
        self._until = (max(self._until, began) if follows else began) + length_ms / 1000
        self._last, self._pause_ms = (turn, sentence), pause_ms(text)
