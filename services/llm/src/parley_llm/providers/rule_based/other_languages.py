"""What the offline brain can do in a language that its flows are not in. Used by `brain`.

It hears a goodbye, a wish for a person and a yes to that, and says what the knowledge has for the caller's words.
That is one whose pack has no `talk`, or another than the document is written in: it offers a person instead.
"""

import re

from parley_core.languages.pack import Pack
from parley_core.languages.registry import pack

from parley_llm.providers.rule_based import intents
from parley_llm.providers.rule_based.turn import Turn

OFFERED = "handoff"
_WORD = re.compile(r"[^\W_]+")
_SHORT = 5  # words of a goodbye


async def respond(turn: Turn, *, least: float) -> None:
    """`least`: the confidence with which the knowledge's answer is given."""
    known = pack(turn.request.agent.language)
    said = " ".join(_WORD.findall(turn.text.lower()))
    words = said.split()
    opened, turn.state.open = turn.state.open, ""
    accepts = opened == OFFERED and turn.accepts
    if turn.can_hand_off and (accepts or intents.wants_person(turn.text, known.tag)):
        turn.hand_off("asked for a person")
    elif len(words) <= _SHORT and intents.is_goodbye(turn.text, known.tag):
        turn.hang_up()
    elif not words or said in known.openings:
        turn.say(known.says.help or turn.request.agent.goodbye)
    else:
        await _answer(turn, known, least)


async def _answer(turn: Turn, known: Pack, least: float) -> None:
    found = await turn.look_up(turn.text)
    if found.text and found.confidence >= least:
        turn.say(found.text)
    elif turn.can_hand_off and known.says.unknown_or_person:
        turn.state.open = OFFERED
        turn.say(turn.does_not_know, known.says.unknown_or_person)
    elif turn.can_hand_off:
        turn.hand_off("a language that the local model does not speak")
    else:
        turn.say(turn.does_not_know or turn.request.agent.goodbye)
