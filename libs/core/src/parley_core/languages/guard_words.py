"""What guardrails listen for beside emergencies and medicine: attacks on the agent, abuse, advice, other subjects.

Patterns of lower-case text without accents and punctuation, as in `talk_words.Safety`. They are built from classes of
words, so that a wording that nobody thought of may meet one of them; they know no meaning.
"""

import re
from dataclasses import dataclass

from parley_core.languages.turn_words import NOTHING


@dataclass(frozen=True, slots=True)
class GuardWords:
    injection: re.Pattern[str] = NOTHING  # the caller, a document or a tool's result gives the agent orders
    leaks: re.Pattern[str] = NOTHING  # the agent tells its instructions
    abuse: re.Pattern[str] = NOTHING  # insults and threats
    asks_advice: re.Pattern[str] = NOTHING  # legal, financial
    gives_advice: re.Pattern[str] = NOTHING  # of the agent: a promise or advice
    off_topic: re.Pattern[str] = NOTHING


def any_of(*patterns: str) -> re.Pattern[str]:
    """One pattern of several; written over lines, blanks at line ends do not count."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
