"""The pause sweep of end-of-turn detection: how often a pause inside a turn is taken for its end, against delay. Pure.

Every annotated pause of 100 ms and more is one case; the last one of a turn is its true end. From one recording other
operating points follow by a floor: an agent that had waited at least `d` would not have cut a pause shorter than `d`,
and would have answered no sooner than `d` after a true end.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parley_evaluation.recording import Recording

SHORTEST_S = 0.1
BUDGETS_S = (0.5, 0.8, 1.2)
FALSE_RATE = 0.05
_ALREADY_COMING_S = 0.2  # a voice that begins so soon after the caller goes on was started by the pause
_LATEST_ANSWER_S = 8.0
_STEP_S = 0.01


@dataclass(frozen=True, slots=True)
class PauseCase:
    """`length_s`: until the caller goes on, infinite at a true end; `taken_s`: until the agent speaks, or infinite."""

    length_s: float
    taken_s: float

    @property
    def true_end(self) -> bool:
        return math.isinf(self.length_s)


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    floor_s: float
    false_rate: float
    delay_s: float  # mean, over the true ends that were answered


def cases_of(recording: Recording) -> list[PauseCase]:
    """The pauses and ends of everything that the caller says into the agent's silence."""
    cases: list[PauseCase] = []
    following = [one.span.start_s for one in recording.speech[1:]] + [math.inf]
    for said, after in zip(recording.speech, following, strict=True):
        if recording.agent_at(said.span.start_s) is not None:
            continue
        cut = False
        for pause in said.pauses:
            if pause.length_s < SHORTEST_S or cut:
                continue
            begun = _agent_starts(recording, pause.start_s, pause.end_s + _ALREADY_COMING_S)
            cut = begun is not None
            taken_s = min(begun - pause.start_s, pause.length_s - 1e-3) if begun is not None else math.inf
            cases.append(PauseCase(pause.length_s, taken_s))
        if not cut:
            begun = _agent_starts(recording, said.span.end_s, min(after, said.span.end_s + _LATEST_ANSWER_S))
            cases.append(PauseCase(math.inf, begun - said.span.end_s if begun is not None else math.inf))
    return cases


def operating_point(cases: Iterable[PauseCase], floor_s: float) -> OperatingPoint:
    inner = [one for one in cases if not one.true_end]
    delays = [max(one.taken_s, floor_s) for one in cases if one.true_end and not math.isinf(one.taken_s)]
    false = sum(max(one.taken_s, floor_s) < one.length_s for one in inner)
    return OperatingPoint(
        floor_s, false / len(inner) if inner else math.nan, sum(delays) / len(delays) if delays else math.nan
    )


def sweep(cases: Sequence[PauseCase]) -> list[OperatingPoint]:
    longest = max((one.length_s for one in cases if not one.true_end), default=0.0)
    return [operating_point(cases, step * _STEP_S) for step in range(int(longest / _STEP_S) + 2)]


def false_rate_at(points: Sequence[OperatingPoint], budget_s: float) -> float:
    """The lowest rate of false cut-offs within a mean delay; NaN where every point is slower."""
    return min((one.false_rate for one in points if one.delay_s <= budget_s), default=math.nan)


def delay_at(points: Sequence[OperatingPoint], false_rate: float = FALSE_RATE) -> float:
    """The lowest mean delay with at most so many false cut-offs."""
    return min((one.delay_s for one in points if one.false_rate <= false_rate), default=math.nan)


def _agent_starts(recording: Recording, after_s: float, before_s: float) -> float | None:
    return next((one.start_s for one in recording.agent if after_s < one.start_s < before_s), None)
