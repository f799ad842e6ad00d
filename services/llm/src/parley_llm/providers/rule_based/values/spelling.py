"""Words that callers spell: letters, "double l", "m as in mike", the spelling alphabet. Pure; used by `names` and
`emails`."""

import re

from parley_core.languages.registry import ENGLISH

_WORDS = ENGLISH.naming
_TIMES = ENGLISH.numbers.repeats
_REPEATED = re.compile(rf"\b({'|'.join(_TIMES)}) ([^\W\d_])\b")
_RUN = re.compile(r"(?<![\w'])[^\W\d_](?:[ -][^\W\d_](?![\w'])){1,}")


def letters(said: str) -> str:
    """The text with every way to say a letter written as that letter."""
    said = _WORDS.capital.sub("", _WORDS.as_in.sub(r"\1", said))
    return _REPEATED.sub(lambda match: " ".join(match.group(2) * _TIMES[match.group(1)]), said)


def take_spelled(said: str) -> tuple[list[str], str, bool]:
    """Runs of letters as words, the text without them, and whether letters are left that make no word."""
    said = letters(_WORDS.spelled.sub(" ", said))
    spoken = said.split()
    if (
        len(spoken) >= 3
        and all(word in _WORDS.alphabet or len(word) == 1 for word in spoken)
        and _WORDS.alphabet & set(spoken)
    ):
        return ["".join(word[0] for word in spoken)], "", False
    found: list[str] = []
    loose = False

    def keep(match: re.Match[str]) -> str:
        nonlocal loose
        word = re.sub(r"[ -]", "", match.group())
        others = set(said.replace(match.group(), " ").split())
        if len(word) >= 3 or word in others:
            found.append(word)
            return " "
        loose = True
        return match.group()

    rest = _RUN.sub(keep, said)
    return found, " ".join(rest.split()), loose
