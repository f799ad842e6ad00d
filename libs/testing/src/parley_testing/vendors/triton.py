"""A Triton server's gRPC (KServe v2 and Triton's extensions) with one recognition model, for asr's tests.

The real server is met in asr's test_triton_server; this one misbehaves as a test wants.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
import numpy as np
from tritonclient.grpc import model_config_pb2, service_pb2, service_pb2_grpc
from tritonclient.utils import serialize_byte_tensor

from parley_testing.vendors.sockets import Spoken, hello_there

BYTES_INPUTS = ("LANGUAGE", "PROMPT", "TEXT_PREFIX")


@dataclass
class TritonPeer(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]
    """The fields may be changed while it serves."""

    hear: Callable[[bytes], list[Spoken]] = hello_there
    model: str = "parley_whisper"
    inputs: tuple[str, ...] = ("WAV", "LANGUAGE", "PROMPT")
    outputs: tuple[str, ...] = ("TRANSCRIPTS", "WORDS", "CONFIDENCE")
    samples: str = "FP32"
    batched: bool = True
    sequence: bool = False
    fails: grpc.StatusCode | None = None
    hangs: bool = False
    empty: bool = False  # shapes without bytes, as a server with another NumPy sends
    asked: list[dict[str, str]] = field(default_factory=list)  # texts of each request
    sequences: list[str] = field(default_factory=list)  # begun

    async def ModelMetadata(
        self, request: service_pb2.ModelMetadataRequest, context: "grpc.aio.ServicerContext"
    ) -> object:
        await self._check(request.name, context)
        tensor = service_pb2.ModelMetadataResponse.TensorMetadata
        shape = [-1, -1] if self.batched else [-1]
        return service_pb2.ModelMetadataResponse(
            name=self.model,
            platform="python",
            inputs=[tensor(name=name, datatype=self._type(name), shape=shape) for name in self.inputs],
            outputs=[tensor(name=name, datatype=self._type(name), shape=shape) for name in self.outputs],
        )

    async def ModelConfig(self, request: service_pb2.ModelConfigRequest, context: "grpc.aio.ServicerContext") -> object:
        await self._check(request.name, context)
        config = model_config_pb2.ModelConfig(name=self.model, max_batch_size=1 if self.batched else 0)
        if self.sequence:
            config.sequence_batching.SetInParent()
        return service_pb2.ModelConfigResponse(config=config)

    async def ModelInfer(self, request: service_pb2.ModelInferRequest, context: "grpc.aio.ServicerContext") -> object:
        await self._check(request.model_name, context)
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails is not None:
            await context.abort(self.fails, "the test says so")
        return self._answer(request, self._pcm(request))

    async def ModelStreamInfer(
        self, requests: AsyncIterator[service_pb2.ModelInferRequest], context: "grpc.aio.ServicerContext"
    ) -> AsyncIterator[object]:
        heard: dict[str, bytes] = {}
        async for request in requests:
            if self.hangs:
                await asyncio.Event().wait()
            if self.fails is not None:
                await context.abort(self.fails, "the test says so")
            name = request.parameters["sequence_id"].string_param
            if request.parameters["sequence_start"].bool_param:
                self.sequences.append(name)
                heard[name] = b""
            elif name not in heard:
                yield service_pb2.ModelStreamInferResponse(
                    error_message=f"inference request for sequence {name} must specify the START flag"
                )
                continue
            heard[name] += self._pcm(request)
            answer = self._answer(request, heard[name])
            if request.parameters["sequence_end"].bool_param:
                del heard[name]
            yield service_pb2.ModelStreamInferResponse(infer_response=answer)

    async def _check(self, name: str, context: "grpc.aio.ServicerContext") -> None:
        if name != self.model:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"Request for unknown model: '{name}' is not found")

    def _type(self, name: str) -> str:
        if name == "WAV":
            return self.samples
        return {"CONFIDENCE": "FP32", "WAV_LENS": "INT32"}.get(name, "BYTES")

    def _pcm(self, request: service_pb2.ModelInferRequest) -> bytes:
        """The samples, and the texts beside them kept. Every tensor must be what the metadata says."""
        assert [one.name for one in request.inputs] == list(self.inputs)
        texts, pcm = {}, b""
        for tensor, raw in zip(request.inputs, request.raw_input_contents, strict=True):
            assert tensor.datatype == self._type(tensor.name)
            assert len(tensor.shape) == (2 if self.batched else 1)
            if tensor.name == "WAV":
                kind = np.dtype("<f4" if self.samples == "FP32" else "<i2")
                samples = np.frombuffer(raw, kind)
                assert tensor.shape[-1] == len(samples)
                pcm = (samples * 32768.0).astype("<i2").tobytes() if self.samples == "FP32" else raw
            elif tensor.name in BYTES_INPUTS:
                texts[tensor.name] = raw[4:].decode()
            else:
                texts[tensor.name] = str(int(np.frombuffer(raw, "<i4")[0]))
        self.asked.append(texts)
        return pcm

    def _answer(self, request: service_pb2.ModelInferRequest, pcm: bytes) -> object:
        words = self.hear(pcm)
        rows = [[word.text, round(word.start_ms), round(word.end_ms), 0.8] for word in words]
        values = {
            "TRANSCRIPTS": _bytes(" ".join(word.text for word in words)),
            "WORDS": _bytes(json.dumps(rows)),
            "CONFIDENCE": np.array([0.7], "<f4").tobytes(),
        }
        answer = service_pb2.ModelInferResponse(model_name=self.model, id=request.id)
        for name in self.outputs:
            answer.outputs.add(name=name, datatype=self._type(name), shape=[1, 1] if self.batched else [1])
            answer.raw_output_contents.append(b"" if self.empty else values[name])
        return answer


def _bytes(text: str) -> bytes:
    serialized: bytes = serialize_byte_tensor(np.array([text.encode()], np.object_)).item()
    return serialized


@asynccontextmanager
async def triton_server(peer: TritonPeer) -> AsyncIterator[str]:
    """Serve the peer; yields its address, as PARLEY_VENDORS takes it."""
    server = grpc.aio.server()
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(peer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        await server.stop(None)
