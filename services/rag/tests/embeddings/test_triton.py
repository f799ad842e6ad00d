"""The adapter against a local gRPC server that speaks the KServe v2 protocol as Triton does."""

from collections.abc import AsyncIterator

import grpc
import numpy as np
import pytest
from parley_core.errors import BadReply, ParleyError, Rejected, Unavailable
from parley_core.vendors import Endpoint
from parley_rag.embeddings.triton import TritonModel
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import deserialize_bytes_tensor

pytestmark = pytest.mark.outside


class Peer(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]
    """Embeds a text by its length; `rows` is how many vectors it answers with, where that is another number."""

    inputs = ("TEXT", "QUERY")
    rows = 0

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], bool]] = []

    async def ModelMetadata(self, request: object, context: "grpc.aio.ServicerContext[object, object]") -> object:
        if request.name != "parley_embedding":  # type: ignore[attr-defined]
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such model")
        tensor = service_pb2.ModelMetadataResponse.TensorMetadata
        return service_pb2.ModelMetadataResponse(
            name="parley_embedding", inputs=[tensor(name=name, datatype="BYTES", shape=[-1, 1]) for name in self.inputs]
        )

    async def ModelInfer(self, request: object, context: "grpc.aio.ServicerContext[object, object]") -> object:
        raw = dict(zip([one.name for one in request.inputs], request.raw_input_contents, strict=True))  # type: ignore[attr-defined]
        texts = [one.decode() for one in deserialize_bytes_tensor(raw["TEXT"])]
        self.asked.append((texts, raw.get("QUERY", b"\0")[:1] == b"\1"))
        rows = np.asarray([[len(one), 3, 4] for one in texts], np.float32)[: self.rows or None]
        output = service_pb2.ModelInferResponse.InferOutputTensor(name="EMBEDDING", datatype="FP32", shape=rows.shape)
        return service_pb2.ModelInferResponse(outputs=[output], raw_output_contents=[rows.tobytes()])


@pytest.fixture
async def peer() -> AsyncIterator[tuple[Peer, str]]:
    server = grpc.aio.server()
    made = Peer()
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(made, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield made, f"grpc://127.0.0.1:{port}"
    await server.stop(0)


async def test_questions_and_passages_are_told_apart_and_come_at_length_one(peer: tuple[Peer, str]) -> None:
    server, address = peer
    model = TritonModel(Endpoint("", address, ""))
    await model.start()
    assert (model.dimension, model.name) == (3, "triton-parley_embedding")
    rows = await model.passages(["", "größer"])
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(2))
    await model.queries(["why"])
    assert server.asked[1:] == [(["", "größer"], False), (["why"], True)]
    assert (await model.passages(["text"] * 70)).shape == (70, 3)
    await model.close()


@pytest.mark.parametrize(("name", "error"), [("another", Rejected), ("parley_embedding", BadReply)])
async def test_a_model_that_cannot_serve_is_refused_at_the_start(
    peer: tuple[Peer, str], name: str, error: type[ParleyError]
) -> None:
    server, address = peer
    server.rows = -1
    model = TritonModel(Endpoint("", address, name))
    with pytest.raises(error):
        await model.start()
    await model.close()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    model = TritonModel(Endpoint("", "grpc://127.0.0.1:9", ""))
    with pytest.raises(Unavailable):
        await model.start()
    await model.close()
