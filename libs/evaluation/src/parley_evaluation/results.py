"""What a run brought: its calls, kept as JSON while it goes on, and the figures that the rules make of them.

Pure but for the two functions that read and write a file. `run` makes the calls, `table` shows the figures.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from parley_evaluation import eva, pauses, take_over
from parley_evaluation.panel import Panel, panel_of
from parley_evaluation.recording import Kind, Recording, Span, Stimulus
from parley_evaluation.take_over import SpokenWord

_Z = 1.96  # of 95 %


@dataclass(frozen=True, slots=True)
class Played:
    """One call. `interrupted`: how often the platform says that the caller interrupted the agent."""

    number: int
    call: str
    agent: str
    voice: str
    noise: str
    echo: bool
    hesitant: bool
    recording: Recording
    late_s: float = 0.0
    left_out: int = 0
    unanswered: int = 0
    interrupted: int = 0
    answers: int = 0
    words: tuple[SpokenWord, ...] | None = None  # on the agent's channel, where they were recognised


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval by Wilson's score."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        return self.part / self.whole if self.whole else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        if not self.whole:
            return math.nan, math.nan
        share, n = self.value, self.whole
        middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Mean:
    values: tuple[float, ...]

    @property
    def value(self) -> float:
        return sum(self.values) / len(self.values) if self.values else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        count = len(self.values)
        if count < 2:
            return math.nan, math.nan
        variance = sum((one - self.value) ** 2 for one in self.values) / (count - 1)
        half = _Z * math.sqrt(variance / count)
        return self.value - half, self.value + half


@dataclass(slots=True)
class Figures:
    """All that the rules make of a run."""

    panel: Panel = field(default_factory=Panel)
    eva: list[float] = field(default_factory=list)
    cases: list[pauses.PauseCase] = field(default_factory=list)
    pause_take_overs: Rate = Rate(0, 0)
    turn_take_overs: Rate = Rate(0, 0)
    echo_answers: int = 0
    echo_interruptions: int = 0


def figures(calls: Sequence[Played]) -> Figures:
    found = Figures()
    for one in calls:
        if one.echo:
            found.echo_answers += one.answers
            found.echo_interruptions += one.interrupted
            continue
        found.cases += pauses.cases_of(one.recording)
        if not one.hesitant:
            found.panel.add(panel_of(one.recording))
            found.eva += eva.score([one.recording])
    found.pause_take_overs, found.turn_take_overs = _take_overs([one for one in calls if not one.echo])
    return found


def _take_overs(calls: Sequence[Played]) -> tuple[Rate, Rate]:
    """Of pauses inside speech, and of turns that were over; only where the agent's words are known."""
    in_pauses = [0, 0]
    after_turns = [0, 0]
    for one in calls:
        if one.words is None:
            continue
        speech = one.recording.speech
        following = [said.span.start_s for said in speech[1:]] + [math.inf]
        for said, after in zip(speech, following, strict=True):
            if one.recording.agent_at(said.span.start_s) is not None:
                continue
            end = min(after, said.span.end_s + pauses.SHORTEST_S + 8.0)
            spoken = [word for word in one.words if said.span.start_s < word.start_s < end]
            early = [word for word in spoken if word.start_s < said.span.end_s]
            if said.pauses:
                in_pauses[0] += take_over.takes_over(early)
                in_pauses[1] += 1
            after_turns[0] += take_over.takes_over(spoken)
            after_turns[1] += 1
    return Rate(*in_pauses), Rate(*after_turns)


def write(path: Path, calls: Sequence[Played], about: dict[str, object]) -> None:
    """The whole file anew, so that a run that is stopped leaves what it had."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"about": about, "calls": [asdict(one) for one in calls]}), "utf-8")
    part.replace(path)


def read(path: Path) -> tuple[dict[str, object], list[Played]]:
    found = json.loads(path.read_text("utf-8"))
    return found["about"], [_played(one) for one in found["calls"]]


def _played(found: dict[str, object]) -> Played:
    recording = found["recording"]
    assert isinstance(recording, dict)
    words = found.get("words")
    rest = {name: value for name, value in found.items() if name not in ("recording", "words")}
    return Played(
        **rest,  # type: ignore[arg-type]
        recording=Recording(
            tuple(
                Stimulus(
                    Kind(one["kind"]), Span(**one["span"]), one["label"], tuple(Span(**at) for at in one["pauses"])
                )
                for one in recording["stimuli"]
            ),
            tuple(Span(**one) for one in recording["agent"]),
            recording["length_s"],
        ),
        words=tuple(SpokenWord(**one) for one in words) if isinstance(words, list) else None,
    )


def write_table(folder: Path, about: dict[str, object], rows: list[dict[str, object]]) -> None:
    """The newest table of a folder."""
    (folder / "turns.json").write_text(
        json.dumps({"about": about, "rows": rows}, indent=1, ensure_ascii=False), "utf-8"
    )
