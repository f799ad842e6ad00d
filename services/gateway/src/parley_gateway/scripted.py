"""Scripts for the turn logic: events at their times, timers fired when they are due, all decisions kept."""

from collections.abc import Sequence

from parley_gateway import turn_types as t
from parley_gateway.turns import State, advance

CONFIG = t.TurnConfig(
    pause_s=0.5, min_commit_s=0.2, barge_in_s=0.25, silence_prompt_s=12, silence_prompts=2, max_call_s=600,
    backchannels=frozenset({"mhm", "okay", "uh huh"}),
)  # fmt: skip


class Script:
    """Feeds events, fires the timers that the machine set when their time comes, keeps all that was decided."""

    def __init__(self, *, config: t.TurnConfig = CONFIG, agent_first: bool = False, state: State | None = None) -> None:
        self.state = state or State(config)
        self.timers: dict[t.Timer, float] = {}
        self.done: list[t.Command] = []
        self.at = 0.0
        self.feed(0.0, t.Start(agent_first))

    def feed(self, at: float, event: t.Event) -> None:
        self.until(at)
        self._advance(at, event)

    def until(self, at: float) -> None:
        while self.timers and min(self.timers.values()) <= at:
            timer = min(self.timers, key=self.timers.__getitem__)
            due = self.timers.pop(timer)
            self._advance(max(due, self.at), t.TimerFired(timer))
        self.at = at

    def _advance(self, at: float, event: t.Event) -> None:
        self.at = at
        self.state, commands = advance(self.state, event, at)
        for command in commands:
            if isinstance(command, t.StartTimer):
                self.timers[command.timer] = command.at
            elif isinstance(command, t.StopTimer):
                self.timers.pop(command.timer, None)
            else:
                self.done.append(command)

    def run(self, *script: tuple[float, t.Event]) -> "Script":
        for at, event in script:
            self.feed(at, event)
        return self

    def decided(self, kind: type[t.Command]) -> list[t.Command]:
        return [command for command in self.done if isinstance(command, kind)]

    @property
    def committed(self) -> list[tuple[int, str]]:
        return [(one.turn, one.text) for one in self.done if isinstance(one, t.Commit)]


def speech(start: float, end: float) -> Sequence[tuple[float, t.Event]]:
    return ((start + 0.04, t.VoiceStarted(start)), (end + 0.06, t.VoiceEnded(end)))


def answered(at: float, turn: int, until: float) -> Sequence[tuple[float, t.Event]]:
    return (
        (at, t.ReplyStarted(turn)),
        (at, t.SentenceStarted(turn, uninterruptible=False)),
        (until, t.ReplyFinished(turn)),
    )
