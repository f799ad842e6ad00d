import json
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from parley_core.errors import BadReply, ParleyError, Rejected, Throttled, Unavailable
from parley_core.vendors import Endpoint
from parley_rag.embeddings.endpoint import EndpointModel

Answer = Callable[[dict[str, object]], web.Response]
pytestmark = pytest.mark.outside


def vectors(body: dict[str, object]) -> web.Response:
    """As OpenAI's reference has it, in another order than asked."""
    texts = body["input"]
    assert isinstance(texts, list)
    data = [{"object": "embedding", "index": at, "embedding": [len(text), 3.0, 0.5]} for at, text in enumerate(texts)]
    return web.json_response({"object": "list", "data": data[::-1], "model": body["model"]})


class Peer:
    def __init__(self) -> None:
        self.answer: Answer = vectors
        self.asked: list[dict[str, object]] = []
        self.headers: list[str] = []

    async def __call__(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        self.asked.append(body)
        self.headers.append(request.headers.get("Authorization", ""))
        return self.answer(body)


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
async def model(peer: Peer) -> AsyncIterator[EndpointModel]:
    site = web.Application()
    site.router.add_post("/v1/embeddings", peer)
    async with TestServer(site) as server:
        made = EndpointModel(Endpoint("secret", str(server.make_url("/v1")), "bge-m3"))
        yield made
        await made.close()


async def test_the_vectors_come_in_the_order_of_the_texts_at_length_one(model: EndpointModel, peer: Peer) -> None:
    await model.start()
    assert (model.dimension, model.name) == (3, "openai-bge-m3")
    rows = await model.passages(["a", "bbbbbbbbb"])
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(2))
    assert rows[1][0] > rows[0][0]
    assert peer.asked[-1] == {"model": "bge-m3", "input": ["a", "bbbbbbbbb"], "encoding_format": "float"}
    assert peer.headers[-1] == "Bearer secret"


async def test_many_texts_are_asked_in_batches(model: EndpointModel, peer: Peer) -> None:
    await model.start()
    assert (await model.passages(["text"] * 130)).shape == (130, 3)
    assert [len(one["input"]) for one in peer.asked[1:]] == [64, 64, 2]  # type: ignore[arg-type]
    assert (await model.passages([])).shape == (0, 3)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda body: web.Response(status=401), Rejected),
        (lambda body: web.Response(status=429), Throttled),
        (lambda body: web.Response(status=503), Unavailable),
        (lambda body: web.Response(text="<html>"), BadReply),
        (lambda body: web.json_response({"data": []}), BadReply),
        (lambda body: web.json_response([1]), BadReply),
        (lambda body: web.json_response({"data": [{"embedding": ["x"]}]}), BadReply),
        (lambda body: web.json_response({"data": [{"embedding": [float("nan")] * 3}]}), BadReply),
    ],
)
async def test_what_is_no_answer_is_an_error_of_ours(
    model: EndpointModel, peer: Peer, answer: Answer, error: type[ParleyError]
) -> None:
    peer.answer = answer
    with pytest.raises(error):
        await model.start()


async def test_vectors_that_change_their_length_are_refused(model: EndpointModel, peer: Peer) -> None:
    await model.start()
    peer.answer = lambda body: web.json_response({"data": [{"embedding": [1.0, 2.0]}]})
    with pytest.raises(BadReply):
        await model.queries(["text"])


async def test_nobody_at_the_address_is_unavailable() -> None:
    model = EndpointModel(Endpoint("", "http://127.0.0.1:9/v1", ""))
    with pytest.raises(Unavailable):
        await model.start()
    await model.close()
