"""One judgement of an answer to "is that right?" or "may we?": for flows, for the gate before effects, for consent.

Pure: a text and a pack's words in, one of six kinds out. Every word of the text must be accounted for. A yes is a yes
only when nothing around it changes, delays, questions or denies it; what is left over makes it unclear, and an unclear
answer is asked for again, never acted on.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto
from functools import lru_cache

from parley_core.languages.turn_words import Answers


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    CHANGE = "change"  # something in what was asked about is to be otherwise
    WAIT = "wait"  # the caller wants a moment
    QUESTION = "question"
    UNCLEAR = "unclear"


class _Kind(Enum):
    YES = auto()
    RIGHT = auto()
    NO = auto()
    NOT = auto()
    CHANGE = auto()
    WAIT = auto()
    ASKS = auto()
    DOUBT = auto()
    RHETORICAL = auto()
    AROUND = auto()
    OTHER = auto()  # a word that the pack does not know


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    opens: bool  # the first of a clause, as far as marks tell
    asks: bool  # a question mark follows


@dataclass(frozen=True, slots=True)
class _Part:
    kind: _Kind
    words: tuple[str, ...]
    asks: bool  # a question mark follows


_AGAINST = {_Kind.NO, _Kind.NOT, _Kind.CHANGE, _Kind.WAIT, _Kind.ASKS}
_Table = dict[str, tuple[tuple[tuple[str, ...], _Kind], ...]]
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_MARKS = frozenset(".,;:!?¿¡…–—")
_BETWEEN = 6  # words of the question that an answer may leave out where it repeats it


def judge(text: str, words: Answers, *, asked: str = "") -> Answer:
    """What an answer says. `asked`: the question with its values: an answer may repeat them."""
    parts = _parts(_words(text), _table(words))
    kinds = [part.kind for part in parts]
    if _Kind.ASKS in kinds or any(part.asks and part.kind is not _Kind.RHETORICAL for part in parts):
        return Answer.QUESTION
    if _Kind.CHANGE in kinds:
        return Answer.CHANGE
    if _Kind.WAIT in kinds:
        return Answer.WAIT
    if _Kind.DOUBT in kinds:
        return Answer.UNCLEAR
    agrees = _Kind.YES in kinds or _Kind.RIGHT in kinds
    if _Kind.NO in kinds or _Kind.NOT in kinds:
        return _denied(kinds) if agrees else Answer.NO
    if not agrees or not parts or (parts[-1].kind is _Kind.AROUND and " ".join(parts[-1].words) in words.unended):
        return Answer.UNCLEAR
    return Answer.YES if _repeats(parts, asked) else Answer.UNCLEAR


def leans_to_yes(text: str, words: Answers) -> bool:
    """Whether an answer agrees and nothing in it speaks against that, whatever else it says: enough to go on with what
    was offered, never for an effect."""
    kinds = {part.kind for part in _parts(_words(text), _table(words))}
    return bool(kinds & {_Kind.YES, _Kind.RIGHT}) and not kinds & _AGAINST


def only_denies(text: str, words: Answers) -> bool:
    """Whether an answer is a no and says nothing beside it: "no, that's all", but not "no, I mean on weekends"."""
    kinds = {part.kind for part in _parts(_words(text), _table(words))}
    return _Kind.NO in kinds and kinds <= {_Kind.NO, _Kind.NOT, _Kind.AROUND}


def folded(text: str) -> str:
    """Lower case without accents, which a recogniser may leave out: "sí" and "si" are one."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(char for char in bare if not unicodedata.combining(char))


@lru_cache(maxsize=256)
def for_consent(words: Answers, yes: tuple[str, ...] = (), no: tuple[str, ...] = ()) -> Answers:
    """The words of an answer to "may this call be recorded?". `yes` and `no`: further ones, of a document."""
    return replace(
        words,
        yes=(*words.yes, *words.consent_yes, *yes),
        no=(*words.no, *words.consent_no, *no),
        around=(*words.around, *words.consent_around),
    )


def _denied(kinds: list[_Kind]) -> Answer:
    """Agreement and denial side by side: "that's not right" denies, "no, that's right" agrees, "yeah no" is unclear."""
    said = [kind for kind in kinds if kind in (_Kind.YES, _Kind.RIGHT, _Kind.NO, _Kind.NOT)]
    if _Kind.NOT in said:
        # "stimmt nicht", "that's not right"; but "yes, that's not right" says both.
        return Answer.NO if said[0] not in (_Kind.YES, _Kind.RIGHT) or len(said) == 2 else Answer.UNCLEAR
    settled = _Kind.OTHER not in kinds and said[-1] is _Kind.RIGHT and _Kind.YES not in said[:-1]
    return Answer.YES if settled else Answer.UNCLEAR


def _words(text: str) -> list[_Word]:
    plain = folded(text)
    found = list(_WORD.finditer(plain))
    words = []
    for at, match in enumerate(found):
        before = plain[found[at - 1].end() : match.start()] if at else ""
        behind = plain[match.end() : found[at + 1].start() if at + 1 < len(found) else len(plain)]
        words.append(_Word(match.group(), at == 0 or bool(_MARKS & set(before)), "?" in behind))
    return words


def _parts(words: list[_Word], table: _Table) -> list[_Part]:
    """The longest phrase at each place; a question's first word counts only where a clause begins."""
    parts: list[_Part] = []
    at = 0
    while at < len(words):
        opens = words[at].opens or parts[-1].kind is not _Kind.OTHER
        kind, length = _Kind.OTHER, 1
        for phrase, its_kind in table.get(words[at].text, ()):
            fits = tuple(word.text for word in words[at : at + len(phrase)]) == phrase
            if fits and (its_kind is not _Kind.ASKS or opens):
                kind, length = its_kind, len(phrase)
                break
        taken = words[at : at + length]
        parts.append(_Part(kind, tuple(word.text for word in taken), taken[-1].asks))
        at += length
    return parts


def _repeats(parts: list[_Part], asked: str) -> bool:
    """Whether all words that are no answer are the question's own, in its order: "yes, tuesday at ten"."""
    said = [word.text for word in _words(asked)]
    runs: list[list[str]] = [[]]
    for part in parts:
        if part.kind is _Kind.OTHER:
            runs[-1].extend(part.words)
        elif part.kind is not _Kind.AROUND and runs[-1]:
            runs.append([])
    return all(_within(run, said) for run in runs if run)


def _within(run: list[str], said: list[str]) -> bool:
    for start, word in enumerate(said):
        if word != run[0]:
            continue
        at = start
        for wanted in run[1:]:
            window = said[at + 1 : at + 2 + _BETWEEN]
            if wanted not in window:
                break
            at += 1 + window.index(wanted)
        else:
            return True
    return False


@lru_cache(maxsize=256)
def _table(words: Answers) -> _Table:
    """The phrases by their first word, the longest first. Of the same phrase in two kinds the later kind counts."""
    kinds = (
        (_Kind.AROUND, words.around),
        (_Kind.YES, words.yes),
        (_Kind.RIGHT, words.right),
        (_Kind.RHETORICAL, words.rhetorical),
        (_Kind.DOUBT, words.doubt),
        (_Kind.NOT, words.nots),
        (_Kind.NO, words.no),
        (_Kind.WAIT, words.wait),
        (_Kind.CHANGE, words.change),
        (_Kind.ASKS, words.asks),
    )
    by_phrase = {
        tuple(_WORD.findall(folded(phrase))): kind for kind, phrases in kinds for phrase in phrases if phrase.strip()
    }
    table: dict[str, list[tuple[tuple[str, ...], _Kind]]] = {}
    for phrase, kind in sorted(by_phrase.items(), key=lambda one: len(one[0]), reverse=True):
        if phrase:
            table.setdefault(phrase[0], []).append((phrase, kind))
    return {first: tuple(phrases) for first, phrases in table.items()}
