"""What one caller does, from a seed: questions, and what sounds over the answers and in the silences after them. Pure.

Events are dealt in rounds, so that every class has its share whatever the number of calls. `caller` plays a plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from parley_evaluation.line import LineConditions
from parley_evaluation.recording import Kind
from parley_evaluation.sounds import BURSTS, TICS, Chance
from parley_evaluation.trades import BACKCHANNELS, NON_DIRECTED, OPENINGS, TELEVISION, Topic, Trade

QUESTIONS = 8  # of one call
ECHO_DB = -12.0
HESITANT = 4  # one caller in so many pauses inside questions
INNER_PAUSES_S = (0.3, 1.4)
SIDE_LEVELS_DB = (-16.0, -10.0)  # of somebody who speaks away from the microphone
SIDE_CUTOFF_HZ = 1000.0  # τ-voice's constant muffling
TELEVISION_LEVELS_DB = (-22.0, -15.0)
TIC_LEVELS_DB = (-8.0, 3.0)
BURST_LEVELS_DB = (-10.0, 5.0)  # τ-voice: 5 dB below speech up to 10 above it
BACKCHANNEL_LEVELS_DB = (-8.0, 0.0)
_NOISES = ("pink", "traffic", "")
# Side sounds over an answer, as often as they stand here; two follow each other in one answer.
_OVER = (
    Kind.BACKCHANNEL,
    Kind.VOCAL_TIC,
    Kind.NON_DIRECTED,
    Kind.NOISE,
    Kind.BACKCHANNEL,
    Kind.NON_DIRECTED,
    Kind.VOCAL_TIC,
    Kind.TELEVISION,
    Kind.BACKCHANNEL,
)
_IN_SILENCE = (Kind.VOCAL_TIC, Kind.NON_DIRECTED)


@dataclass(frozen=True, slots=True)
class Event:
    """A sound of the caller's side. `after_s`: after the agent's first sound, or the sound before; in silence after
    its last one."""

    kind: Kind
    label: str
    after_s: float
    level_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """`over`: what sounds while it is answered; `then`: what does after the answer."""

    text: str
    inner_pause_s: float
    over: tuple[Event, ...] = ()
    then: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class CallPlan:
    number: int
    trade: Trade
    voice: int  # of the voices that there are
    conditions: LineConditions
    hesitant: bool  # pauses inside questions: for the pause sweep alone
    questions: tuple[Question, ...]


def plan_call(
    number: int,
    seed: int,
    trades: tuple[Trade, ...],
    *,
    questions: int = QUESTIONS,
    regular: bool = True,
    echo: bool = False,
) -> CallPlan:
    """The plan of a run's call; the same for the same seed. `regular`: with noise and lost frames. `echo`: a caller
    who hears the agent through a loudspeaker, and only asks."""
    chance = np.random.default_rng((seed, number))
    trade = trades[number % len(trades)]
    conditions = LineConditions(
        noise=_NOISES[number // 2 % len(_NOISES)] if regular else "",
        lossy=regular,
        echo_db=ECHO_DB if echo else None,
    )
    topics = islice(_deal(trade.topics, chance), questions)
    hesitant = number % HESITANT == HESITANT - 1
    asked = [_question(number * questions + at, topic, trade, chance, echo) for at, topic in enumerate(topics)]
    if not hesitant:
        asked = [replace(one, text=one.text.replace("| ", "")) for one in asked]
    return CallPlan(number, trade, number // 2 + number, conditions, hesitant, tuple(asked))


def _question(place: int, topic: Topic, trade: Trade, chance: Chance, echo: bool) -> Question:
    """`place`: among all questions of the run."""
    text = str(chance.choice(topic.questions))
    pause_s = float(chance.uniform(*INNER_PAUSES_S))
    if echo:
        return Question(text, pause_s)
    if place % 3 == 0:
        others = [one for one in trade.topics if one is not topic]
        other = others[int(chance.integers(len(others)))]
        asked = str(chance.choice(other.questions)).replace("| ", "")
        said = f"{chance.choice(OPENINGS)} {asked}".strip()
        return Question(text, pause_s, over=(Event(Kind.SPEECH, said, float(chance.uniform(1.5, 5.0))),))
    turn = place - place // 3 - 1  # of the questions that are not interrupted
    over = (
        _event(_OVER[turn * 2 % len(_OVER)], float(chance.uniform(1.2, 2.2)), chance),
        _event(_OVER[(turn * 2 + 1) % len(_OVER)], float(chance.uniform(2.0, 3.0)), chance),
    )
    silent = _event(_IN_SILENCE[turn % len(_IN_SILENCE)], float(chance.uniform(0.7, 1.2)), chance)
    return Question(text, pause_s, over=over, then=(silent,))


def _event(kind: Kind, after_s: float, chance: Chance) -> Event:
    choices, levels = {
        Kind.BACKCHANNEL: (BACKCHANNELS, BACKCHANNEL_LEVELS_DB),
        Kind.VOCAL_TIC: (TICS, TIC_LEVELS_DB),
        Kind.NON_DIRECTED: (NON_DIRECTED, SIDE_LEVELS_DB),
        Kind.NOISE: (BURSTS, BURST_LEVELS_DB),
        Kind.TELEVISION: (TELEVISION, TELEVISION_LEVELS_DB),
    }[kind]
    return Event(kind, str(chance.choice(choices)), after_s, float(chance.uniform(*levels)))


def _deal(topics: tuple[Topic, ...], chance: Chance) -> Iterator[Topic]:
    while True:
        for at in chance.permutation(len(topics)):
            yield topics[int(at)]
