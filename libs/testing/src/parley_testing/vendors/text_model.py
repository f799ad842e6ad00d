"""A Triton server's gRPC with one language model, as TensorRT-LLM's and vLLM's backends offer it, for llm's tests.

Decoupled: one request, a piece of `text_output` in each answer. The real server is met in llm's test_triton_server.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
import numpy as np
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import deserialize_bytes_tensor, serialize_byte_tensor

ENSEMBLE = {"text_input": "BYTES", "max_tokens": "INT32", "temperature": "FP32", "stream": "BOOL", "bad_words": "BYTES"}
VLLM = {"text_input": "BYTES", "stream": "BOOL", "sampling_parameters": "BYTES", "exclude_input_in_output": "BOOL"}


@dataclass
class TextModelPeer(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]
    """The fields may be changed while it serves."""

    pieces: Sequence[str | bytes] = ()
    inputs: dict[str, str] = field(default_factory=lambda: dict(ENSEMBLE))
    fails: grpc.StatusCode | None = None
    hangs: bool = False
    prompts: list[str] = field(default_factory=list)
    given: list[set[str]] = field(default_factory=list)  # names of inputs

    async def ModelMetadata(
        self, request: service_pb2.ModelMetadataRequest, context: "grpc.aio.ServicerContext"
    ) -> object:
        await self._misbehave(context)
        tensor = service_pb2.ModelMetadataResponse.TensorMetadata
        return service_pb2.ModelMetadataResponse(
            name=request.name,
            platform="ensemble",
            inputs=[tensor(name=name, datatype=kind, shape=[-1, 1]) for name, kind in self.inputs.items()],
            outputs=[tensor(name="text_output", datatype="BYTES", shape=[-1])],
        )

    async def ModelStreamInfer(
        self, requests: AsyncIterator[service_pb2.ModelInferRequest], context: "grpc.aio.ServicerContext"
    ) -> AsyncIterator[object]:
        async for request in requests:
            await self._misbehave(context)
            self.given.append({one.name for one in request.inputs})
            raw = next(
                raw
                for one, raw in zip(request.inputs, request.raw_input_contents, strict=True)
                if one.name == "text_input"
            )
            self.prompts.append(deserialize_bytes_tensor(raw)[0].decode())
            for piece in self.pieces:
                yield self._answer(request.model_name, piece)
                await asyncio.sleep(0)

    async def _misbehave(self, context: "grpc.aio.ServicerContext") -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails is not None:
            await context.abort(self.fails, "the test says so")

    def _answer(self, model: str, piece: str | bytes) -> object:
        text = piece if isinstance(piece, bytes) else piece.encode()
        output = service_pb2.ModelInferResponse.InferOutputTensor(name="text_output", datatype="BYTES", shape=[1])
        raw = serialize_byte_tensor(np.asarray([text], np.object_)).item()
        answer = service_pb2.ModelInferResponse(model_name=model, outputs=[output], raw_output_contents=[raw])
        return service_pb2.ModelStreamInferResponse(infer_response=answer)


@asynccontextmanager
async def text_model_server(peer: TextModelPeer) -> AsyncIterator[str]:
    """Serve the peer; yields its address, as PARLEY_VENDORS takes it."""
    server = grpc.aio.server()
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(peer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        await server.stop(0.1)
