"""What a call is scored from: the caller's stimuli with their times, and when the agent's channel sounds. Pure.

`caller` makes the recording; the scorers (`panel`, `eva`, `take_over`, `pauses`) read nothing else. Times are seconds
since the call's first frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
MERGE_S = 0.5  # Full-Duplex-Bench's gap of the model's channel: shorter ones lie inside a voice
LEAST_S = 0.06  # shorter sounds are clicks
SOUND = 40.0  # root mean square of 16-bit samples; a lowered voice is well above
_FRAME = RATE // 50


class Kind(StrEnum):
    """What the caller's channel carries."""

    SPEECH = "speech"  # meant for the agent
    BACKCHANNEL = "backchannel"
    VOCAL_TIC = "vocal tic"  # cough, sneeze, sniffle, laugh
    NON_DIRECTED = "non-directed speech"  # to somebody else in the room
    NOISE = "noise burst"
    TELEVISION = "television"


@dataclass(frozen=True, slots=True)
class Span:
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Stimulus:
    """One sound of the caller's. `pauses`: silences inside speech of 100 ms and more."""

    kind: Kind
    span: Span
    label: str = ""  # the text, or the name of the sound
    pauses: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """One call. `agent`: when its channel sounds, in order."""

    stimuli: tuple[Stimulus, ...]
    agent: tuple[Span, ...]
    length_s: float

    @property
    def speech(self) -> tuple[Stimulus, ...]:
        return tuple(one for one in self.stimuli if one.kind is Kind.SPEECH)

    def agent_at(self, time_s: float) -> Span | None:
        """The agent's sound at a time."""
        return next((one for one in self.agent if one.start_s <= time_s < one.end_s), None)


def sounding(channel: NDArray[np.int16], *, merge_s: float = MERGE_S) -> tuple[Span, ...]:
    """When a channel of 16 kHz samples sounds; silences shorter than `merge_s` are part of a sound."""
    whole = channel[: len(channel) // _FRAME * _FRAME].reshape(-1, _FRAME).astype(np.float64)
    loud = np.sqrt(np.mean(whole * whole, axis=1)) > SOUND if len(whole) else np.zeros(0, bool)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(np.int8), [0]))))
    found = [Span(float(start) * 0.02, float(end) * 0.02) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return tuple(one for one in merged(found, merge_s) if one.length_s >= LEAST_S)


def merged(spans: Sequence[Span], gap_s: float) -> list[Span]:
    """Spans with those that lie closer than `gap_s` made one."""
    whole: list[Span] = []
    for one in sorted(spans, key=lambda span: span.start_s):
        if whole and one.start_s - whole[-1].end_s < gap_s:
            whole[-1] = Span(whole[-1].start_s, max(whole[-1].end_s, one.end_s))
        else:
            whole.append(one)
    return whole
