"""Which effects a sentence of the agent claims or promises. Pure; `reply.claims` asks for each sentence of a model.

A sentence is cut into clauses. A clause claims what one of the pack's patterns finds in it, unless it is a question, or
something up to the claim in the same clause denies, conditions or offers it ("once you are booked", "I have not sent").
"""

from dataclasses import dataclass

from parley_core.languages.registry import pack

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'"})


@dataclass(frozen=True, slots=True)
class Claim:
    effect: str  # of `parley_core.languages.claim_words`
    promised: bool = False


def claims_in(sentence: str, language: str) -> tuple[Claim, ...]:
    """In the order of the pack, each once. A language whose pack has no such words claims nothing."""
    words = pack(language).claims
    text = " ".join(sentence.translate(_APOSTROPHES).lower().split())
    if not words.done or text.rstrip("\"')").endswith("?"):
        return ()
    apologises = words.apology.search(text) is not None
    kinds = [(words.done, False), (words.promised, True)]
    if not apologises:
        kinds.append((words.excused, False))
    found: dict[Claim, None] = {}
    for clause in words.breaks.split(text):
        for patterns, promised in kinds:
            for effect, pattern in patterns.items():
                match = pattern.search(clause)
                if match is not None and words.unclaimed.search(clause, 0, match.end()) is None:
                    found.setdefault(Claim(effect, promised))
    return tuple(found)
