"""Which of the agent's languages the caller wants: by asking, by a key, or by speaking it. Pure; `call_language` asks.

An explicit wish is obeyed at once. What is only heard needs more: in the first utterances one clear sentence, later two
in a row, and never a name or a word or two alone, so that a foreign name does not turn the call round and back.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from parley.v1 import events_pb2
from parley_core.agents import AgentDocument
from parley_core.languages.registry import pack, primary

from parley_gateway.language.asked import wish_words

Identify = Callable[[str, Iterable[str]], tuple[str, float]]  # text, languages: the likeliest and its probability

FIRST_TEXTS = 3  # so many texts of the caller are the first utterances
CLEAR_WORDS = 3  # a text with fewer is no evidence, but for an opening that only one language has
CLEAR = 0.95
AGAIN = 2  # clear texts in a row that change the language later in the call
MOST_DETECTED = 6  # detected changes in a call: two people who speak in turns do not make the agent reel

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Wanted:
    language: str  # as the agent document writes it
    reason: "events_pb2.LanguageReason.ValueType"
    confidence: float = 1.0
    alone: bool = False  # the caller said nothing but this wish


class LanguageSense:
    """One call's. `current` is what the call is in."""

    def __init__(self, agent: AgentDocument, current: str, identify: Identify) -> None:
        self.current = current
        self._tags = agent.tags
        self._identify = identify
        self._wishes = wish_words(agent.tags)
        self._asked_with = {
            one.tag: [" ".join(_words(text)) for text in one.asked_with] for one in agent.languages if one.asked_with
        }
        self._keys = {one.key: agent.tag_of(one.tag) for one in agent.languages if one.key}
        self._texts = 0
        self._detected = 0
        self._streak: tuple[str, int] = ("", 0)

    def keyed(self, digits: str) -> Wanted | None:
        """What the caller keyed in, where nothing else is being asked for."""
        language = self._keys.get(digits)
        return Wanted(language, events_pb2.LANGUAGE_REASON_KEYED, alone=True) if language else None

    def said(self, text: str, *, detected: str = "", name_expected: bool = False) -> Wanted | None:
        """A final text of the caller, or a typed one; `detected`: the recogniser's word on its language.

        Also reports a wish for the language that the call is in: it need not change, and is no other's sign.
        """
        words = _words(text)
        if not words:
            return None
        self._texts += 1
        asked = None if name_expected and len(words) == 1 else self._asked(text, words)
        if asked is not None:
            self._streak = ("", 0)
            return asked
        return None if name_expected else self._heard(text, words, detected)

    def wish(self, text: str) -> str:
        """The language that a whole turn asks for, where it asks for nothing else."""
        if text in self._keys:
            return self._keys[text]
        asked = self._asked(text, _words(text)) if len(self._tags) > 1 else None
        return asked.language if asked is not None and asked.alone else ""

    def changed(self, language: str, *, detected: bool = False) -> None:
        self.current = language
        self._detected += detected
        self._streak = ("", 0)

    def _asked(self, text: str, words: list[str]) -> Wanted | None:
        said = " ".join(words)
        for language, wordings in self._asked_with.items():
            if said in wordings:
                return Wanted(language, events_pb2.LANGUAGE_REASON_ASKED, alone=True)
        asked = self._wishes.asked(text)
        return Wanted(asked.language, events_pb2.LANGUAGE_REASON_ASKED, alone=asked.alone) if asked else None

    def _heard(self, text: str, words: list[str], detected: str) -> Wanted | None:
        language, sure = self._evidence(text, words, detected)
        if not language:
            return None  # neither one nor the other: what came before still counts
        if language == self.current:
            self._streak = ("", 0)
            return None
        before, count = self._streak
        self._streak = (language, count + 1 if language == before else 1)
        first = self._texts <= FIRST_TEXTS and not self._detected
        if self._streak[1] < (1 if first else AGAIN) or self._detected >= MOST_DETECTED:
            return None
        return Wanted(language, events_pb2.LANGUAGE_REASON_DETECTED, sure)

    def _evidence(self, text: str, words: list[str], detected: str) -> tuple[str, float]:
        opening = self._opening(" ".join(words))
        if opening:
            return opening, CLEAR
        if len(words) < CLEAR_WORDS:
            return "", 0.0
        if detected:
            heard = next((tag for tag in self._tags if primary(tag) == primary(detected)), "")
            return heard, CLEAR if heard else 0.0
        language, sure = self._identify(" ".join(words), self._tags)
        return (language, sure) if sure >= CLEAR else ("", 0.0)

    def _opening(self, said: str) -> str:
        for tag in self._tags:
            if any(said == one or said.startswith(one + " ") for one in pack(tag).openings):
                rest = said.split()[1:]
                # "hola, I need an appointment" is no Spanish
                if len(rest) < CLEAR_WORDS or self._identify(" ".join(rest), self._tags)[0] == tag:
                    return tag
        return ""


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
