"""What the neural voices in this process have in common: sounds of a sentence to audio with the times of its words.

A model is given symbols and says how long each one is. `hibari` and `piper` use it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parley_tts.providers.base import SAMPLES_PER_MS, SpeechChunk, SpokenWord
from parley_tts.text import Prepared

FEW_SOUNDS = 60  # a first clause of at least so much
MANY_SOUNDS = 140  # a sentence above it is cut at its clauses
MOST_SOUNDS = 380
_CLAUSE_ENDS = frozenset(",;:—")
PAUSES = frozenset(' .,;:!?…—"“”()')  # symbols of silence: they belong to no word
_SILENT = 64  # of 32768
_EDGE_MS = 10
_BREATH_MS = 180  # between two clauses


@dataclass(frozen=True, slots=True)
class Sounds:
    """A stretch of a sentence as the model's symbols, and which token of the text each belongs to."""

    symbols: str
    tokens: tuple[int, ...]


class SpokenParts:
    """Puts the parts of one sentence behind each other, and reports each token once with its time in the whole."""

    def __init__(self, prepared: Prepared) -> None:
        self._tokens = prepared.tokens
        self._next = 0
        self._at_ms = 0

    def chunk(
        self, sounds: Sounds, pcm: npt.NDArray[np.int16], begins: list[int], *, first: bool, last: bool
    ) -> SpeechChunk:
        """`begins`: of each symbol, and the end. Silence between two parts is a breath long."""
        sounding = np.flatnonzero(np.abs(pcm.astype(np.int32)) > _SILENT)
        cut, end = 0, len(pcm)
        if len(sounding):
            cut = 0 if first else max(int(sounding[0]) - _EDGE_MS * SAMPLES_PER_MS, 0)
            end = len(pcm) if last else min(int(sounding[-1]) + _BREATH_MS * SAMPLES_PER_MS, len(pcm))
        shift = self._at_ms - cut // SAMPLES_PER_MS
        until = self._at_ms + (end - cut) // SAMPLES_PER_MS
        silent_from = min(until, shift + int(sounding[-1]) // SAMPLES_PER_MS) if len(sounding) else until
        words: list[SpokenWord] = []
        for token in dict.fromkeys(sounds.tokens):
            mine = [at for at, owner in enumerate(sounds.tokens) if owner == token and sounds.symbols[at] not in PAUSES]
            if not mine or token < self._next:
                continue
            start_ms = min(max(begins[mine[0]] + shift, self._at_ms), silent_from)
            words += self._unsaid(token, start_ms)
            words.append(
                SpokenWord(token, self._tokens[token], start_ms, min(begins[mine[-1] + 1] + shift, silent_from))
            )
            self._next = token + 1
        if last:
            words += self._unsaid(len(self._tokens), until)
        self._at_ms = until
        return SpeechChunk(pcm[cut:end], tuple(words))

    def rest(self) -> tuple[SpokenWord, ...]:
        return tuple(self._unsaid(len(self._tokens), self._at_ms))

    def _unsaid(self, upto: int, at_ms: int) -> list[SpokenWord]:
        """Tokens that make no sound, such as a dash."""
        words = [SpokenWord(token, self._tokens[token], at_ms, at_ms) for token in range(self._next, upto)]
        self._next = max(self._next, upto)
        return words


def clauses(symbols: str, tokens: list[int]) -> Iterator[Sounds]:
    """Cut a long sentence behind commas and the like, never inside a token."""
    start = 0
    for at in range(len(symbols) - 1):
        length = at + 1 - start
        clause = symbols[at - 1] in _CLAUSE_ENDS and length > FEW_SOUNDS and len(symbols) - start > MANY_SOUNDS
        if symbols[at] == " " and tokens[at] != tokens[at + 1] and (clause or length > MOST_SOUNDS):
            yield Sounds(symbols[start : at + 1], tuple(tokens[start : at + 1]))
            start = at + 1
    if symbols[start:].strip():
        yield Sounds(symbols[start:], tuple(tokens[start:]))


def with_output(model: bytes, name: bytes) -> bytes:
    """An ONNX file whose graph has one more output: messages of protobuf merge when they are joined.

    onnx.proto: ModelProto.graph is field 7, GraphProto.output 12, ValueInfoProto.name 1.
    """

    def message(number: int, body: bytes) -> bytes:
        return bytes([number << 3 | 2, len(body)]) + body

    return model + message(7, message(12, message(1, name)))
