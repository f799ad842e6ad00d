"""Whether what is heard while the agent speaks is the caller taking the floor. Pure; `machine` asks.

A real word is. A backchannel ("mhm"), the agent's own words that come back through the caller's loudspeaker, and voices
well below the caller's own level are not. An echo is told by its sound (`listening.echo`); words tell where sound does
not.
"""

import re
from difflib import SequenceMatcher
from functools import lru_cache

from parley_core.languages.answers import Answer, judge
from parley_core.languages.registry import pack

from parley_gateway.turns.types import Sound

# The movement of a sound (`listening.bands`) from which on it is speech. Chosen on one half of the voices and sounds
# of `make eval-turns`: 88 % of their speech has it after 0.14 s of voice, all of it after 0.3 s; most laughter and hums
# never do.
ARTICULATED = 0.5
# Without a word only a voice that is clearly the caller's counts. Their level is learnt at the ends of sentences, which
# are softer than the beginning of an interruption: on the same half none was more than 3.1 dB below.
NEAR = 0.5  # of `background_db`
# Below it a whole utterance is a hum, laughter or a cough, whatever words the recogniser makes of it: they have 0.06 to
# 0.45, speech of two syllables 0.7 and more. A short word can be as even ("stop", "yes"), so words that say what they
# mean are believed.
_EVEN = 0.45
_WORD = re.compile(r"[\w']+")
_REPEATED = re.compile(r"(.)\1+")
_LONGEST = 4  # words of a backchannel
_ECHO_LIKENESS = 0.75  # of words; a recogniser gets some of an echo wrong
_OTHER_WORDS = 0.25  # of a longer utterance are the agent's, if it is something else that was said
_SHORT = 3  # words
_SYLLABLE = 3  # letters
_TELLING = 3  # words, of which it shows whether they only go on with an answer
_OFFERED = 3  # words of the first of several choices
_QUESTION = re.compile(r"[^.!?]*\?")


def is_backchannel(text: str, backchannels: frozenset[str]) -> bool:
    """Say whether `text` has no word beyond "mhm", "okay" and their like. Text without any word is one, too.

    Letters count once: recognisers write the same sound as "mhm", "mmhmm" or "Mm-hmm."
    """
    known = _known(backchannels)
    heard = [_once(word) for word in spoken_words(text)]
    at = 0
    while at < len(heard):
        fitting = (length for length in range(_LONGEST, 0, -1) if tuple(heard[at : at + length]) in known)
        length = next(fitting, 0)
        if not length:
            return False
        at += length
    return True


def is_filler(text: str, language: str) -> bool:
    """Say whether `text` is a lone "uh" or "um"."""
    heard = spoken_words(text)
    return len(heard) == 1 and _once(heard[0]) in pack(language).endings.fillers


def is_laughter(text: str, language: str) -> bool:
    """Say whether `text` is one short syllable again and again, as recognisers write laughter: "ha ha", "ta ta ta"."""
    heard, known = spoken_words(text), pack(language).endings
    return (
        len(heard) > 1
        and len(set(heard)) == 1
        and 1 < len(heard[0]) <= _SYLLABLE
        and not any(heard[0] in words for words in (known.answers, known.digits, known.asking, known.verbs))
    )


def is_only_sound(text: str, movement: float, language: str) -> bool:
    """Say whether `text` is what a recogniser makes of a sound without words; `movement`: of all of it, 0: unknown."""
    if not 0 < movement < _EVEN:
        return False
    return judge(text, pack(language).answers) is Answer.UNCLEAR and not is_for_another(text, language)


def is_for_another(text: str, language: str) -> bool:
    """Say whether `text` asks for a moment, or for quiet, and nothing else: there is nothing to answer."""
    return bool(pack(language).endings.hold.match(" ".join(spoken_words(text))))


def continues_answer(answer: str, text: str, language: str, *, so_far: bool = False) -> bool:
    """Say whether `text` only goes on with a yes or a no: "Yes, | that's right". `so_far`: or may yet do so."""
    words = pack(language).answers
    given = judge(answer, words)
    if given not in (Answer.YES, Answer.NO):
        return False
    both = judge(f"{answer} {text}", words)
    return both is given or (so_far and both is Answer.UNCLEAR and len(spoken_words(text)) < _TELLING)


def is_echo(text: str, playing: str, sound: Sound = Sound.UNKNOWN, language: str = "en") -> bool:
    """Say whether `text` is the agent's own voice: by its sound, and by its words only where the sound shows neither.

    By words it is what the agent is saying, in its order, unless that is an answer to what the agent is asking. A
    longer utterance in other words than the agent's is none, whatever the sound: two voices may be alike.
    """
    heard, said = spoken_words(text), spoken_words(playing)
    if sound is Sound.ECHO:
        return not (said and len(heard) > _SHORT and sum(word in said for word in heard) <= _OTHER_WORDS * len(heard))
    if sound is Sound.CALLER or not heard or not said:
        return False
    match = SequenceMatcher(None, said, heard, autojunk=False)
    if len(heard) <= _SHORT:
        alike = match.find_longest_match().size == len(heard)
    else:
        alike = sum(block.size for block in match.get_matching_blocks()) / len(heard) >= _ECHO_LIKENESS
    return alike and not is_answer(text, playing, language)


def is_answer(text: str, playing: str, language: str) -> bool:
    """Say whether `text` answers a question with words of that question: a yes or no, a number, a name, a choice."""
    known, heard = pack(language).endings, spoken_words(text)
    for question in _QUESTION.findall(playing):
        if len(heard) <= _SHORT and known.answers.issuperset(heard):
            return True
        if all(word in known.digits or word in known.repeats or word.isdigit() for word in heard):
            return True
        if {word.lower() for word in _WORD.findall(question)[1:] if word[0].isupper()}.issuperset(heard):
            return True
        if _chosen(heard, spoken_words(question), known.choices):
            return True
    return False


def _chosen(heard: list[str], asked: list[str], choices: frozenset[str]) -> bool:
    """Whether what is heard is one of the things that the question offers."""
    first = next((at for at, word in enumerate(asked) if word in choices), None)
    if first is None or choices.intersection(heard):
        return False
    offered = asked[max(0, first - _OFFERED) :]
    return any(offered[at : at + len(heard)] == heard for at in range(len(offered)))


@lru_cache(maxsize=256)
def _known(backchannels: frozenset[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(_once(word) for word in spoken_words(one)) for one in backchannels)


def _once(word: str) -> str:
    return _REPEATED.sub(r"\1", word)


def spoken_words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
