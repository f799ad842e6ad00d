"""Scripts for the turn logic: events at their times, timers fired when they are due, all decisions kept."""

from collections.abc import Sequence
from dataclasses import replace

from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.config import TurnConfig
from parley_gateway.turns.machine import State, advance
from parley_gateway.turns.types import Timer

CONFIG = TurnConfig(
    pause_s=0.5, min_commit_s=0.2, barge_in_s=0.25, silence_prompt_s=12, silence_prompts=2, max_call_s=600,
    backchannels=frozenset({"mhm", "okay", "uh huh"}),
)  # fmt: skip


SPEAKING = replace(CONFIG, barge_in_s=1.0, duck_s=1.2)


class Script:
    """Feeds events, fires the timers that the machine set when their time comes, keeps all that was decided."""

    def __init__(self, *, config: TurnConfig = CONFIG, agent_first: bool = False, state: State | None = None) -> None:
        self.state = state or State(config)
        self.timers: dict[Timer, float] = {}
        self.done: list[cmd.Command] = []
        self.at = 0.0
        self.feed(0.0, ev.Start(agent_first))

    def feed(self, at: float, event: ev.Event) -> None:
        self.until(at)
        self._advance(at, event)

    def until(self, at: float) -> None:
        while self.timers and min(self.timers.values()) <= at:
            timer = min(self.timers, key=self.timers.__getitem__)
            due = self.timers.pop(timer)
            self._advance(max(due, self.at), ev.TimerFired(timer))
        self.at = at

    def _advance(self, at: float, event: ev.Event) -> None:
        self.at = at
        self.state, commands = advance(self.state, event, at)
        for command in commands:
            if isinstance(command, cmd.StartTimer):
                self.timers[command.timer] = command.at
            elif isinstance(command, cmd.StopTimer):
                self.timers.pop(command.timer, None)
            else:
                self.done.append(command)

    def run(self, *script: tuple[float, ev.Event]) -> "Script":
        for at, event in script:
            self.feed(at, event)
        return self

    def decided(self, kind: type[cmd.Command]) -> list[cmd.Command]:
        return [command for command in self.done if isinstance(command, kind)]

    @property
    def committed(self) -> list[tuple[int, str]]:
        return [(one.turn, one.text) for one in self.done if isinstance(one, cmd.Commit)]


def speech(start: float, end: float) -> Sequence[tuple[float, ev.Event]]:
    return ((start + 0.04, ev.VoiceStarted(start)), (end + 0.06, ev.VoiceEnded(end)))


def answered(at: float, turn: int, until: float) -> Sequence[tuple[float, ev.Event]]:
    return (
        (at, ev.ReplyStarted(turn)),
        (at, ev.SentenceStarted(turn, uninterruptible=False)),
        (until, ev.ReplyFinished(turn)),
    )


def speaking(*, uninterruptible_now: bool = False, **options: object) -> Script:
    """A script in which the agent has been speaking since 0.5 s."""
    made = Script(agent_first=True, config=replace(SPEAKING, **options))  # type: ignore[arg-type]
    return made.run((0.5, ev.ReplyStarted(0)), (0.5, ev.SentenceStarted(0, uninterruptible=uninterruptible_now)))
