"""A model of embeddings on NVIDIA Triton, by gRPC. Made by `opener`.

Tensors (docs/providers.md, "Triton"): input TEXT (BYTES, [texts, 1]), output EMBEDDING (FP32, [texts, numbers]). A
model that tells queries from passages has an input QUERY (BOOL, [texts, 1]) as well.
Source: the KServe v2 inference protocol, as `tritonclient` 2.73 speaks it.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import grpc
import numpy as np
from parley_core.errors import BadReply, Rejected, TimedOut, Unavailable
from parley_core.vendors import Endpoint

from parley_rag.embeddings.base import Floats, Likeness, unit_rows

NAME = "triton"
MODEL = "parley_embedding"
TIMEOUT_S = 10.0
_BATCH = 64
_OUTPUT = "EMBEDDING"


class TritonModel:
    """See `base.EmbeddingModel`."""

    likeness = Likeness(0.2, 0.5)  # as of the other models that are not known beforehand

    def __init__(self, at: Endpoint) -> None:
        """The address: grpc:// or grpcs://, a host and a port."""
        address = urlsplit(at.url)
        self._address, self._secure = address.netloc, address.scheme == "grpcs"
        self._headers = {"authorization": f"Bearer {at.key}"} if at.key else {}
        self._model = at.model or MODEL
        self._client: Any = None
        self._inputs: frozenset[str] = frozenset()
        self._dimension = 0
        self.name = f"{NAME}-{self._model}"

    @property
    def dimension(self) -> int:
        return self._dimension

    async def start(self) -> None:
        """Raises Unavailable, TimedOut, Rejected, BadReply."""
        from tritonclient.grpc import aio

        self._client = aio.InferenceServerClient(self._address, ssl=self._secure)
        metadata = await self._asked(self._client.get_model_metadata(self._model, headers=self._headers))
        self._inputs = frozenset(one.name for one in metadata.inputs)
        if "TEXT" not in self._inputs:
            raise Rejected(NAME, "input", "the model has no TEXT")
        self._dimension = (await self._rows(["the first text shows how long the vectors are"], is_query=True)).shape[1]

    async def queries(self, texts: Sequence[str]) -> Floats:
        return await self._all(texts, is_query=True)

    async def passages(self, texts: Sequence[str]) -> Floats:
        return await self._all(texts, is_query=False)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _all(self, texts: Sequence[str], *, is_query: bool) -> Floats:
        rows = [await self._rows(texts[at : at + _BATCH], is_query=is_query) for at in range(0, len(texts), _BATCH)]
        return np.concatenate(rows) if rows else np.empty((0, self._dimension), np.float32)

    async def _rows(self, texts: Sequence[str], *, is_query: bool) -> Floats:
        from tritonclient.grpc import InferInput

        text = InferInput("TEXT", [len(texts), 1], "BYTES")
        text.set_data_from_numpy(np.asarray([[one.encode("utf-8", "replace")] for one in texts], np.object_))
        inputs = [text]
        if "QUERY" in self._inputs:
            query = InferInput("QUERY", [len(texts), 1], "BOOL")
            query.set_data_from_numpy(np.full((len(texts), 1), is_query, np.bool_))
            inputs.append(query)
        found = (await self._asked(self._client.infer(self._model, inputs, headers=self._headers))).as_numpy(_OUTPUT)
        if found is None or found.ndim != 2 or found.shape[0] != len(texts) or not np.isfinite(found).all():
            raise BadReply(NAME, f"no {_OUTPUT} of {len(texts)} rows")
        if self._dimension and found.shape[1] != self._dimension:
            raise BadReply(NAME, f"vectors of {found.shape[1]} numbers; {self._dimension} before")
        return unit_rows(found.astype(np.float32))

    async def _asked(self, answer: Any) -> Any:
        from tritonclient.utils import InferenceServerException

        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await answer
        except TimeoutError:
            raise TimedOut(NAME, TIMEOUT_S) from None
        except grpc.aio.AioRpcError as error:
            raise Unavailable(NAME, error.code().name) from None
        except InferenceServerException as error:
            status = str(error.status() or "")
            if any(one in status for one in ("NOT_FOUND", "INVALID_ARGUMENT", "UNAUTHENTICATED", "PERMISSION")):
                raise Rejected(NAME, status) from None
            raise Unavailable(NAME, status or "an error of the server") from None
