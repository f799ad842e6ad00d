"""Which words lie where in the audio of a reply that was played, for a client that says how much of it was heard."""

from collections import OrderedDict
from dataclasses import dataclass, field

from parley_audio.formats import BYTES_PER_MS

from parley_gateway.speaking.sentence import Sentence

_TURNS = 4  # that can still be truncated


@dataclass(slots=True)
class _Reply:
    audio_ms: float = 0.0
    words: list[tuple[float, str]] = field(default_factory=list)  # end in the reply's audio, word


class WordPositions:
    """Fed with each sentence once it was heard, to its end or not."""

    def __init__(self) -> None:
        self._replies: OrderedDict[int, _Reply] = OrderedDict()

    def add(self, sentence: Sentence, text: str) -> None:
        """`text`: the words of it that were played."""
        reply = self._replies.setdefault(sentence.turn, _Reply())
        spelled = text.split()
        # A word of the text may be several of the voice's ("10:30"), so the text counts only where they are as many.
        words = list(sentence.words) if text == sentence.text else list(sentence.words)[: len(spelled)]
        if len(words) != len(spelled):
            spelled = [word.text for word in words]
        reply.words += [(reply.audio_ms + word.end_ms, one) for word, one in zip(words, spelled, strict=True)]
        reply.audio_ms += sentence.sent_bytes / BYTES_PER_MS
        while len(self._replies) > _TURNS:
            self._replies.popitem(last=False)

    def until(self, turn: int, heard_ms: float) -> str | None:
        """The words in the first `heard_ms` of a turn's audio; None where that is all that is known of it."""
        reply = self._replies.get(turn)
        if reply is None:
            return None
        heard = [text for end, text in reply.words if end <= heard_ms + 1]
        return " ".join(heard) if len(heard) < len(reply.words) else None
