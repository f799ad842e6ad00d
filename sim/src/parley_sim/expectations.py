"""What a script says must come of its call, compared with what came of it. `world` checks every line."""

from collections.abc import Iterator
from itertools import pairwise

from parley.v1 import events_pb2

from parley_sim.invariants import Invariants
from parley_sim.script import Expected

Line = tuple[object, object, str]  # wanted, got, of what


def differences(expect: Expected, rules: Invariants) -> Iterator[Line]:
    """One line for everything that only a simulated call can be held to, whether it came so or not; see `expect`."""
    conversation = rules.conversation
    for wanted, got, what in (
        (expect.languages, list(conversation.spoken_languages), "languages"),
        (expect.refused, [one.language for one in conversation.languages_refused], "refused languages"),
    ):
        if wanted is not None:
            yield wanted, got, what
    if expect.continues is not None:
        first, second = (conversation.turn(number) for number in expect.continues)
        heard = first.heard_text.split()
        yield first.said_text.split()[len(heard) :], second.heard_text.split(), f"turn {second.number} after {heard}"
    if expect.fillers is not None:
        said = [
            event.sentence_said.text for event in rules.events if event.sentence_said.kind == events_pb2.SAY_KIND_FILLER
        ]
        yield True, len(said) >= expect.fillers, f"at least {expect.fillers} fillers in {said}"
        yield False, any(one == other for one, other in pairwise(said)), f"a filler twice in {said}"
