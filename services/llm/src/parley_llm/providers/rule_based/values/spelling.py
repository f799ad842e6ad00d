"""Words that callers spell: letters, "double l", "m as in mike", the spelling alphabet. Pure; used by `names` and
`emails`."""

import re
from collections.abc import Mapping
from functools import lru_cache

from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH
from parley_core.languages.value_words import Numbers

from parley_llm.providers.rule_based.values.phrase import aligned, without

_RUN = re.compile(r"(?<![\w'])[^\W\d_](?:[ -][^\W\d_](?![\w'])){1,}")


@lru_cache(maxsize=16)
def _repeated(numbers: Numbers) -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(numbers.repeats) or '(?!)'}) ([^\W\d_])\b")


def letters(said: str, words: Pack = ENGLISH) -> str:
    """The text with every way to say a letter written as that letter."""
    said = _as_in(said, words)
    said = without(words.naming.capital, said)
    times = words.numbers.repeats
    return _repeated(words.numbers).sub(lambda match: " ".join(match.group(2) * times[match.group(1)]), said)


def _as_in(said: str, words: Pack) -> str:
    """ "M as in mike" as its letter."""
    end, rest = 0, ""
    for match in words.naming.as_in.finditer(aligned(said)):
        rest, end = f"{rest}{said[end : match.start()]}{said[match.start(1) : match.end(1)]}", match.end()
    return rest + said[end:]


def named_letters(said: str, words: Pack, *, least: int = 3) -> str:
    """Runs of at least so many letters' names ("ka o ve") as those letters."""
    names, spoken = words.naming.letters, said.split()
    if not names:
        return said
    found: list[str] = []
    run: list[tuple[str, str]] = []
    at = 0
    while at <= len(spoken):
        name, length = _letter(spoken, at, names)
        if length:
            run.append((" ".join(spoken[at : at + length]), name))
            at += length
            continue
        spelled = len(run) >= least
        found += [letter if spelled else word for word, letter in run]
        run = []
        found += spoken[at : at + 1]
        at += 1
    return " ".join(found)


def _letter(spoken: list[str], at: int, names: Mapping[str, str]) -> tuple[str, int]:
    for length in (2, 1):
        said = " ".join(spoken[at : at + length])
        for name in (said, folded(said)):
            if at + length <= len(spoken) and name in names:
                return names[name], length
    if at < len(spoken) and len(spoken[at]) == 1 and spoken[at].isalpha():
        return spoken[at], 1
    return "", 0


def take_spelled(said: str, words: Pack = ENGLISH) -> tuple[list[str], str, bool]:
    """Runs of letters as words, the text without them, and whether letters are left that make no word."""
    said = letters(named_letters(without(words.naming.spelled, said, " "), words), words)
    spoken = said.split()
    if (
        len(spoken) >= 3
        and all(folded(word) in words.naming.alphabet or len(word) == 1 for word in spoken)
        and words.naming.alphabet & set(map(folded, spoken))
    ):
        return ["".join(word[0] for word in spoken)], "", False
    found: list[str] = []
    loose = False

    def keep(match: re.Match[str]) -> str:
        nonlocal loose
        word = re.sub(r"[ -]", "", match.group())
        others = set(map(folded, said.replace(match.group(), " ").split()))
        if folded(word) not in others and folded(word[:-1]) in others and word[-1] in words.naming.single:
            found.append(word[:-1])
            return f" {word[-1]} "  # a word of one letter, behind the letters
        if len(word) >= 3 or word in others:
            found.append(word)
            return " "
        loose = True
        return match.group()

    rest = _RUN.sub(keep, said)
    return found, " ".join(rest.split()), loose
