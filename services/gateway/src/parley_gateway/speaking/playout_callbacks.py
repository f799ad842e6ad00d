"""Playout's callbacks to its call, for audio (`playout`) and for text (`text_playout`)."""

from typing import Protocol

from parley_gateway.speaking.sentence import Sentence


class PlayoutCallbacks(Protocol):
    """`call.agent_side` implements them. All are called from within `add`, `expect`, `end`, `cut` or a timer."""

    def send_frame(self, frame: bytes | memoryview, heard_at: float) -> None:
        """Send this now; its first sample is heard at `heard_at`."""
        ...

    def take_back(self, since: float) -> bool:
        """Have what was sent and is to be heard from `since` (now) on dropped; False where the client cannot."""
        ...

    def fall_silent(self, now: float) -> None:
        """Have everything that was sent and not heard dropped, on any channel."""
        ...

    def voice_started(self, sentence: Sentence, arrived: float) -> None:
        """The line was idle and now it is not; `arrived`: when the first of this audio came."""
        ...

    def sentence_started(self, sentence: Sentence) -> None: ...

    def sentence_heard(self, sentence: Sentence, text: str, *, complete: bool, start: float, end: float) -> None: ...

    def starved(self, turn: int) -> None:
        """All there is has been heard and the reply is not at its end."""
        ...

    def finished(self, turn: int, then: int) -> None:
        """The reply was heard to its end."""
        ...
