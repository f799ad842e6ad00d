"""Which of some values a caller means: "extra small" of small, extra small and large; "not the large one". Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from parley_core.languages.answers import Answer, folded, judge
from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values.phrase import Span, hold
from parley_llm.providers.rule_based.words import plain


@dataclass(frozen=True, slots=True)
class Choice:
    """`text` is "" where none was read."""

    text: str = ""
    sure: bool = True

    def __bool__(self) -> bool:
        return bool(self.text)


def read_choice(
    text: str, choices: Sequence[str], *, also: frozenset[str] = frozenset(), words: Pack = ENGLISH
) -> Choice:
    """`also`: words that say nothing of the choice."""
    said = folded(plain(text)).split()
    spans = _spans(said, choices)
    held = hold(said, spans, also=also | words.slots.ones, words=words.carriers)
    values = {span.value for span in held.spans}
    if len(values) != 1:
        return Choice(sure=not spans)
    # "No window, please" and "no, window please" are the same words.
    denied = held.spans[0].start > 0 and said[held.spans[0].start - 1] in words.carriers.no and not held.replaced
    return Choice(values.pop(), held.sure and not denied)


def _spans(said: list[str], choices: Sequence[str]) -> list[Span[str]]:
    """Each place where a choice is said; of several at one place the longest."""
    by_length = sorted(
        ((folded(plain(choice)).split(), choice) for choice in choices), key=lambda one: len(one[0]), reverse=True
    )
    spans: list[Span[str]] = []
    at = 0
    while at < len(said):
        for words, choice in by_length:
            if words and said[at : at + len(words)] == words:
                spans.append(Span(at, at + len(words), choice))
                at += len(words)
                break
        else:
            at += 1
    return spans


def read_yes_no(text: str, asked: str, words: Pack = ENGLISH) -> Choice:
    """A question's answer as "yes" or "no". `asked`: the question, which the answer may repeat."""
    answer = judge(text, words.answers, asked=asked)
    return Choice(answer.value) if answer in (Answer.YES, Answer.NO) else Choice()
