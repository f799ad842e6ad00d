"""Shapes a provider's audio for a call: silence at the edges cut to measure, a small first chunk, then larger ones.

Used by `call` and nothing else; plain and synchronous.
"""

from dataclasses import dataclass

import numpy as np

from parley_tts.providers.base import SAMPLES_PER_MS, Pcm, SpeechChunk, SpokenWord

LEAD_MS = 10  # silence left before the first sound, so that no onset is clipped


@dataclass(frozen=True, slots=True)
class Shape:
    """`gap_ms` is the silence behind every sentence, so that its last sound is not clipped; the pause between two is
    `pauses`'. A sample is silent up to `silence_level`."""

    first_ms: int = 60
    chunk_ms: int = 160
    gap_ms: int = 40
    silence_level: int = 64


class Shaper:
    """One sentence. Word times move with the silence that is cut before the first sound."""

    def __init__(self, shape: Shape, *, offset_ms: int = 0, first: bool = True) -> None:
        """`offset_ms` is added to word times and `first` is false where this continues a sentence begun before. Set
        `pause_ms` before the first sound where silence is to stand in front of it."""
        self.pause_ms = 0
        self._shape = shape
        self._offset_ms = offset_ms
        self._ready = np.zeros(0, np.int16)
        self._silent: list[Pcm] = []  # silence that may turn out to be the sentence's end
        self._silent_count = 0
        self._cut: int | None = None  # samples cut before the first sound, negative: added; None: no sound yet
        self._words: list[SpokenWord] = []
        self._ends_ms: list[int] = []  # of all words so far, in the time of what was pushed
        self._given = 0
        self._size_ms = shape.first_ms if first else shape.chunk_ms

    @property
    def given_ms(self) -> int:
        return self._given // SAMPLES_PER_MS

    def push(self, chunk: SpeechChunk) -> list[SpeechChunk]:
        """Return the chunks that this completes. What may be the sentence's end is held back."""
        self._words += chunk.words
        self._ends_ms += [word.end_ms for word in chunk.words]
        sounding = np.flatnonzero(np.abs(chunk.pcm.astype(np.int32)) > self._shape.silence_level)
        if not len(sounding):
            if len(chunk.pcm):
                self._silent.append(chunk.pcm)
                self._silent_count += len(chunk.pcm)
            return []
        end = int(sounding[-1]) + 1
        voiced = np.concatenate([*self._silent, chunk.pcm[:end]])
        if self._cut is None:
            first_sound = self._silent_count + int(sounding[0])
            cut, pause = max(0, first_sound - LEAD_MS * SAMPLES_PER_MS), self.pause_ms * SAMPLES_PER_MS
            voiced = np.concatenate([np.zeros(pause, np.int16), voiced[cut:]])
            self._cut = cut - pause
        self._silent, self._silent_count = [chunk.pcm[end:]], len(chunk.pcm) - end
        self._ready = np.concatenate([self._ready, voiced])
        chunks: list[SpeechChunk] = []
        while len(self._ready) >= self._size_ms * SAMPLES_PER_MS:
            chunks.append(self._take(self._size_ms * SAMPLES_PER_MS))
            self._size_ms = self._shape.chunk_ms
        return chunks

    def finish(self) -> list[SpeechChunk]:
        """Return what is left, the gap behind the sentence included; the last of these is the sentence's last."""
        if self._cut is None:  # not a sound in it
            self._cut = 0
            self._ready = np.zeros(0, np.int16)
        else:
            self._ready = np.concatenate([self._ready, np.zeros(self._shape.gap_ms * SAMPLES_PER_MS, np.int16)])
        chunks: list[SpeechChunk] = []
        while len(self._ready) > self._size_ms * SAMPLES_PER_MS:
            chunks.append(self._take(self._size_ms * SAMPLES_PER_MS))
            self._size_ms = self._shape.chunk_ms
        chunks.append(self._take(len(self._ready), every_word=True))
        return chunks

    def cut(self) -> list[SpeechChunk]:
        """The sentence breaks off here: return what is left up to the end of the last whole word."""
        cut_ms = (self._cut or 0) // SAMPLES_PER_MS
        there = np.concatenate([self._ready, *self._silent])
        there_ms = self.given_ms + len(there) // SAMPLES_PER_MS
        whole_ms = max((ends - cut_ms for ends in self._ends_ms if ends - cut_ms <= there_ms), default=0)
        self._ready, self._silent, self._silent_count = there, [], 0
        count = whole_ms * SAMPLES_PER_MS - self._given
        return [self._take(count)] if count > 0 else []

    def _take(self, count: int, *, every_word: bool = False) -> SpeechChunk:
        pcm, self._ready = self._ready[:count], self._ready[count:]
        self._given += count
        cut_ms = (self._cut or 0) // SAMPLES_PER_MS
        words: list[SpokenWord] = []
        while self._words:
            word = self._words[0]
            start_ms = max(0, word.start_ms - cut_ms)
            if start_ms >= self.given_ms and not every_word:
                break
            end_ms = max(start_ms, word.end_ms - cut_ms)
            words.append(SpokenWord(word.index, word.text, start_ms + self._offset_ms, end_ms + self._offset_ms))
            del self._words[0]
        return SpeechChunk(pcm, tuple(words))
