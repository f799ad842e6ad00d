"""A language model on an NVIDIA Triton server, by gRPC through tritonclient: ensembles and generate models.

What a server's generate endpoints take by HTTP are the same tensors: `text_input` in, pieces of `text_output` out,
decoupled. Further inputs are read from the model's metadata and filled where they are known: `max_tokens`,
`temperature`, `stream` (TensorRT-LLM's ensemble), `sampling_parameters`, `exclude_input_in_output` (vLLM's backend).
Such a model has neither messages nor tools: the prompt is written in the ChatML form, or in that of the model choice's
parameter `template`, with the tools as JSON; what it writes as a call is taken as one (`written_calls`).
Source: the KServe v2 inference protocol with Triton's decoupled models, as tritonclient 2.73 speaks it.
"""

import asyncio
import codecs
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import grpc
import numpy as np
from parley_core.errors import BadReply, ParleyError, Rejected, Throttled, TimedOut, Unavailable
from parley_core.text import well_formed
from parley_core.vendors import Endpoint

from parley_llm.prompt import messages, tool_definitions
from parley_llm.providers.base import Finished, ModelEvent, ModelRequest, TextDelta
from parley_llm.providers.chat_forms import Called, Step, Words, by_turns, steps
from parley_llm.providers.openai_compatible.thoughts import SpokenText

NAME = "triton"
MODEL = "ensemble"
METADATA_S = 3.0
CHARS_A_TOKEN = 4  # where the server does not count: for the bill
TEMPLATES = {  # beginning and end of a turn, beginning of the answer, what ends it
    "chatml": ("<|im_start|>{role}\n", "<|im_end|>\n", "<|im_start|>assistant\n", "<|im_end|>"),
    "llama3": (
        "<|start_header_id|>{role}<|end_header_id|>\n\n",
        "<|eot_id|>",
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "<|eot_id|>",
    ),
    "gemma": ("<start_of_turn>{role}\n", "<end_of_turn>\n", "<start_of_turn>model\n", "<end_of_turn>"),
    "plain": ("{role}: ", "\n", "assistant:", "\nuser:"),
}
_STRICT = {"triton_grpc_error": "true"}  # errors as gRPC statuses, not as texts in the stream
_PERMANENT = {
    grpc.StatusCode.NOT_FOUND: "404",
    grpc.StatusCode.UNAUTHENTICATED: "401",
    grpc.StatusCode.PERMISSION_DENIED: "403",
    grpc.StatusCode.INVALID_ARGUMENT: "400",
    grpc.StatusCode.UNIMPLEMENTED: "501",
}


class TritonProvider:
    """See `base.ModelProvider`."""

    name = NAME
    replays = False
    wants_knowledge = True

    def __init__(self, endpoint: Endpoint) -> None:
        """The address: grpc:// or grpcs://, a host and a port."""
        address = urlsplit(endpoint.url)
        self._address = address.netloc
        self._secure = address.scheme == "grpcs"
        self._headers = {**_STRICT, **({"authorization": f"Bearer {endpoint.key}"} if endpoint.key else {})}
        self._default_model = endpoint.model or MODEL
        self._client: Any = None
        self._inputs: dict[str, dict[str, tuple[str, list[int]]]] = {}  # by model, of each input: type and shape

    async def start(self) -> None:
        """Nothing but the client: the server is asked with the first request."""

    async def close(self) -> None:
        client, self._client = self._client, None
        self._inputs.clear()
        if client is not None:
            await client.close()

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        from tritonclient.grpc import aio

        if self._client is None:
            self._client = aio.InferenceServerClient(self._address, ssl=self._secure)
        model = request.model or self._default_model
        template = TEMPLATES.get(str(request.parameters.get("template", "")), TEMPLATES["chatml"])
        text = prompt_text(request, template)
        with _as_parleys():
            inputs = _filled(await self._inputs_of(model), text, request, stop=template[3])

        async def asked() -> AsyncIterator[dict[str, object]]:
            yield {"model_name": model, "inputs": inputs}

        responses = self._client.stream_infer(asked(), headers=self._headers)
        spoken, pieces, chars = SpokenText(), codecs.getincrementaldecoder("utf-8")("replace"), 0
        try:
            with _as_parleys():
                async for result, error in responses:
                    if error is not None:
                        raise Unavailable(NAME, "an error in the stream")
                    said = spoken.feed(pieces.decode(_bytes(result)))
                    if said and (chars or said.strip()):
                        chars += len(said)
                        yield TextDelta(well_formed(said))
        finally:
            responses.cancel()
        if said := spoken.feed(pieces.decode(b"", final=True)) + spoken.flush():
            chars += len(said)
            yield TextDelta(well_formed(said))
        if not chars:
            raise BadReply(NAME, "no text in the answer")
        yield Finished("stop", len(text) // CHARS_A_TOKEN + 1, chars // CHARS_A_TOKEN + 1)

    async def _inputs_of(self, model: str) -> dict[str, tuple[str, list[int]]]:
        if model not in self._inputs:
            try:
                async with asyncio.timeout(METADATA_S):
                    metadata = await self._client.get_model_metadata(model, headers=self._headers)
            except TimeoutError:
                raise TimedOut(NAME, METADATA_S) from None
            self._inputs[model] = {one.name: (one.datatype, list(one.shape)) for one in metadata.inputs}
        return self._inputs[model]


def prompt_text(request: ModelRequest, template: tuple[str, str, str, str]) -> str:
    """The conversation as one text."""
    begin, end, answer, _ = template
    chat = messages(request)
    tools = "\n".join(json.dumps(one["function"], ensure_ascii=False) for one in tool_definitions(request))
    system = (
        f"{chat[0]['content']}\n\nYour tools, one a line:\n{tools}\n"
        'To call one, write {"name": "…", "arguments": {…}} and nothing else.'
    )
    parts = [begin.format(role="system"), system, end]
    for role, turn in by_turns(steps(chat)):
        parts += [begin.format(role=role), "\n".join(_written(step) for step in turn), end]
    return "".join([*parts, answer])


def _written(step: Step) -> str:
    if isinstance(step, Words):
        return step.text
    if isinstance(step, Called):
        return json.dumps({"name": step.name, "arguments": step.arguments}, ensure_ascii=False)
    return f"Result of {step.name}: {step.content}"


def _filled(inputs: dict[str, tuple[str, list[int]]], text: str, request: ModelRequest, *, stop: str) -> list[object]:
    """The inputs that the model has. Those that are not known must be optional, or the server says so."""
    from tritonclient.grpc import InferInput

    sampling = {"max_tokens": request.max_tokens, "temperature": request.temperature, "stop": [stop]}
    values: dict[str, Any] = {
        "text_input": np.asarray([text.encode()], np.object_),
        "max_tokens": np.asarray([request.max_tokens], np.int32),
        "temperature": np.asarray([request.temperature], np.float32),
        "stream": np.asarray([True], np.bool_),
        "stop_words": np.asarray([stop.encode()], np.object_),
        "exclude_input_in_output": np.asarray([True], np.bool_),
        "sampling_parameters": np.asarray([json.dumps(sampling).encode()], np.object_),
    }
    if "text_input" not in inputs:
        raise Rejected(NAME, "400", "the model has no input text_input")
    filled: list[object] = []
    for name, (datatype, shape) in inputs.items():
        if name not in values:
            continue
        sizes = [max(size, 1) for size in shape]
        tensor = InferInput(name, sizes, datatype)
        tensor.set_data_from_numpy(values[name].reshape(sizes))
        filled.append(tensor)
    return filled


def _bytes(result: Any) -> bytes:
    """A piece of the answer; a character may be cut in two."""
    found = result.as_numpy("text_output")
    if found is None:
        return b""
    return b"".join(one if isinstance(one, bytes) else str(one).encode() for one in found.reshape(-1))


@contextlib.contextmanager
def _as_parleys() -> Iterator[None]:
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
        return Rejected(NAME, _PERMANENT[code])
    return Throttled(NAME, code.name) if code is grpc.StatusCode.RESOURCE_EXHAUSTED else Unavailable(NAME, code.name)
