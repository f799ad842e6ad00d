"""A small neural voice for English in this process: hibari's "heart", one ONNX session for all calls of the worker.

A sentence is made whole, in a hundredth of its length, so nothing is gained by streaming inside it; a long one is cut
at its clauses, and the first clause is heard while the next is made. Word times come from the durations that the
model gives each sound. The package's own sentence splitting and its downloads of other voices are not used.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from difflib import SequenceMatcher
from importlib import resources
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import soxr
from parley_core import weights
from parley_core.errors import BadInput, NotFound, Unavailable
from parley_core.languages.registry import primary

from parley_tts.figures import Dialect
from parley_tts.providers.base import SAMPLE_RATE_HZ, SpeechChunk, SpeechRequest, VoiceInfo
from parley_tts.providers.neural import Sounds, SpokenParts, clauses, with_output
from parley_tts.sounds import LETTERS, misaki
from parley_tts.text import Prepared, prepare

VOICE = "heart"
_OWN_PACE = 165  # words a minute that agents ask for where they want the voice's own
_PACES = (0.7, 1.6)
_LOUDER = 1.585  # 4 dB: as loud as the other engines
_SOUND_MS = 25  # the unit of the model's durations
_DURATIONS = b"/Clip_output_0"
_SENTENCES_WAITING = 256
_SEED = 1
NO_BREAK = "\u00a0"


# "[word](/sounds/)" is how the package takes sounds. A lone "A" would be the article.
DIALECT = Dialect(
    half_day=lambda letter: f"{letter}M",
    letter=lambda letter: f"[{letter}](/{LETTERS[letter]}/)" if letter in LETTERS else letter,
    sounds=lambda written, ipa: f"[{written.replace(' ', NO_BREAK)}](/{misaki(ipa).replace(' ', NO_BREAK)}/)",
)


class _Tok(Protocol):
    text: str
    phonemes: str | None
    whitespace: str


class Engine:
    """The model and its pronunciations; used by one thread at a time."""

    def __init__(self, model: bytes) -> None:
        # Loaded with the voice: a process that speaks with another one has 20 MB less to hold.
        import onnxruntime  # type: ignore[import-untyped]
        from hibari import dsp  # type: ignore[import-untyped]
        from hibari.g2p import G2P  # type: ignore[import-untyped]
        from hibari.g2p.normalize import normalize  # type: ignore[import-untyped]

        self._dsp, self._normalize = dsp, normalize
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            with_output(model, _DURATIONS), options, providers=["CPUExecutionProvider"]
        )
        self._durations_at = [output.name for output in self._session.get_outputs()].index(_DURATIONS.decode())
        vocabulary = resources.files("hibari").joinpath("assets/vocab.json").read_text("utf-8")
        self._numbers: dict[str, int] = json.loads(vocabulary)
        self._g2p = G2P()
        self._g2p.oov("parley")  # loads the model for unknown words

    def sounds(self, prepared: Prepared) -> list[Sounds]:
        """The sentence in symbols, cut at clauses where it is long."""
        spoken: str = self._normalize(prepared.spoken)
        made: list[_Tok] = self._g2p.phonemize_tokens(self._g2p.tokenize(spoken))
        owners = _owners(prepared, "".join(tok.text + tok.whitespace for tok in made).split())
        symbols: list[str] = []
        tokens: list[int] = []
        word = 0
        for tok in made:
            for symbol in (tok.phonemes or "") + (" " if tok.whitespace else ""):
                if symbol in self._numbers:
                    symbols.append(symbol)
                    tokens.append(owners[min(word, len(owners) - 1)] if owners else 0)
            word += (tok.text + tok.whitespace).count(" ")
        return list(clauses("".join(symbols), tokens))

    def speak(self, sounds: Sounds, speed: float) -> tuple[npt.NDArray[np.int16], list[int]]:
        """Return PCM16 at 16 kHz, and for each symbol the millisecond at which it begins, and the end."""
        ids = [0, *(self._numbers[symbol] for symbol in sounds.symbols), 0]
        outputs = self._session.run(
            None, {"ids": np.asarray([ids], np.int64), "speed": np.asarray([speed], np.float32)}
        )
        durations = outputs.pop(self._durations_at)
        made = self._dsp.synth(*(output[0] for output in outputs), np.random.default_rng(_SEED))
        samples = soxr.resample(made, self._dsp.SR, SAMPLE_RATE_HZ) * (_LOUDER * 32767)
        begins = np.concatenate([[0], np.cumsum(durations)]) * _SOUND_MS
        return np.clip(np.rint(samples), -32768, 32767).astype(np.int16), [round(at) for at in begins[1:]]


class HibariProvider:
    """See `base.SpeechProvider`. Its only voice is "heart"."""

    name = "hibari"

    def __init__(self, weights_folder: Path) -> None:
        self._folder = weights_folder
        self._thread: ThreadPoolExecutor | None = None
        self._engine: Engine | None = None
        self._waiting = 0

    async def start(self) -> None:
        if self._engine is not None:
            return
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hibari")
        try:
            self._engine = await asyncio.get_running_loop().run_in_executor(self._thread, self._load)
        except (NotFound, BadInput) as error:
            await self.close()
            raise Unavailable("the voice hibari", str(error)) from None

    async def close(self) -> None:
        thread, self._thread, self._engine = self._thread, None, None
        if thread is not None:
            await asyncio.to_thread(thread.shutdown, cancel_futures=True)

    def speaks(self, language: str) -> bool:
        return primary(language or "en") == "en"

    async def synthesise(self, request: SpeechRequest) -> AsyncGenerator[SpeechChunk, None]:
        engine, thread = self._engine, self._thread
        if engine is None or thread is None:
            raise Unavailable("the voice hibari", "it does not run")
        if request.voice not in ("", VOICE) or not self.speaks(request.language):
            raise NotFound("voice of hibari", request.voice or request.language)
        if self._waiting >= _SENTENCES_WAITING:
            raise Unavailable("the voice hibari", "too many sentences wait for it")
        loop = asyncio.get_running_loop()
        prepared = prepare(request.text, request.language, dialect=DIALECT, pronunciations=request.pronunciations)
        pace = (request.words_per_minute or _OWN_PACE) / _OWN_PACE
        speed = min(max(pace, _PACES[0]), _PACES[1])
        told = SpokenParts(prepared)
        self._waiting += 1
        try:
            parts = await loop.run_in_executor(thread, engine.sounds, prepared)
            for at, sounds in enumerate(parts):
                pcm, begins = await loop.run_in_executor(thread, engine.speak, sounds, speed)
                yield told.chunk(sounds, pcm, begins, first=at == 0, last=at == len(parts) - 1)
            if not parts:
                yield SpeechChunk(np.zeros(0, np.int16), told.rest())
        finally:
            self._waiting -= 1

    async def voices(self) -> list[VoiceInfo]:
        return [VoiceInfo(self.name, VOICE, "en-us")]

    def _load(self) -> Engine:
        files, _ = weights.read(weights.HIBARI_HEART, self._folder)
        engine = Engine(files["hibari.onnx"])
        for sounds in engine.sounds(prepare("Ready.")):
            engine.speak(sounds, 1.0)  # the first sentence costs more than the next
        return engine


def _owners(prepared: Prepared, words: list[str]) -> list[int]:
    """The token of the text that each spoken word belongs to; `words` are the spoken text's, some written otherwise."""
    given: list[str] = []
    tokens: list[int] = []
    position = 0
    for word in prepared.spoken.split():
        position = prepared.spoken.index(word, position)
        given.append(word)
        tokens.append(prepared.token_at(position))
        position += len(word)
    owners: list[int] = []
    for _, start, end, to_start, to_end in SequenceMatcher(None, given, words, autojunk=False).get_opcodes():
        there, here = max(end - start, 1), to_end - to_start
        owners += [tokens[max(min(start + at * there // max(here, 1), len(tokens) - 1), 0)] for at in range(here)]
    return owners
