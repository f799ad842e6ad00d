"""A recognition model on an NVIDIA Triton server, over gRPC (`tritonclient`). Made by `registry`.

An utterance goes out whole, or chunk by chunk to a model with sequence batching.

What a model takes and gives is read from its metadata when a call opens, so the usual servers (k2 sherpa, WeNet,
Whisper with TensorRT-LLM, and examples/triton) are asked in their own way:

| tensor | type | what |
|---|---|---|
| WAV | FP32 [n] or INT16 [n] | samples at 16 kHz, FP32 from -1 to 1; the one input that must be there |
| WAV_LENS, WAV_LEN | INT32 [1] | how many samples |
| LANGUAGE | BYTES [1] | without region |
| PROMPT | BYTES [1] | names and terms |
| TEXT_PREFIX | BYTES [1] | Whisper's first tokens |
| TRANSCRIPTS | BYTES [1] | the text; of a sequence: all of it so far |
| WORDS | BYTES [1] | JSON, where the model has times: [["hello", 0, 320, 0.9], …], milliseconds |
| CONFIDENCE | FP32 [1] | 0 to 1 |
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import TypeVar

import grpc
import numpy as np
from numpy.typing import NDArray
from parley_core.errors import BadInput, BadReply, ParleyError, Rejected, TimedOut, Unavailable
from parley_core.ids import new_id
from parley_core.languages.registry import primary
from parley_core.text import load_json, well_formed
from parley_core.vendors import Endpoint
from tritonclient.grpc import InferInput, InferResult
from tritonclient.grpc.aio import InferenceServerClient
from tritonclient.utils import InferenceServerException

from parley_asr.language.spoken import spoken_words
from parley_asr.providers.base import AUDIO_SENT, Final, Recogniser, RecogniserRequest
from parley_asr.providers.vendors.call_stream import refused
from parley_asr.providers.vendors.key_terms import key_terms
from parley_asr.providers.vendors.openai_realtime import LANGUAGES
from parley_asr.providers.vendors.sockets.reading import number, text
from parley_asr.providers.vendors.whole import BYTES_PER_MS, UNKNOWN_CONFIDENCE, WholeRecogniser, timed, untimed

NAME = "triton"
URL, MODEL = "127.0.0.1:8001", "parley_whisper"
CONNECT_TIMEOUT_S = 3.0
ANSWER_TIMEOUT_S = 30.0  # the caller's is shorter; a recording's is this
PCM_SCALE = 32768.0
SAMPLES, LENGTHS, SAID = "WAV", ("WAV_LENS", "WAV_LEN"), "TRANSCRIPTS"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tensors:
    """What one model takes and gives, by name, with Triton's names of types."""

    inputs: dict[str, str]
    outputs: frozenset[str]
    batched: bool  # every tensor has a batch in front
    sequence: bool  # chunks of one sound, with a state kept between them


class TritonProvider:
    name = NAME
    billing = AUDIO_SENT

    def __init__(self, at: Endpoint) -> None:
        self.model = at.model or MODEL
        scheme, _, self._address = (at.url or URL).rpartition("://")
        self._secure = scheme in ("grpcs", "https")
        self._headers = {"authorization": f"Bearer {at.key}"} if at.key else {}
        self._client: InferenceServerClient | None = None

    def hears(self, language: str) -> bool:
        """What its model knows is the model's matter; the languages here are those of the usual ones together."""
        return primary(language) in LANGUAGES

    async def start(self) -> None:
        """Nothing: the connection is opened with the first call."""

    async def open(self, request: RecogniserRequest) -> Recogniser:
        if request.language and not self.hears(request.language):
            raise BadInput("language", f"{request.language!r} is not heard by {NAME}")
        model = request.model or self.model
        tensors = await self._tensors(model)
        asked = _Asked(model, request.language or "en", ", ".join(key_terms(request.speech)), tensors)
        if tensors.sequence:
            return TritonSequences(self, asked)
        return WholeRecogniser(NAME, lambda pcm: self._transcribe(pcm, asked))

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    @property
    def client(self) -> InferenceServerClient:
        if self._client is None:
            self._client = InferenceServerClient(self._address, ssl=self._secure)
        return self._client

    @property
    def headers(self) -> dict[str, str]:
        return self._headers

    async def _tensors(self, model: str) -> Tensors:
        metadata = await answered(self.client.get_model_metadata(model, headers=self._headers), CONNECT_TIMEOUT_S)
        config = (await answered(self.client.get_model_config(model, headers=self._headers), CONNECT_TIMEOUT_S)).config
        tensors = Tensors(
            {one.name: one.datatype for one in metadata.inputs},
            frozenset(one.name for one in metadata.outputs),
            config.max_batch_size > 0,
            config.HasField("sequence_batching"),
        )
        if SAMPLES not in tensors.inputs or SAID not in tensors.outputs:
            raise Rejected(NAME, "model", f"{model} has no input {SAMPLES} or no output {SAID}")
        return tensors

    async def _transcribe(self, pcm: bytes, asked: "_Asked") -> Final:
        result = await answered(
            self.client.infer(asked.model, asked.inputs(pcm), headers=self._headers), ANSWER_TIMEOUT_S
        )
        return asked.final(result, len(pcm) // BYTES_PER_MS)


async def answered(answer: Awaitable[T], seconds: float) -> T:
    """Await Triton. Raises Parley's errors."""
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError:
        raise TimedOut(NAME, seconds) from None
    except InferenceServerException as error:
        raise mapped(error) from None


def mapped(error: InferenceServerException) -> ParleyError:
    return refused(NAME, str(error.status() or "").removeprefix("StatusCode."))


@dataclass(frozen=True, slots=True)
class _Asked:
    """One call's way of asking its model."""

    model: str
    language: str
    prompt: str
    tensors: Tensors

    def inputs(self, pcm: bytes) -> list[InferInput]:
        samples = np.frombuffer(pcm, "<i2")
        language = primary(self.language)
        values: dict[str, NDArray[np.generic]] = {
            SAMPLES: samples.astype(np.float32) / PCM_SCALE if self.tensors.inputs[SAMPLES] == "FP32" else samples,
            **{name: np.array([len(samples)], np.int32) for name in LENGTHS},
            "LANGUAGE": _text(language),
            "PROMPT": _text(self.prompt),
            "TEXT_PREFIX": _text(f"<|startoftranscript|><|{language}|><|transcribe|><|notimestamps|>"),
        }
        return [self._input(name, values[name]) for name in self.tensors.inputs if name in values]

    def _input(self, name: str, value: NDArray[np.generic]) -> InferInput:
        shaped = value[np.newaxis] if self.tensors.batched else value
        tensor = InferInput(name, list(shaped.shape), self.tensors.inputs[name])
        tensor.set_data_from_numpy(shaped)
        return tensor

    def said(self, result: InferResult) -> str:
        return _string(result, SAID)

    def final(self, result: InferResult, length_ms: int) -> Final:
        confidence = _figure(result, "CONFIDENCE") if "CONFIDENCE" in self.tensors.outputs else UNKNOWN_CONFIDENCE
        if "WORDS" in self.tensors.outputs and (words := _words(_string(result, "WORDS"))):
            return timed(words, self.language, length_ms)
        return untimed(self.said(result), self.language, length_ms, confidence or UNKNOWN_CONFIDENCE)


class TritonSequences:
    """One call of a model that keeps a state: each utterance is a sequence."""

    def __init__(self, provider: TritonProvider, asked: _Asked) -> None:
        self._provider = provider
        self._asked = asked

    async def open_stream(self) -> "TritonSequence":
        return TritonSequence(self._provider, self._asked)

    async def close(self) -> None:
        """Nothing is held: a sequence ends with its utterance."""


class TritonSequence:
    """Chunks go out as they come; each is answered by the text so far."""

    def __init__(self, provider: TritonProvider, asked: _Asked) -> None:
        self._asked = asked
        self._id = new_id("u-")
        self._chunks: asyncio.Queue[tuple[bytes, bool] | None] = asyncio.Queue(maxsize=64)
        self._answers: AsyncIterator[tuple[InferResult | None, InferenceServerException | None]] = (
            provider.client.stream_infer(self._requests(), headers=provider.headers)
        )
        self._begun = False
        self._length_ms = 0

    async def accept(self, pcm: bytes) -> str:
        return " ".join(spoken_words(self._asked.said(await self._ask(pcm, last=False)), self._asked.language))

    async def finish(self) -> Final:
        # A sequence must end with samples; a moment of silence says nothing.
        result = await self._ask(bytes(BYTES_PER_MS * 20), last=True)
        await self.drop()
        return self._asked.final(result, self._length_ms)

    async def drop(self) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self._chunks.put_nowait(None)
        cancel = getattr(self._answers, "cancel", None)
        if cancel is not None:
            cancel()

    async def _ask(self, pcm: bytes, *, last: bool) -> InferResult:
        await self._chunks.put((pcm, last))
        self._length_ms += 0 if last else len(pcm) // BYTES_PER_MS
        try:
            result, error = await answered(anext(self._answers), ANSWER_TIMEOUT_S)
        except StopAsyncIteration:
            raise Unavailable(NAME, "the stream ended") from None
        except grpc.aio.AioRpcError as broken:
            raise refused(NAME, broken.code().name) from None
        if error is not None:
            raise mapped(error)
        if result is None:
            raise BadReply(NAME, "an answer without a result")
        return result

    async def _requests(self) -> AsyncIterator[dict[str, object]]:
        while (chunk := await self._chunks.get()) is not None:
            pcm, last = chunk
            begun, self._begun = self._begun, True
            yield {
                "model_name": self._asked.model,
                "inputs": self._asked.inputs(pcm),
                "sequence_id": self._id,
                "sequence_start": not begun,
                "sequence_end": last,
            }


def _text(value: str) -> NDArray[np.generic]:
    return np.array([value.encode()], np.object_)


def _string(result: InferResult, name: str) -> str:
    value = _first(result, name)
    if not isinstance(value, bytes):
        raise BadReply(NAME, f"{name} is no text")
    return well_formed(value.decode(errors="replace"))


def _figure(result: InferResult, name: str) -> float:
    value = _first(result, name)
    return float(value) if isinstance(value, (int, float, np.floating)) else 0.0


def _first(result: InferResult, name: str) -> object:
    try:
        tensor = result.as_numpy(name)
    except (ValueError, InferenceServerException):
        raise BadReply(NAME, f"{name} cannot be read") from None
    if tensor is None or tensor.size == 0:  # what a server with another NumPy sends: a shape and no bytes
        raise BadReply(NAME, f"{name} is empty")
    return tensor.reshape(-1)[0]


def _words(written: str) -> list[tuple[str, float, float, float]]:
    try:
        value = load_json(written)
    except ValueError:
        raise BadReply(NAME, "WORDS is no JSON") from None
    rows = [row for row in value if isinstance(row, list) and len(row) == 4] if isinstance(value, list) else []
    return [(text(row[0]), number(row[1]), number(row[2]), number(row[3])) for row in rows]
