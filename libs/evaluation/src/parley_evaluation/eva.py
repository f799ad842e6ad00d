"""EVA's turn-taking score, v0.2: each turn from 0 to 1 by its latency and by who spoke over whom. Pure.

A turn is what the caller says and the agent's answer to it. It counts when both sides sound; the greeting is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from parley_evaluation.recording import Recording, Span

_NO_ANSWER_S = 30.0


@dataclass(frozen=True, slots=True)
class Turn:
    """`before`: the agent's voice that the caller spoke over. `tool`: a tool had to be asked for the answer."""

    user: Span
    agent: tuple[Span, ...]
    before: Span | None = None
    tool: bool = False


def latency_score(latency_ms: float, *, tool: bool = False) -> float:
    """1 from 500 to 2000 ms (3000 with a tool), falling to 0 at -500 and 3500 ms (5000)."""
    plateau, zero = (3000, 5000) if tool else (2000, 3500)
    if latency_ms <= -500 or latency_ms >= zero:
        return 0.0
    if latency_ms < 500:
        return (latency_ms + 500) / 1000
    return 1.0 if latency_ms <= plateau else (zero - latency_ms) / (zero - plateau)


def turn_score(turn: Turn) -> float:
    """The minimum of what applies: latency, or the penalties of speaking over each other."""
    overlapping = [one for one in turn.agent if one.start_s < turn.user.end_s]
    scores: list[float] = []
    if overlapping:
        overlap_ms = sum(_common_s(turn.user, one) for one in overlapping) * 1000
        settled = next((one for one in turn.agent if one.start_s >= turn.user.end_s), None)
        scores.append(0.5 * (1 - overlap_ms / 2000))
        scores.append(0.5 * (1 - (len(overlapping) - 1) / 2))
        if settled is not None:
            scores.append(_latency(turn, settled))
    if turn.before is not None:
        scores.append(1 - (turn.before.end_s - turn.user.start_s) * 1000 / 2000)
    if not scores and turn.agent:
        scores.append(_latency(turn, turn.agent[0]))
    return max(0.0, min(scores, default=0.0))


def turns_of(recording: Recording) -> list[Turn]:
    """The turns that count: each of the caller's, with what the agent says from its start to the next one's."""
    speech = [one.span for one in recording.speech]
    nexts = [after.start_s for _, after in pairwise(speech)] + [recording.length_s + _NO_ANSWER_S]
    found: list[Turn] = []
    for said, following in zip(speech, nexts, strict=True):
        before = recording.agent_at(said.start_s)
        answer = tuple(one for one in recording.agent if said.start_s < one.start_s < following)
        if answer:
            found.append(Turn(said, answer, before))
    return found


def score(recordings: Sequence[Recording]) -> list[float]:
    """The score of every turn that counts."""
    return [turn_score(turn) for one in recordings for turn in turns_of(one)]


def _latency(turn: Turn, answer: Span) -> float:
    return latency_score((answer.start_s - turn.user.end_s) * 1000, tool=turn.tool)


def _common_s(one: Span, other: Span) -> float:
    return max(0.0, min(one.end_s, other.end_s) - max(one.start_s, other.start_s))
