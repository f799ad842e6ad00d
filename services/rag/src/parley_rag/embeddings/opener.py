"""Which model makes the vectors: the one that the setting names. Used by `app`."""

from dataclasses import dataclass

from parley_core.errors import BadInput
from parley_core.vendors import Vendors

from parley_rag.embeddings import endpoint, multilingual_e5, triton
from parley_rag.embeddings.base import EmbeddingModel
from parley_rag.embeddings.local import E5, MINILM, LocalE5, LocalMiniLm
from parley_rag.offload import CachedEmbedder, Offload

CHOICES = (MINILM, E5, endpoint.NAME, triton.NAME)
_LOCAL = (MINILM, E5)


@dataclass(slots=True)
class Models:
    """Makes models; `minilm` is there already, as sentences are weighed with it."""

    minilm: CachedEmbedder
    threads: Offload
    vendors: Vendors
    cache_entries: int

    async def open(self, chosen: str) -> EmbeddingModel:
        """`chosen`: one of CHOICES; "" is the multilingual one where this machine can run it. Raises a ParleyError."""
        name = chosen or (E5 if multilingual_e5.available() else MINILM)
        if name in _LOCAL:
            return await self.local(name) or LocalMiniLm(self.minilm)
        at = self.vendors.endpoint(name, "rag")
        if at is None:
            raise BadInput("PARLEY_VENDORS", f"has neither a key nor an address of {name!r}, which embeds")
        model = endpoint.EndpointModel(at) if name == endpoint.NAME else triton.TritonModel(at)
        try:
            await model.start()
        except BaseException:
            await model.close()
            raise
        return model

    async def local(self, name: str) -> EmbeddingModel | None:
        """The model that an index is known by, where this machine can run it without asking anything."""
        if name == MINILM:
            return LocalMiniLm(self.minilm)
        if name == E5 and multilingual_e5.available():
            model = await self.threads.run(multilingual_e5.MultilingualE5)
            return LocalE5(model, self.threads, cache_entries=self.cache_entries)
        return None
