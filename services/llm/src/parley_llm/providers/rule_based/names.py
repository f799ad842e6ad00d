"""Person names as callers say them: "my name is …", "… speaking", a bare name, spelled letters. Pure."""

import re

from parley_llm.providers.rule_based.words import plain

_INTRODUCTIONS = re.compile(
    r"(?:\bmy (?:full |last |first )?name(?:'s| is| would be)?|\bthe (?:full )?name(?:'s| is)|\bname is|\bthis is|"
    r"\bi am|\bi'm|\bit's|\bit is|\bcall me|\bunder the name(?: of)?|\bthat's|\bthat is|\bthat would be|\bfor)\s+(.+)$"
)
# Introductions that many other sentences begin with as well: believed only when a name was asked for.
_WEAK = re.compile(r"(?:\bi am|\bi'm|\bit's|\bit is|\bthat's|\bthat is|\bthat would be|\bfor|\bthis is)\s")
_SPEAKING = re.compile(r"^(?:this is |it's |hi |hello )*(.+?) (?:speaking|here|calling)\b")
_STOP_TEXT = """
and my phone number i would like want need to for on at calling speaking here please thanks thank you so but the
from with about is it's its spelled spelling that's with a an of in this that
"""
_STOP = frozenset(_STOP_TEXT.split())
_FILLERS_TEXT = """
um uh er erm well sure okay ok yes yeah yep hi hello hey please of course so oh it's its
"""
_FILLERS = frozenset(_FILLERS_TEXT.split())
_NOT_NAMES_TEXT = """
what when where which who why how do does did are is was were can could would will should have has had not no
yes yeah nope yep okay right correct wrong sure book booking appointment schedule visit doctor insurance open
opening hours saturday sunday monday tuesday wednesday thursday friday tomorrow today tonight morning afternoon
evening noon next week month year time date day number phone name accept take need want like help question sorry
repeat again cancel stop goodbye bye thank thanks hello hi hey please speak talk person human somebody someone
something anything nothing the a an my your his her its our their me you he she it we they them i and or but if
then than there here very really just maybe change wait moment one two three four five six seven eight nine ten
zero oh double half past quarter pm am oclock at on in to for of with from about calling looking trying sick
hurt pain cost much many price pay parking address located location know think mean said say tell give get go
come make call called back earlier later sooner fine good great perfect nice well yes cannot can't don't won't
do not isn't alright because first second third december january february march april june july august september
october november whatever any earliest available new patient old existing
"""
_NOT_NAMES = frozenset(_NOT_NAMES_TEXT.split()) - {"april", "june", "august"}


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
    if match := _SPEAKING.match(said):
        parts = _leading_name(match.group(1).split())
        if parts and len(parts) == len(match.group(1).split()):
            return parts
    for match in _INTRODUCTIONS.finditer(said):
        if not expected and _WEAK.match(match.group(0)) and "name" not in match.group(0).split(match.group(1))[0]:
            continue
        if parts := _leading_name(match.group(1).split()):
            return parts
    return None


def _bare(said: str) -> list[str] | None:
    words = said.split()
    while words and words[0] in _FILLERS:
        words = words[1:]
    while words and words[-1] in _FILLERS | {"thanks", "thank", "you", "speaking", "here"}:
        words = words[:-1]
    if not 1 <= len(words) <= 4:
        for at, word in enumerate(words):
            if word == "and" and 1 <= at <= 4:
                words = words[:at]
                break
        else:
            return None
    if any(word in _NOT_NAMES or not _is_name_word(word) for word in words):
        return None
    return words


def _leading_name(words: list[str]) -> list[str]:
    parts: list[str] = []
    while words and words[0] in _FILLERS:
        words = words[1:]
    for word in words:
        if word in _STOP or word in _NOT_NAMES or not _is_name_word(word) or len(parts) == 4:
            break
        parts.append(word)
    return parts


def _is_name_word(word: str) -> bool:
    return bool(re.fullmatch(r"[a-z][a-z'\-]*", word))


def _spelled(said: str) -> tuple[list[str], str]:
    """Runs of three or more single letters as words, and the text without them."""
    found: list[str] = []
    said = re.sub(r"\b(?:that's |that is |it's )?(?:spelled|spelt|spelling)(?: it)?(?: is)?\b", " ", said)
    said = re.sub(r"\b([a-z]) (?:as in|like) [a-z]+\b", r"\1", said)

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
