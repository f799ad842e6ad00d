"""Who answered an outgoing call: a person, an answering machine, a menu, or an assistant that screens. Pure.

`AnswerDetector` gets what is heard of the callee, with times in seconds on any one clock, and decides as soon as it
can. A person says "hello?" and waits; a machine goes on; the words decide the rest. Undecided is a person: dead air
loses people, and a machine that is spoken to is detected by its beep. The limits are those that carriers document for
their own detection (Twilio: speech threshold 2.4 s, end of speech 1.2 s, silence 5 s), on the quick side.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from parley_core.languages.registry import pack
from parley_core.languages.turn_words import Answered


class AnsweredBy(Enum):
    HUMAN = "human"
    MACHINE = "machine"
    IVR = "ivr"
    SCREENING = "screening"


@dataclass(frozen=True, slots=True)
class Detected:
    answer: AnsweredBy
    why: str  # for the log: which rule spoke


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    silence_s: float = 3.0  # nobody says anything: the agent begins
    greeting_s: float = 2.4  # a person's "hello, this is …" is shorter
    greeting_words: int = 8
    after_s: float = 0.6  # of quiet, which end a greeting
    long_s: float = 6.0  # one who speaks so long without a stop is a machine
    undecided_s: float = 12.0


@dataclass(frozen=True, slots=True)
class AnswerDetector:
    """Made when the callee answers; each step gives the next one. `due` is when `waited` wants to be asked again."""

    answered: float
    due: float
    known: Answered  # what is heard of others than the person called, in the call's language
    limits: AnswerLimits = AnswerLimits()
    voice_at: float | None = None  # since when somebody speaks
    quiet_at: float | None = None  # since when nobody does, after speech
    voiced_s: float = 0.0
    said: tuple[tuple[int, str], ...] = ()  # by utterance
    detected: Detected | None = None

    @property
    def text(self) -> str:
        return " ".join(text for _, text in sorted(self.said)).strip()

    @property
    def for_another(self) -> bool:
        """A person who answers for the one who was called: "she is not available, can I take a message"."""
        return bool(self.known.person.search(self.text))

    @property
    def _longest_s(self) -> float:
        return self.limits.undecided_s if self.for_another else self.limits.long_s

    def voice(self, at: float) -> "AnswerDetector":
        """Somebody begins to speak."""
        if self.voice_at is not None:
            return self
        return replace(self, voice_at=at, quiet_at=None, due=at + max(0.0, self._longest_s - self.voiced_s))

    def quiet(self, last_sound: float) -> "AnswerDetector":
        """Nobody speaks any more, since `last_sound`."""
        if self.voice_at is None:
            return self
        voiced_s = self.voiced_s + max(0.0, last_sound - self.voice_at)
        due = last_sound + self.limits.after_s
        return replace(self, voice_at=None, quiet_at=last_sound, voiced_s=voiced_s, due=due)

    def words(self, utterance: int, text: str) -> "AnswerDetector":
        """What is being heard to be said, partial or final."""
        others = tuple(one for one in self.said if one[0] != utterance)
        heard = replace(self, said=(*others, (utterance, text)))
        known = self.known
        text = known.person.sub(" ", heard.text)
        for answer, pattern in (
            (AnsweredBy.SCREENING, known.screening),
            (AnsweredBy.MACHINE, known.machine),
            (AnsweredBy.IVR, known.menu),
        ):
            if pattern.search(text):
                return heard.decided(answer, "words")
        return heard

    def beep(self) -> "AnswerDetector":
        return self.decided(AnsweredBy.MACHINE, "beep")

    def waited(self, now: float) -> "AnswerDetector":
        """Time has passed."""
        if self.detected is not None:
            return self
        limits, quiet_at = self.limits, self.quiet_at
        if now - self.answered >= limits.undecided_s:
            return self.decided(AnsweredBy.HUMAN, "undecided")
        if self.voice_at is not None:
            due = self.voice_at + max(0.0, self._longest_s - self.voiced_s)
            return self.decided(AnsweredBy.MACHINE, "long speech") if now >= due else replace(self, due=due)
        if quiet_at is None:
            return self.decided(AnsweredBy.HUMAN, "silence") if now - self.answered >= limits.silence_s else self
        if now - quiet_at < limits.after_s:
            return self
        if self.voiced_s <= limits.greeting_s and len(self.text.split()) <= limits.greeting_words:
            return self.decided(AnsweredBy.HUMAN, "short greeting")
        if self.voiced_s > self._longest_s:
            return self.decided(AnsweredBy.MACHINE, "long speech")
        if now - quiet_at >= 2 * limits.after_s:
            return self.decided(AnsweredBy.HUMAN, "waits for an answer")
        return replace(self, due=quiet_at + 2 * limits.after_s)

    def decided(self, answer: AnsweredBy, why: str) -> "AnswerDetector":
        """A person may turn out to be a machine that took a breath, never the other way round."""
        if self.detected is None or (self.detected.answer is AnsweredBy.HUMAN and answer is not AnsweredBy.HUMAN):
            return replace(self, detected=Detected(answer, why))
        return self


def listen(now: float, language: str = "en", limits: AnswerLimits | None = None) -> AnswerDetector:
    """The callee has answered."""
    limits = limits or AnswerLimits()
    return AnswerDetector(now, now + limits.silence_s, pack(language).answered, limits)


@dataclass(frozen=True, slots=True)
class AnswerTerms:
    """What to do after detection. Texts may be empty: nothing is said."""

    voicemail: str
    on_ivr: Literal["hang_up", "converse"]
    screening: str


@dataclass(frozen=True, slots=True)
class Answering:
    terms: AnswerTerms
    detector: AnswerDetector | None = None  # None: the line is not up yet
    leaving: float | None = None  # a machine: when it is given up to wait for its beep
    saying: bool = False
    screenings: int = 0
