"""Voices of Piper from files: `PARLEY_TTS_WEIGHTS_DIR`/piper has a `.onnx` and a `.onnx.json` for each.

espeak-ng, which runs in this process anyway, writes the text in IPA; the model is run by ONNX Runtime, one session for
all calls. Word times come from the durations that the model gives each sound, where the file has them.
Source: the `.onnx.json` files of rhasspy/piper-voices (symbols, pads between them, scales), the models' own graph.
"""

import asyncio
import json
import re
import unicodedata
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt
import soxr
from parley_core.errors import LimitReached, NotFound, ParleyError, Unavailable
from parley_core.languages.registry import primary

from parley_tts.figures import Dialect
from parley_tts.providers.base import SAMPLE_RATE_HZ, SAMPLES_PER_MS, Pcm, SpeechChunk, SpeechRequest, VoiceInfo
from parley_tts.providers.espeak import EspeakProvider
from parley_tts.providers.neural import Sounds, SpokenParts, clauses, with_output
from parley_tts.text import Prepared, prepare

NAME = "piper"
_OWN_PACE = 165  # words a minute that agents ask for where they want the voice's own
_PACES = (0.7, 1.6)
_DURATIONS = b"/Ceil_output_0"
_HOP = 256  # samples of one frame, the unit of the durations
_LEVEL = 0.1  # root mean square of what sounds, of full scale: as loud as the other voices
_PEAK = 0.97
_SILENT = 0.01  # of a sentence's peak
_WAITING = 64  # sentences of all calls: a twentieth of a second of CPU for each second of speech
_LONGEST_FILE = 512 * 1024 * 1024
_IPA_BEGINS, _IPA_ENDS = "\ue000", "\ue001"  # around sounds that the agent's document gives
_PIECES = re.compile(
    rf"({_IPA_BEGINS}[^{_IPA_ENDS}]*{_IPA_ENDS})"  # sounds, or words up to a mark, to sounds, or to the end
    rf"|([^{_IPA_BEGINS}]+?)([,;:.!?…—]+(?=\s|$)|(?=\s*{_IPA_BEGINS})|$)"
)
_SWITCH = re.compile(r"\([a-z-]+\)")  # espeak-ng says so where a word is of another language
_STRESS = frozenset("ˈˌː")
P = ParamSpec("P")
T = TypeVar("T")
DIALECT = Dialect(sounds=lambda written, ipa: f"{_IPA_BEGINS}{ipa}{_IPA_ENDS}")


@dataclass(frozen=True, slots=True)
class VoiceFile:
    """What a voice's JSON says."""

    name: str
    model: Path
    language: str
    espeak: str
    rate_hz: int
    ids: dict[str, list[int]]
    scales: tuple[float, float, float]
    speakers: int

    @classmethod
    def read(cls, path: Path) -> "VoiceFile":
        """Raises Unavailable where the file is none of a Piper voice."""
        try:
            said = json.loads(path.read_text("utf-8"))
            scales = said["inference"]
            language = str(said.get("language", {}).get("code") or said["espeak"]["voice"]).replace("_", "-")
            return cls(
                name=path.name.removesuffix(".onnx.json"),
                model=path.with_suffix(""),
                language=language,
                espeak=str(said["espeak"]["voice"]),
                rate_hz=int(said["audio"]["sample_rate"]),
                ids={str(symbol): [int(one) for one in ids] for symbol, ids in said["phoneme_id_map"].items()},
                scales=(float(scales["noise_scale"]), float(scales["length_scale"]), float(scales["noise_w"])),
                speakers=int(said.get("num_speakers") or 1),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unavailable(f"the Piper voice {path.name}", type(error).__name__) from None


class PiperModel:
    """One voice's model; used by one thread at a time."""

    def __init__(self, voice: VoiceFile) -> None:
        """Raises Unavailable where the file is no model."""
        import onnxruntime  # type: ignore[import-untyped]

        self._voice = voice
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            model = voice.model.read_bytes()
        except OSError as error:
            raise Unavailable(f"the Piper voice {voice.name}", error.strerror or "unreadable") from None
        self._durations_at: int | None = None
        for data in (with_output(model, _DURATIONS), model):  # not every export names its durations so
            try:
                self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
                break
            except Exception as error:  # noqa: BLE001 - the library has one class for each status
                failed = type(error).__name__
        else:
            raise Unavailable(f"the Piper voice {voice.name}", failed)
        names = [output.name for output in self._session.get_outputs()]
        if _DURATIONS.decode() in names:
            self._durations_at = names.index(_DURATIONS.decode())

    def speak(self, sounds: Sounds, speed: float) -> tuple[Pcm, list[int]]:
        """Return PCM16 at 16 kHz, and for each symbol the millisecond at which it begins, and the end."""
        voice = self._voice
        pad = voice.ids.get("_", [0])
        ids = [*voice.ids["^"], *pad]
        firsts: list[int] = []
        for symbol in sounds.symbols:
            firsts.append(len(ids))
            ids += [*voice.ids[symbol], *pad]
        firsts.append(len(ids))
        ids += voice.ids["$"]
        noise, length, width = voice.scales
        fed = {
            "input": np.asarray([ids], np.int64),
            "input_lengths": np.asarray([len(ids)], np.int64),
            "scales": np.asarray([noise, length / speed, width], np.float32),
        }
        if voice.speakers > 1:
            fed["sid"] = np.asarray([0], np.int64)
        outputs = self._session.run(None, fed)
        audio = np.asarray(outputs[0], np.float32).reshape(-1)
        if self._durations_at is None:
            begins = np.linspace(0, len(audio), len(ids) + 1)
        else:
            frames = np.asarray(outputs[self._durations_at], np.float64).reshape(-1)
            begins = np.concatenate([[0], np.cumsum(frames)]) * _HOP
        pcm = soxr.resample(_levelled(audio), voice.rate_hz, SAMPLE_RATE_HZ)
        samples = np.clip(np.rint(pcm * 32767), -32768, 32767).astype(np.int16)
        end_ms = len(samples) // SAMPLES_PER_MS
        return samples, [min(round(begins[at] / voice.rate_hz * 1000), end_ms) for at in firsts]


class PiperProvider:
    """See `base.SpeechProvider`. A voice's name is that of its file, without `.onnx`."""

    name = NAME

    def __init__(self, folder: Path, espeak: EspeakProvider) -> None:
        self._folder = folder
        self._espeak = espeak
        self._voices: dict[str, VoiceFile] = {}
        self._models: dict[str, PiperModel] = {}
        self._thread: ThreadPoolExecutor | None = None
        self._waiting = 0

    @classmethod
    def files(cls, folder: Path) -> list[Path]:
        return sorted(folder.glob("*.onnx.json"))

    async def start(self) -> None:
        """Load the first voice of the folder; others with their first sentence."""
        if self._thread is not None:
            return
        await self._espeak.start()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=NAME)
        try:
            await self._run(self._load)
        except ParleyError:
            await self.close()
            raise

    async def close(self) -> None:
        thread, self._thread = self._thread, None
        self._models.clear()
        if thread is not None:
            await asyncio.to_thread(thread.shutdown, cancel_futures=True)

    def speaks(self, language: str) -> bool:
        return any(primary(voice.language) == primary(language or "en") for voice in self._voices.values())

    async def synthesise(self, request: SpeechRequest) -> AsyncGenerator[SpeechChunk, None]:
        if self._thread is None:
            raise Unavailable("Piper", "it does not run")
        voice = self._voice(request.voice, request.language or "en-US")
        if self._waiting >= _WAITING:
            raise LimitReached("sentences waiting for Piper", _WAITING)
        prepared = prepare(request.text, request.language, dialect=DIALECT, pronunciations=request.pronunciations)
        speed = min(max((request.words_per_minute or _OWN_PACE) / _OWN_PACE, _PACES[0]), _PACES[1])
        parts = SpokenParts(prepared)
        self._waiting += 1
        try:
            model = await self._run(self._model, voice)
            said = list(clauses(*await self._sounds(prepared, voice)))
            for at, sounds in enumerate(said):
                pcm, begins = await self._run(model.speak, sounds, speed)
                yield parts.chunk(sounds, pcm, begins, first=at == 0, last=at == len(said) - 1)
            if not said:
                yield SpeechChunk(np.zeros(0, np.int16), parts.rest())
        finally:
            self._waiting -= 1

    async def voices(self) -> list[VoiceInfo]:
        return [VoiceInfo(NAME, voice.name, voice.language) for voice in self._voices.values()]

    def _voice(self, name: str, language: str) -> VoiceFile:
        if name:
            if name not in self._voices:
                raise NotFound("Piper voice", name)
            return self._voices[name]
        of_language = [voice for voice in self._voices.values() if primary(voice.language) == primary(language)]
        of_region = [voice for voice in of_language if voice.language.lower() == language.lower()]
        if not of_language:
            raise NotFound("Piper voice for", language)
        return (of_region or of_language)[0]

    async def _sounds(self, prepared: Prepared, voice: VoiceFile) -> tuple[str, list[int]]:
        """The sentence as the model's symbols, and the token of the text that each belongs to."""
        pieces = list(_pieces(prepared))
        texts = [piece.text for piece in pieces]
        written = await self._espeak.phonemes(
            [*texts, *(word for piece in pieces for word in piece.words)], voice.espeak
        )
        symbols: list[str] = []
        tokens: list[int] = []
        at = len(pieces)
        for piece, ipa in zip(pieces, written, strict=False):
            alone = written[at : at + len(piece.words)]
            at += len(piece.words)
            for symbol, token in _owned(piece, piece.ipa or ipa, alone):
                symbols.append(symbol)
                tokens.append(token)
            for mark in (*piece.marks, " "):
                symbols.append(mark)
                tokens.append(piece.tokens[-1])
        known = [(symbol, token) for symbol, token in zip(symbols, tokens, strict=True) if symbol in voice.ids]
        while known and known[-1][0] == " ":
            known.pop()
        return "".join(symbol for symbol, _ in known), [token for _, token in known]

    def _load(self) -> None:
        self._voices = {voice.name: voice for voice in map(VoiceFile.read, self.files(self._folder))}
        if not self._voices:
            raise Unavailable("Piper", f"there is no voice in {self._folder}")
        first = next(iter(self._voices.values()))
        self._model(first).speak(Sounds("a", (0,)), 1.0)  # the first sentence costs more than the next

    def _model(self, voice: VoiceFile) -> PiperModel:
        if voice.name not in self._models:
            self._models[voice.name] = PiperModel(voice)
        return self._models[voice.name]

    async def _run(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        if self._thread is None:
            raise Unavailable("Piper", "it does not run")
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *given, **named))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch between two marks. `words` are its words, `tokens` the tokens of the text that they belong to."""

    text: str
    ipa: str  # where the agent's document gives it
    words: tuple[str, ...]
    tokens: tuple[int, ...]
    marks: str


def _pieces(prepared: Prepared) -> list[_Piece]:
    found: list[_Piece] = []
    for match in _PIECES.finditer(prepared.spoken):
        if match[1]:
            token = prepared.token_at(match.start())
            found.append(_Piece("", match[1].strip(_IPA_BEGINS + _IPA_ENDS), (), (token,), ""))
            continue
        words = [(word.group(), match.start(2) + word.start()) for word in re.finditer(r"\S+", match[2])]
        spoken = [(word, at) for word, at in words if any(map(str.isalnum, word))]
        if spoken:
            tokens = tuple(prepared.token_at(at) for _, at in spoken)
            found.append(_Piece(match[2].strip(), "", tuple(word for word, _ in spoken), tokens, match[3][:1]))
        elif found and match[3]:
            last = found[-1]
            found[-1] = _Piece(last.text, last.ipa, last.words, last.tokens, match[3][:1])
    return found


def _owned(piece: _Piece, ipa: str, alone: Sequence[str]) -> list[tuple[str, int]]:
    """Each symbol with its token. espeak-ng joins words ("of the") and makes several of one (a number)."""
    symbols = unicodedata.normalize("NFD", _SWITCH.sub("", ipa)).strip()
    words = symbols.split()
    if len(words) == len(piece.tokens):
        return [
            (symbol, token)
            for word, token in zip(words, piece.tokens, strict=True)
            for symbol in (word if word is words[-1] else f"{word} ")
        ]
    lengths = [sum(c not in _STRESS for c in one if not c.isspace()) or 1 for one in alone] or [1]
    whole = sum(c not in _STRESS and not c.isspace() for c in symbols) or 1
    ends = np.cumsum(lengths) / sum(lengths) * whole
    owned: list[tuple[str, int]] = []
    passed = 0
    for symbol in symbols:
        word = min(int(np.searchsorted(ends, passed, side="right")), len(piece.tokens) - 1)
        owned.append((symbol, piece.tokens[word]))
        passed += symbol not in _STRESS and not symbol.isspace()
    return owned


def _levelled(audio: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """As loud as other voices, whatever the model's level in this sentence; never clipped."""
    loud = np.abs(audio)
    peak = float(loud.max(initial=0.0))
    if not peak:
        return audio
    sounding = audio[loud > _SILENT * peak]
    gain = _LEVEL / float(np.sqrt(np.mean(np.square(sounding))))
    return audio * np.float32(min(gain, _PEAK / peak))
