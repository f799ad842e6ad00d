"""How long to wait after the caller's last sound: a score of the text so far, and what the agent has asked for.

Pure and quick (some 200 µs). `machine` asks for every final text. It is a set of rules over words, not a model: it
knows sentences that cannot be over ("I'd like to book an"), values that are being dictated (`dictation`), and sentences
that are as good as certainly complete. Everything else waits for the agent's usual pause. The words are the language
pack's `Endings`; in a language without them only punctuation and figures count. Of the marks a question mark, a comma
and an ellipsis count: recognisers end a sentence that was cut off with a full stop, too.
"""

from dataclasses import dataclass

from parley_core.languages.registry import pack
from parley_core.languages.turn_words import Endings

from parley_gateway.turns.dictation import Ending, Expects, dictated, refused, spoken_words


@dataclass(frozen=True, slots=True)
class Waits:
    """In seconds since the caller's last sound."""

    pause_s: float
    least_s: float
    most_s: float


EARLY_S = (0.2, 0.3)  # a complete sentence waits for the agent's pause within these
PARTIAL_S = 1.0  # people pause some 0.7 s within a name or a sentence
DICTATED_S = 1.6  # and up to 1.5 s between groups of digits
SURE = 0.7  # the confidence at which vendors' models end a turn by themselves, where nothing else is asked for
_SHORT_ANSWER = 4  # words: "yes it is", "no i really can't"
_OPEN_MARKS = (",", "-", "…", "...", ":")


def wait_s(
    text: str,
    waits: Waits,
    expects: Expects = Expects.ANYTHING,
    language: str = "en",
    *,
    end_of_turn: float = 0.0,
) -> tuple[float, Ending]:
    """How long after the last sound `text` is taken as the whole turn, and why.

    A recogniser that is sure of the end decides where the words leave it open; values and sentences that cannot be over
    are known better here.
    """
    ending = ending_of(text, expects, language)
    if ending is Ending.OPEN and end_of_turn >= SURE:
        ending = Ending.COMPLETE
    wait = {
        Ending.COMPLETE: min(max(waits.pause_s, EARLY_S[0]), EARLY_S[1]),
        Ending.OPEN: waits.pause_s,
        Ending.PARTIAL: max(waits.pause_s, PARTIAL_S),
        Ending.DICTATED: max(waits.pause_s, DICTATED_S),
        Ending.UNFINISHED: waits.most_s,
    }[ending]
    return max(waits.least_s, min(wait, waits.most_s)), ending


def ending_of(text: str, expects: Expects = Expects.ANYTHING, language: str = "en") -> Ending:
    """Judge the end of what was said so far."""
    spoken = pack(language)
    known = spoken.endings
    said = text.strip().lower().replace("’", "'")
    words = spoken_words(said)
    if not words:
        return Ending.OPEN
    last = words[-1]
    if last in known.fillers or said.endswith(_OPEN_MARKS):
        return Ending.UNFINISHED
    value = dictated(spoken, said, words, expects)
    if value is not None:
        return value
    phrase = " ".join(words)
    if said.endswith("?") or known.whole.match(phrase):
        return Ending.COMPLETE
    # "yes it is", before a number that was asked for
    due = last in known.carry_on and expects not in (Expects.ANYTHING, Expects.NAME) and not refused(spoken, words[1:])
    if due:
        return Ending.UNFINISHED
    ended = known.ends.search(phrase) is not None
    if not ended and (known.goes_on.search(phrase) or _goes_on(known, words)):
        return Ending.UNFINISHED
    if not ended and known.may_go_on.search(phrase):
        return Ending.PARTIAL
    if expects is Expects.NAME and len(words) <= 2 and last not in known.answers:
        return Ending.PARTIAL if len(words) == 1 else Ending.OPEN
    return Ending.COMPLETE if _whole_sentence(known, words) else Ending.OPEN


def expected_by(question: str, language: str = "en") -> Expects:
    """What the answer to a question of the agent is made of, from the question's words."""
    asked, known = question.lower(), pack(language).endings
    if not known.asks.search(asked):
        return Expects.ANYTHING
    return next((Expects(kind) for kind, how in known.asked.items() if how.search(asked)), Expects.ANYTHING)


def expected_kind(slot_kind: str) -> Expects:
    """What a value of a flow's slot is made of."""
    return {
        "phone": Expects.PHONE,
        "number": Expects.NUMBER,
        "email": Expects.EMAIL,
        "person": Expects.NAME,
    }.get(slot_kind, Expects.ANYTHING)


def _goes_on(known: Endings, words: list[str]) -> bool:
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last not in known.carry_on:
        return False
    if last in known.auxiliaries and before in known.subjects and words[0] not in known.questions:
        return len(words) > _SHORT_ANSWER
    # "who is it from", "what am i looking at"
    asked = last in known.prepositions and words[0] in known.questions and len(words) > 2
    return not (asked and (before in known.subjects or before in known.verbs or before.endswith("ing")))


def _whole_sentence(known: Endings, words: list[str]) -> bool:
    if len(words) <= 3 and words[-1] in known.answers:
        return True
    if words[0] in known.asking and len(words) >= 4:
        return True
    acts = any(word in known.verbs or word.endswith(known.verb_endings) for word in words)
    return acts and len(words) >= 5
