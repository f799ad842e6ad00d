"""Whether what is heard while the agent speaks is the caller taking the floor. Pure; `machine` asks.

A real word is. A backchannel ("mhm"), the agent's own words that come back through the caller's loudspeaker, and voices
well below the caller's own level are not.
"""

import re
from difflib import SequenceMatcher
from functools import lru_cache

_WORD = re.compile(r"[\w']+")
_REPEATED = re.compile(r"(.)\1+")
_LONGEST = 4  # words of a backchannel
_ECHO_LIKENESS = 0.75  # of words; a recogniser gets some of an echo wrong


def is_backchannel(text: str, backchannels: frozenset[str]) -> bool:
    """Say whether `text` has no word beyond "mhm", "okay" and their like. Text without any word is one, too.

    Letters count once: recognisers write the same sound as "mhm", "mmhmm" or "Mm-hmm."
    """
    known = _known(backchannels)
    heard = [_once(word) for word in _words(text)]
    at = 0
    while at < len(heard):
        fitting = (length for length in range(_LONGEST, 0, -1) if tuple(heard[at : at + length]) in known)
        length = next(fitting, 0)
        if not length:
            return False
        at += length
    return True


def is_echo(text: str, playing: str) -> bool:
    """Say whether `text` is what the agent is saying, in its order."""
    heard, said = _words(text), _words(playing)
    if not heard or not said:
        return False
    match = SequenceMatcher(None, said, heard, autojunk=False)
    if len(heard) <= 3:
        return match.find_longest_match().size == len(heard)
    alike = sum(block.size for block in match.get_matching_blocks())
    return alike / len(heard) >= _ECHO_LIKENESS


def takes_floor(
    text: str, *, backchannels: frozenset[str], playing: str, level_below_caller_db: float, background_db: float
) -> bool:
    """Say whether `text` is the caller's, and more than a sign of listening."""
    if is_backchannel(text, backchannels) or is_echo(text, playing):
        return False
    return level_below_caller_db < background_db


@lru_cache(maxsize=256)
def _known(backchannels: frozenset[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(_once(word) for word in _words(one)) for one in backchannels)


def _once(word: str) -> str:
    return _REPEATED.sub(r"\1", word)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
