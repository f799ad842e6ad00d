"""What Whisper makes up, separated from what was said: text out of noise, doubled words, loops. `decoding.py` calls it.

The thresholds were read off synthetic speech, noise of 17 kinds and 120 short answers (services/asr/README.md).
"""

import re

# Of noise the models write "you", "beep" or a whole sentence, and say themselves that there was no speech: at 0.65 and
# more without hot words in the prompt, where speech stays below 0.45. With hot words noise becomes one of those.
NO_SPEECH_DOUBTED = 0.2  # with hot words: ask again without them
_NO_SPEECH = 0.45
_NO_SPEECH_AT_ALL = 0.7
_DOUBTED_LOGPROB = -0.7
DOUBLED_S_PER_WORD = 0.45  # faster than that nobody says a thing twice
_LEAST_CROWD, _CROWDED_MS = 3, 60  # nobody says three words in a fifth of a second
_LOOPED_TIMES = 3
_LOOPED_WORDS = range(2, 9)
_EQUAL_WORDS = 6
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NOISE_NAMES = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|♪+")


def plain_words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def without_noise_names(text: str) -> str:
    """Leave out "[Music]", "(coughs)", "*beep*" and notes."""
    return _NOISE_NAMES.sub(" ", text).strip()


def is_noise(text: str, logprob: float, no_speech: float) -> bool:
    """Whether a text, written without hot words, stands for no speech. `logprob`: the mean of its tokens'."""
    doubted = no_speech > _NO_SPEECH and logprob < _DOUBTED_LOGPROB
    return not plain_words(text) or doubted or no_speech > _NO_SPEECH_AT_ALL


def loops(text: str) -> bool:
    """Whether the same few words come again and again."""
    words = plain_words(text)
    for at in range(len(words)):
        if len(set(words[at : at + _EQUAL_WORDS])) == 1 and at + _EQUAL_WORDS <= len(words):
            return True
        for length in _LOOPED_WORDS:
            end = at + length * _LOOPED_TIMES
            if end <= len(words) and words[at:end] == words[at : at + length] * _LOOPED_TIMES:
                return True
    return False


def crowded(times: list[tuple[int, int]]) -> int:
    """How many of the words have a time of their own: what the model says again when the sound is over has none."""
    for at in range(len(times) - _LEAST_CROWD + 1):
        start, end = times[at]
        if end - start < _CROWDED_MS and times[-1][1] - start < _CROWDED_MS * (len(times) - at):
            return at
    return len(times)


def folded(words: list[str], speech_s: float) -> int:
    """How many of the words were said: half of them where the second half only repeats the first, too fast for a
    person."""
    plain = [" ".join(plain_words(word)) for word in words]
    half, rest = divmod(len(words), 2)
    if rest or not half or plain[:half] != plain[half:] or speech_s / len(words) >= DOUBLED_S_PER_WORD:
        return len(words)
    return half
