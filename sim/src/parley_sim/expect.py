"""What came of a call, from its log, and where that is not what its script expects; for simulated and live calls."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from parley.v1 import events_pb2
from parley_core.bus.log import Event, body_of

from parley_sim.script import Expected

_WORD = re.compile(r"[\w']+")
_LIKENESS = 0.8  # of the words of a turn: a recogniser gets some of them wrong

Same = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Observed:
    turns: tuple[str, ...]  # of the caller, with words
    interrupted: int
    resumed: int  # times the agent went on after an interruption that was none
    prompts: int
    ended: str


def observed(events: Iterable[Event]) -> Observed:
    turns: dict[int, str] = {}
    interrupted = resumed = prompts = 0
    ended = ""
    for event in events:
        body = body_of(event)
        if isinstance(body, events_pb2.TurnCommitted):
            if body.reason == events_pb2.COMMIT_REASON_RESUME:
                resumed += 1
            else:
                turns[body.turn] = body.text
        elif isinstance(body, events_pb2.Interrupted):
            interrupted += 1
        elif isinstance(body, events_pb2.SilencePrompted):
            prompts += 1
        elif isinstance(body, events_pb2.CallEnded):
            ended = body.reason
    return Observed(tuple(text for _, text in sorted(turns.items())), interrupted, resumed, prompts, ended)


def deviations(expected: Expected, seen: Observed, *, same: Same = str.__eq__) -> list[str]:
    """One line for each thing that is not as expected; `same` compares the texts of turns."""
    found = []
    if expected.turns is not None and (
        len(expected.turns) != len(seen.turns) or not all(map(same, expected.turns, seen.turns))
    ):
        found.append(f"turns: expected {expected.turns}, were {list(seen.turns)}")
    for wanted, got, what in (
        (expected.interrupted, seen.interrupted, "interruptions"),
        (expected.resumed, seen.resumed, "resumptions"),
        (expected.ended, seen.ended, "the end"),
        (expected.prompts, seen.prompts, "prompts"),
    ):
        if wanted is not None and wanted != got:
            found.append(f"{what}: expected {wanted}, were {got}")
    return found


def alike(wanted: str, heard: str) -> bool:
    """Whether a recogniser may have heard this of that."""
    return SequenceMatcher(None, _words(wanted), _words(heard), autojunk=False).ratio() >= _LIKENESS


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
