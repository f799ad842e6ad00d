"""Questions that the knowledge answers: several in one sentence, and those that go on with the one before. Used by
`brain`."""

import re

from parley_llm.ports import Found
from parley_llm.providers.rule_based import intents
from parley_llm.providers.rule_based.turn import Turn
from parley_llm.providers.rule_based.words import bare

_SHORT = 7  # words of a question that may lean on the one before
_SAME = 0.02  # the confidence by which a question joined with the one before must be better, where it need not be


async def answered(turn: Turn, *, least: float) -> bool:
    """Say what the knowledge answers, if it does."""
    said = False
    for question in _parts(turn):
        found = await _found(turn, question)
        if found.text and found.confidence >= least:
            if found.text not in turn.said:
                turn.say(found.text)
            said = True
    return said


def _parts(turn: Turn) -> list[str]:
    """The questions of a sentence, where each of them is one: "do you take Cigna, and what's your address?"."""
    joined = turn.talk.joined[0]
    whole = [turn.text]
    if not joined:
        return whole
    parts = [part.strip(" ,;") for part in re.split(rf"[?;]\s+|,?\s+{joined}\s+(?:also\s+)?", turn.text)]
    parts = [part for part in parts if part]
    if len(parts) < 2 or not all(intents.is_question(part, turn.language) for part in parts):
        return whole
    return parts


async def _found(turn: Turn, question: str) -> Found:
    """The answer to a question, or to what it means behind the one before."""
    alone = await turn.look_up(question)
    before = _before(turn)
    follows = bool(turn.words.intents.follows.search(bare(question)))
    if not before or not (follows or (len(question.split()) <= _SHORT and alone.confidence < 0.5)):
        return alone
    topic = turn.words.intents.follows.sub("", bare(question))
    joined = await turn.look_up(f"{before.rstrip('?')} {topic}")
    if follows and joined.text != turn.last_said and joined.confidence >= alone.confidence - _SAME:
        return joined
    return joined if joined.confidence > alone.confidence and not alone.text else alone


def _before(turn: Turn) -> str:
    """The caller's question before, where the agent has answered it last."""
    callers = [message.text for message in turn.request.history if message.role == "caller"]
    return callers[-1] if callers and intents.is_question(callers[-1], turn.language) else ""
