"""One Whisper model: a sound in, written words with times and confidence out. `process.py` runs it in its threads.

The window is 8 s and not the 30 s that the model was trained with: CTranslate2's encoder takes shorter spectrograms,
accuracy stays and the cost is a fifth. At 6 s the model begins to repeat itself. The beam is searched only where the
first, greedy text is not sure: on sentences that chose these settings 3.9 % of the words were misheard, with a beam for
each and 10 s 4.0 %.
"""

import itertools
import math
from dataclasses import dataclass, field, replace

import ctranslate2  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from parley_asr.providers.whisper import cleaning
from parley_asr.providers.whisper.features import FRAMES_PER_S, RATE, log_mel
from parley_asr.providers.whisper.tokens import Vocabulary
from parley_asr.providers.whisper.wire import Decoded, Wish, Word
from parley_asr.providers.whisper.word_times import kept_inside, shared_out, sound_of

WINDOW_S = 8.0
_SURE_LOGPROB = -0.3  # of a greedy text, the mean of its tokens': below it others are tried
_WORDS_PER_S = 5.5  # who seems to speak faster may not have said all of it
_BEHIND_S = 0.5  # of silence behind a sound that is longer than the window
LONGEST_S = 28.0
_TOKENS_PER_S = 10
_LEAST_TOKENS = 24
_MOST_TOKENS = 200
_TIMES_PER_S = 50
_LOOP_NGRAM = 3
_CONTINUES = 0.4  # confidence from which a text that goes on is believed
_LANGUAGE_TOLD = 0.8
LANGUAGE_TOLD_FROM_S = 2.0
_PCM_SCALE = 32768.0

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Guess:
    tokens: list[int] = field(default_factory=list)
    text: str = ""
    logprob: float = 0.0
    no_speech: float = 0.0


class WhisperModel:
    """Thread-safe: as many decodes at once as `threads`; they share the weights."""

    def __init__(self, name: str, files: dict[str, bytes], *, threads: int) -> None:
        self._model = ctranslate2.models.Whisper(
            name, compute_type="int8", intra_threads=1, inter_threads=threads, files=files
        )
        self._multilingual = bool(self._model.is_multilingual)
        self._vocabulary = Vocabulary(files["tokenizer.json"], multilingual=self._multilingual)

    @property
    def languages(self) -> frozenset[str]:
        return self._vocabulary.languages

    def decode(self, pcm: bytes, wish: Wish) -> Decoded:
        """Decode PCM16 mono 16 kHz of at most LONGEST_S."""
        samples = np.frombuffer(pcm, "<i2").astype(np.float32) / _PCM_SCALE
        if wish.before:
            decoded = self._decode(samples, wish)
            if decoded.words and decoded.confidence >= _CONTINUES:
                return decoded
        alone = samples[wish.before_ms * RATE // 1000 :]
        return self._decode(alone, replace(wish, before="", before_ms=0))

    def _decode(self, samples: Samples, wish: Wish) -> Decoded:
        before_s = wish.before_ms / 1000
        alone = samples[wish.before_ms * RATE // 1000 :]
        sound = sound_of(alone)
        if sound is None:
            return Decoded()
        length_s = len(samples) / RATE
        features = ctranslate2.StorageView.from_array(log_mel(samples, max(WINDOW_S, length_s + _BEHIND_S))[None])
        encoded = self._model.encode(features)
        told = ""
        if wish.others and self._multilingual and length_s >= LANGUAGE_TOLD_FROM_S:
            told = self._told(encoded, wish)
            wish = replace(wish, language=told or wish.language)
        guess = self._generate(encoded, replace(wish, beam=1), length_s - before_s)
        if wish.beam > 1 and (guess.logprob < _SURE_LOGPROB or cleaning.loops(guess.text)):
            guess = self._generate(encoded, wish, length_s - before_s)
        if cleaning.loops(guess.text):
            guess = self._generate(encoded, wish, length_s - before_s, no_repeat=_LOOP_NGRAM)
            if cleaning.loops(guess.text):
                return Decoded()
        plain = guess
        if wish.hot_words and guess.no_speech > cleaning.NO_SPEECH_DOUBTED:
            plain = self._generate(encoded, replace(wish, hot_words=""), length_s - before_s)
        if cleaning.is_noise(plain.text, plain.logprob, plain.no_speech) or not cleaning.plain_words(guess.text):
            return Decoded()
        written = self._vocabulary.words(guess.tokens)
        sure = guess.logprob >= _SURE_LOGPROB and len(written) <= (sound[1] - sound[0]) * _WORDS_PER_S
        if wish.timed and not sure:
            words = kept_inside(self._aligned(encoded, guess, wish, length_s), sound, before_s)
            words = words[: cleaning.crowded([(word.start_ms, word.end_ms) for word in words])]
        else:
            chance = min(math.exp(guess.logprob), 1.0)
            words = tuple(Word(text, 0, 0, chance) for text, _ in written)
            words = shared_out(words, alone, sound) if wish.timed else words
        words = words[: cleaning.folded([word.text for word in words], sound[1] - sound[0])]
        return Decoded(words, min(math.exp(guess.logprob), 1.0), told)

    def _told(self, encoded: ctranslate2.StorageView, wish: Wish) -> str:
        """The language of the sound where it is another one of the call's than the wished for, else ""."""
        possible = {wish.language, *wish.others}
        chances = {
            code[2:-2]: chance for code, chance in self._model.detect_language(encoded)[0] if code[2:-2] in possible
        }
        whole = sum(chances.values())
        best = max(chances, key=lambda code: chances[code], default="")
        return best if best != wish.language and whole and chances[best] / whole >= _LANGUAGE_TOLD else ""

    def _generate(self, encoded: ctranslate2.StorageView, wish: Wish, length_s: float, *, no_repeat: int = 0) -> _Guess:
        prompt = self._vocabulary.prompt(wish.language, wish.hot_words, wish.before)
        most = min(_LEAST_TOKENS + round(length_s * _TOKENS_PER_S), _MOST_TOKENS)
        result = self._model.generate(
            encoded,
            [prompt],
            beam_size=wish.beam,
            max_length=len(prompt) + most,
            suppress_tokens=self._vocabulary.unwanted(wish.language),
            no_repeat_ngram_size=no_repeat,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        said = len(self._vocabulary.encode(wish.before)) if wish.before else 0  # comes back with the rest
        tokens = [token for token in result.sequences_ids[0][said:] if token < self._vocabulary.end]
        text = cleaning.without_noise_names(self._vocabulary.text(tokens))
        return _Guess(tokens, text, float(result.scores[0]), float(result.no_speech_prob))

    def _aligned(
        self, encoded: ctranslate2.StorageView, guess: _Guess, wish: Wish, length_s: float
    ) -> tuple[Word, ...]:
        """The words with their times in the whole sound, as the model's attention places them."""
        written = self._vocabulary.words(guess.tokens)
        before = self._vocabulary.encode(wish.before) if wish.before else []
        tokens = [*before, *guess.tokens]
        frames = max(round(length_s * FRAMES_PER_S), 2)
        aligned = self._model.align(encoded, self._vocabulary.start(wish.language), [tokens], [frames])[0]
        # Where the path steps to the next token that token begins.
        begins = [length_s] * (len(tokens) + 1)
        last = -1
        for token, time in aligned.alignments:
            if token != last and token <= len(tokens):
                begins[token] = time / _TIMES_PER_S
            last = token
        words: list[Word] = []
        ends = list(itertools.accumulate((count for _, count in written), initial=len(before)))
        for (text, _), start, end in zip(written, ends, ends[1:], strict=False):
            chances = aligned.text_token_probs[start:end]
            chance = sum(chances) / max(len(chances), 1)
            words.append(Word(text, round(begins[start] * 1000), round(begins[end] * 1000), chance))
        return tuple(words)
