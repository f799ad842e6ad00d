"""Any endpoint with OpenAI's `/embeddings`: OpenAI itself, vLLM, Ollama, text-embeddings-inference. Made by `opener`.

How long the vectors are is learnt from a first request at the start.
"""

from collections.abc import Sequence
from typing import Any

import aiohttp
import numpy as np
from parley_core.errors import BadReply, ParleyError, Rejected, Throttled, TimedOut, Unavailable
from parley_core.text import load_json
from parley_core.vendors import Endpoint

from parley_rag.embeddings.base import Floats, Likeness, unit_rows

NAME = "openai"
URL, MODEL = "https://api.openai.com/v1", "text-embedding-3-small"
CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 30.0
MAX_ANSWER_BYTES = 32 << 20
_BATCH = 64
_BUSY, _SERVER_ERROR = 429, 500


class EndpointModel:
    """See `base.EmbeddingModel`. The cosines of an unknown model are read as those of most."""

    likeness = Likeness(0.2, 0.5)

    def __init__(self, at: Endpoint) -> None:
        self._model = at.model or MODEL
        self._url = f"{(at.url or URL).rstrip('/')}/embeddings"
        self._headers = {"Authorization": f"Bearer {at.key}"} if at.key else {}
        self._http: aiohttp.ClientSession | None = None
        self._dimension = 0
        self.name = f"{NAME}-{self._model}"

    @property
    def dimension(self) -> int:
        return self._dimension

    async def start(self) -> None:
        """Raises what the endpoint's first answer raises."""
        self._dimension = len((await self._rows(["the first text shows how long the vectors are"]))[0])

    async def queries(self, texts: Sequence[str]) -> Floats:
        return await self.passages(texts)

    async def passages(self, texts: Sequence[str]) -> Floats:
        rows = [await self._rows(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)]
        made = np.concatenate(rows) if rows else np.empty((0, self._dimension), np.float32)
        if made.shape[1] != self._dimension:
            raise BadReply(NAME, f"vectors of {made.shape[1]} numbers; {self._dimension} before")
        return made

    async def close(self) -> None:
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    async def _rows(self, texts: Sequence[str]) -> Floats:
        if self._http is None:
            timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
            self._http = aiohttp.ClientSession(timeout=timeout)
        body = {"model": self._model, "input": [text or " " for text in texts], "encoding_format": "float"}
        try:
            async with self._http.post(self._url, json=body, headers=self._headers) as answer:
                if answer.status >= 400:
                    raise _refused(answer.status)
                content = await answer.content.read(MAX_ANSWER_BYTES)
                while more := await answer.content.read(MAX_ANSWER_BYTES):
                    content += more
                    if len(content) > MAX_ANSWER_BYTES:
                        raise BadReply(NAME, f"more than {MAX_ANSWER_BYTES} bytes")
        except TimeoutError:
            raise TimedOut(NAME, ANSWER_TIMEOUT_S) from None
        except aiohttp.ClientError as error:
            raise Unavailable(NAME, type(error).__name__) from None
        return unit_rows(_vectors(content, len(texts)))


def _refused(status: int) -> ParleyError:
    if status == _BUSY:
        return Throttled(NAME, str(status))
    return Unavailable(NAME, str(status)) if status >= _SERVER_ERROR else Rejected(NAME, str(status))


def _vectors(content: bytes, count: int) -> Floats:
    """In the order of the texts, which need not be the order of the answer."""
    try:
        body: Any = load_json(content)
        data: list[Any] = body["data"]
        ordered = sorted(data, key=lambda one: one.get("index", 0))
        rows = np.asarray([one["embedding"] for one in ordered], dtype=np.float32)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadReply(NAME, "no vectors in the body") from None
    if rows.ndim != 2 or rows.shape[0] != count or rows.shape[1] == 0 or not np.isfinite(rows).all():
        raise BadReply(NAME, f"vectors of shape {rows.shape} for {count} texts")
    return rows
