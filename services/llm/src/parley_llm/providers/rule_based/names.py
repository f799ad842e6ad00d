"""Person names as callers say them: "my name is …", "… speaking", a bare name, spelled letters. Pure."""

import re

from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.words import plain

_WORDS = ENGLISH.naming


def find_name(text: str, *, expected: bool) -> str | None:
    """The name said in the text, each part capitalised; None where there is none.

    `expected`: a name was asked for, so a bare "maria lopez" is one.
    """
    said = plain(text).replace(".", " ")
    spelled, said = _spelled(said)
    introduced = _introduced(said, expected=expected)
    parts = introduced if introduced is not None else (_bare(said) if expected else None)
    if spelled:
        parts = _with_spelling(parts or [], spelled)
    if not parts:
        return None
    return " ".join(_capital(part) for part in parts)


def _introduced(said: str, *, expected: bool) -> list[str] | None:
    if match := _WORDS.speaking.match(said):
        parts = _leading_name(match.group(1).split())
        if parts and len(parts) == len(match.group(1).split()):
            return parts
    for match in _WORDS.introductions.finditer(said):
        if not expected and _WORDS.weak.match(match.group(0)) and "name" not in match.group(0).split(match.group(1))[0]:
            continue
        if parts := _leading_name(match.group(1).split()):
            return parts
    return None


def _bare(said: str) -> list[str] | None:
    words = said.split()
    while words and words[0] in _WORDS.fillers:
        words = words[1:]
    while words and words[-1] in _WORDS.fillers | _WORDS.closings:
        words = words[:-1]
    if not 1 <= len(words) <= 4:
        for at, word in enumerate(words):
            if word == "and" and 1 <= at <= 4:
                words = words[:at]
                break
        else:
            return None
    if any(word in _WORDS.never or not _is_name_word(word) for word in words):
        return None
    return words


def _leading_name(words: list[str]) -> list[str]:
    parts: list[str] = []
    while words and words[0] in _WORDS.fillers:
        words = words[1:]
    for word in words:
        if word in _WORDS.stops or word in _WORDS.never or not _is_name_word(word) or len(parts) == 4:
            break
        parts.append(word)
    return parts


def _is_name_word(word: str) -> bool:
    return bool(re.fullmatch(r"[a-z][a-z'\-]*", word))


def _spelled(said: str) -> tuple[list[str], str]:
    """Runs of three or more single letters as words, and the text without them."""
    found: list[str] = []
    said = _WORDS.spelled.sub(" ", said)
    said = _WORDS.as_in.sub(r"\1", said)

    def keep(match: re.Match[str]) -> str:
        found.append(match.group(0).replace(" ", "").replace("-", ""))
        return " "

    rest = re.sub(r"\b[a-z](?:[ -][a-z]\b){2,}", keep, said)
    return found, " ".join(rest.split())


def _with_spelling(parts: list[str], spelled: list[str]) -> list[str]:
    """Spelled words replace the ones that sound alike; without any they are the name."""
    if not parts:
        return spelled
    if len(spelled) >= len(parts):
        return spelled
    result = list(parts)
    for word in spelled:
        alike = [at for at, part in enumerate(result) if part[0] == word[0]]
        result[alike[-1] if alike else -1] = word
    return result


def _capital(part: str) -> str:
    return re.sub(r"(^|['\-])([a-z])", lambda match: match.group(1) + match.group(2).upper(), part)
