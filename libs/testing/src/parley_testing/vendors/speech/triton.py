"""A server of Triton's gRPC protocol with one decoupled voice model: its metadata, and audio as it is made."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import numpy as np
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc

from parley_testing.vendors.speech.peer import BrokenOff, VoicePeer

RATE_HZ = 22_050
_CODES = {
    401: grpc.StatusCode.UNAUTHENTICATED,
    402: grpc.StatusCode.PERMISSION_DENIED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
}


class TritonSpeechServer(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]
    def __init__(self, peer: VoicePeer) -> None:
        self.peer = peer

    async def ModelMetadata(self, request: pb.ModelMetadataRequest, context: grpc.aio.ServicerContext) -> object:
        tensor = pb.ModelMetadataResponse.TensorMetadata
        names = {"TEXT": "BYTES", "VOICE": "BYTES", "LANGUAGE": "BYTES", "SPEED": "FP32"}
        outputs = {"AUDIO": "FP32", "IS_FINAL": "BOOL", "SAMPLE_RATE": "INT32"}
        return pb.ModelMetadataResponse(
            name=request.name,
            inputs=[tensor(name=name, datatype=kind, shape=[-1, 1]) for name, kind in names.items()],
            outputs=[tensor(name=name, datatype=kind, shape=[-1, -1]) for name, kind in outputs.items()],
        )

    async def ModelStreamInfer(
        self, requests: AsyncIterator[pb.ModelInferRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[object]:
        peer = self.peer
        headers = dict(context.invocation_metadata() or ())
        async for request in requests:
            peer.connections += 1
            given = {
                one.name: raw[4:].decode() if one.datatype == "BYTES" else raw
                for one, raw in zip(request.inputs, request.raw_input_contents, strict=True)
            }
            peer.seen.append(dict(given))
            if headers.get("authorization") != f"Bearer {peer.key}":
                await context.abort(grpc.StatusCode.UNAUTHENTICATED, "no")
            if peer.status:
                await context.abort(_CODES[peer.status], "no")
            if not peer.knows(given["VOICE"]):
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no such voice")
            try:
                async for piece in peer.pieces(given["TEXT"], RATE_HZ):
                    if peer.strangers:
                        yield _response(np.zeros(0, np.float32), mood=True)
                    audio = np.frombuffer(piece.pcm, "<i2")
                    yield _response(audio if peer.malformed else audio.astype(np.float32) / 32767)
                yield _response(np.zeros(0, np.float32), final=True)
            except BrokenOff:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "the model died")
            except asyncio.CancelledError:
                peer.cancel(given["TEXT"])
                raise


def _response(
    audio: "np.ndarray[tuple[int], np.dtype[np.generic]]", *, final: bool = False, mood: bool = False
) -> object:
    tensor = pb.ModelInferResponse.InferOutputTensor
    kind = {"float32": "FP32", "int16": "UINT8"}[audio.dtype.name]  # a malformed one says what it is not
    data = audio.tobytes()
    size = len(data) if kind == "UINT8" else len(audio)
    outputs = [
        tensor(name="AUDIO", datatype=kind, shape=[1, size]),
        tensor(name="IS_FINAL", datatype="BOOL", shape=[1, 1]),
    ]
    outputs += [tensor(name="SAMPLE_RATE", datatype="INT32", shape=[1, 1])]
    raw = [data, bytes([final]), RATE_HZ.to_bytes(4, "little")]
    if mood:
        outputs.append(tensor(name="MOOD", datatype="BOOL", shape=[1, 1]))
        raw.append(b"\1")
    response = pb.ModelInferResponse(model_name="parley_voice", outputs=outputs, raw_output_contents=raw)
    return pb.ModelStreamInferResponse(infer_response=response)


@asynccontextmanager
async def triton_speech_server(peer: VoicePeer) -> AsyncIterator[str]:
    """Serve the peer; yields its address, grpc://…, as PARLEY_VENDORS takes it."""
    server = grpc.aio.server()
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(TritonSpeechServer(peer), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        await server.stop(0.1)
