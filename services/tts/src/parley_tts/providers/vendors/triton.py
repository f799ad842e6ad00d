"""A voice served by NVIDIA Triton, by gRPC: text in, pieces of audio out, as a decoupled model sends them.

The tensors (docs/providers.md, "Triton"): inputs TEXT and, where the model has them, VOICE, LANGUAGE (BYTES) and SPEED
(FP32); outputs AUDIO (FP32 from -1 to 1, or INT16), and where it has them IS_FINAL (BOOL) and SAMPLE_RATE (INT32).
Shapes and types are read from the server when the provider starts. There are no word times.
Source: the KServe v2 inference protocol with Triton's decoupled models, as `tritonclient` 2.73 speaks it.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import grpc
import numpy as np
from parley_core.errors import BadReply, ParleyError, Rejected, Throttled, TimedOut, Unavailable
from parley_core.vendors import Endpoint

from parley_tts.figures import Dialect
from parley_tts.providers.base import Charge, VoiceInfo
from parley_tts.providers.vendors.voice import Audio, Order, Part
from parley_tts.text import PLAIN

NAME = "triton"
MODEL = "parley_voice"
RATE_HZ = 24_000  # where the model does not say
START_TIMEOUT_S = 3.0
SPEEDS = (0.5, 2.0)
_TEXTS = {"VOICE": "voice", "LANGUAGE": "language"}
_STRICT = {"triton_grpc_error": "true"}  # errors as gRPC statuses, not as texts in the stream
_PERMANENT = (
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
)


class TritonSpeech:
    """See `voice.VendorEngine`. Which languages a model speaks, the server does not say: it is asked for any."""

    name = NAME
    rate_hz = RATE_HZ
    times_words = False

    def __init__(self, endpoint: Endpoint) -> None:
        """The address: grpc:// or grpcs://, a host and a port."""
        address = urlsplit(endpoint.url)
        self._address = address.netloc
        self._secure = address.scheme == "grpcs"
        self._headers = {**_STRICT, **({"authorization": f"Bearer {endpoint.key}"} if endpoint.key else {})}
        self.model = endpoint.model or MODEL
        self._voice = endpoint.voice
        self._client: Any = None
        self._inputs: dict[str, dict[str, tuple[str, list[int]]]] = {}  # by model, of each input: type and shape

    def speaks(self, language: str) -> bool:
        return True

    def voice_for(self, language: str) -> str:
        return self._voice

    def dialect(self, order: Order) -> Dialect:
        return PLAIN

    def charge(self, order: Order) -> Charge | None:
        return Charge("tts_characters", len(order.text) * 1000, order.model)

    async def start(self) -> None:
        """Raises Unavailable where the server does not answer, Rejected where it has no such model."""
        if self._client is not None:
            return
        from tritonclient.grpc import aio

        self._client = aio.InferenceServerClient(self._address, ssl=self._secure)
        try:
            await self._inputs_of(self.model)
        except ParleyError:
            await self.close()
            raise

    async def close(self) -> None:
        client, self._client = self._client, None
        self._inputs.clear()
        if client is not None:
            await client.close()

    async def parts(self, order: Order) -> AsyncGenerator[Part, None]:
        inputs = await self._filled(order)

        async def asked() -> AsyncIterator[dict[str, object]]:
            yield {"model_name": order.model, "inputs": inputs}

        responses = self._client.stream_infer(asked(), headers=self._headers)
        try:
            with _as_parleys():
                async for result, error in responses:
                    if error is not None:
                        raise Unavailable(NAME, "an error in the stream")
                    audio = _audio(result)
                    if audio is not None:
                        yield audio
                    if _is_final(result):
                        return
        finally:
            responses.cancel()

    async def voices(self) -> list[VoiceInfo]:
        return [VoiceInfo(NAME, self._voice or self.model, "")]

    async def _inputs_of(self, model: str) -> dict[str, tuple[str, list[int]]]:
        if model not in self._inputs:
            with _as_parleys():
                try:
                    async with asyncio.timeout(START_TIMEOUT_S):
                        metadata = await self._client.get_model_metadata(model, headers=self._headers)
                except TimeoutError:
                    raise TimedOut(NAME, START_TIMEOUT_S) from None
            self._inputs[model] = {one.name: (one.datatype, list(one.shape)) for one in metadata.inputs}
        return self._inputs[model]

    async def _filled(self, order: Order) -> list[object]:
        """The inputs that the model has, with what the order says; those with -1 in their shape get one element."""
        from tritonclient.grpc import InferInput

        filled: list[object] = []
        for name, (datatype, shape) in (await self._inputs_of(order.model)).items():
            if name == "SPEED":
                value = np.asarray([order.speed(*SPEEDS)], np.float32)
            elif name == "TEXT" or name in _TEXTS:
                text = order.text if name == "TEXT" else str(getattr(order, _TEXTS[name]))
                value = np.asarray([text.encode()], np.object_)
            else:
                raise Rejected(NAME, "input", name)
            tensor = InferInput(name, [max(size, 1) for size in shape], datatype)
            tensor.set_data_from_numpy(value.reshape([max(size, 1) for size in shape]))
            filled.append(tensor)
        return filled


def _audio(result: Any) -> Audio | None:
    found = result.as_numpy("AUDIO")
    if found is None or not found.size:
        return None
    if found.dtype == np.int16:
        pcm = found.reshape(-1)
    elif found.dtype in (np.float32, np.float16):
        pcm = np.clip(np.rint(found.reshape(-1).astype(np.float32) * 32767), -32768, 32767).astype("<i2")
    else:
        raise BadReply(NAME, f"audio of type {found.dtype}")
    rate = result.as_numpy("SAMPLE_RATE")
    return Audio(pcm.tobytes(), int(rate.reshape(-1)[0]) if rate is not None and rate.size else 0)


def _is_final(result: Any) -> bool:
    """By the model's own output; or by the server's parameter, where it sends it."""
    said = result.as_numpy("IS_FINAL")
    if said is not None and said.size:
        return bool(said.reshape(-1)[0])
    parameter = result.get_response().parameters.get("triton_final_response")
    return parameter is not None and bool(parameter.bool_param)


@contextlib.contextmanager
def _as_parleys() -> Any:
    """Errors of the client and of gRPC as Parley's."""
    from tritonclient.utils import InferenceServerException

    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise _mapped(error.code()) from None
    except InferenceServerException as error:
        name = str(error.status() or "").removeprefix("StatusCode.")
        raise _mapped(getattr(grpc.StatusCode, name, grpc.StatusCode.UNKNOWN)) from None


def _mapped(code: grpc.StatusCode) -> ParleyError:
    if code in _PERMANENT:
        return Rejected(NAME, code.name)
    return Throttled(NAME, code.name) if code is grpc.StatusCode.RESOURCE_EXHAUSTED else Unavailable(NAME, code.name)
