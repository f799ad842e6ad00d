"""Who answered an outgoing call: a person, an answering machine, a menu, or an assistant that screens. Pure.

`AnswerDetector` is told what is heard of the callee, with times in seconds on any one clock, and says what it is as
soon as it can. A person says "hello?" and waits; a machine goes on; what is said tells the rest. Undecided is a person:
dead air loses people, and a machine that is spoken to is told by its beep. The limits are those that carriers document
for their own detection (Twilio: speech threshold 2.4 s, end of speech 1.2 s, silence 5 s), on the quick side.
"""

import re
from dataclasses import dataclass
from enum import Enum


class Answer(Enum):
    HUMAN = "human"
    MACHINE = "machine"
    IVR = "ivr"
    SCREENING = "screening"


@dataclass(frozen=True, slots=True)
class Detected:
    answer: Answer
    why: str  # for the log: which rule spoke


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    silence_s: float = 3.0  # nobody says anything: the agent begins
    greeting_s: float = 2.4  # a person's "hello, this is …" is shorter
    greeting_words: int = 8
    after_s: float = 0.6  # of quiet, which end a greeting
    long_s: float = 4.5  # one who speaks so long without a stop is a machine
    undecided_s: float = 12.0


_MACHINE = re.compile(
    r"\b(leave (me |us )?(a|your) (short |brief )?(message|name)|after the (tone|beep)|at the (tone|beep)|voice ?mail"
    r"|(can'?t|cannot|unable to|not able to) (come to|take|answer|get to) (the|your|this)? ?(phone|call)?"
    r"|(is|are|am|'m|'re) (not available|unavailable|away from)|not available (right now|to take)|record your message"
    r"|you('ve| have) reached the (voice ?mail|mailbox)|mailbox (is full|of)|forwarded to)\b",
    re.IGNORECASE,
)
_IVR = re.compile(
    r"\b((please )?(press|dial|enter) (\d|one|two|three|four|five|six|seven|eight|nine|zero|pound|star)"
    r"|for \w+( \w+)?,? (press|say|dial)|menu options|our menu|listen carefully|main menu|para español"
    r"|your call (is important|may be (monitored|recorded)))\b",
    re.IGNORECASE,
)
_SCREENING = re.compile(
    r"\b(state your name|say your name|who('s| is) (calling|this)|(the )?(reason|purpose) (for|of) (your|the) call"
    r"|why (you'?re|you are) calling|call (assist|screen\w*)|screening service|(google|virtual) assistant"
    r"|see if (this person|they) (is|are) available|before i try to connect)\b",
    re.IGNORECASE,
)


class AnswerDetector:
    """Made when the callee answers, at `now`. `due` is when `waited` wants to be asked again."""

    def __init__(self, now: float, limits: AnswerLimits | None = None) -> None:
        self._limits = limits or AnswerLimits()
        self._answered = now
        self._voice_at: float | None = None  # since when somebody speaks
        self._quiet_at: float | None = None  # since when nobody does, after speech
        self._voiced_s = 0.0
        self._words: dict[int, str] = {}  # by utterance
        self.detected: Detected | None = None
        self.due = now + self._limits.silence_s

    @property
    def text(self) -> str:
        return " ".join(self._words[number] for number in sorted(self._words)).strip()

    def voice(self, at: float) -> Detected | None:
        """Somebody begins to speak."""
        if self._voice_at is None:
            self._voice_at = at
            self._quiet_at = None
            self.due = at + max(0.0, self._limits.long_s - self._voiced_s)
        return self.detected

    def quiet(self, last_sound: float) -> Detected | None:
        """Nobody speaks any more, since `last_sound`."""
        if self._voice_at is not None:
            self._voiced_s += max(0.0, last_sound - self._voice_at)
            self._voice_at = None
            self._quiet_at = last_sound
            self.due = last_sound + self._limits.after_s
        return self.detected

    def words(self, utterance: int, text: str) -> Detected | None:
        """What is being heard to be said, partial or final."""
        self._words[utterance] = text
        said = self.text
        for answer, pattern in ((Answer.SCREENING, _SCREENING), (Answer.MACHINE, _MACHINE), (Answer.IVR, _IVR)):
            if pattern.search(said):
                return self._decide(answer, "words")
        return self.detected

    def beep(self) -> Detected | None:
        return self._decide(Answer.MACHINE, "beep")

    def waited(self, now: float) -> Detected | None:
        """Time has passed."""
        if self.detected is not None:
            return self.detected
        limits = self._limits
        if self._voice_at is not None:
            if self._voiced_s + now - self._voice_at >= limits.long_s:
                return self._decide(Answer.MACHINE, "long speech")
        elif self._quiet_at is not None and now - self._quiet_at >= limits.after_s:
            if self._voiced_s <= limits.greeting_s and len(self.text.split()) <= limits.greeting_words:
                return self._decide(Answer.HUMAN, "short greeting")
            if self._voiced_s > limits.long_s:
                return self._decide(Answer.MACHINE, "long speech")
            if now - self._quiet_at >= 2 * limits.after_s:
                return self._decide(Answer.HUMAN, "waits for an answer")
            self.due = self._quiet_at + 2 * limits.after_s
        elif self._quiet_at is None and now - self._answered >= limits.silence_s:
            return self._decide(Answer.HUMAN, "silence")
        if now - self._answered >= limits.undecided_s:
            return self._decide(Answer.HUMAN, "undecided")
        return None

    def _decide(self, answer: Answer, why: str) -> Detected:
        """A person may turn out to be a machine that took a breath, never the other way round."""
        if self.detected is None or (self.detected.answer is Answer.HUMAN and answer is not Answer.HUMAN):
            self.detected = Detected(answer, why)
        return self.detected


class MessageMoment:
    """When to leave a message on a machine: after its beep, or once it has been quiet for long."""

    def __init__(self, now: float, *, quiet_s: float = 2.5, longest_s: float = 45.0) -> None:
        self._quiet_s = quiet_s
        self._latest = now + longest_s
        self.due = min(now + quiet_s, self._latest)

    def voice(self) -> None:
        self.due = self._latest

    def quiet(self, last_sound: float) -> None:
        self.due = min(last_sound + self._quiet_s, self._latest)

    def beep(self, now: float) -> None:
        self.due = now
