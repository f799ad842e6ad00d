"""The transcript of a finished call: what each side really said and heard, in order, with times. Pure.

Made by the activities from the call's folded log; stored as JSON for programs and as text for people.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from parley.v1 import events_pb2
from parley_core.conversation import Conversation, Turn, fold

CALLER, AGENT = "caller", "agent"


@dataclass(frozen=True, slots=True)
class Line:
    """One side's words in one turn. Times in ms since the call's start."""

    speaker: str
    turn: int
    text: str
    start_ms: int
    end_ms: int
    interrupted: bool = False  # the caller cut the agent off here: the rest was not heard
    language: str = ""  # BCP 47; "" where the call had only one
    answered: bool = True  # False: words of the caller that came too late to make a turn


@dataclass(frozen=True, slots=True)
class Transcript:
    tenant: str
    call: str
    agent: str
    agent_version: int
    language: str  # what the call ended in
    languages: tuple[str, ...]  # every one that it was in
    started_us: int  # Unix time
    duration_ms: int
    end_reason: str
    recording_path: str
    lines: tuple[Line, ...]

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()

    def to_text(self) -> str:
        """One line per turn and side: position, speaker, words."""
        written = []
        for line in self.lines:
            minutes, millis = divmod(line.start_ms, 60_000)
            mark = " [interrupted]" if line.interrupted else ""
            written.append(f"[{minutes:02d}:{millis // 1000:02d}] {line.speaker}: {line.text}{mark}\n")
        return "".join(written)


def make(tenant: str, call: str, events: Sequence[events_pb2.Event]) -> Transcript:
    """Fold the log into its transcript."""
    conversation = fold(events)
    session = conversation.session
    ended = conversation.ended
    several = len(conversation.spoken_languages) > 1
    lines = [line for turn in conversation.turns.values() for line in _lines(turn, turn.language if several else "")]
    lines += _unanswered(conversation, events)
    return Transcript(
        tenant=tenant,
        call=call,
        agent=session.agent if session else "",
        agent_version=session.agent_version if session else 0,
        language=conversation.language,
        languages=conversation.spoken_languages,
        started_us=conversation.started_us,
        duration_ms=ended.duration_ms if ended else 0,
        end_reason=ended.reason if ended else "",
        recording_path=conversation.recording.path if conversation.recording else "",
        lines=tuple(sorted(lines, key=lambda line: (line.start_ms, line.turn, line.speaker != CALLER))),
    )


def _lines(turn: Turn, language: str) -> list[Line]:
    lines = []
    if turn.committed and turn.text:
        lines.append(Line(CALLER, turn.number, turn.text, turn.speech_start_ms, turn.speech_end_ms, language=language))
    if heard := turn.heard_text:
        played = [sentence for sentence in turn.sentences.values() if sentence.heard_text]
        start_ms = min(sentence.start_ms or 0 for sentence in played)
        end_ms = max(sentence.end_ms or 0 for sentence in played)
        lines.append(Line(AGENT, turn.number, heard, start_ms, end_ms, interrupted=turn.interrupted, language=language))
    return lines


def _unanswered(conversation: Conversation, events: Sequence[events_pb2.Event]) -> list[Line]:
    """What the caller said that no turn took up, such as a last word before hanging up."""
    several = len(conversation.spoken_languages) > 1
    taken = {
        utterance
        for event in events
        if event.WhichOneof("body") == "turn_committed"
        for utterance in event.turn_committed.utterances
    }
    return [
        Line(
            CALLER,
            conversation.newest_turn,
            heard.text,
            heard.start_ms,
            heard.end_ms,
            answered=False,
            language=heard.language if several else "",
        )
        for number, heard in conversation.heard.items()
        if number not in taken and heard.text
    ]
