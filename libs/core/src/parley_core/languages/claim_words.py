"""How an agent says that something is done or will be. llm holds such sentences until a tool's receipt bears them out.

Patterns of lower-case text with plain apostrophes. Each is searched in one clause; what stands before it in the clause
decides whether it is a claim at all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from parley_core.languages.turn_words import NOTHING

BOOKED, MOVED, CANCELLED = "booked", "moved", "cancelled"
SENT, CALLED_BACK, TRANSFERRED = "sent", "called_back", "transferred"
PAID, REFUNDED, ORDERED, UPDATED = "paid", "refunded", "ordered", "updated"
ANYTHING = "anything"  # "you are all set": any effect bears it out

EFFECTS = (BOOKED, MOVED, CANCELLED, SENT, CALLED_BACK, TRANSFERRED, PAID, REFUNDED, ORDERED, UPDATED)


@dataclass(frozen=True, slots=True)
class ClaimWords:
    done: Mapping[str, re.Pattern[str]] = field(default_factory=dict)  # by effect
    promised: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    excused: Mapping[str, re.Pattern[str]] = field(default_factory=dict)  # claims unless the sentence apologises
    apology: re.Pattern[str] = NOTHING
    unclaimed: re.Pattern[str] = NOTHING  # before it in the clause: a question, a condition, a denial, an offer
    breaks: re.Pattern[str] = NOTHING  # between clauses


def patterns(**by_effect: str) -> Mapping[str, re.Pattern[str]]:
    """One pattern of several lines for each effect; lines are alternatives."""
    return {
        effect: re.compile("|".join(f"(?:{line.strip()})" for line in lines.strip().splitlines() if line.strip()))
        for effect, lines in by_effect.items()
    }
