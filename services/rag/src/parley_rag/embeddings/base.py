"""What a model that makes vectors of texts offers. `indexes` searches with one; each is one file beside this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a model's cosines mean: models differ in how close unrelated texts lie. Between the two, relevance grows
    evenly from 0 to 1. Measured on texts that are no agent's (`tests/embeddings/test_likeness.py`)."""

    unrelated: float  # nine of ten passages lie below it with a question that they do not concern
    related: float  # two of three lie below it with a question that they answer

    def of(self, cosine: float) -> float:
        return min(1.0, max(0.0, (cosine - self.unrelated) / (self.related - self.unrelated)))


class EmbeddingModel(Protocol):
    """Rows have length 1. Raises LimitReached, TimedOut, Unavailable, Rejected, BadReply.

    `name` is what an index of its vectors is known by: another name, and all documents are embedded anew.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def likeness(self) -> Likeness: ...

    async def queries(self, texts: Sequence[str]) -> Floats:
        """One row for each text that searches."""
        ...

    async def passages(self, texts: Sequence[str]) -> Floats:
        """One row for each text that is searched."""
        ...

    async def close(self) -> None: ...


def unit_rows(rows: Floats) -> Floats:
    """Each row at length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = (rows / np.maximum(lengths, np.float32(1e-12))).astype(np.float32)
    return scaled
