"""τ-voice's interaction panel, version 1.0: response, yielding, interruptions of the caller, selectivity. Pure.

The rules are the benchmark's, in ticks of 0.2 s. Speech that begins while the agent speaks is an interruption. Side
sounds are events of their own: a backchannel, a vocal tic or speech to somebody else must neither stop the agent within
1.0 s nor, in silence, start it within 2.0 s.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from parley_evaluation.recording import Kind, Recording, Span, Stimulus

TICK_S = 0.2
YIELD_WITHIN_S = 2.0
STOPPED_WITHIN_S = 1.0
STARTED_WITHIN_S = 2.0
_TICKS_PER_S = round(1 / TICK_S)


@dataclass(frozen=True, slots=True)
class Ticks:
    """A span in ticks; the last one is not part of it."""

    start: int
    end: int


@dataclass(slots=True)
class Panel:
    """What was counted; of one call or of many (`add`)."""

    responses_s: list[float] = field(default_factory=list)
    turns: int = 0  # of the caller's, that a response could be expected to
    yields_s: list[float] = field(default_factory=list)
    exact_yields_s: list[float] = field(default_factory=list)  # the same without ticks
    interruptions: int = 0
    agent_interruptions: int = 0
    events: dict[Kind, int] = field(default_factory=dict)
    errors: dict[Kind, int] = field(default_factory=dict)

    @property
    def response_rate(self) -> float:
        return _share(len(self.responses_s), self.turns)

    @property
    def response_latency_s(self) -> float:
        return _mean(self.responses_s)

    @property
    def yield_rate(self) -> float:
        return _share(len(self.yields_s), self.interruptions)

    @property
    def yield_latency_s(self) -> float:
        return _mean(self.yields_s)

    @property
    def agent_interruption_rate(self) -> float:
        return _share(self.agent_interruptions, self.turns)

    def selectivity(self, kind: Kind) -> float:
        events = self.events.get(kind, 0)
        return 1 - _share(self.errors.get(kind, 0), events) if events else math.nan

    def add(self, other: "Panel") -> None:
        self.responses_s += other.responses_s
        self.turns += other.turns
        self.yields_s += other.yields_s
        self.exact_yields_s += other.exact_yields_s
        self.interruptions += other.interruptions
        self.agent_interruptions += other.agent_interruptions
        for counted, more in ((self.events, other.events), (self.errors, other.errors)):
            for kind, count in more.items():
                counted[kind] = counted.get(kind, 0) + count


def panel_of(recording: Recording) -> Panel:
    """Score one call."""
    agent = _joined(recording.agent)
    speech = [(one, _ticks(one.span)) for one in recording.speech]
    panel = Panel()
    for number, (one, said) in enumerate(speech):
        following = speech[number + 1][1].start if number + 1 < len(speech) else math.inf
        yields = len(panel.yields_s)
        _score_turn(panel, said, following, agent)
        over = recording.agent_at(one.span.start_s)
        if len(panel.yields_s) > yields and over is not None:
            panel.exact_yields_s.append(over.end_s - one.span.start_s)
    panel.agent_interruptions = sum(any(said.start < voice.start < said.end for _, said in speech) for voice in agent)
    for one in recording.stimuli:
        if one.kind is not Kind.SPEECH:
            _score_side_sound(panel, one, agent)
    return panel


def _score_turn(panel: Panel, said: Ticks, following: float, agent: Sequence[Ticks]) -> None:
    over = _at(agent, said.start)
    if over is not None:
        panel.interruptions += 1
        taken = over.end - said.start
        if taken <= YIELD_WITHIN_S * _TICKS_PER_S:
            panel.yields_s.append(taken * TICK_S)
    if over is not None and over.end >= said.end:
        return  # an interruption that was never resolved
    panel.turns += 1
    if _at(agent, said.end - 1) is not None:
        return  # the agent spoke before the caller was done
    answer = next((voice for voice in agent if voice.start >= said.end), None)
    if answer is not None and answer.start < following:
        panel.responses_s.append((answer.start - said.end) * TICK_S)


def _score_side_sound(panel: Panel, one: Stimulus, agent: Sequence[Ticks]) -> None:
    heard = _ticks(one.span)
    over = _at(agent, heard.start)
    if over is not None:
        wrong = over.end - heard.start <= STOPPED_WITHIN_S * _TICKS_PER_S
    elif one.kind is Kind.BACKCHANNEL:
        return  # in silence it is an answer
    else:
        wrong = any(0 < voice.start - heard.start <= STARTED_WITHIN_S * _TICKS_PER_S for voice in agent)
    panel.events[one.kind] = panel.events.get(one.kind, 0) + 1
    panel.errors[one.kind] = panel.errors.get(one.kind, 0) + int(wrong)


def _ticks(span: Span) -> Ticks:
    """Every tick in which there is a sound."""
    start = math.floor(span.start_s / TICK_S + 1e-6)
    return Ticks(start, max(start + 1, math.ceil(span.end_s / TICK_S - 1e-6)))


def _joined(spans: Iterable[Span]) -> list[Ticks]:
    """Runs of ticks."""
    runs: list[Ticks] = []
    for one in map(_ticks, spans):
        if runs and one.start <= runs[-1].end:
            runs[-1] = Ticks(runs[-1].start, max(runs[-1].end, one.end))
        else:
            runs.append(one)
    return runs


def _at(runs: Sequence[Ticks], tick: int) -> Ticks | None:
    return next((one for one in runs if one.start <= tick < one.end), None)


def _share(part: float, whole: int) -> float:
    return part / whole if whole else math.nan


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan
