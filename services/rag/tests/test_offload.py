import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest
from parley_core.errors import LimitReached, TimedOut
from parley_rag.embeddings.base import Floats
from parley_rag.embeddings.minilm import DIMENSION
from parley_rag.offload import CachedEmbedder, Offload


@pytest.fixture
async def offload() -> AsyncIterator[Offload]:
    offload = Offload("work", threads=1, max_waiting=1, timeout_s=5)
    yield offload
    offload.close()


async def test_work_runs_beside_the_event_loop(offload: Offload) -> None:
    assert await offload.run(threading.get_ident) != threading.get_ident()


async def test_an_error_of_the_work_reaches_the_caller(offload: Offload) -> None:
    with pytest.raises(ZeroDivisionError):
        await offload.run(lambda: 1 // 0)


async def test_more_work_than_may_wait_is_refused_and_taken_again_later(offload: Offload) -> None:
    gate = threading.Event()
    first, second = (asyncio.ensure_future(offload.run(lambda: gate.wait(5))) for _ in range(2))
    await asyncio.sleep(0)
    with pytest.raises(LimitReached):
        await offload.run(gate.is_set)
    gate.set()
    assert await first
    assert await second
    assert await offload.run(gate.is_set)


async def test_late_work_is_given_up_but_keeps_its_place_until_it_ends() -> None:
    offload = Offload("work", threads=1, max_waiting=0, timeout_s=0.01)
    gate = threading.Event()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        gate.wait(5)
        loop.call_soon_threadsafe(ended.set)

    with pytest.raises(TimedOut):
        await offload.run(work)
    with pytest.raises(LimitReached):
        await offload.run(gate.is_set)
    gate.set()
    await asyncio.wait_for(ended.wait(), 5)
    offload.close()


class Model:
    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> Floats:
        self.asked.append(list(texts))
        return np.stack([np.full(DIMENSION, len(text), dtype=np.float32) for text in texts])


async def test_a_text_is_embedded_once_while_it_is_remembered(offload: Offload) -> None:
    model = Model()
    embedder = CachedEmbedder(model, offload, cache_entries=2)
    assert (await embedder.embed(["a", "bb", "a"]))[:, 0].tolist() == [1, 2, 1]
    assert (await embedder.embed(["bb", "ccc"]))[:, 0].tolist() == [2, 3]
    assert (await embedder.embed(["a"]))[:, 0].tolist() == [1]  # it was the one used least lately
    assert model.asked == [["a", "bb"], ["ccc"], ["a"]]


async def test_without_a_cache_every_text_is_embedded(offload: Offload) -> None:
    model = Model()
    embedder = CachedEmbedder(model, offload, cache_entries=0)
    await embedder.embed(["a"])
    await embedder.embed(["a"])
    assert model.asked == [["a"], ["a"]]


async def test_a_failed_batch_is_not_remembered(offload: Offload) -> None:
    class Failing(Model):
        def __call__(self, texts: Sequence[str]) -> Floats:
            if not self.asked:
                super().__call__(texts)
                raise RuntimeError("once")
            return super().__call__(texts)

    embedder = CachedEmbedder(Failing(), offload, cache_entries=8)
    with pytest.raises(RuntimeError):
        await embedder.embed(["a"])
    assert (await embedder.embed(["a"]))[0, 0] == 1
